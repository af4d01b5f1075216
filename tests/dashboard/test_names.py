"""What screen readers and tests take hold of: the same roles in both languages, each with its name."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.agent import world
from tests.support.dashboard import signed_in
from tests.support.obedient import call

pytestmark = pytest.mark.timeout(120)
PAGES = {
    "en-US": "Chat Overview Channels Skills Memory Tasks Webhooks Tokens Files Logs Config API",
    "zh-CN": "对话 概览 频道 技能 记忆 任务 Webhooks 令牌 文件 日志 配置 API",
}
FRAME = [
    ("navigation", "Pages", "页面"), ("status", "Connection", "连接"), ("combobox", "Language", "语言"),
    ("combobox", "Theme", "主题"), ("button", "Sign out", "退出"),
]  # fmt: skip
CHAT = [
    ("navigation", "Sessions", "会话"), ("button", "New chat", "新对话"), ("searchbox", "Search sessions", "搜索会话"),
    ("log", "Messages", "消息记录"), ("textbox", "Message", "消息"), ("button", "Send", "发送"),
    ("button", "Attach", "附件"), ("button", "Copy", "复制"), ("button", "Fork", "分叉"), ("button", "Edit", "编辑"),
    ("button", "Retry", "重试"),
]  # fmt: skip
ELSEWHERE = {
    "overview": [("img", "Tokens"), ("img", "Cost"), ("img", "Latency")],
    "logs": [("log", "Log"), ("combobox", "Level"), ("textbox", "Filter"), ("button", "Pause")],
    "config": [("textbox", "gateway.heartbeat_seconds"), ("button", "Review changes")],
    "tokens": [("table", "Tokens"), ("button", "New token")],
    "api": [
        ("searchbox", "Search methods"), ("list", "Methods"), ("textbox", "Params"), ("button", "Call"),
        ("log", "Frames"),
    ],
    "memory": [("table", "Memory"), ("searchbox", "Search memory")],
    **{page: [("table", page.title())] for page in ("channels", "skills", "tasks", "webhooks", "files")},
}  # fmt: skip


@pytest.mark.parametrize("locale", PAGES)
async def test_the_frame_and_the_chat_have_their_names_in_each_language(chromium: Any, locale: str) -> None:
    async with world() as here:
        await here.run(call("file_list"), sessionKey="named")
        async with signed_in(chromium, here.served.app, "#/chat/named", locale=locale) as page:
            for role, english, chinese in [*FRAME, *CHAT]:
                name = english if locale == "en-US" else chinese
                await expect(page.get_by_role(role, name=name, exact=True).first).to_be_visible()
            links = page.get_by_role("navigation", name=FRAME[0][1 if locale == "en-US" else 2]).get_by_role("link")
            assert await links.all_inner_texts() == PAGES[locale].split()
            assert await page.evaluate("document.querySelector('a, button, input').className") == "skip"


async def test_every_page_has_what_it_is_used_by(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app) as page:
        for name, wanted in ELSEWHERE.items():
            await page.evaluate("(name) => { location.hash = `#/${name}` }", name)
            for role, words in wanted:
                await expect(page.get_by_role(role, name=words, exact=True).first).to_be_visible()


async def test_a_keyboard_reaches_the_message_the_search_the_help_and_a_new_chat(chromium: Any) -> None:
    async with world() as here:
        await here.run("hello", sessionKey="named")
        async with signed_in(chromium, here.served.app, "#/chat/named") as page:
            await page.get_by_role("article").first.wait_for()
            await page.evaluate("document.activeElement.blur()")
            await page.keyboard.press("?")
            await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
            await page.keyboard.press("Escape")
            await page.keyboard.press("/")
            await expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_focused()
            await page.keyboard.press("ArrowUp")
            editor = page.get_by_role("textbox", name="Edit message")
            await expect(editor).to_have_value("hello")
            await expect(editor).to_be_focused()
            await page.keyboard.press("Control+k")
            await expect(page.get_by_role("searchbox", name="Search sessions")).to_be_focused()
            await page.keyboard.press("Control+Shift+O")
            await expect(page.get_by_role("article")).to_have_count(0)
            assert page.url.endswith("#/chat")

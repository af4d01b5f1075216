"""The chat in a real browser: streaming, tools, approvals, what survives a reload and a lost network, editing."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from playwright.async_api import expect

from tests.support.agent import PIN, World, world
from tests.support.cutting_proxy import CuttingProxy
from tests.support.dashboard import answers, ask, settled, signed_in
from tests.support.gateway import gateway, settings
from tests.support.obedient import call
from tests.support.upstream import scripted_upstream

pytestmark = pytest.mark.timeout(120)
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ASKING = Path(__file__).parents[1] / "support" / "asking_mcp_server.py"
WORDS = [f"w{number}" for number in range(60)]


async def test_an_answer_streams_and_a_tool_is_a_step_that_opens(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app) as page:
        (here.workspace / "plan.txt").write_text("the plan")
        await ask(page, "[[say:I **look**.]]" + call("file_list"))
        step = page.get_by_role("group", name="Tool file_list")
        await expect(step).to_contain_text("done")
        await expect(step).to_contain_text(re.compile(r"\d ms"))
        await step.locator("summary").click()
        await expect(step.get_by_role("group", name="Result")).to_contain_text("plan.txt")
        await expect(answers(page).locator("strong", has_text="look")).to_be_visible()
        await settled(page)
        # The session is named by its first message, listed and open; who comes later sees the same.
        link = page.get_by_role("navigation", name="Sessions").get_by_role("link").first
        await expect(link).to_have_attribute("aria-current", "page")
        await page.reload()
        await expect(page.get_by_role("group", name="Tool file_list")).to_contain_text("done")
        await expect(page.get_by_role("group", name="Tool file_list")).to_contain_text(re.compile(r"\d ms"))
        await expect(answers(page)).to_have_count(1)


@contextmanager
def _held_disk(here: World) -> Generator[None]:
    """Nothing of the gateway's reaches its disk, as where that is slow; what is there can be read."""
    with closing(sqlite3.connect(here.served.app.paths.state / "gateway.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


async def test_a_step_is_shown_to_whoever_comes_before_it_is_on_disk(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app) as page:
        step = page.get_by_role("group", name="Tool web_fetch")
        run = await here.client.result(
            "chat.run", message=call("web_fetch", url=here.model.meeting("page", 2)), sessionKey="slow"
        )
        with _held_disk(here):
            await here.client.event("tool.call", runId=run["runId"])
            await page.goto(f"{here.served.url}/#/chat/slow")
            await expect(step).to_be_visible()
        await expect(answers(page)).to_contain_text("I read:")
        await settled(page)
        await expect(step).to_contain_text(re.compile("done|failed"))
        await expect(step).to_have_count(1)


async def test_an_approval_asks_for_the_pin_and_hiding_it_decides_nothing(chromium: Any) -> None:
    async with (
        world(pin=PIN, security={"require_pin_for": ["file_write"]}) as here,
        signed_in(chromium, here.served.app) as page,
    ):
        await ask(page, call("file_write", path="/made.txt", content="by the agent"))
        dialog = page.get_by_role("dialog", name="Approve file_write")
        await expect(dialog).to_contain_text("by the agent")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        assert not (here.workspace / "made.txt").exists()
        await page.get_by_role("button", name="Approvals (1)").click()
        await dialog.get_by_role("textbox", name="PIN").fill("0000")
        await dialog.get_by_role("button", name="Approve").click()
        await expect(dialog.get_by_role("alert")).to_have_text("That is not the PIN.")
        await dialog.get_by_role("textbox", name="PIN").fill(PIN)
        await dialog.get_by_role("button", name="Approve").click()
        await expect(dialog).to_have_count(0)
        await expect(page.get_by_role("group", name="Tool file_write")).to_contain_text("done")
        assert (here.workspace / "made.txt").read_text() == "by the agent"


async def test_what_an_mcp_server_asks_is_a_form_whose_answer_it_gets(chromium: Any) -> None:
    servers = {"harbour": {"command": sys.executable, "args": [str(ASKING)]}}
    async with world(mcp={"servers": servers}) as here, signed_in(chromium, here.served.app) as page:
        with anyio.fail_after(30):
            while "harbour__moor" not in {tool["name"] for tool in (await here.client.result("tool.list"))["tools"]}:
                pass
        await ask(page, call("harbour__moor"))
        dialog = page.get_by_role("dialog", name="Approve harbour__moor")
        await expect(dialog).to_contain_text("Which <b>berth</b>?")
        await expect(dialog.get_by_role("spinbutton", name="nights")).to_have_value("1")
        await dialog.get_by_role("button", name="Approve").click()  # the browser says that a berth is missing
        await dialog.get_by_role("textbox", name="Berth").fill("the mole")
        await dialog.get_by_role("combobox", name="side").select_option("Starboard")
        await dialog.get_by_role("spinbutton", name="nights").fill("3")
        await dialog.get_by_role("checkbox", name="Current").check()
        await dialog.get_by_role("checkbox", name="insured").check()
        await dialog.get_by_role("button", name="Approve").click()
        await expect(dialog).to_have_count(0)
        await settled(page)
        step = page.get_by_role("group", name="Tool harbour__moor")
        await step.locator("summary").click()
        content = {"extras": ["c"], "insured": True, "nights": 3, "place": "the mole", "side": "s"}
        await expect(step).to_contain_text(json.dumps({"action": "accept", "content": content}))


async def test_a_reload_and_a_lost_network_in_the_middle_of_an_answer_leave_each_word_once(chromium: Any) -> None:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running:
        port = urlsplit(running.url).port
        assert port is not None
        with CuttingProxy(port) as proxy:
            url = f"http://127.0.0.1:{proxy.port}"
            async with signed_in(chromium, running.app, url=url) as page:
                await ask(page, "[[slow:60,50]]")
                await expect(answers(page)).to_contain_text("w3 ")
                await page.reload()
                await expect(answers(page)).to_contain_text("w12 ")
                proxy.cut()
                await expect(answers(page)).to_contain_text("w59")
                await settled(page)
                text = await answers(page).locator(".markdown").inner_text()
                assert text.split() == WORDS
                await page.reload()
                await expect(answers(page)).to_contain_text("w59")
                assert (await answers(page).locator(".markdown").inner_text()).split() == WORDS


async def test_a_message_said_without_a_network_waits_and_is_sent_once(chromium: Any) -> None:
    async with world() as here:
        port = urlsplit(here.served.url).port
        assert port is not None
        with CuttingProxy(port) as proxy:
            url = f"http://127.0.0.1:{proxy.port}"
            async with signed_in(chromium, here.served.app, url=url) as page:
                await ask(page, "first")
                await expect(answers(page)).to_contain_text("I read: first")
                await page.context.set_offline(True)
                await expect(page.get_by_role("status", name="Connection")).to_have_text("Offline")
                proxy.cut()
                await ask(page, "second")
                await expect(page.get_by_text("waiting for the connection")).to_be_visible()
                await page.context.set_offline(False)
                await expect(answers(page)).to_have_count(2)
                await expect(page.get_by_role("article", name="You")).to_have_count(2)
        history = (await here.client.result("session.list"))["sessions"]
        assert [one["messageCount"] for one in history] == [4]


async def test_editing_and_asking_again_go_to_a_fork_and_leave_what_was_said(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app) as page:
        await ask(page, "one")
        await expect(answers(page)).to_contain_text("I read: one")
        await settled(page)
        first = page.url
        await page.get_by_role("textbox", name="Message", exact=True).press("ArrowUp")
        await page.get_by_role("textbox", name="Edit message").fill("two")
        await page.get_by_role("button", name="Save").click()
        await expect(answers(page)).to_contain_text("I read: two")
        assert page.url != first
        await expect(page.get_by_role("article", name="You")).to_have_count(1)
        await page.go_back()
        await expect(answers(page)).to_contain_text("I read: one")
        await answers(page).get_by_role("button", name="Retry").click()
        await expect(page).not_to_have_url(first)
        await expect(answers(page)).to_contain_text("I read: one")
        await answers(page).get_by_role("button", name="Fork").click()
        await expect(page.get_by_role("navigation", name="Sessions").get_by_role("link")).to_have_count(4)


async def test_another_client_and_another_tab_are_in_step_and_drafts_are_kept(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app) as page:
        await ask(page, "from a tab")
        await expect(answers(page)).to_contain_text("I read: from a tab")
        other = await page.context.new_page()
        await other.goto(page.url)
        await expect(answers(other)).to_contain_text("I read: from a tab")
        key = page.url.rpartition("/")[2]
        await here.client.chat("from elsewhere", sessionKey=key)
        for each in (page, other):
            await expect(answers(each).last).to_contain_text("I read: from elsewhere")
        await page.goto(f"{here.served.url}/#/chat")
        await expect(page.get_by_role("textbox", name="Message", exact=True)).to_have_value("")
        await page.goto(f"{here.served.url}/#/chat/{key}")
        await page.get_by_role("textbox", name="Message", exact=True).fill("not sent yet")
        await page.reload()
        await expect(page.get_by_role("textbox", name="Message", exact=True)).to_have_value("not sent yet")


async def test_sessions_are_found_by_what_was_said_in_chinese_too(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app) as page:
        await here.client.chat("今天上海的天气", sessionKey="weather")
        await here.client.chat("accounts", sessionKey="money")
        links = page.get_by_role("navigation", name="Sessions").get_by_role("link")
        await expect(links).to_have_count(2)
        await page.keyboard.press("Control+k")
        await page.keyboard.type("天气")
        await expect(links).to_have_count(1)
        await expect(links.first).to_have_accessible_name("weather")
        await expect(page.get_by_role("listitem").first).to_have_attribute("aria-setsize", "1")


async def test_what_fails_is_said_in_words_and_can_be_tried_again(chromium: Any) -> None:
    async with (
        scripted_upstream() as upstream,
        gateway(settings(upstream.url)) as running,
        signed_in(chromium, running.app) as page,
    ):
        await ask(page, "[[fail:400]]")
        article = answers(page)
        await expect(article.get_by_role("alert")).not_to_be_empty()
        await expect(article.get_by_role("button", name="Retry")).to_be_visible()
        await page.reload()
        await expect(answers(page).get_by_role("alert")).not_to_be_empty()


async def test_files_go_with_a_message_and_the_session_can_be_renamed_exported_and_deleted(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app) as page:
        picker = page.locator("input[type=file]")
        await picker.set_input_files({"name": "note.txt", "mimeType": "text/plain", "buffer": b"a note"})
        await expect(page.get_by_role("list", name="Attachments")).to_contain_text("note.txt")
        await picker.set_input_files({"name": "extra.txt", "mimeType": "text/plain", "buffer": b"extra"})
        await page.get_by_role("button", name="Remove extra.txt").click()
        await picker.set_input_files({"name": "dot.png", "mimeType": "image/png", "buffer": DOT})
        await expect(page.get_by_role("list", name="Attachments")).to_contain_text("dot.png")
        await ask(page, "read it")
        await expect(answers(page)).to_contain_text("I read")
        assert "a note" in str(here.model.requests[-1]["messages"][-1])
        assert "extra" not in str(here.model.requests[-1]["messages"][-1])
        for _ in range(2):
            await expect(page.get_by_role("article", name="You").get_by_role("img", name="dot.png")).to_be_visible()
            await settled(page)
            await page.reload()
        await page.get_by_role("button", name="Session menu").click()
        await page.get_by_role("menuitem", name="Rename").click()
        await page.get_by_role("dialog").get_by_role("textbox").fill("A better name")
        await page.get_by_role("dialog").get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("A better name")
        await page.get_by_role("button", name="Session menu").click()
        async with page.expect_download() as download:
            await page.get_by_role("menuitem", name="Export Markdown").click()
        path = await (await download.value).path()
        assert "I read" in path.read_text() and "# A better name" in path.read_text()
        await page.get_by_role("button", name="Session menu").click()
        await page.get_by_role("menuitem", name="Delete").click()
        await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
        await expect(page.get_by_role("navigation", name="Sessions").get_by_role("link")).to_have_count(0)

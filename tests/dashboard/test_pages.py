"""Signing in, and the pages beside the chat, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.agent import PIN, world
from tests.support.dashboard import SECONDS, answers, ask, signed_in, tab
from tests.support.gateway import TOKEN, gateway, settings

pytestmark = pytest.mark.timeout(120)


async def test_a_link_signs_in_once_and_leaves_no_code_behind(chromium: Any) -> None:
    async with gateway(settings()) as running, tab(chromium) as page:
        link = str(running.app.sign_in_link())
        await page.goto(link)
        await expect(page.get_by_role("status", name="Connection")).to_have_text("Connected")
        assert page.url == f"{running.url}/#/chat"
        assert await page.evaluate("[...Object.values(localStorage), document.cookie].join()") == ""
        await page.evaluate("globalThis.same = true")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert await page.evaluate("globalThis.same"), "who signs out does not load the page anew"
        await page.goto("about:blank")
        await page.goto(link)
        await expect(page.get_by_role("alert")).to_contain_text("openclaw dashboard")


async def test_a_token_signs_in_and_a_link_to_a_page_survives_it(chromium: Any) -> None:
    async with gateway(settings()) as running, tab(chromium, locale="zh-CN") as page:
        await page.goto(f"{running.url}/#/logs")
        await expect(page.get_by_role("heading", name="登录")).to_be_visible()
        assert await page.locator("html").get_attribute("lang") == "zh-CN"
        await page.get_by_role("combobox").select_option("en")
        await page.get_by_role("textbox", name="Token").fill("wrong")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_have_text("That is not a valid token.")
        await page.get_by_role("textbox", name="Token").fill(TOKEN)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1, name="Logs")).to_be_visible()
        stored = await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])")
        assert TOKEN not in stored


async def test_without_authentication_it_opens_at_once_and_a_revoked_token_ends_it(chromium: Any) -> None:
    async with gateway(settings(auth={"enabled": False})) as running, tab(chromium) as page:
        await page.goto(running.url)
        await expect(page.get_by_role("status", name="Connection")).to_have_text("Connected")
    async with gateway(settings()) as running, tab(chromium) as page, running.connect() as client:
        token = running.make_token(name="short")
        await page.goto(running.url)
        await page.get_by_role("textbox", name="Token").fill(token)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status", name="Connection")).to_have_text("Connected")
        await client.result("token.revoke", name="short")
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_every_page_has_its_heading_and_says_plainly_what_the_gateway_lacks(chromium: Any) -> None:
    async with gateway(settings()) as running, signed_in(chromium, running.app) as page:
        await expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_focused()
        for name in ("Overview", "Channels", "Skills", "Memory", "Tasks", "Webhooks", "Tokens", "Files", "Logs", "API"):
            await page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()
            await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
            await expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "page")
            await expect(page.get_by_text("Loading …")).to_have_count(0)
            await expect(page.get_by_role("main").get_by_role("alert")).to_have_count(0)
        await page.go_back()
        await expect(page.get_by_role("heading", level=1, name="Logs")).to_be_visible()
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("/")
        await expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_focused()


async def test_the_overview_tells_how_the_gateway_is_and_what_was_used(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app) as page:
        await here.run("count this")
        await page.goto(f"{here.served.url}/#/overview")
        for name in ("Status", "Model", "Uptime", "Runs", "Connections", "Memory"):
            term = page.get_by_role("term").filter(has_text=re.compile(f"^{name}$"))
            await expect(term).to_be_visible()
        await expect(page.get_by_role("definition").nth(1)).to_have_text("scripted")
        await expect(page.get_by_text(re.compile(r"\d MB"))).to_be_visible()
        for name in ("Tokens", "Cost", "Latency"):
            await expect(page.get_by_role("img", name=name)).to_be_visible()
        assert await page.get_by_role("img", name="Tokens").locator("rect").count() == 2


async def test_the_overview_shows_what_is_left_of_the_budgets(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app) as page:
        async with here.served.connect() as client:
            await client.result("budget.set", name="daily", tokens=100_000, per="user")
        await here.run("count this")
        await page.goto(f"{here.served.url}/#/overview")
        bar = page.get_by_role("meter", name="daily · owner")
        await expect(bar).to_be_visible()
        async with here.served.connect() as client:
            left = (await client.result("budget.status"))["budgets"][0]["left"]
        assert 0 < left < 100_000
        await expect(page.get_by_text(re.compile(rf"^{left:,} of 100,000 tokens left until "))).to_be_visible()


async def test_a_changed_configuration_is_shown_before_it_is_saved_and_applies(chromium: Any) -> None:
    async with gateway(settings()) as running, signed_in(chromium, running.app, "#/config") as page:
        await page.get_by_role("textbox", name="gateway.heartbeat_seconds").fill("30")
        await page.get_by_role("combobox", name="logging.level").select_option("warn")
        await page.get_by_role("textbox", name="gateway.port").fill("18790")
        await page.get_by_role("checkbox", name="gateway.compression").check()
        await page.get_by_role("button", name="Review changes").click()
        dialog = page.get_by_role("dialog", name="Review changes")
        await expect(dialog).to_contain_text("gateway.heartbeat_seconds")
        await expect(dialog.get_by_role("listitem").filter(has_text="gateway.port")).to_contain_text("needs a restart")
        await expect(dialog.get_by_role("listitem").filter(has_text="logging.level")).not_to_contain_text("restart")
        await dialog.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved. gateway.port needs a restart")).to_be_visible()
        assert running.app.settings.gateway.heartbeat_seconds == 30
        assert running.app.settings.logging.level == "warn"
        await page.get_by_role("textbox", name="gateway.heartbeat_seconds").fill("-5")
        await page.get_by_role("button", name="Review changes").click()
        await page.get_by_role("dialog").get_by_role("button", name="Save").click()
        await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("heartbeat_seconds")


async def test_the_log_is_followed_filtered_and_paused(chromium: Any) -> None:
    async with gateway(settings()) as running, signed_in(chromium, running.app, "#/logs") as page:
        log = page.get_by_role("log", name="Log", exact=True)
        await expect(log).to_contain_text("listening")
        running.app.log.warning("the tide turns", height=3)
        await expect(log).to_contain_text("the tide turns height=3")
        await page.get_by_role("textbox", name="Filter").fill("tide")
        await expect(log).not_to_contain_text("listening")
        await page.get_by_role("button", name="Pause").click()
        running.app.log.warning("a second tide")
        await page.get_by_role("combobox", name="Level").select_option("error")
        await expect(log).not_to_contain_text("second tide")


async def test_tokens_are_made_shown_once_and_revoked(chromium: Any) -> None:
    async with gateway(settings()) as running, signed_in(chromium, running.app, "#/tokens") as page:
        await page.get_by_role("button", name="New token").click()
        await page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("laptop")
        await page.get_by_role("dialog").get_by_role("button", name="Create").click()
        shown = page.get_by_role("dialog").get_by_role("group", name="Token")
        await expect(shown).to_contain_text("eyJ")
        async with running.connect(token=await shown.inner_text()):
            pass
        await page.get_by_role("dialog").get_by_role("button", name="Close").click()
        table = page.get_by_role("table", name="Tokens")
        await expect(table).to_contain_text("laptop")
        await page.get_by_role("button", name="Revoke laptop").click()
        await page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
        await expect(table).to_contain_text("revoked")


async def test_methods_are_called_by_hand_and_their_frames_shown(chromium: Any) -> None:
    async with gateway(settings()) as running, signed_in(chromium, running.app, "#/api") as page:
        await page.get_by_role("searchbox", name="Search methods").fill("session create")
        await page.get_by_role("list", name="Methods").get_by_role("button", name="session.create").click()
        await page.get_by_role("checkbox", name="sessions").check()
        await page.get_by_role("textbox", name="Params").fill('{"sessionKey": "by-hand"}')
        await page.get_by_role("button", name="Call", exact=True).click()
        await expect(page.get_by_role("region", name="Result")).to_contain_text('"sessionKey": "by-hand"')
        frames = page.get_by_role("log", name="Frames")
        await expect(frames).to_contain_text("session.updated")
        await page.get_by_role("textbox", name="Params").fill("{")
        await page.get_by_role("button", name="Call", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("not JSON")


async def test_what_is_guarded_asks_for_the_pin_and_is_done_with_it(chromium: Any) -> None:
    async with (
        world(pin=PIN, security={"require_pin_for": ["file_delete"]}) as here,
        signed_in(chromium, here.served.app, "#/memory") as page,
    ):
        (here.workspace / "plan.txt").write_text("the plan")
        await page.goto(f"{here.served.url}/#/files")
        await page.get_by_role("button", name="Delete plan.txt").click()
        await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
        dialog = page.get_by_role("dialog", name="This needs the PIN.")
        await dialog.get_by_role("textbox", name="PIN").fill("0000")
        await dialog.get_by_role("button", name="Go on").click()
        await expect(dialog.get_by_role("alert")).to_have_text("That is not the PIN.")
        assert (here.workspace / "plan.txt").exists()
        await dialog.get_by_role("textbox", name="PIN").fill(PIN)
        await dialog.get_by_role("button", name="Go on").click()
        await expect(page.get_by_role("table", name="Files")).not_to_contain_text("plan.txt")
        assert not (here.workspace / "plan.txt").exists()


async def test_memory_and_files_are_searched_read_and_deleted(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app, "#/memory") as page:
        await here.client.result("memory.store", key="colour", value="The user likes blue")
        await page.get_by_role("searchbox", name="Search memory").fill("blue")
        await expect(page.get_by_role("table", name="Memory")).to_contain_text("colour")
        await page.get_by_role("button", name="Delete colour").click()
        await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
        await expect(page.get_by_role("table", name="Memory")).not_to_contain_text("colour")
        (here.workspace / "plan.txt").write_text("what we do")
        await page.goto(f"{here.served.url}/#/files")
        await page.get_by_role("button", name="plan.txt", exact=True).click()
        await expect(page.get_by_role("dialog")).to_contain_text("what we do")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Delete plan.txt").click()
        await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
        await expect(page.get_by_role("table", name="Files")).not_to_contain_text("plan.txt")
        assert not (here.workspace / "plan.txt").exists()


async def test_language_and_theme_follow_the_browser_until_chosen_and_are_kept(chromium: Any) -> None:
    async with (
        gateway(settings()) as running,
        signed_in(chromium, running.app, locale="zh-CN", color_scheme="dark") as page,
    ):
        # One word in English, two in Chinese: memory in use and what is remembered, tokens of text and to sign in.
        await page.goto(f"{running.url}/#/overview")
        for said in ("内存", "词元", "记忆", "令牌"):
            await expect(page.get_by_text(said, exact=True).first).to_be_visible()
        html = page.locator("html")
        await expect(html).to_have_attribute("data-theme", "dark")
        await expect(page.get_by_role("navigation", name="页面")).to_be_visible()
        await page.get_by_role("combobox", name="主题").select_option("light")
        await page.get_by_role("combobox", name="语言").select_option("en")
        await page.reload()
        await expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        await expect(html).to_have_attribute("data-theme", "light")
        await expect(html).to_have_attribute("lang", "en")


async def test_at_phone_width_everything_is_behind_the_menu(chromium: Any) -> None:
    async with (
        world() as here,
        signed_in(chromium, here.served.app, viewport={"width": 375, "height": 700}) as page,
    ):
        await expect(page.get_by_role("navigation", name="Pages")).to_have_count(0)
        await ask(page, "from a phone, with a word that is very long: " + "x" * 200)
        await expect(answers(page)).to_contain_text("I read")
        for name in ("Config", "API", "Files"):
            await page.get_by_role("button", name="Menu", exact=True).click()
            await page.get_by_role("link", name=name, exact=True).click(timeout=SECONDS)
            await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
            await expect(page.get_by_text("Loading …")).to_have_count(0)
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= 375, name


async def test_the_explorer_shows_http_and_the_websocket_and_calls_both(chromium: Any) -> None:
    async with gateway(settings()) as running, signed_in(chromium, running.app, "docs/api") as page:
        for title in ("Gateway", "Conversations", "OpenAI", "WebSocket", "Methods", "Events"):
            await expect(page.get_by_role("heading", name=title, exact=True).first).to_be_visible()
        await expect(page.get_by_role("cell", name="4029")).to_be_visible()
        await page.get_by_role("searchbox").fill("system.status")
        method = page.locator("details#method-system\\.status")
        await method.locator("summary").click()
        await method.get_by_role("button", name="Call").click()
        await expect(method).to_contain_text('"status": "ok"')
        await page.get_by_role("searchbox").fill("/status")
        await page.locator("details.operation", has_text="/status").first.locator("summary").click()
        await (
            page.locator("details.operation[open]", has_text="/status").get_by_role("button", name="Send").first.click()
        )
        await expect(page.locator("details.operation[open] pre", has_text="200 OK").first).to_be_visible()


async def test_a_guarded_setting_asks_for_the_pin_and_says_how_to_set_one(chromium: Any) -> None:
    async with world() as here, signed_in(chromium, here.served.app, "#/config") as page:
        await page.get_by_role("textbox", name="storage.path").fill("other.db")
        await page.get_by_role("button", name="Review changes").click()
        dialog = page.get_by_role("dialog", name="Review changes")
        save = dialog.get_by_role("button", name="Save")
        await save.click()
        await expect(dialog.get_by_role("alert")).to_contain_text("openclaw pin set")
        here.served.set_pin(PIN)
        await save.click()
        await expect(dialog.get_by_role("alert")).to_have_text("This needs the PIN.")
        await expect(save).to_be_disabled()
        await dialog.get_by_role("textbox", name="PIN").fill("0000")
        await save.click()
        await expect(dialog.get_by_role("alert")).to_have_text("That is not the PIN.")
        await dialog.get_by_role("textbox", name="PIN").fill(PIN)
        await dialog.get_by_role("textbox", name="PIN").press("Enter")
        await expect(dialog).to_have_count(0)
        await expect(page.get_by_role("status").filter(has_text="Saved")).to_contain_text("needs a restart")
        assert "other.db" in (here.served.home / "gateway.yaml").read_text()

"""axe-core finds nothing serious on any page, light and dark, English and Chinese; a keyboard is enough."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.strangers import environments
from tests.support.agent import PIN, world
from tests.support.dashboard import answers, ask, settled, signed_in, tab
from tests.support.gateway import gateway, settings
from tests.support.obedient import call

pytestmark = pytest.mark.timeout(300)
PAGES = ["overview", "channels", "skills", "memory", "tasks", "webhooks", "tokens", "files", "logs", "config", "api"]
LOOK = "() => axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)"
RICH = (
    "## Heading\n\nText with `code`, **strong** and a [link](https://example.com).\n\n"
    "```python\n# comment\nprint('x', 1)\n```\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n> quoted\n\n- [x] done\n"
)


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's script."""
    return (environments.node("axe", "axe-core@4.14.1") / "node_modules" / "axe-core" / "axe.min.js").read_text()


async def nothing_serious(page: Any, axe: str, where: str) -> None:
    # Evaluated, not added as an element: the page's policy lets in no scripts but its own.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe)
    found = await page.evaluate(LOOK)
    serious = [
        (each["id"], each["help"], [node["html"][:200] for node in each["nodes"][:3]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert not serious, (where, serious)


@pytest.mark.parametrize(("locale", "scheme"), [("en-US", "light"), ("zh-CN", "dark")])
async def test_axe_finds_nothing_serious(chromium: Any, axe: str, locale: str, scheme: str) -> None:
    async with world(pin=PIN, security={"require_pin_for": ["file_write"]}) as here:
        await here.client.result("session.create", sessionKey="rich", title="Rich")
        await here.client.result("chat.inject", sessionKey="rich", content=RICH)
        await here.client.chat(call("file_list"), sessionKey="rich")
        await here.client.result("token.create", name="laptop")
        (here.workspace / "a.txt").write_text("a")
        options = {"locale": locale, "color_scheme": scheme}
        async with signed_in(chromium, here.served.app, "#/chat/rich", **options) as page:
            await page.locator("article").nth(2).wait_for()
            await page.locator("figure[data-coloured]").wait_for()
            await page.locator("details summary").first.click()
            await nothing_serious(page, axe, "chat")
            for name in PAGES:
                await page.evaluate("(name) => { location.hash = `#/${name}` }", name)
                await page.locator(f'.side a[href="#/{name}"][aria-current]').wait_for()
                await expect(page.locator(".page .note", has_text="…")).to_have_count(0)
                await nothing_serious(page, axe, name)
            accepted = await here.client.result("chat.run", message=call("file_write", path="/x", content="y"))
            await page.get_by_role("dialog").wait_for()
            await nothing_serious(page, axe, "approval")
            await here.client.result("chat.abort", runId=accepted["runId"])
        async with tab(chromium, **options) as page:
            await page.goto(here.served.url)
            await page.locator("h1").wait_for()
            await nothing_serious(page, axe, "sign-in")


async def test_a_whole_conversation_is_had_by_keyboard_alone(chromium: Any) -> None:
    async with gateway(settings()) as running, signed_in(chromium, running.app, "#/logs") as page:
        await page.reload()
        await page.get_by_role("log").wait_for()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main")).to_be_focused()
        await page.keyboard.press("/")
        field = page.get_by_role("textbox", name="Message", exact=True)
        await expect(field).to_be_focused()
        await page.keyboard.type("/help")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("more")
        await expect(field).to_have_value("/help\nmore")
        await page.keyboard.press("Control+a")
        await page.keyboard.type("/help")
        await page.keyboard.press("Enter")
        await expect(answers(page)).to_have_count(1)
        await settled(page)
        await page.keyboard.press("Control+Shift+O")
        await expect(page).to_have_url(f"{running.url}/#/chat")
        await expect(field).to_be_focused()
        await expect(page.get_by_role("article")).to_have_count(0)
        menu = page.get_by_role("button", name="Session menu")
        await page.get_by_role("navigation", name="Sessions").get_by_role("link").first.focus()
        await page.keyboard.press("Enter")
        await menu.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Escape")
        await expect(menu).to_be_focused()


async def test_an_enter_that_ends_a_composition_sends_nothing(chromium: Any) -> None:
    async with gateway(settings()) as running, signed_in(chromium, running.app) as page:
        field = page.get_by_role("textbox", name="Message", exact=True)
        await field.fill("ni hao")
        enter = "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true})"
        await field.evaluate(f"(area) => area.dispatchEvent({enter})")
        await expect(field).to_have_value("ni hao")
        await expect(page.get_by_role("article")).to_have_count(0)
        await ask(page, "now")
        await expect(page.get_by_role("article", name="You")).to_have_count(1)

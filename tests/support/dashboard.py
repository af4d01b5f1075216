"""The dashboard in a real browser, signed in to a gateway of the test's own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from openclaw_rpc.app import Gateway

SECONDS = 30_000


class Faults(list[str]):
    """What a page complained of: exceptions, and what the policy held back."""

    def watch(self, page: Any) -> None:
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("console", lambda said: self._note(said.type, said.text))

    def _note(self, kind: str, text: str) -> None:
        # A network that is cut, and an answer that is no 2xx, are reported by the browser itself.
        if kind == "error" and "Failed to load resource" not in text and "WebSocket connection" not in text:
            self.append(text)


@asynccontextmanager
async def tab(browser: Any, **options: Any) -> AsyncGenerator[Any]:
    """A tab in a profile of its own, in English; it must have complained of nothing when it is closed."""
    profile = await browser.new_context(**{"locale": "en-US", "viewport": {"width": 1280, "height": 800}, **options})
    profile.set_default_timeout(SECONDS)
    faults = Faults()
    try:
        page = await profile.new_page()
        faults.watch(page)
        yield page
        assert not faults, faults
    finally:
        await profile.close()


@asynccontextmanager
async def signed_in(
    browser: Any, app: Gateway, path: str = "", *, url: str = "", **options: Any
) -> AsyncGenerator[Any]:
    """A tab that signed in by a link, at a page of the dashboard: ``#/logs``. ``url``: by way of another address."""
    async with tab(browser, **options) as page:
        link = str(app.sign_in_link())
        await page.goto(link.replace(app.url, url) if url else link)
        await page.get_by_role("status", name="Connection").or_(page.get_by_role("status", name="连接")).wait_for()
        if path:
            await page.goto((url or app.url) + "/" + path)
        yield page


async def ask(page: Any, text: str) -> None:
    """Write a message and send it."""
    field = page.get_by_role("textbox", name="Message", exact=True)
    await field.fill(text)
    await field.press("Enter")


def answers(page: Any) -> Any:
    """The assistant's messages."""
    return page.get_by_role("article", name="Assistant")


async def settled(page: Any) -> None:
    """Wait until no answer streams."""
    await page.locator('[role=log][aria-label="Messages"][aria-busy=false]').wait_for()

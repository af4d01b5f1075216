"""Playwright as the driver of an installed Chromium: started when first used, a context a profile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from openclaw_rpc.adapters.browser.engine import Engine
from openclaw_rpc.adapters.browser.faults import asked
from openclaw_rpc.adapters.browser.profile import OpenProfile, close_page, no_page
from openclaw_rpc.adapters.browser.proxy import GuardedProxy, Resolve, resolved
from openclaw_rpc.adapters.browser.screenshots import take
from openclaw_rpc.adapters.browser.scripts import run_script
from openclaw_rpc.domain.browser import VALUE_CHARACTERS, BrowserSettings, DriverState, PageState, Wait
from openclaw_rpc.domain.outbound import OutboundPolicy, OutboundRefused
from openclaw_rpc.protocol.browser import BrowserClickParams, BrowserTypeParams
from openclaw_rpc.protocol.errors import Conflict, NotFound, ProviderError, Timeout
from openclaw_rpc.protocol.surrogates import replaced
from openclaw_rpc.protocol.validation import mended

if TYPE_CHECKING:
    from playwright.async_api import Page, Request

SNAPSHOT_MS: Final = 15_000


class PlaywrightDriver:
    """The port `BrowserDriver`. ``folder`` holds the profiles; ``resolve`` is who the proxy asks for addresses."""

    def __init__(
        self,
        settings: Callable[[], BrowserSettings],
        folder: Path,
        policy: Callable[[], OutboundPolicy],
        *,
        resolve: Resolve = resolved,
    ) -> None:
        self._proxy = GuardedProxy(policy, resolve)
        self._engine = Engine(settings, folder, self._proxy)

    @property
    def refusals(self) -> MutableMapping[str, OutboundRefused]:
        """Of the hosts that the guard refused lately, why."""
        return self._proxy.refusals

    def state(self) -> DriverState:
        """See `BrowserDriver.state`."""
        return self._engine.state()

    def profiles(self) -> Collection[str]:
        """See `BrowserDriver.profiles`."""
        return self._engine.profiles.keys()

    async def pages(self, profile: str) -> list[PageState]:
        """See `BrowserDriver.pages`."""
        known = self._engine.profiles.get(profile)
        return [] if known is None else await known.states()

    async def open(self, profile: str, url: str, timeout_ms: int) -> tuple[PageState, int | None]:
        """See `BrowserDriver.open`."""
        return await self._open(await self._engine.profile(profile), url, "load", timeout_ms)

    async def navigate(
        self, profile: str, page_id: str | None, url: str, wait_until: Wait, timeout_ms: int
    ) -> tuple[PageState, int | None]:
        """See `BrowserDriver.navigate`."""
        known = await self._engine.profile(profile)
        if page_id is None and not known.pages:
            return await self._open(known, url, wait_until, timeout_ms)
        async with self._page(profile, page_id) as (known, found, page):
            status = await self._goto(page, url, wait_until, timeout_ms)
        return await known.state(found, page), status

    async def screenshot(
        self, profile: str, page_id: str | None, selector: str | None, full_page: bool, timeout_ms: int
    ) -> tuple[PageState, bytes]:
        """See `BrowserDriver.screenshot`."""
        async with self._page(profile, page_id) as (known, found, page):
            png = await take(page, selector, full_page, timeout_ms)
        return await known.state(found, page), png

    async def execute(self, profile: str, page_id: str | None, script: str, timeout_ms: int) -> tuple[PageState, Any]:
        """See `BrowserDriver.execute`."""
        async with self._page(profile, page_id) as (known, found, page):
            value = await run_script(await known.devtools(found), script, timeout_ms, VALUE_CHARACTERS)
        return await known.state(found, page), value

    async def click(self, profile: str, page_id: str | None, params: BrowserClickParams) -> PageState:
        """See `BrowserDriver.click`."""
        limit = params.timeout_ms
        async with self._page(profile, page_id) as (known, found, page):
            element = page.locator(params.selector).first
            click = element.click(button=params.button, click_count=params.count, timeout=limit)
            await asked(click, "selector", limit)
        return await known.state(found, page)

    async def type(self, profile: str, page_id: str | None, params: BrowserTypeParams) -> PageState:
        """See `BrowserDriver.type`."""
        limit = params.timeout_ms
        async with self._page(profile, page_id) as (known, found, page):
            element = page.locator(params.selector).first
            if params.clear:
                await asked(element.fill(params.text, timeout=limit), "selector", limit)
            else:
                await asked(element.press_sequentially(params.text, timeout=limit), "selector", limit)
            if params.submit:
                await asked(element.press("Enter", timeout=limit), "selector", limit)
        return await known.state(found, page)

    async def snapshot(self, profile: str, page_id: str | None) -> tuple[PageState, str]:
        """See `BrowserDriver.snapshot`."""
        async with self._page(profile, page_id) as (known, found, page):
            tree = await asked(page.aria_snapshot(timeout=SNAPSHOT_MS), "pageId", SNAPSHOT_MS)
        # Halves of characters stand there as they are, or escaped.
        return await known.state(found, page), mended(replaced(tree).encode()).decode()

    async def close(self, profile: str, page_id: str | None) -> int:
        """See `BrowserDriver.close`."""
        known = self._engine.profiles.get(profile)
        if page_id is not None:
            if known is None:
                raise NotFound(f"there is no page {page_id!r}", field="pageId")
            await close_page(known.page(page_id)[1])
            return 1
        if known is None:
            return 0
        closed = len(known.pages)
        await self._engine.close(profile)
        return closed

    async def stop(self) -> None:
        """See `BrowserDriver.stop`."""
        await self._engine.stop()

    @asynccontextmanager
    async def _page(self, profile: str, page_id: str | None) -> AsyncGenerator[tuple[OpenProfile, str, Page]]:
        """A page of a profile that is open: nothing is started to look at no page. It is left in working order."""
        known = self._engine.profiles.get(profile)
        if known is None:
            raise no_page()
        found, page = known.page(page_id)
        try:
            yield known, found, page
        except Timeout:
            await known.revive(found)
            raise
        except asyncio.CancelledError:
            # Whoever aborts does not wait for it.
            known.later(known.revive(found))
            raise

    async def _open(
        self, known: OpenProfile, url: str, wait_until: Wait, timeout_ms: int
    ) -> tuple[PageState, int | None]:
        found, page = await known.new_page()
        try:
            status = await self._goto(page, url, wait_until, timeout_ms)
        except asyncio.CancelledError:
            known.later(close_page(page))
            raise
        except Exception:
            await close_page(page)
            raise
        return await known.state(found, page), status

    async def _goto(self, page: Page, url: str, wait_until: Wait, timeout_ms: int) -> int | None:
        """Lead a page to an address; the HTTP status.

        Raises:
            Forbidden: the guard refused it, or where it redirects to.
        """
        hosts = [_host(url)]

        def note(request: Request) -> None:
            if request.is_navigation_request() and request.frame == page.main_frame:
                hosts.append(_host(request.url))

        page.on("request", note)
        try:
            response = await asked(page.goto(url, wait_until=wait_until, timeout=timeout_ms), "url", timeout_ms)
        except (ProviderError, Conflict):
            why = self.refusals.get(hosts[-1])
            if why is not None:
                raise OutboundRefused(why.message, field="url", reason=why.reason, **why.details) from None
            raise
        finally:
            page.remove_listener("request", note)
        return None if response is None else response.status


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""

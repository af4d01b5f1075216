"""Playwright as the driver of an installed Chromium: started when first used, a context a profile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from openclaw_rpc.adapters.browser.proxy import GuardedProxy
from openclaw_rpc.domain.browser import BrowserSettings, DriverState, PageState
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.outbound import OutboundPolicy
from openclaw_rpc.protocol.browser import BrowserClickParams, BrowserTypeParams
from openclaw_rpc.protocol.errors import Conflict, GatewayError, InvalidRequest, NotFound, ProviderError, Timeout
from openclaw_rpc.protocol.errors import Unavailable as Missing

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
USUAL: Final = (
    "/usr/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
NO_PLAYWRIGHT: Final = "Playwright is not installed: pip install 'openclaw-rpc[browser]'"
NO_BROWSER: Final = "no browser was found: install Chromium (apt install chromium), or set browser.executable"
ARGUMENTS: Final = (
    "--disable-background-networking",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # WebRTC would send UDP past the proxy.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
START_MS: Final = 30_000
SNAPSHOT_MS: Final = 15_000

T = TypeVar("T")


class _Profile:
    """An open profile: its context, its pages by their ids, the last used one last."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.pages: dict[str, Page] = {}

    def adopt(self, page: Page) -> str:
        """Know a page, one that a script opened too."""
        for page_id, known in self.pages.items():
            if known is page:
                return page_id
        page_id = new_id("page")
        self.pages[page_id] = page
        page.on("close", self._forget)
        return page_id

    def meet(self, page: Page) -> None:
        """Know a page that a script opened."""
        self.adopt(page)

    def _forget(self, page: Page) -> None:
        for page_id in [page_id for page_id, known in self.pages.items() if known is page]:
            del self.pages[page_id]

    def last(self, page_id: str) -> None:
        """Make a page the one that was used last."""
        self.pages[page_id] = self.pages.pop(page_id)


class PlaywrightDriver:
    """The port `BrowserDriver`. ``folder`` holds the profiles."""

    def __init__(
        self, settings: Callable[[], BrowserSettings], folder: Path, policy: Callable[[], OutboundPolicy]
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._proxy = GuardedProxy(policy)
        self._proxy_address = ""
        self._playwright: Playwright | None = None
        self._profiles: dict[str, _Profile] = {}
        self._version: str | None = None
        self._starting = asyncio.Lock()

    def state(self) -> DriverState:
        """See `BrowserDriver.state`."""
        executable = self._executable()
        reason = None if executable else NO_BROWSER
        if not _has_playwright():
            reason = NO_PLAYWRIGHT
        return DriverState(running=bool(self._profiles), executable=executable, version=self._version, reason=reason)

    def _executable(self) -> str | None:
        chosen = self._settings().executable
        if chosen is not None:
            return chosen if Path(chosen).exists() else None
        found = next((path for name in NAMES if (path := shutil.which(name))), None)
        return found or next((path for path in USUAL if Path(path).exists()), None)

    async def _profile(self, name: str) -> _Profile:
        async with self._starting:
            profile = self._profiles.get(name)
            if profile is None:
                profile = self._profiles[name] = _Profile(await self._launch(name))
                profile.context.on("close", lambda _: self._forget(name))
                profile.context.on("page", profile.meet)
                for page in profile.context.pages:
                    await page.close()
            return profile

    def _forget(self, name: str) -> None:
        self._profiles.pop(name, None)

    async def _launch(self, name: str) -> BrowserContext:
        state = self.state()
        if state.reason is not None or state.executable is None:
            raise Missing(state.reason or NO_BROWSER, reason="no_browser")
        if self._playwright is None:
            from playwright.async_api import async_playwright  # a node process; only where a browser is used

            self._playwright = await async_playwright().start()
            self._proxy_address = await self._proxy.start()
        settings = self._settings()
        folder = self._folder / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        arguments = list(ARGUMENTS)
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        try:
            context = await self._playwright.chromium.launch_persistent_context(
                folder,
                executable_path=state.executable,
                headless=settings.headless,
                # Chromium's own sandbox refuses to run as root.
                chromium_sandbox=not root,
                args=arguments,
                accept_downloads=False,
                viewport={"width": settings.width, "height": settings.height},
                proxy={
                    "server": self._proxy_address,
                    "username": self._proxy.username,
                    "password": self._proxy.password,
                    # Without it, loopback would be reached directly.
                    "bypass": "<-loopback>",
                },
                timeout=START_MS,
            )
        except Exception as error:
            raise Missing(f"the browser did not start: {_first_line(error)}", reason="no_start") from None
        if context.browser is not None:
            self._version = context.browser.version
        return context

    def _page(self, profile: _Profile, page_id: str | None) -> tuple[str, Page]:
        if page_id is None:
            if not profile.pages:
                raise Conflict("no page is open: browser.navigate opens one", reason="no_page")
            page_id = next(reversed(profile.pages))
        page = profile.pages.get(page_id)
        if page is None:
            raise NotFound(f"there is no page {page_id!r}", field="pageId")
        profile.last(page_id)
        return page_id, page

    async def _new_page(self, profile: _Profile) -> tuple[str, Page]:
        if len(profile.pages) >= self._settings().max_pages:
            most = self._settings().max_pages
            raise Conflict(f"{most} pages are open already; close one", field="profile", reason="too_many")
        page = await profile.context.new_page()
        return profile.adopt(page), page

    async def pages(self, profile: str) -> list[PageState]:
        """See `BrowserDriver.pages`."""
        known = self._profiles.get(profile)
        if known is None:
            return []
        return [await _state(page_id, page) for page_id, page in list(known.pages.items())]

    async def open(self, profile: str, url: str, timeout_ms: int) -> tuple[PageState, int | None]:
        """See `BrowserDriver.open`."""
        page_id, page = await self._new_page(await self._profile(profile))
        try:
            return await self._goto(page_id, page, url, "load", timeout_ms)
        except BaseException:
            with contextlib.suppress(Exception):
                await page.close()
            raise

    async def navigate(
        self, profile: str, page_id: str | None, url: str, wait_until: str, timeout_ms: int
    ) -> tuple[PageState, int | None]:
        """See `BrowserDriver.navigate`."""
        known = await self._profile(profile)
        if page_id is None and not known.pages:
            return await self.open(profile, url, timeout_ms)
        return await self._goto(*self._page(known, page_id), url, wait_until, timeout_ms)

    async def _goto(
        self, page_id: str, page: Page, url: str, wait_until: Any, timeout_ms: int
    ) -> tuple[PageState, int | None]:
        response = await _asked(page.goto(url, wait_until=wait_until, timeout=timeout_ms), "url")
        return await _state(page_id, page), None if response is None else response.status

    async def screenshot(
        self, profile: str, page_id: str | None, selector: str | None, full_page: bool, timeout_ms: int
    ) -> tuple[PageState, bytes]:
        """See `BrowserDriver.screenshot`."""
        found, page = self._page(await self._profile(profile), page_id)
        if selector is not None:
            picture = page.locator(selector).first.screenshot(type="png", timeout=timeout_ms)
        else:
            picture = page.screenshot(type="png", full_page=full_page, timeout=timeout_ms)
        png = await _asked(picture, "selector")
        return await _state(found, page), png

    async def execute(self, profile: str, page_id: str | None, script: str, timeout_ms: int) -> tuple[PageState, Any]:
        """See `BrowserDriver.execute`."""
        found, page = self._page(await self._profile(profile), page_id)
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                value = await _asked(page.evaluate(script), "script")
        except TimeoutError:
            # The page is stuck in the script: nothing else of it would answer.
            await page.close()
            raise Timeout(f"the script took longer than {timeout_ms} ms; its page was closed", field="script") from None
        return await _state(found, page), value

    async def click(self, profile: str, page_id: str | None, params: BrowserClickParams) -> PageState:
        """See `BrowserDriver.click`."""
        found, page = self._page(await self._profile(profile), page_id)
        element = page.locator(params.selector).first
        click = element.click(button=params.button, click_count=params.count, timeout=params.timeout_ms)
        await _asked(click, "selector")
        return await _state(found, page)

    async def type(self, profile: str, page_id: str | None, params: BrowserTypeParams) -> PageState:
        """See `BrowserDriver.type`."""
        found, page = self._page(await self._profile(profile), page_id)
        element = page.locator(params.selector).first
        if params.clear:
            await _asked(element.fill(params.text, timeout=params.timeout_ms), "selector")
        else:
            await _asked(element.press_sequentially(params.text, timeout=params.timeout_ms), "selector")
        if params.submit:
            await _asked(element.press("Enter", timeout=params.timeout_ms), "selector")
        return await _state(found, page)

    async def snapshot(self, profile: str, page_id: str | None) -> tuple[PageState, str]:
        """See `BrowserDriver.snapshot`."""
        found, page = self._page(await self._profile(profile), page_id)
        tree = await _asked(page.locator("body").aria_snapshot(timeout=SNAPSHOT_MS), "pageId")
        return await _state(found, page), tree

    async def close(self, profile: str, page_id: str | None) -> int:
        """See `BrowserDriver.close`."""
        known = self._profiles.get(profile)
        if known is None:
            return 0
        if page_id is not None:
            await self._page(known, page_id)[1].close()
            return 1
        closed = len(known.pages)
        await known.context.close()
        self._profiles.pop(profile, None)
        if not self._profiles:
            await self.stop()
        return closed

    async def stop(self) -> None:
        """See `BrowserDriver.stop`."""
        async with self._starting:
            for profile in list(self._profiles.values()):
                with contextlib.suppress(Exception):
                    await profile.context.close()
            self._profiles.clear()
            if self._playwright is not None:
                await self._playwright.stop()
                self._playwright = None
                await self._proxy.stop()


def _has_playwright() -> bool:
    from importlib.util import find_spec

    return find_spec("playwright") is not None


async def _state(page_id: str, page: Page) -> PageState:
    try:
        title = await page.title()
    except Exception:
        # A page that is just being led elsewhere has none.
        title = ""
    return PageState(page_id=page_id, url=page.url, title=title)


async def _asked(work: Coroutine[Any, Any, T], field: str) -> T:
    """Await Playwright; what it raises as the table's errors.

    Raises:
        Timeout, InvalidRequest, ProviderError: as they say.
    """
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as PlaywrightTimeout

    try:
        return await work
    except PlaywrightTimeout as error:
        raise Timeout(_first_line(error), field=field, reason="browser") from None
    except Error as error:
        raise _fault(_first_line(error), field) from None


def _fault(line: str, field: str) -> GatewayError:
    if "ERR_TUNNEL_CONNECTION_FAILED" in line or "ERR_PROXY" in line or "net::ERR_" in line:
        return ProviderError(f"the page could not be reached: {line}", reason="unreachable")
    return InvalidRequest(f"{field}: {line}", field=field, reason=line)


def _first_line(error: Exception) -> str:
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return re.sub(r"^\w+\.\w+: ", "", line)[:500]

"""The browser: whose pages are whose, where they may lead, and when it is no longer needed."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, Literal, Protocol

import anyio
import msgspec
from msgspec import Meta

from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.outbound import OutboundPolicy
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.browser import (
    BrowserClickParams,
    BrowserClosed,
    BrowserCloseParams,
    BrowserExecuted,
    BrowserExecuteParams,
    BrowserNavigated,
    BrowserNavigateParams,
    BrowserOpenParams,
    BrowserPage,
    BrowserPicture,
    BrowserScreenshotParams,
    BrowserSnapshot,
    BrowserSnapshotParams,
    BrowserStatus,
    BrowserTypeParams,
)
from openclaw_rpc.protocol.errors import Conflict, TooLarge

PNG: Final = "image/png"
PNG_WIDTH: Final = slice(16, 20)
PNG_HEIGHT: Final = slice(20, 24)
PICTURE_BYTES: Final = 32 * 1024 * 1024
VALUE_CHARACTERS: Final = 4 * 1024 * 1024
LOOK_SECONDS: Final = 5.0

Wait = Literal["commit", "domcontentloaded", "load", "networkidle"]


class BrowserSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`browser` in `gateway.yaml`."""

    executable: (
        Annotated[str, Meta(min_length=1, max_length=4096, description="The browser; else Chromium is looked for.")]
        | None
    ) = None
    headless: Annotated[bool, Meta(description="Without a window.")] = True
    idle_seconds: Annotated[float, Meta(gt=0, le=86_400, description="It stops when unused for so long.")] = 300
    max_profiles: Annotated[int, Meta(ge=1, le=100, description="Profiles that are open at a time.")] = 4
    max_pages: Annotated[int, Meta(ge=1, le=1000, description="Pages of a profile.")] = 10
    width: Annotated[int, Meta(ge=100, le=10_000, description="Of a page's view, in pixels.")] = 1280
    height: Annotated[int, Meta(ge=100, le=10_000, description="Of a page's view, in pixels.")] = 800


class PageState(msgspec.Struct, kw_only=True, frozen=True):
    """A page as the driver has it."""

    page_id: str
    url: str
    title: str


class DriverState(msgspec.Struct, kw_only=True, frozen=True):
    """Which browser there is, and since when it runs (s since 1970). ``reason`` says why there is none, what to do."""

    running: bool
    since: float | None = None
    executable: str | None = None
    version: str | None = None
    reason: str | None = None


class BrowserDriver(Protocol):
    """Drives a browser. A profile is a folder's name; pages are found by their ids, None is the one last used.

    ``open`` and ``navigate`` start what they need, and raise Unavailable where there is no browser or no driver,
    Refused where the outbound guard is against it, ProviderError where a page could not be reached. All raise NotFound
    for an unknown page, Conflict where there is none or it is gone, Timeout, and InvalidRequest for a selector or a
    script that is none.
    """

    def state(self) -> DriverState:
        """Which browser there is, without starting it."""
        ...

    def profiles(self) -> Collection[str]:
        """The profiles that are open."""
        ...

    async def pages(self, profile: str) -> list[PageState]:
        """A profile's open pages."""
        ...

    async def open(self, profile: str, url: str, timeout_ms: int) -> tuple[PageState, int | None]:
        """A new page; where it is, and its HTTP status."""
        ...

    async def navigate(
        self, profile: str, page_id: str | None, url: str, wait_until: Wait, timeout_ms: int
    ) -> tuple[PageState, int | None]:
        """Lead a page elsewhere."""
        ...

    async def screenshot(
        self, profile: str, page_id: str | None, selector: str | None, full_page: bool, timeout_ms: int
    ) -> tuple[PageState, bytes]:
        """A picture, as PNG."""
        ...

    async def execute(self, profile: str, page_id: str | None, script: str, timeout_ms: int) -> tuple[PageState, Any]:
        """A script's value, as JSON has it.

        Raises:
            TooLarge: it has more than `VALUE_CHARACTERS`.
        """
        ...

    async def click(self, profile: str, page_id: str | None, params: BrowserClickParams) -> PageState:
        """Click."""
        ...

    async def type(self, profile: str, page_id: str | None, params: BrowserTypeParams) -> PageState:
        """Type."""
        ...

    async def snapshot(self, profile: str, page_id: str | None) -> tuple[PageState, str]:
        """The page's accessibility tree, in YAML."""
        ...

    async def close(self, profile: str, page_id: str | None) -> int:
        """Close a page, or the profile; how many pages that were."""
        ...

    async def stop(self) -> None:
        """End the browser and all that belongs to it."""
        ...


class Browsers:
    """The pages of all users. A user's profiles are its own."""

    def __init__(
        self,
        settings: Callable[[], BrowserSettings],
        driver: BrowserDriver,
        policy: Callable[[], OutboundPolicy],
        clock: Clock,
        log: Log,
    ) -> None:
        self._settings = settings
        self._driver = driver
        self._policy = policy
        self._clock = clock
        self._log = log
        self._in_use: Counter[str] = Counter()
        self._used_at = clock.monotonic()

    async def status(self, user: str) -> BrowserStatus:
        """Which browser there is, and the user's pages."""
        state = self._driver.state()
        pages: list[BrowserPage] = []
        mine = _folder(user, "")
        for folder in sorted(folder for folder in self._driver.profiles() if folder.startswith(mine)):
            profile = folder.removeprefix(mine)
            pages += [_shown(page, profile) for page in await self._driver.pages(folder)]
        return BrowserStatus(
            status="unavailable" if state.reason else "running" if state.running else "stopped",
            pages=pages,
            executable=state.executable,
            version=state.version,
            reason=state.reason,
            since=None if state.since is None else iso(state.since),
        )

    async def open(self, user: str, params: BrowserOpenParams) -> BrowserNavigated:
        """Open a page."""
        self._policy().check(params.url)
        async with self._use(user, params.profile) as folder:
            page, status = await self._driver.open(folder, params.url, params.timeout_ms)
        return _navigated(page, params.profile, status)

    async def navigate(self, user: str, params: BrowserNavigateParams) -> BrowserNavigated:
        """Lead a page elsewhere."""
        self._policy().check(params.url)
        async with self._use(user, params.profile) as folder:
            page, status = await self._driver.navigate(
                folder, params.page_id, params.url, params.wait_until, params.timeout_ms
            )
        return _navigated(page, params.profile, status)

    async def screenshot(self, user: str, params: BrowserScreenshotParams) -> BrowserPicture:
        """Take a picture."""
        async with self._use(user, params.profile) as folder:
            page, png = await self._driver.screenshot(
                folder, params.page_id, params.selector, params.full_page, params.timeout_ms
            )
        if len(png) > PICTURE_BYTES:
            raise TooLarge("the picture is too large; ask for an element", reason="picture", limit=PICTURE_BYTES)
        return BrowserPicture(
            mime_type=PNG,
            data=base64.b64encode(png).decode(),
            width=int.from_bytes(png[PNG_WIDTH], "big"),
            height=int.from_bytes(png[PNG_HEIGHT], "big"),
            url=page.url,
        )

    async def execute(self, user: str, params: BrowserExecuteParams) -> BrowserExecuted:
        """Run a script."""
        async with self._use(user, params.profile) as folder:
            page, value = await self._driver.execute(folder, params.page_id, params.script, params.timeout_ms)
        return BrowserExecuted(result=value, url=page.url)

    async def click(self, user: str, params: BrowserClickParams) -> BrowserPage:
        """Click an element."""
        async with self._use(user, params.profile) as folder:
            page = await self._driver.click(folder, params.page_id, params)
        return _shown(page, params.profile)

    async def type(self, user: str, params: BrowserTypeParams) -> BrowserPage:
        """Type into an element."""
        async with self._use(user, params.profile) as folder:
            page = await self._driver.type(folder, params.page_id, params)
        return _shown(page, params.profile)

    async def snapshot(self, user: str, params: BrowserSnapshotParams) -> BrowserSnapshot:
        """Read a page."""
        async with self._use(user, params.profile) as folder:
            page, tree = await self._driver.snapshot(folder, params.page_id)
        return BrowserSnapshot(
            page_id=page.page_id,
            profile=params.profile,
            url=page.url,
            title=page.title,
            snapshot=tree[: params.max_characters],
            truncated=len(tree) > params.max_characters,
        )

    async def close(self, user: str, params: BrowserCloseParams) -> BrowserClosed:
        """Close a page or a profile."""
        return BrowserClosed(closed=await self._driver.close(_folder(user, params.profile), params.page_id))

    async def stop_when_idle(self) -> None:
        """End the browser whenever nobody has used it for `idle_seconds`; until cancelled."""
        while True:
            await anyio.sleep(min(LOOK_SECONDS, self._settings().idle_seconds / 2))
            unused = self._clock.monotonic() - self._used_at
            if self._driver.state().running and not self._in_use and unused > self._settings().idle_seconds:
                await self.stop()
                self._log.info("the browser was stopped, nobody used it", idle_seconds=round(unused))

    async def stop(self) -> None:
        """End the browser."""
        await self._driver.stop()

    @asynccontextmanager
    async def _use(self, user: str, profile: str) -> AsyncGenerator[str]:
        """The folder of a profile, while its browser must not be stopped."""
        folder = _folder(user, profile)
        most, there = self._settings().max_profiles, {*self._driver.profiles(), *self._in_use}
        if folder not in there and len(there) >= most:
            raise Conflict(f"{most} profiles are open already; close one", field="profile", reason="too_many")
        self._in_use[folder] += 1
        try:
            yield folder
        finally:
            self._in_use[folder] -= 1
            if not self._in_use[folder]:
                del self._in_use[folder]
            self._used_at = self._clock.monotonic()


def _folder(user: str, profile: str) -> str:
    """A name for a user's profile on disk that no other user's can be."""
    return f"{hashlib.sha256(user.encode()).hexdigest()[:16]}/{profile}"


def _shown(page: PageState, profile: str) -> BrowserPage:
    return BrowserPage(page_id=page.page_id, profile=profile, url=page.url, title=page.title)


def _navigated(page: PageState, profile: str, status: int | None) -> BrowserNavigated:
    return BrowserNavigated(
        page_id=page.page_id,
        profile=profile,
        url=page.url,
        title=page.title,
        success=status is None or status < 400,
        http_status=status,
    )

"""An open profile: its context and its pages, those that scripts opened too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, Protocol

import anyio

from openclaw_rpc.adapters.browser.faults import GONE, asked, fault
from openclaw_rpc.domain.browser import PageState
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.protocol.errors import Conflict, NotFound
from openclaw_rpc.protocol.surrogates import replaced

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

CLOSE_SECONDS: Final = 5.0
TITLE_SECONDS: Final = 1.0
ATTACH_MS: Final = 5_000
PROBE_SECONDS: Final = 1.0
PROBE_MS: Final = 500


class Devtools(Protocol):
    """A page's own line to Chromium: Playwright's `CDPSession`."""

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call a method of the protocol."""
        ...


class OpenProfile:
    """A context, and its pages by their ids, the one that was used last at the end."""

    def __init__(self, context: BrowserContext, most: Callable[[], int]) -> None:
        self.context = context
        self.pages: dict[str, Page] = {}
        self._lines: dict[str, asyncio.Task[Devtools]] = {}
        self._most = most
        self._opening = 0
        self._tasks: set[asyncio.Task[None]] = set()
        context.on("page", self.meet)

    def meet(self, page: Page) -> None:
        """Know a page that a script or a click opened; one too many is closed."""
        if len(self.pages) >= self._most():
            self.later(close_page(page))
        else:
            self._adopt(page)

    def page(self, page_id: str | None) -> tuple[str, Page]:
        """A page, from now on the one that was used last; that one, where no id is given.

        Raises:
            NotFound: there is no such page. Conflict: there is none at all.
        """
        if page_id is None:
            if not self.pages:
                raise no_page()
            page_id = next(reversed(self.pages))
        if page_id not in self.pages:
            raise NotFound(f"there is no page {page_id!r}", field="pageId")
        page = self.pages[page_id] = self.pages.pop(page_id)
        return page_id, page

    async def new_page(self) -> tuple[str, Page]:
        """A new, empty page.

        Raises:
            Conflict: there are as many as there may be.
        """
        most = self._most()
        if len(self.pages) + self._opening >= most:
            raise Conflict(f"{most} pages are open already; close one", field="profile", reason="too_many")
        self._opening += 1
        try:
            page = await self.context.new_page()
        finally:
            self._opening -= 1
        page_id = self._adopt(page)
        await self.devtools(page_id)
        return page_id, page

    async def devtools(self, page_id: str) -> Devtools:
        """A page's line to Chromium.

        Raises:
            Conflict: the page is gone. Timeout: it does not answer.
        """
        task = self._lines.get(page_id)
        if task is None:
            raise fault(GONE[0], "pageId")
        return await asked(asyncio.shield(task), "pageId", ATTACH_MS)

    async def revive(self, page_id: str) -> None:
        """Where a page does not answer: stop what runs in it, and where that does not help, close it."""
        line, page = self._lines.get(page_id), self.pages.get(page_id)
        if line is None or page is None:
            return
        if not line.done() or line.cancelled() or line.exception() is not None:
            await close_page(page)
        elif not await _answers(line.result()):
            with contextlib.suppress(Exception):
                async with asyncio.timeout(PROBE_SECONDS):
                    await line.result().send("Runtime.terminateExecution")
            if not await _answers(line.result()):
                await close_page(page)

    async def state(self, page_id: str, page: Page) -> PageState:
        """Where a page is. The title of one that is being led elsewhere, or is stuck, is empty."""
        title = ""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(TITLE_SECONDS):
                title = await page.title()
        return PageState(page_id=page_id, url=replaced(page.url), title=replaced(title))

    async def alive(self) -> bool:
        """Whether its browser answers: killed, Playwright's own process does not say so by itself."""
        try:
            async with asyncio.timeout(PROBE_SECONDS * 5):
                await self.context.cookies("http://localhost/")
        except Exception:
            return False
        return True

    async def states(self) -> list[PageState]:
        """Where all pages are."""
        pages = list(self.pages.items())
        return list(await asyncio.gather(*(self.state(page_id, page) for page_id, page in pages)))

    def _adopt(self, page: Page) -> str:
        for page_id, known in self.pages.items():
            if known is page:
                return page_id
        page_id = new_id("page")
        self.pages[page_id] = page
        # Now, while it answers: later it could not be asked to stop what it does.
        self._lines[page_id] = asyncio.ensure_future(self._attach(page))
        self._lines[page_id].add_done_callback(_retrieved)
        page.on("close", self._forget)
        page.on("crash", self._crashed)
        return page_id

    def _forget(self, page: Page) -> None:
        for page_id in [page_id for page_id, known in self.pages.items() if known is page]:
            del self.pages[page_id]
            self._lines.pop(page_id).cancel()

    async def _attach(self, page: Page) -> Devtools:
        return await self.context.new_cdp_session(page)

    def _crashed(self, page: Page) -> None:
        """Nothing can be done with it any more."""
        self._forget(page)
        self.later(close_page(page))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something while nobody waits for it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def no_page() -> Conflict:
    """The error for a profile without pages."""
    return Conflict("no page is open: browser.open or browser.navigate opens one", reason="no_page")


async def close_page(page: Page) -> None:
    """Close a page, also from a task that is being cancelled."""
    with anyio.move_on_after(CLOSE_SECONDS, shield=True), contextlib.suppress(Exception):
        await page.close()


async def _answers(line: Devtools) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await line.send("Runtime.evaluate", {"expression": "1", "timeout": PROBE_MS})
    except Exception:
        return False
    return True


def _retrieved(task: asyncio.Task[Devtools]) -> None:
    """Nobody may ask for it."""
    if not task.cancelled():
        task.exception()

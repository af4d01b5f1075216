"""`browser.*`: the join of the browser's rows and the browser."""

from openclaw_rpc.domain.browser import Browsers
from openclaw_rpc.protocol import browser
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
    BrowserStatusParams,
    BrowserTypeParams,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class BrowserMethods:
    """Drives the caller's pages."""

    def __init__(self, browsers: Browsers) -> None:
        self._browsers = browsers

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(browser.status, self.status),
            bind(browser.open_, self.open_),
            bind(browser.navigate, self.navigate),
            bind(browser.screenshot, self.screenshot),
            bind(browser.execute, self.execute),
            bind(browser.click, self.click),
            bind(browser.type_, self.type_),
            bind(browser.snapshot, self.snapshot),
            bind(browser.close, self.close),
        )

    async def status(self, params: BrowserStatusParams, call: Call) -> BrowserStatus:
        """How the browser is."""
        return await self._browsers.status(call.principal.user)

    async def open_(self, params: BrowserOpenParams, call: Call) -> BrowserNavigated:
        """Open a page."""
        return await self._browsers.open(call.principal.user, params)

    async def navigate(self, params: BrowserNavigateParams, call: Call) -> BrowserNavigated:
        """Lead a page elsewhere."""
        return await self._browsers.navigate(call.principal.user, params)

    async def screenshot(self, params: BrowserScreenshotParams, call: Call) -> BrowserPicture:
        """Take a picture."""
        return await self._browsers.screenshot(call.principal.user, params)

    async def execute(self, params: BrowserExecuteParams, call: Call) -> BrowserExecuted:
        """Run a script."""
        return await self._browsers.execute(call.principal.user, params)

    async def click(self, params: BrowserClickParams, call: Call) -> BrowserPage:
        """Click."""
        return await self._browsers.click(call.principal.user, params)

    async def type_(self, params: BrowserTypeParams, call: Call) -> BrowserPage:
        """Type."""
        return await self._browsers.type(call.principal.user, params)

    async def snapshot(self, params: BrowserSnapshotParams, call: Call) -> BrowserSnapshot:
        """Read a page."""
        return await self._browsers.snapshot(call.principal.user, params)

    async def close(self, params: BrowserCloseParams, call: Call) -> BrowserClosed:
        """Close a page or a profile."""
        return await self._browsers.close(call.principal.user, params)

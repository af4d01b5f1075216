"""The browser as tools. An agent's picture becomes a file of the workspace, and is shown to a model that sees."""

from typing import Any, Final

from openclaw_rpc.domain.browser import Browsers
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.files import Files
from openclaw_rpc.domain.pictures import WithPictures, picture_of
from openclaw_rpc.domain.tools.base import FixedTools
from openclaw_rpc.domain.tools.files import RESULTS
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.domain.tools.rows import tool_of
from openclaw_rpc.protocol import browser
from openclaw_rpc.protocol.browser import BrowserScreenshotParams
from openclaw_rpc.protocol.file import FileWriteParams

HIDDEN: Final = ("profile", "pageId", "timeoutMs")


class BrowserTools(FixedTools):
    """Pages that an agent may look at and act on: those of its run's user. Pictures are kept in ``files``."""

    name = "browser"

    def __init__(self, browsers: Browsers, files: Files | None = None) -> None:
        acts = self._browsers = browsers
        self._files = files
        super().__init__(
            tool_of(
                "browser_navigate",
                browser.navigate,
                lambda params, context: acts.navigate(context.user, params),
                description="Open a web page in the browser, or lead the open one to another address.",
                hidden=(*HIDDEN, "waitUntil"),
                dangerous=True,
                parallel=False,
            ),
            tool_of(
                "browser_snapshot",
                browser.snapshot,
                lambda params, context: acts.snapshot(context.user, params),
                description="Read the open page as text: its headings, links, fields and buttons.",
                hidden=HIDDEN,
                parallel=False,
            ),
            tool_of(
                "browser_screenshot",
                browser.screenshot,
                self._screenshot,
                description="Take a picture of the open page or of an element.",
                hidden=HIDDEN,
                parallel=False,
            ),
            tool_of(
                "browser_click",
                browser.click,
                lambda params, context: acts.click(context.user, params),
                hidden=HIDDEN,
                dangerous=True,
                parallel=False,
            ),
            tool_of(
                "browser_type",
                browser.type_,
                lambda params, context: acts.type(context.user, params),
                hidden=HIDDEN,
                dangerous=True,
                parallel=False,
            ),
            tool_of(
                "browser_execute",
                browser.execute,
                lambda params, context: acts.execute(context.user, params),
                hidden=HIDDEN,
                dangerous=True,
                parallel=False,
            ),
        )

    async def _screenshot(self, params: BrowserScreenshotParams, context: RunContext) -> Any:
        """The picture itself for who asks directly; in a run where it lies, and its size."""
        picture = await self._browsers.screenshot(context.user, params)
        if self._files is None or not context.run_id:
            return picture
        path = f"{RESULTS}/{new_id('picture')}.png"
        written = await self._files.write(
            context.user, FileWriteParams(path=path, content=picture.data, encoding="base64")
        )
        told = {
            "path": written.path,
            "mimeType": picture.mime_type,
            "width": picture.width,
            "height": picture.height,
            "url": picture.url,
        }
        found = picture_of(picture.data)
        return told if found is None else WithPictures(result=told, pictures=[found])

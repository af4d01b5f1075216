"""The browser as tools. A picture goes to the client as an event's result; the model is told its size."""

from collections.abc import Sequence
from typing import Final

from openclaw_rpc.domain.browser import Browsers
from openclaw_rpc.domain.ports import RunContext
from openclaw_rpc.domain.tools.base import Tool
from openclaw_rpc.domain.tools.rows import tool_of
from openclaw_rpc.protocol import browser

HIDDEN: Final = ("profile", "pageId", "timeoutMs")


class BrowserTools:
    """Pages that an agent may look at and act on: those of its run's user."""

    name = "browser"

    def __init__(self, browsers: Browsers) -> None:
        acts = browsers
        self._tools = (
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
                lambda params, context: acts.screenshot(context.user, params),
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

    async def tools(self, context: RunContext) -> Sequence[Tool]:
        """All of them; without a browser they say what to install."""
        return self._tools

    async def briefing(self, context: RunContext) -> Sequence[str]:
        """Nothing is added to the prompt."""
        return ()

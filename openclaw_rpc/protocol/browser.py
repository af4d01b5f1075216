"""`browser.*`: a real browser, driven page by page."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import Guarded, Params, Rate, Result, Scope, When
from openclaw_rpc.protocol.errors import Conflict, Forbidden, NotFound, ProviderError, Timeout, TooLarge
from openclaw_rpc.protocol.method import Method

Profile = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="Cookies, storage and pages of its own, kept on disk.",
    ),
]
PageId = Annotated[str, Meta(min_length=1, max_length=64, description="A page of the profile; else the last used.")]
Selector = Annotated[
    str, Meta(min_length=1, max_length=4000, description="CSS, or another of Playwright's selector engines.")
]
Url = Annotated[str, Meta(min_length=1, max_length=8192, description="http or https.")]
WaitMs = Annotated[int, Meta(ge=1, le=300_000, description="Milliseconds.")]


class BrowserStatusParams(Params, frozen=True, kw_only=True):
    """Nothing to say."""


class BrowserPage(Result, frozen=True, kw_only=True):
    """An open page."""

    page_id: str
    profile: str
    url: str
    title: str


class BrowserStatus(Result, frozen=True, kw_only=True):
    """Whether there is a browser, whether it runs, and which of the caller's pages are open.

    ``status``: ``running``, ``stopped`` (it starts when it is needed) or ``unavailable`` (``reason`` says what to do).
    """

    status: Literal["running", "stopped", "unavailable"]
    pages: list[BrowserPage]
    executable: str | None = None
    version: str | None = None
    reason: str | None = None
    since: When | None = None


class BrowserOpenParams(Guarded, frozen=True, kw_only=True):
    """Where to, in a page of its own."""

    url: Url
    profile: Profile = "default"
    timeout_ms: WaitMs = 30_000


class BrowserNavigateParams(Guarded, frozen=True, kw_only=True):
    """Where to, in the page that was used last."""

    url: Url
    profile: Profile = "default"
    page_id: PageId | None = None
    wait_until: Annotated[
        Literal["commit", "domcontentloaded", "load", "networkidle"],
        Meta(description="When the element counts as found."),
    ] = "load"
    timeout_ms: WaitMs = 30_000


class BrowserNavigated(BrowserPage, frozen=True, kw_only=True):
    """Where the page is now; ``httpStatus`` where it came over HTTP."""

    success: bool
    http_status: int | None = None


class BrowserScreenshotParams(Guarded, frozen=True, kw_only=True):
    """Of what: an element, the whole page, or what is in view."""

    selector: Selector | None = None
    full_page: bool = False
    profile: Profile = "default"
    page_id: PageId | None = None
    timeout_ms: WaitMs = 30_000


class BrowserPicture(Result, frozen=True, kw_only=True):
    """A picture: ``data`` is base64, ``width`` and ``height`` in pixels."""

    mime_type: str
    data: str
    width: int
    height: int
    url: str


class BrowserExecuteParams(Guarded, frozen=True, kw_only=True):
    """JavaScript, an expression or a function's body, run in the page."""

    script: Annotated[str, Meta(min_length=1, max_length=1_000_000)]
    profile: Profile = "default"
    page_id: PageId | None = None
    timeout_ms: WaitMs = 30_000


class BrowserExecuted(Result, frozen=True, kw_only=True):
    """The script's value, as JSON."""

    result: Any
    url: str


class BrowserClickParams(Guarded, frozen=True, kw_only=True):
    """What to click; waited for until it can be."""

    selector: Selector
    button: Literal["left", "right", "middle"] = "left"
    count: Annotated[int, Meta(ge=1, le=3)] = 1
    profile: Profile = "default"
    page_id: PageId | None = None
    timeout_ms: WaitMs = 30_000


class BrowserTypeParams(Guarded, frozen=True, kw_only=True):
    """What to type, and where; ``submit`` presses Enter."""

    selector: Selector
    text: Annotated[str, Meta(max_length=100_000)]
    clear: Annotated[bool, Meta(description="Empty the field first.")] = True
    submit: bool = False
    profile: Profile = "default"
    page_id: PageId | None = None
    timeout_ms: WaitMs = 30_000


class BrowserSnapshotParams(Guarded, frozen=True, kw_only=True):
    """Which page."""

    profile: Profile = "default"
    page_id: PageId | None = None
    max_characters: Annotated[int, Meta(ge=100, le=1_000_000)] = 50_000


class BrowserSnapshot(BrowserPage, frozen=True, kw_only=True):
    """The page as its accessibility tree has it: what a model reads in place of a picture (ARIA, in YAML)."""

    snapshot: str
    truncated: bool


class BrowserCloseParams(Params, frozen=True, kw_only=True):
    """A page, or the profile with all its pages."""

    profile: Profile = "default"
    page_id: PageId | None = None


class BrowserClosed(Result, frozen=True, kw_only=True):
    """How many pages were closed."""

    closed: int


_ACTING = (Forbidden, NotFound, Conflict, Timeout, ProviderError)

status = Method(
    name="browser.status",
    params=BrowserStatusParams,
    result=BrowserStatus,
    doc="Whether there is a browser, and which pages are open.",
    scope=Scope.TOOLS,
    safe=True,
)
open_ = Method(
    name="browser.open",
    params=BrowserOpenParams,
    result=BrowserNavigated,
    doc="Open a page. Starts the browser if it does not run.",
    scope=Scope.TOOLS,
    rate=Rate.SKILLS,
    errors=_ACTING,
    tool="browser_navigate",
    dangerous=True,
)
navigate = Method(
    name="browser.navigate",
    params=BrowserNavigateParams,
    result=BrowserNavigated,
    doc="Navigate the page that was used last to another address; open one if no page is open.",
    scope=Scope.TOOLS,
    rate=Rate.SKILLS,
    errors=_ACTING,
    tool="browser_navigate",
    dangerous=True,
)
screenshot = Method(
    name="browser.screenshot",
    params=BrowserScreenshotParams,
    result=BrowserPicture,
    doc="A screenshot of a page, as PNG.",
    scope=Scope.TOOLS,
    rate=Rate.SKILLS,
    errors=(*_ACTING, TooLarge),
    tool="browser_screenshot",
)
execute = Method(
    name="browser.execute",
    params=BrowserExecuteParams,
    result=BrowserExecuted,
    doc="Run JavaScript in a page.",
    scope=Scope.TOOLS,
    rate=Rate.SKILLS,
    errors=(*_ACTING, TooLarge),
    tool="browser_execute",
    dangerous=True,
)
click = Method(
    name="browser.click",
    params=BrowserClickParams,
    result=BrowserPage,
    doc="Click an element.",
    scope=Scope.TOOLS,
    rate=Rate.SKILLS,
    errors=_ACTING,
    tool="browser_click",
    dangerous=True,
)
type_ = Method(
    name="browser.type",
    params=BrowserTypeParams,
    result=BrowserPage,
    doc="Type into an element.",
    scope=Scope.TOOLS,
    rate=Rate.SKILLS,
    errors=_ACTING,
    tool="browser_type",
    dangerous=True,
)
snapshot = Method(
    name="browser.snapshot",
    params=BrowserSnapshotParams,
    result=BrowserSnapshot,
    doc="A page in words, as assistive technology reads it.",
    scope=Scope.TOOLS,
    rate=Rate.SKILLS,
    errors=_ACTING,
    tool="browser_snapshot",
)
close = Method(
    name="browser.close",
    params=BrowserCloseParams,
    result=BrowserClosed,
    doc="Close a page, or a profile with all its pages; what the profile keeps on disk stays.",
    scope=Scope.TOOLS,
    rate=Rate.SKILLS,
    errors=(NotFound,),
)

METHODS = (status, open_, navigate, screenshot, execute, click, type_, snapshot, close)

"""What `browser.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class BrowserStatusParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Nothing to say."""


class BrowserPage(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """An open page."""

    page_id: str
    profile: str
    url: str
    title: str


class BrowserStatus(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Whether there is a browser, whether it runs, and which of the caller's pages are open.

    `status`: `running`, `stopped` (it starts when it is needed) or `unavailable` (`reason` says what to do).
    """

    status: Literal["running", "stopped", "unavailable"]
    pages: list[BrowserPage]
    executable: str | None = None
    version: str | None = None
    reason: str | None = None
    since: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""


class BrowserOpenParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Where to, in a page of its own."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    url: str
    """http or https."""
    profile: str = "default"
    """Cookies, storage and pages of its own, kept on disk."""
    timeout_ms: int = 30000
    """Milliseconds."""


class BrowserNavigateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Where to, in the page that was used last."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    url: str
    """http or https."""
    profile: str = "default"
    """Cookies, storage and pages of its own, kept on disk."""
    page_id: str | None = None
    """A page of the profile; else the last used."""
    wait_until: Literal["commit", "domcontentloaded", "load", "networkidle"] = "load"
    """When the element counts as found."""
    timeout_ms: int = 30000
    """Milliseconds."""


class BrowserNavigated(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Where the page is now; `httpStatus` where it came over HTTP."""

    page_id: str
    profile: str
    url: str
    title: str
    success: bool
    http_status: int | None = None


class BrowserScreenshotParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Of what: an element, the whole page, or what is in view."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    selector: str | None = None
    """CSS, or another of Playwright's selector engines."""
    full_page: bool = False
    profile: str = "default"
    """Cookies, storage and pages of its own, kept on disk."""
    page_id: str | None = None
    """A page of the profile; else the last used."""
    timeout_ms: int = 30000
    """Milliseconds."""


class BrowserPicture(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A picture: `data` is base64, `width` and `height` in pixels."""

    mime_type: str
    data: str
    width: int
    height: int
    url: str


class BrowserExecuteParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """JavaScript, an expression or a function's body, run in the page."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    script: str
    profile: str = "default"
    """Cookies, storage and pages of its own, kept on disk."""
    page_id: str | None = None
    """A page of the profile; else the last used."""
    timeout_ms: int = 30000
    """Milliseconds."""


class BrowserExecuted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The script's value, as JSON."""

    result: Any
    url: str


class BrowserClickParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to click; waited for until it can be."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    selector: str
    """CSS, or another of Playwright's selector engines."""
    button: Literal["left", "middle", "right"] = "left"
    count: int = 1
    profile: str = "default"
    """Cookies, storage and pages of its own, kept on disk."""
    page_id: str | None = None
    """A page of the profile; else the last used."""
    timeout_ms: int = 30000
    """Milliseconds."""


class BrowserTypeParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to type, and where; `submit` presses Enter."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    selector: str
    """CSS, or another of Playwright's selector engines."""
    text: str
    clear: bool = True
    """Empty the field first."""
    submit: bool = False
    profile: str = "default"
    """Cookies, storage and pages of its own, kept on disk."""
    page_id: str | None = None
    """A page of the profile; else the last used."""
    timeout_ms: int = 30000
    """Milliseconds."""


class BrowserSnapshotParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which page."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    profile: str = "default"
    """Cookies, storage and pages of its own, kept on disk."""
    page_id: str | None = None
    """A page of the profile; else the last used."""
    max_characters: int = 50000


class BrowserSnapshot(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The page as its accessibility tree has it: what a model reads in place of a picture (ARIA, in YAML)."""

    page_id: str
    profile: str
    url: str
    title: str
    snapshot: str
    truncated: bool


class BrowserCloseParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A page, or the profile with all its pages."""

    profile: str = "default"
    """Cookies, storage and pages of its own, kept on disk."""
    page_id: str | None = None
    """A page of the profile; else the last used."""


class BrowserClosed(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """How many pages were closed."""

    closed: int

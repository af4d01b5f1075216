"""What `web.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class WebFetchParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which page, and how it is wanted."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    url: str
    """An http or https URL."""
    max_bytes: int = 1000000
    """How much of it is read, in bytes."""
    format: Literal["html", "markdown", "raw", "text"] = "text"
    """`text`: what a reader sees; `markdown`: with headings, lists and links; `html`: the page's source; `raw`: the
    body of any text type as it came.
    """


class WebPage(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A page. `url` is where redirects led; `truncated`: it is longer than was read."""

    url: str
    status: int
    content_type: str
    text: str
    truncated: bool
    title: str | None = None

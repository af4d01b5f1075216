"""`web.*`: pages of the web, as text."""

from typing import Annotated, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import Guarded, Result, Scope
from openclaw_rpc.protocol.errors import ProviderError, Timeout
from openclaw_rpc.protocol.method import Method

PageFormat = Literal["text", "markdown", "html", "raw"]


class WebFetchParams(Guarded, frozen=True, kw_only=True):
    """Which page, and how it is wanted."""

    url: Annotated[str, Meta(min_length=1, max_length=8192, description="An http or https URL.")]
    max_bytes: Annotated[int, Meta(ge=1, le=10_000_000, description="How much of it is read, in bytes.")] = 1_000_000
    format: Annotated[
        PageFormat,
        Meta(
            description="`text`: what a reader sees; `markdown`: with headings, lists and links; `html`: the page's "
            "source; `raw`: the body of any text type as it came."
        ),
    ] = "text"


class WebPage(Result, frozen=True, kw_only=True):
    """A page. ``url`` is where redirects led; ``truncated``: it is longer than was read."""

    url: str
    status: int
    content_type: str
    text: str
    truncated: bool
    title: str | None = None


fetch = Method(
    name="web.fetch",
    params=WebFetchParams,
    result=WebPage,
    doc="Fetch a page of the web as readable text. Loopback, private and link-local addresses are refused unless "
    "`outbound.allow_private_hosts` names them.",
    scope=Scope.TOOLS,
    errors=(ProviderError, Timeout),
    tool="web_fetch",
    dangerous=True,
)

METHODS = (fetch,)

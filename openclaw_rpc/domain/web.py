"""Pages of the web: fetched within bounds, decoded, made readable."""

import codecs
import re
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.surrogates import replaced
from openclaw_rpc.protocol.web import PageFormat, WebFetchParams, WebPage
from openclaw_rpc.threads import in_thread

SECONDS: Final = 30.0
ACCEPT: Final = "text/html,application/xhtml+xml,text/*;q=0.9,application/json;q=0.9,application/xml;q=0.8,*/*;q=0.1"
HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
TEXT_TYPES: Final = frozenset(
    {"application/json", "application/xml", "application/javascript", "application/x-yaml", "application/yaml"}
)
TEXT_SUFFIXES: Final = ("+json", "+xml", "+yaml")
BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDER: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
"""What the web means by some names (WHATWG Encoding, 4.2): the supersets that were really used."""
ODD_CODECS: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
HEAD: Final = 4096
CHARSET: Final = rb"<meta[^>]{0,200}?charset\s{0,10}=\s{0,10}[\"']?\s{0,10}([a-zA-Z0-9_.:-]{1,40})"


class FetchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to fetch, and how far it may go: ``seconds`` in all, ``max_bytes`` of the uncompressed body."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    max_bytes: int = 1_000_000
    seconds: float = SECONDS
    max_redirects: int = 5


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What came: ``url`` is where redirects led, ``headers`` are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool


class Fetcher(Protocol):
    """Fetches over HTTP; whatever it connects to has passed the outbound guard."""

    async def fetch(self, request: FetchRequest) -> Fetched:
        """Send a request and follow its redirects.

        Raises:
            InvalidRequest: the URL, or one that a redirect named, is none.
            Refused: one of them leads to a closed address.
            Timeout: it took too long.
            ProviderError: the server could not be reached, or does not speak HTTP.
        """
        ...


class Web:
    """Reads pages."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def fetch(self, params: WebFetchParams) -> WebPage:
        """A page, in the form that is wanted.

        Raises:
            InvalidRequest: it is no text.
            GatewayError: as `Fetcher.fetch`.
        """
        request = FetchRequest(url=params.url, headers={"Accept": ACCEPT}, max_bytes=params.max_bytes)
        fetched = await self._fetcher.fetch(request)
        # Making a large page readable takes a while, and must not hold up the loop.
        return await in_thread(page_of, fetched, params.format)


def page_of(fetched: Fetched, form: PageFormat) -> WebPage:
    """What was fetched, as a page.

    Raises:
        InvalidRequest: it is no text.
    """
    content_type = fetched.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if not is_text(kind, fetched.body):
        reason = f"is not text but {kind or 'of no type'}"
        raise InvalidRequest(f"the page {reason}", field="url", reason=reason)
    source = decoded(fetched.body, content_type)
    title, text = None, source
    is_html = kind in HTML_TYPES or (not kind and source.lstrip()[:100].lower().startswith(("<!doctype", "<html")))
    if is_html:
        from openclaw_rpc.domain.markup import readable  # it brings a table of all entities along

        page = readable(source, fetched.url, markdown=form == "markdown")
        title = page.title
        if form in ("text", "markdown"):
            text = page.text
    return WebPage(
        url=fetched.url,
        status=fetched.status,
        content_type=content_type,
        text=text,
        truncated=fetched.truncated,
        title=title,
    )


def is_text(kind: str, body: bytes) -> bool:
    """Whether a body of that media type is text."""
    if kind.startswith("text/") or kind in HTML_TYPES or kind in TEXT_TYPES or kind.endswith(TEXT_SUFFIXES):
        return True
    return not body or (not kind and b"\x00" not in body[:HEAD])


def decoded(body: bytes, content_type: str) -> str:
    """A body's text: by its byte order mark, its header, its `<meta charset>`, else as UTF-8 (WHATWG's order)."""
    for mark, encoding in BOMS:
        if body.startswith(mark):
            return replaced(body.decode(encoding, "replace"))
    named = _charset_of(content_type)
    if named is None:
        found = re.search(CHARSET, body[:HEAD], re.IGNORECASE)
        named = found[1].decode("ascii") if found else None
    # UTF-7, for one, can spell the half of a pair.
    return replaced(body.decode(_known(named), "replace"))


def _charset_of(content_type: str) -> str | None:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None


def _known(name: str | None) -> str:
    """A codec of Python's for text, as the web understands a label."""
    if not name:
        return "utf-8"
    try:
        found = codecs.lookup(name).name
        b"x".decode(found, "replace")  # refuses codecs that are no encodings of text, as `zlib` and `rot13`
    except (LookupError, ValueError):
        return "utf-8"
    return "utf-8" if found in ODD_CODECS else WIDER.get(found, found)

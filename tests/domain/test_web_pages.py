import pytest

from openclaw_rpc.domain.web import Fetched, FetchRequest, Web, decoded
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.web import PageFormat, WebFetchParams, WebPage

HTML = b"<html><head><title>T</title></head><body><h1>H</h1><p>a <a href='/b'>b</a></p></body></html>"


class Canned:
    """Answers one thing, whatever is asked."""

    def __init__(self, body: bytes, content_type: str = "text/html; charset=utf-8", truncated: bool = False) -> None:
        self.answer = Fetched(
            url="https://x.org/there",
            status=200,
            headers={"content-type": content_type},
            body=body,
            truncated=truncated,
        )
        self.asked: list[FetchRequest] = []

    async def fetch(self, request: FetchRequest) -> Fetched:
        self.asked.append(request)
        return self.answer


async def page(canned: Canned, form: PageFormat = "text", max_bytes: int = 5000) -> WebPage:
    return await Web(canned).fetch(WebFetchParams(url="https://x.org/", format=form, max_bytes=max_bytes))


async def test_a_page_comes_in_the_form_that_is_asked_for() -> None:
    canned = Canned(HTML)
    shown = await page(canned)
    assert (shown.url, shown.status, shown.title, shown.text) == ("https://x.org/there", 200, "T", "H\n\na b")
    assert (await page(canned, "markdown")).text == "# H\n\na [b](https://x.org/b)"
    assert (await page(canned, "html")).text == HTML.decode()
    assert canned.asked[0].max_bytes == 5000


async def test_text_that_is_no_html_comes_as_it_is() -> None:
    assert (await page(Canned(b'{"a": "<b>"}', "application/json"))).text == '{"a": "<b>"}'
    assert (await page(Canned(b"<a>", "text/plain"))).text == "<a>"
    assert (await page(Canned(b"plain", ""))).text == "plain"
    assert (await page(Canned(b"<!doctype html><p>x", ""))).text == "x"


async def test_what_is_no_text_is_refused() -> None:
    for body, kind in ((b"\x89PNG\r\n", "image/png"), (b"a\x00b", ""), (b"PK", "application/zip")):
        with pytest.raises(InvalidRequest, match="not text"):
            await page(Canned(body, kind))


async def test_what_was_cut_says_so() -> None:
    assert (await page(Canned(HTML, truncated=True))).truncated


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("é".encode(), "text/html", "é"),
        ("é".encode("latin-1"), "text/html; charset=ISO-8859-1", "é"),
        (b"\x93x\x94", "text/html; charset=latin1", "“x”"),
        ("漢".encode("gb18030"), 'text/html; charset="gb2312"', "漢"),
        (b"<meta charset='windows-1251'>" + "Ж".encode("cp1251"), "text/html", "<meta charset='windows-1251'>Ж"),
        ("漢".encode("utf-16"), "text/html; charset=utf-8", "漢"),
        (b"\xef\xbb\xbfx", "text/html; charset=latin1", "x"),
        (b"a\xffb", "text/html; charset=utf-8", "a\ufffdb"),
        (b"x", "text/html; charset=zlib", "x"),
        (b"x", "text/html; charset=no-such", "x"),
        (b"\\x41", "text/html; charset=unicode_escape", "\\x41"),
    ],
)
def test_a_body_is_decoded_as_it_says(body: bytes, content_type: str, text: str) -> None:
    assert decoded(body, content_type) == text

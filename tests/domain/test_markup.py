import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_rpc.domain.markup import readable
from tests.support.growth import grows_evenly

PAGE = """<!doctype html><html><head><title>A &amp; B</title><style>p { color: red }</style>
<script>if (a < b) document.write("<p>no</p>")</script></head>
<body><nav><a href="/home">Home</a></nav><!-- <p>hidden</p> -->
<h1>Heading</h1><p>First   paragraph with <a href="/x?a=1&amp;b=2">a link</a>,<br>second line.</p>
<ul><li>one</li><li>two <b>bold</b></li></ul>
<table><tr><th>k</th><th>v</th></tr><tr><td>1</td><td>2</td></tr></table>
<pre>  x = 1
  y</pre><p title="a > b">last</p></body></html>"""


def test_a_page_is_what_a_reader_sees() -> None:
    page = readable(PAGE, "https://example.org/dir/")
    assert page.title == "A & B"
    assert page.text == (
        "Heading\n\nFirst paragraph with a link,\nsecond line.\n\n- one\n- two bold\n\nk | v\n1 | 2\n\n"
        "  x = 1\n  y\n\nlast"
    )


def test_markdown_keeps_headings_links_and_code() -> None:
    text = readable(PAGE, "https://example.org/dir/", markdown=True).text
    assert "# Heading" in text
    assert "[a link](https://example.org/x?a=1&b=2)" in text
    assert "```\n  x = 1\n  y\n```" in text


@pytest.mark.parametrize("target", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://[x"])
def test_links_that_lead_nowhere_on_the_web_are_text(target: str) -> None:
    assert readable(f'<a href="{target}">text</a>', "https://x.org/", markdown=True).text == "text"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a < b and c > d", "a < b and c > d"),
        ("x &lt;b&gt; &#65;&#x42; &nbsp;y", "x <b> AB y"),
        ("<p>open <b>never closed", "open never closed"),
        ("a<!-- never closed", "a"),
        ("a<b title='never closed", "a"),
        ("</p></div>x", "x"),
        ("<script>never closed", ""),
        ("<svg><text>no</text></svg>yes", "yes"),
        ("&#" + "9" * 5000 + ";x", "&#" + "9" * 5000 + ";x"),
    ],
)
def test_broken_pages_are_read_as_far_as_they_go(source: str, text: str) -> None:
    assert readable(source, "https://x.org/").text == text


@given(st.text("<>/!-?&#;'\"= \nabpre", max_size=100))
@settings(deadline=None)
def test_any_text_is_a_page(source: str) -> None:
    for markdown in (False, True):
        readable(source, "https://x.org/", markdown=markdown)


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<a ",
        "<a href='",
        '<a href="',
        "<![",
        "&#",
        "</a",
        "<script>",
        "<?",
        "<",
        "<a>",
        "<pre>",
        "<nav>",
        "</nav>",
        "<a href=x>",
        "<title>",
        "<li>",
        "<td>",
        "'",
        "<svg",
        "<p =",
    ],
)
def test_no_page_takes_long(piece: str) -> None:
    assert grows_evenly(lambda size: readable(piece * (size // len(piece)), "https://x.org/", markdown=True), 40_000)

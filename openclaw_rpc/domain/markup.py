"""HTML as a reader sees it: text or Markdown, without scripts, styles and navigation.

`html.parser` takes quadratic time on pages made to hurt (60 KB of ``<a `` cost it 38 s on 3.11): its work is done here
by a scanner that passes over the page once. It follows the tokenizer of the HTML standard as far as text needs it.
"""

import html
import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple
from urllib.parse import urljoin

TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,100})", re.ASCII)
REST_OF_TAG: Final = re.compile(r"[^>\"']*")
HREF: Final = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE)

RAW: Final = frozenset(
    {"script", "style", "noscript", "template", "textarea", "iframe", "noframes", "xmp", "svg", "math"}
)
SKIPPED: Final = frozenset({"nav", "footer", "button", "select", "dialog", "object", "canvas", "audio", "video"})
BLOCKS: Final = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    }
)
HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
MAX_TITLE: Final = 500
MAX_LINK: Final = 2000


class Token(NamedTuple):
    """Text, or a tag: ``name`` in lower case, ``rest`` what stands behind it."""

    kind: Literal["text", "open", "close"]
    name: str
    rest: str


class Page(NamedTuple):
    """What a page says."""

    title: str | None
    text: str


def tokens(source: str) -> Iterator[Token]:
    """A page's tags and texts, in one pass: what is left open at its end is dropped, as browsers do."""
    at, end = 0, len(source)
    while at < end:
        start = source.find("<", at)
        if start < 0:
            yield Token("text", "", source[at:])
            return
        if start > at:
            yield Token("text", "", source[at:start])
        tag = TAG.match(source, start)
        if tag is None:
            at = _past_markup(source, start)
            if at < 0:
                return
            if at == start + 1:
                yield Token("text", "", "<")
            continue
        stop = _tag_end(source, tag.end())
        if stop < 0:
            return
        name = tag[2].lower()
        yield Token("close" if tag[1] else "open", name, source[tag.end() : stop])
        at = stop + 1
        if not tag[1] and (name in RAW or name == "title"):
            at, inside = _raw(source, at, name)
            if name == "title":
                yield Token("text", "", inside)
            yield Token("close", name, "")


def _past_markup(source: str, start: int) -> int:
    """Where a comment, a declaration or a processing instruction ends; behind the ``<`` where it is none."""
    if source.startswith("<!--", start):
        end = source.find("-->", start + 2)
        return end + 3 if end >= 0 else -1
    if source.startswith(("<!", "<?", "</"), start):
        end = source.find(">", start)
        return end + 1 if end >= 0 else -1
    return start + 1


def _tag_end(source: str, at: int) -> int:
    """Where a tag's ``>`` stands, quoted ones passed over; -1 where the page ends first."""
    while True:
        match = REST_OF_TAG.match(source, at)
        at = match.end() if match else at
        if at >= len(source):
            return -1
        if source[at] == ">":
            return at
        at = source.find(source[at], at + 1) + 1
        if at == 0:
            return -1


def _raw(source: str, at: int, name: str) -> tuple[int, str]:
    """What stands in an element whose inside is no markup, and where the page goes on."""
    end = re.compile(rf"</{name}\b", re.IGNORECASE | re.ASCII).search(source, at)
    if end is None:
        return len(source), source[at:]
    close = source.find(">", end.end())
    return (close + 1 if close >= 0 else len(source)), source[at : end.start()]


def unescaped(text: str) -> str:
    """Character references as characters."""
    if "&" not in text:
        return text
    try:
        return html.unescape(text)
    except ValueError:  # a number too long for int()
        return text


def readable(source: str, base: str, *, markdown: bool = False) -> Page:
    """A page's title and text; in Markdown with headings, lists, code and links, those made absolute by ``base``."""
    return _HtmlReader(base, markdown=markdown).read(source)


class _HtmlReader:
    def __init__(self, base: str, *, markdown: bool) -> None:
        self._base = base
        self._markdown = markdown
        self._lines: list[str] = []
        self._line: list[str] = []
        self._links: list[tuple[int, str]] = []
        self._skipped: list[str] = []
        self._pre = 0
        self._title: list[str] | None = None
        self._in_title = False
        self._prefix = ""

    def read(self, source: str) -> Page:
        for token in tokens(source):
            if token.kind == "text":
                self._text(token.rest)
            elif token.name == "title":
                self._in_title = token.kind == "open" and self._title is None and not self._skipped
                if self._in_title:
                    self._title = []
            else:
                self._tag(token)
        self._break()
        title = " ".join(unescaped("".join(self._title or ())).split())[:MAX_TITLE]
        return Page(title or None, _tidy(self._lines))

    def _text(self, raw: str) -> None:
        if self._in_title and self._title is not None:
            self._title.append(raw)
            self._in_title = False
        elif not self._skipped:
            text = unescaped(raw)
            if self._pre:
                first, *others = text.split("\n")
                self._line.append(first)
                for line in others:
                    self._break(keep=True)
                    self._line.append(line)
            else:
                self._line.append(re.sub(r"\s+", " ", text))

    def _tag(self, token: Token) -> None:
        name, opening = token.name, token.kind == "open"
        if name in SKIPPED:
            self._skip(name, opening=opening)
            return
        if self._skipped:
            return
        if name == "pre":
            self._pre_block(opening=opening)
            return
        if name == "a" and self._markdown:
            self._link(token)
        if name in BLOCKS:
            self._block(name, opening=opening)

    def _pre_block(self, *, opening: bool) -> None:
        if opening or self._pre:
            self._break()
            self._pre += 1 if opening else -1
            if self._markdown and self._pre == (1 if opening else 0):
                self._lines.append("```")

    def _skip(self, name: str, *, opening: bool) -> None:
        if opening:
            if not self._skipped:
                self._break()
            if len(self._skipped) < 100:
                self._skipped.append(name)
        elif name in self._skipped:
            while self._skipped.pop() != name:
                pass

    def _block(self, name: str, *, opening: bool) -> None:
        if name in ("td", "th"):
            if opening and self._line:
                self._line.append(" | ")
            return
        self._break(keep=bool(self._pre))
        if name in HEADINGS or name in ("p", "ul", "ol", "table", "blockquote", "dl"):
            self._lines.append("")
        if opening and name == "li":
            self._prefix = "- "
        elif opening and name in HEADINGS and self._markdown:
            self._prefix = HEADINGS[name] + " "
        elif opening and name == "hr" and self._markdown:
            self._lines.append("---")
        elif opening and name not in HEADINGS and name not in ("li", "p"):
            self._prefix = ""

    def _link(self, token: Token) -> None:
        if token.kind == "open":
            href = HREF.search(token.rest[:MAX_LINK])
            target = next((group for group in href.groups() if group), "") if href else ""
            self._links.append((len(self._line), self._absolute(unescaped(target))))
            del self._links[:-20]
        elif self._links:
            at, target = self._links.pop()
            inside = "".join(self._line[at:]).strip()
            if target and inside and at < len(self._line):
                self._line[at:] = [f"[{inside}]({target})"]

    def _absolute(self, target: str) -> str:
        try:
            whole = urljoin(self._base, target)
        except ValueError:
            return ""
        return whole if whole.startswith(("http://", "https://", "mailto:")) else ""

    def _break(self, *, keep: bool = False) -> None:
        """End the line."""
        self._links.clear()
        line = "".join(self._line)
        line = line.rstrip() if self._pre else line.strip()
        self._line.clear()
        if line.strip():
            self._lines.append(self._prefix + line)
            self._prefix = ""
        elif keep:
            self._lines.append("")


def _tidy(lines: list[str]) -> str:
    """At most one empty line between others."""
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip("\n")

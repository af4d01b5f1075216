"""A model's Markdown in the form that a chat platform shows.

Sources: Telegram's "HTML style", Slack's "Formatting text for app surfaces", WhatsApp's "How to format your messages",
Discord's "Markdown text 101".
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

Markup = Callable[[str], str]
"""Turns Markdown into a platform's own form."""
Pair = tuple[str, str]


class _Style(NamedTuple):
    """How a platform writes what Markdown can say; ``fence`` is given a language, which may be empty."""

    escape: Callable[[str], str]
    strong: Pair
    emphasis: Pair
    strike: Pair
    code: Pair
    fence: Callable[[str], Pair]
    link: Callable[[str, str], str]
    quote: Pair | None = None
    """Around a quotation; None where each of its lines begins with ``> ``."""


def _same(text: str) -> str:
    return text


def _html(text: str) -> str:
    return html.escape(text, quote=False)


def _slack_escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _named_link(text: str, url: str) -> str:
    return text if text == url else f"{text} ({url})"


def _html_link(text: str, url: str) -> str:
    return f'<a href="{html.escape(url)}">{text}</a>'


def _slack_link(text: str, url: str) -> str:
    return f"<{_slack_escape(url).replace('|', '%7C')}|{text.replace('|', '¦')}>"


def _html_fence(language: str) -> Pair:
    if not language:
        return "<pre>", "</pre>"
    return f'<pre><code class="language-{html.escape(language)}">', "</code></pre>"


def _bare_fence(language: str) -> Pair:
    return "```\n", "\n```"


def _no_fence(language: str) -> Pair:
    return "", ""


_TELEGRAM = _Style(
    _html,
    ("<b>", "</b>"),
    ("<i>", "</i>"),
    ("<s>", "</s>"),
    ("<code>", "</code>"),
    _html_fence,
    _html_link,
    ("<blockquote>", "</blockquote>"),
)
_SLACK = _Style(_slack_escape, ("*", "*"), ("_", "_"), ("~", "~"), ("`", "`"), _bare_fence, _slack_link)
_WHATSAPP = _Style(_same, ("*", "*"), ("_", "_"), ("~", "~"), ("`", "`"), _bare_fence, _named_link)
_PLAIN = _Style(_same, ("", ""), ("", ""), ("", ""), ("", ""), _no_fence, _named_link)


def telegram(text: str) -> str:
    """Telegram's HTML: `parse_mode=HTML`."""
    return _MarkupWriter(_TELEGRAM).document(text)


def slack(text: str) -> str:
    """Slack's mrkdwn, in which ``<!here>`` of a model notifies nobody."""
    return _MarkupWriter(_SLACK).document(text)


def whatsapp(text: str) -> str:
    """WhatsApp's marks."""
    return _MarkupWriter(_WHATSAPP).document(text)


def plain(text: str) -> str:
    """Text without marks, for a platform that shows none or refused the marked text."""
    return _MarkupWriter(_PLAIN).document(text)


def discord(text: str) -> str:
    """Discord reads Markdown, but for tables: these become code, so that their columns stay under each other."""
    lines = text.split("\n")
    for node in reversed(list(_parse(text).children)):
        if node.type == "table" and node.map is not None:
            first, end = node.map
            blank = [""] if end > first and not lines[end - 1].strip() else []
            lines[first:end] = ["```", *_table_rows(node), "```", *blank]
    return "\n".join(lines)


def _parse(text: str) -> SyntaxTreeNode:
    # Costs 20 ms to import, and only a gateway with channels needs it.
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    return SyntaxTreeNode(parser.parse(text))


class _MarkupWriter:
    """Writes a tree of Markdown in one style."""

    def __init__(self, style: _Style) -> None:
        self._style = style

    def document(self, text: str) -> str:
        return "\n\n".join(self._blocks(_parse(text)))

    def _blocks(self, parent: SyntaxTreeNode) -> Iterator[str]:
        for node in parent.children:
            written = self._block(node)
            if written:
                yield written

    def _block(self, node: SyntaxTreeNode) -> str:
        style = self._style
        match node.type:
            case "heading":
                return "".join((style.strong[0], self.inlines(node, bold=True), style.strong[1]))
            case "fence" | "code_block":
                language = node.info.split()[0] if node.info.split() else ""
                return self._code(node.content.removesuffix("\n"), language)
            case "bullet_list" | "ordered_list":
                return "\n".join(self._items(node))
            case "blockquote":
                return self._quote("\n\n".join(self._blocks(node)))
            case "table":
                return self._code("\n".join(_table_rows(node)), "")
            case "hr":
                return "———"
            case _:
                return self.inlines(node)

    def _code(self, content: str, language: str) -> str:
        before, after = self._style.fence(language)
        return before + self._style.escape(content) + after

    def _quote(self, inner: str) -> str:
        if self._style.quote is not None:
            return self._style.quote[0] + inner + self._style.quote[1]
        return "\n".join(f"> {line}" for line in inner.split("\n"))

    def _items(self, node: SyntaxTreeNode) -> Iterator[str]:
        number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
        for item in node.children:
            mark = "• " if number is None else f"{number}. "
            inner = "\n".join(self._blocks(item)).replace("\n", "\n" + " " * len(mark))
            yield mark + inner
            number = None if number is None else number + 1

    def inlines(self, node: SyntaxTreeNode, *, bold: bool = False) -> str:
        return "".join(self._inline(child, bold) for child in node.children)

    def _inline(self, node: SyntaxTreeNode, bold: bool) -> str:  # noqa: PLR0911 - a line for each kind
        style = self._style
        match node.type:
            case "text":
                return style.escape(node.content)
            case "softbreak" | "hardbreak":
                return "\n"
            case "code_inline":
                return style.code[0] + style.escape(node.content) + style.code[1]
            case "strong" if not bold:
                return self._around(style.strong, self.inlines(node, bold=True))
            case "em":
                return self._around(style.emphasis, self.inlines(node, bold=bold))
            case "s":
                return self._around(style.strike, self.inlines(node, bold=bold))
            case "link":
                return style.link(self.inlines(node, bold=bold), str(node.attrs.get("href", "")))
            case "image":
                # A picture is shown as a link: a chat platform would fetch it.
                alt = style.escape(node.content or "picture")
                return style.link(alt, str(node.attrs.get("src", "")))
            case _:
                return self.inlines(node, bold=bold) if node.children else style.escape(node.content)

    @staticmethod
    def _around(pair: Pair, inner: str) -> str:
        return pair[0] + inner + pair[1] if inner.strip() else inner


def _table_rows(table: SyntaxTreeNode) -> list[str]:
    """A table's rows as text, its columns under each other."""
    writer = _MarkupWriter(_PLAIN)
    rows = [[writer.inlines(cell).strip() for cell in row.children] for part in table.children for row in part.children]
    widths = [max(_width(row[at]) if at < len(row) else 0 for row in rows) for at in range(len(rows[0]))]
    lines = [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


_WIDE = re.compile("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]")


def _width(text: str) -> int:
    """How many columns a text takes where Chinese, Japanese and Korean characters take two."""
    return len(text) + len(_WIDE.findall(text))

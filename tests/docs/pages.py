"""The pages of `openclaw_rpc/docs` and README, taken apart: their fences, headings and links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

from openclaw_rpc.transports.http.manual import PAGES, anchor

TOP = Path(__file__).resolve().parents[2]
FOLDER = TOP / "openclaw_rpc" / "docs"
FILES = {**{page: FOLDER / f"{page}.md" for page in PAGES}, "README": TOP / "README.md"}
UNTESTED = re.compile(r"<!-- untested: \S.*-->")


class Fence(NamedTuple):
    """Some code: its language, and whether the tests run it."""

    language: str
    code: str
    tested: bool


def fences(page: str) -> list[Fence]:
    """A page's code."""
    found: list[Fence] = []
    before = ""
    for token in MarkdownIt("commonmark").parse(FILES[page].read_text()):
        if token.type == "fence":
            found.append(Fence(token.info.strip(), token.content, not UNTESTED.fullmatch(before)))
        before = token.content.strip() if token.type == "html_block" else ""
    return found


def anchors(file: Path) -> set[str]:
    """What a link may lead to in a file."""
    tokens = MarkdownIt("commonmark").enable("table").parse(file.read_text())
    return {anchor(tokens[at + 1].content) for at, each in enumerate(tokens) if each.type == "heading_open"}


def links(page: str) -> list[str]:
    """Where a page's links lead."""
    tokens = MarkdownIt("commonmark").enable("table").parse(FILES[page].read_text())
    return [
        str(inner.attrGet("href") or inner.attrGet("src"))
        for token in tokens
        for inner in token.children or ()
        if inner.type in ("link_open", "image")
    ]

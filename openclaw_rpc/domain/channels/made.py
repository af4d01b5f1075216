"""Which files follow an answer to its chat by themselves.

A file goes where the agent wrote it while it worked and its answer names it; so does a screenshot that it took. Not: a
hidden file, one that was only edited, one that came from the chat, an empty one. Five follow an answer at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, cast

from openclaw_rpc.domain.channels.files import INBOX
from openclaw_rpc.domain.records import RunRecord

MOST: Final = 5
LOOKED_AT: Final = 40
"""How many names of an answer are looked for in the workspace."""
LONGEST: Final = 300
SCREENSHOT: Final = "browser_screenshot"
_ADDRESS: Final = re.compile(r"https?://[^\s)]+")
_LINK: Final = re.compile(r"\]\(\s*<?([^()\s<>]{1,300})>?\s*\)")
_CODE: Final = re.compile(r"`([^`\n]{1,300})`")
_WORD: Final = re.compile(r"[^\s`\"'()<>\[\]{}|*,;:]{1,300}\.\w{1,10}(?!\w)")


def named_files(record: RunRecord) -> list[str]:
    """Paths that may be files for the chat: those of screenshots, then what the answer names."""
    edited = {_path(call.params) for call in record.tool_calls if call.tool == "file_edit"}
    found = [
        *(_path(call.result) for call in record.tool_calls if call.tool == SCREENSHOT),
        *_wanted(_named(record.response or "", [_path(call.params) for call in record.tool_calls])),
    ]
    return [path for path in dict.fromkeys(found) if path and path not in edited][:LOOKED_AT]


def _named(text: str, written: Sequence[str]) -> Iterator[str]:
    """What a text names: links, code, words that look like a file; and of the tools' paths those whose name it has."""
    text = _ADDRESS.sub(" ", text)
    names = [match for pattern in (_LINK, _CODE, _WORD) for match in pattern.findall(text)]
    yield from names
    said = {PurePosixPath(name).name for name in names}
    yield from (path for path in written if path and PurePosixPath(path).name in said)


def _wanted(paths: Iterator[str]) -> Iterator[str]:
    """Without hidden files and what came from the chat."""
    for path in paths:
        name = path.strip().removeprefix("file://").removeprefix("sandbox:").removeprefix("./")
        parts = PurePosixPath(name).parts
        hidden = any(part.startswith(".") for part in parts)
        if "://" in name or hidden or not parts or parts[0] == INBOX or parts[:2] == ("/", INBOX):
            continue
        yield name


def _path(fields: Any) -> str:
    """The path in a call's params or result."""
    path = cast("dict[str, Any]", fields).get("path") if isinstance(fields, dict) else None
    return path if isinstance(path, str) and len(path) <= LONGEST else ""

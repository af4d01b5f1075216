"""Pictures that a model looks at: which there are, how large, and how a tool's result brings some along."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from openclaw_rpc.protocol.base import JsonObject

MARKS: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
ENDINGS: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp")
MOST_BYTES: Final = 3_700_000
"""A larger one is only a file: in base64 it would be more than the 5 MB that providers take."""
KEPT: Final = 4
"""So many of the newest pictures a run's model is shown again with each of its requests."""
FIELD: Final = "pictures"
"""The field of a `tool` message that holds what is to be seen: `adapters/providers/request_body.py` spells it."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture; ``data`` is base64."""

    mime_type: str
    data: str

    @property
    def url(self) -> str:
        """As an address that holds it."""
        return f"data:{self.mime_type};base64,{self.data}"


class WithPictures(msgspec.Struct, frozen=True, kw_only=True):
    """A tool's result, and pictures beside it for models that see. The result says what they are and where."""

    result: Any
    pictures: Sequence[Picture]


def kind_of(data: bytes) -> str | None:
    """The type of a picture that models read, by its first bytes; None where it is something else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for mark, kind in MARKS.items() if data.startswith(mark)), None)


def picture_of(data: str) -> Picture | None:
    """Base64 as a picture; None where no model could look at it: another kind of file, too large, or broken."""
    if len(data) > MOST_BYTES * 4 // 3 + 4:
        return None
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    kind = kind_of(raw)
    return None if kind is None else Picture(mime_type=kind, data=data)


def seen(message: JsonObject, tool: str, pictures: Sequence[Picture]) -> JsonObject:
    """A `tool` message with pictures that the tool brought."""
    return message | {FIELD: [{"tool": tool, "url": picture.url} for picture in pictures[-KEPT:]]}


def newest(forms: list[JsonObject]) -> None:
    """Leave the newest pictures in messages, and of older ones what is said of them."""
    left = KEPT
    for at in range(len(forms) - 1, -1, -1):
        pictures: list[JsonObject] = forms[at].get(FIELD, [])
        if pictures and left <= 0:
            forms[at] = {name: value for name, value in forms[at].items() if name != FIELD}
        elif len(pictures) > left:
            forms[at] = forms[at] | {FIELD: pictures[-left:]}
        left -= len(pictures)

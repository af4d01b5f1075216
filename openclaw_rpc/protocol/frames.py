"""JSON-RPC 2.0 frames (jsonrpc.org/specification) and the gateway's event frames, as structs."""

from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

MAX_DEPTH = 64
"""How deep a frame's JSON may be nested."""


class RequestFrame(msgspec.Struct, gc=False):
    """A call, or a notification where ``id`` is missing. ``params`` and ``id`` stay raw."""

    method: str
    params: Raw | UnsetType = UNSET
    id: str | int | float | UnsetType | None = UNSET
    jsonrpc: str | UnsetType = UNSET
    type: str | UnsetType = UNSET


class ErrorBody(msgspec.Struct, omit_defaults=True):
    """The ``error`` of an answer; ``data.code`` is the code that HTTP uses."""

    code: int
    message: str
    data: dict[str, Any]


class ResultFrame(msgspec.Struct, gc=False):
    """The answer to a call."""

    jsonrpc: str
    result: Any
    id: str | int | float | None


class ErrorFrame(msgspec.Struct, gc=False):
    """The answer to a call that failed."""

    jsonrpc: str
    error: ErrorBody
    id: str | int | float | None


class EventFrame(msgspec.Struct, omit_defaults=True, gc=False):
    """An event as it goes over a socket: ``epoch`` and ``seq`` where it belongs to a stream."""

    type: str
    data: Any
    epoch: str = ""
    seq: int = 0


class NotificationFrame(msgspec.Struct, gc=False):
    """An event for a client of the subprotocol ``jsonrpc``; params are the data, with epoch and seq in it."""

    jsonrpc: str
    method: str
    params: Any

"""What a model says, piece by piece."""

from typing import Any

import msgspec

from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import Usage


class ToolCallPart(msgspec.Struct, kw_only=True):
    """A piece of a tool call as models stream them: the pieces of one ``index`` belong together."""

    index: int = 0
    id: str | None = None
    name: str | None = None
    arguments: str = ""
    extra: Any = None
    """What the provider adds to the call, to be sent back with it."""


class Chunk(msgspec.Struct, kw_only=True, gc=False):
    """What a model said in one piece of its stream.

    ``details`` is what its provider adds to the message, to be sent back with it. ``payloads`` is the same as JSON
    in the spelling of OpenAI's Chat Completions, where that was asked for.
    """

    text: str = ""
    thinking: str = ""
    tool_calls: list[ToolCallPart] = []
    finish_reason: str | None = None
    usage: Usage | None = None
    details: JsonObject = {}
    payloads: list[bytes] = []

"""MCP as a server speaks it over streamable HTTP: revisions, messages, tools and results. Pure: it only spells.

Two ways are spoken. Up to revision 2025-11-25 a client begins with `initialize`. From 2026-07-28 on each request
carries its revision, in a header and in ``params._meta``, and begins with nothing. (modelcontextprotocol.io, Basic,
Transports; batches, which 2025-03-26 had alone, are not taken.)
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import msgspec

from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import RunState
from openclaw_rpc.protocol.errors import Forbidden, GatewayError, NotFound, RateLimited, Unauthorized, Unavailable
from openclaw_rpc.protocol.tool import ToolInfo
from openclaw_rpc.protocol.validation import mended

HANDSHAKE: Final = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN: Final = ("2026-07-28",)

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
HEADER_MISMATCH: Final = -32020
UNSUPPORTED_VERSION: Final = -32022
CANCELLED: Final = -32800
"""As the Language Server Protocol has it; MCP names no code of its own."""
_BAD_REQUEST: Final = frozenset({PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS, HEADER_MISMATCH, UNSUPPORTED_VERSION})

VERSION_HEADER: Final = "mcp-protocol-version"
METHOD_HEADER: Final = "mcp-method"
NAME_HEADER: Final = "mcp-name"
_META: Final = "io.modelcontextprotocol/"
_VERSION_KEY: Final = f"{_META}protocolVersion"
_CAPABILITIES_KEY: Final = f"{_META}clientCapabilities"
_SERVER_KEY: Final = f"{_META}serverInfo"
_ENCODED: Final = re.compile(r"=\?base64\?(.*)\?=")

CHAT_RUN: Final = "chat_run"
CHAT_TOOL: Final[JsonObject] = {
    "name": CHAT_RUN,
    "title": "Ask the agent",
    "description": "Send a message to an agent of the gateway and wait for its answer. The agent has the gateway's "
    "tools, skills and memory, and keeps the conversation of a sessionKey.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "message": {"type": "string", "minLength": 1, "description": "What to say."},
            "sessionKey": {"type": "string", "description": "The conversation; a new one where it is missing."},
            "agentId": {"type": "string", "description": "Which agent; the default one where it is missing."},
            "timeoutMs": {
                "type": "integer",
                "minimum": 1,
                "description": "Milliseconds after which the run is stopped.",
            },
        },
        "required": ["message"],
        "additionalProperties": False,
    },
    "annotations": {"readOnlyHint": False},
}


class McpRefusal(Exception):
    """A message that is answered with an error of JSON-RPC; ``status`` is HTTP's."""

    def __init__(self, code: int, message: str, data: Any = None, *, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
        self.status = status
        self.call_id: str | int | None = None
        """The id of the request, where it could be read."""


class McpMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a client. ``id`` is None for one that wants no answer; ``modern``: it carries its revision."""

    id: str | int | None
    method: str
    params: JsonObject
    modern: bool

    @property
    def progress_token(self) -> str | int | None:
        """By which the client knows news of how far its request is."""
        meta = self.params.get("_meta")
        token = cast("JsonObject", meta).get("progressToken") if isinstance(meta, dict) else None
        return token if isinstance(token, str | int) and not isinstance(token, bool) else None


def read(body: bytes, headers: Mapping[str, str]) -> McpMessage:
    """A message. Header names are in lower case.

    Raises:
        Refusal: it is none, or of a revision that is not spoken.
    """
    try:
        value: Any = msgspec.json.decode(mended(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise McpRefusal(PARSE_ERROR, "the body is not JSON", status=400) from None
    if not isinstance(value, dict):
        raise McpRefusal(INVALID_REQUEST, "the body must be one message of JSON-RPC", status=400)
    frame = cast("JsonObject", value)
    try:
        return _message(frame, headers)
    except McpRefusal as refused:
        call_id: Any = frame.get("id")
        refused.call_id = call_id if isinstance(call_id, str | int) and not isinstance(call_id, bool) else None
        raise


def _message(frame: JsonObject, headers: Mapping[str, str]) -> McpMessage:
    method, call_id, params = frame.get("method"), frame.get("id"), frame.get("params", {})
    if method is None and "id" in frame and ("result" in frame or "error" in frame):
        return McpMessage(id=None, method="", params={}, modern=False)  # an answer, to a question that nobody asked
    named = isinstance(call_id, str | int) and not isinstance(call_id, bool)
    if frame.get("jsonrpc") != "2.0" or not isinstance(method, str) or ("id" in frame and not named):
        raise McpRefusal(INVALID_REQUEST, "the body is not a JSON-RPC 2.0 message", status=400)
    if not isinstance(params, dict):
        raise McpRefusal(INVALID_PARAMS, "params must be an object", status=400)
    version = headers.get(VERSION_HEADER)
    modern = version is not None and version not in HANDSHAKE
    message = McpMessage(
        id=cast("str | int | None", call_id), method=method, params=cast("JsonObject", params), modern=modern
    )
    if modern and message.id is not None:
        _check(message, version or "", headers)
    elif modern and version not in MODERN:
        raise _unsupported(version or "")
    return message


def _check(message: McpMessage, version: str, headers: Mapping[str, str]) -> None:
    """Whether what a request says in its headers is what it says in its body (revision 2026-07-28)."""
    meta = message.params.get("_meta")
    if not isinstance(meta, dict) or _VERSION_KEY not in meta or _CAPABILITIES_KEY not in meta:
        if version not in MODERN:
            raise _unsupported(version)
        wanted = f"{_VERSION_KEY} and {_CAPABILITIES_KEY}"
        raise McpRefusal(INVALID_PARAMS, f"params._meta must hold {wanted}", status=400)
    if cast("JsonObject", meta)[_VERSION_KEY] != version:
        raise McpRefusal(HEADER_MISMATCH, f"{VERSION_HEADER} and params._meta name two revisions", status=400)
    if headers.get(METHOD_HEADER) != message.method:
        raise McpRefusal(HEADER_MISMATCH, f"{METHOD_HEADER} is not the body's method", status=400)
    name = message.params.get("name")
    if message.method == "tools/call" and name is not None and _decoded(headers.get(NAME_HEADER)) != name:
        raise McpRefusal(HEADER_MISMATCH, f"{NAME_HEADER} is not the body's name", status=400)
    if version not in MODERN:
        raise _unsupported(version)


def _unsupported(version: str) -> McpRefusal:
    data = {"supported": [*MODERN, *HANDSHAKE], "requested": version}
    return McpRefusal(UNSUPPORTED_VERSION, "this revision is not supported", data, status=400)


def _decoded(value: str | None) -> str | None:
    """A header's value; what is no plain ASCII comes as ``=?base64?…?=``."""
    found = _ENCODED.fullmatch(value or "")
    if found is None:
        return value
    try:
        return base64.b64decode(found[1], validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def answer(message: McpMessage, result: JsonObject, server: JsonObject) -> JsonObject:
    """The answer to a request."""
    if message.modern:
        result = {"resultType": "complete", **result, "_meta": {_SERVER_KEY: server}}
        if message.method in ("tools/list", "server/discover"):
            result |= {"ttlMs": 0, "cacheScope": "private"}
    return {"jsonrpc": "2.0", "id": message.id, "result": result}


def refusal(call_id: str | int | None, refused: McpRefusal, *, modern: bool) -> tuple[int, JsonObject]:
    """The HTTP status and the body of an error."""
    status = refused.status
    if modern and status == 200:
        status = 404 if refused.code == METHOD_NOT_FOUND else 400 if refused.code in _BAD_REQUEST else 200
    error: JsonObject = {"code": refused.code, "message": refused.message}
    if refused.data is not None:
        error["data"] = refused.data
    return status, {"jsonrpc": "2.0", "id": call_id, "error": error}


def progress(token: str | int, seconds: float) -> JsonObject:
    """News of a request that takes its time."""
    params = {"progressToken": token, "progress": round(seconds, 1), "message": "still at work"}
    return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}


def begin(params: JsonObject, server: JsonObject, instructions: str) -> JsonObject:
    """What `initialize` is answered: the client's revision where it is spoken, else the newest."""
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in HANDSHAKE else HANDSHAKE[-1],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": server,
        "instructions": instructions,
    }


def discovered(instructions: str) -> JsonObject:
    """What `server/discover` is answered."""
    return {
        "supportedVersions": list(MODERN),
        "capabilities": {"tools": {"listChanged": False}},
        "instructions": instructions,
    }


def listed(tools: Iterable[ToolInfo]) -> list[JsonObject]:
    """Tools as MCP tells of them; without those that a policy denies."""
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "inputSchema": {"type": "object", **tool.parameters},
            "annotations": {"readOnlyHint": not tool.dangerous},
        }
        for tool in tools
        if tool.policy != "deny"
    ]


def done(result: Any) -> JsonObject:
    """A tool's result: a text as it is, a picture as one, anything else as JSON, and objects as such besides."""
    if isinstance(result, str):
        return {"content": [{"type": "text", "text": result}], "isError": False}
    if isinstance(result, dict):
        fields = cast("JsonObject", result)
        kind, data = fields.get("mimeType"), fields.get("data")
        if isinstance(kind, str) and kind.startswith("image/") and isinstance(data, str):
            about = {name: value for name, value in fields.items() if name != "data"}
            picture = {"type": "image", "data": data, "mimeType": kind}
            return {"content": [picture, _text(about)], "isError": False}
        return {"content": [_text(fields)], "structuredContent": fields, "isError": False}
    return {"content": [_text(result)], "isError": False}


def answered(state: RunState) -> JsonObject:
    """What an agent answered. One that was cut short is an error that has what was said until then."""
    about: JsonObject = {"runId": state.run_id, "sessionKey": state.session_key, "response": state.response or ""}
    about["finishReason"] = state.finish_reason or state.status
    failed = state.status != "completed"
    text = state.response or ""
    if failed:
        why = state.error.message if state.error is not None else f"the run ended as {state.status}"
        about["error"] = why
        text = f"{text}\n\n{why}".strip()
    return {"content": [{"type": "text", "text": text}], "structuredContent": about, "isError": failed}


def failed(error: GatewayError) -> JsonObject:
    """A tool's failure, for the model to read.

    Raises:
        Refusal: there is no such tool, or the caller may not call now: that is no result.
    """
    if isinstance(error, NotFound) and error.field in ("name", "agentId"):
        raise McpRefusal(INVALID_PARAMS, error.message, _details(error)) from None
    unfit = isinstance(error, RateLimited | Unauthorized) or (isinstance(error, Unavailable) and error.reason is None)
    if unfit or (isinstance(error, Forbidden) and error.reason == "missing_scope"):
        raise refused(error) from None
    return {"content": [{"type": "text", "text": error.message}], "isError": True}


def refused(error: GatewayError) -> McpRefusal:
    """An error of the table as one of JSON-RPC."""
    return McpRefusal(error.rpc, error.message, _details(error))


def _details(error: GatewayError) -> JsonObject:
    said = {"code": error.code, "field": error.field, "reason": error.reason, **error.details}
    return {name: value for name, value in said.items() if value is not None}


def _text(value: Any) -> JsonObject:
    return {"type": "text", "text": msgspec.json.encode(value).decode()}

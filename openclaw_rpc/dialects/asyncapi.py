"""The WebSocket as an AsyncAPI document (asyncapi.com, 3.0.0): calls with their answers, and events."""

from collections.abc import Iterable, Sequence

from openclaw_rpc.dialects.schema import (
    Json,
    Schemas,
    error_classes,
    error_data,
    markdown,
    schemas_of,
    table_types,
    topic_of,
)
from openclaw_rpc.protocol.event import auth_success, connected
from openclaw_rpc.protocol.frames import ErrorBody
from openclaw_rpc.protocol.table import AnyEvent, AnyMethod, by_name, events

ASYNCAPI = "3.0.0"
_SCHEMAS = "#/components/schemas/"
_MESSAGES = "#/components/messages/"


def asyncapi(methods: Sequence[AnyMethod], version: str, *, host: str = "127.0.0.1:18789") -> Json:
    """The document, as the gateway sees it: it receives calls and sends events.

    Two channels, `/` and `/ws`, differ in how a client is let in and which event greets it. Messages are called
    ``call.<method>``, ``result.<method>``, ``event.<event>``, ``error`` and ``auth``; a method's operation is called
    ``root.<method>`` or ``ws.<method>``.

    Raises:
        ValueError: two rows or two types have the same name.
    """
    rows = by_name(methods)
    found = events(methods)
    schemas = schemas_of([*table_types(methods), ErrorBody], _SCHEMAS + "{name}")
    names = sorted(rows)
    messages = {
        **{f"call.{name}": _call(rows[name], schemas) for name in names},
        **{f"result.{name}": _result(rows[name], schemas) for name in names},
        **{f"event.{name}": _event(found[name], schemas) for name in sorted(found)},
        "error": _error(),
        "auth": _auth(),
    }
    root = [each for each in messages if each not in (f"event.{auth_success.name}", "auth")]
    ws = [each for each in messages if each != f"event.{connected.name}"]
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "openclaw_rpc",
            "version": version,
            "description": "The gateway's WebSocket: JSON-RPC 2.0 calls one way, answers and events the other.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"gateway": {"host": host, "protocol": "ws", "security": _security()}},
        "channels": {
            "root": _channel("/", "A client authenticates in its handshake, or is answered 401.", root),
            "ws": _channel(
                "/ws", "A client that did not authenticate in its handshake may send `auth` first, within 10 s.", ws
            ),
        },
        "operations": {
            **_operations("root", names, root),
            **_operations("ws", names, ws),
            "ws.auth": {
                "action": "receive",
                "summary": "Authenticate.",
                "channel": {"$ref": "#/channels/ws"},
                "messages": [_message_of("ws", "auth")],
                "reply": {"channel": {"$ref": "#/channels/ws"}, "messages": [_message_of("ws", "event.auth_success")]},
            },
        },
        "components": {
            "schemas": {**schemas.defs, "ErrorData": error_data(), "CallId": _call_id()},
            "messages": messages,
            "correlationIds": {
                "call": {"description": "An answer has the id of its call.", "location": "$message.payload#/id"}
            },
            "securitySchemes": _schemes(),
        },
    }


def _channel(address: str, about: str, messages: Iterable[str]) -> Json:
    headers = {
        "type": "object",
        "properties": {
            "Sec-WebSocket-Protocol": {
                "description": "With `jsonrpc`, events come as notifications `{jsonrpc, method, params}`: method is "
                "the event's name, params are its data with `epoch` and `seq` in it.",
                "enum": ["jsonrpc"],
            }
        },
    }
    return {
        "address": address,
        "description": f"{about} One frame is one call, answer or event; calls and answers may also come as a JSON "
        "array (a batch).",
        "messages": {name: {"$ref": _MESSAGES + name} for name in messages},
        "bindings": {"ws": {"method": "GET", "headers": headers, "bindingVersion": "0.1.0"}},
    }


def _operations(channel: str, methods: Iterable[str], messages: Iterable[str]) -> Json:
    here = {"$ref": f"#/channels/{channel}"}
    calls = {
        f"{channel}.{name}": {
            "action": "receive",
            "channel": here,
            "messages": [_message_of(channel, f"call.{name}")],
            "reply": {
                "channel": here,
                "messages": [_message_of(channel, f"result.{name}"), _message_of(channel, "error")],
            },
        }
        for name in methods
    }
    sent = [_message_of(channel, name) for name in messages if name.startswith("event.")]
    return {
        **calls,
        f"{channel}.events": {
            "action": "send",
            "summary": "What a client follows, and how the connection is.",
            "channel": here,
            "messages": sent,
        },
    }


def _message_of(channel: str, name: str) -> Json:
    return {"$ref": f"#/channels/{channel}/messages/{name}"}


def _frame(properties: Json, required: list[str]) -> Json:
    return {"type": "object", "properties": properties, "required": required}


def _call(row: AnyMethod, schemas: Schemas) -> Json:
    """A call. The gateway takes one without ``jsonrpc``; without ``id`` it is a notification, which has no answer."""
    needed = ["params"] if schemas.defs[row.params.__name__].get("required") else []
    return {
        "name": row.name,
        "summary": markdown(row.doc),
        "tags": [{"name": row.namespace}],
        "correlationId": {"$ref": "#/components/correlationIds/call"},
        "payload": _frame(
            {
                "jsonrpc": {"const": "2.0"},
                "id": {"$ref": _SCHEMAS + "CallId"},
                "method": {"const": row.name},
                "params": schemas.refs[row.params],
            },
            ["method", *needed],
        ),
        "x-scope": row.scope.value,
        "x-rate": row.rate.value,
        "x-emits": sorted(event.name for event in row.emits),
    }


def _result(row: AnyMethod, schemas: Schemas) -> Json:
    return {
        "name": f"{row.name} answer",
        "summary": f"The answer to `{row.name}`.",
        "tags": [{"name": row.namespace}],
        "correlationId": {"$ref": "#/components/correlationIds/call"},
        "payload": _frame(
            {"jsonrpc": {"const": "2.0"}, "id": {"$ref": _SCHEMAS + "CallId"}, "result": schemas.refs[row.result]},
            ["jsonrpc", "id", "result"],
        ),
    }


def _error() -> Json:
    body: Json = {
        "allOf": [
            {"$ref": _SCHEMAS + ErrorBody.__name__},
            {
                "type": "object",
                "properties": {
                    "code": {"enum": sorted({each.rpc for each in error_classes()}, reverse=True)},
                    "data": {"$ref": _SCHEMAS + "ErrorData"},
                },
            },
        ]
    }
    return {
        "name": "error",
        "summary": "The answer to a call that failed.",
        "correlationId": {"$ref": "#/components/correlationIds/call"},
        "payload": _frame(
            {"jsonrpc": {"const": "2.0"}, "id": {"$ref": _SCHEMAS + "CallId"}, "error": body},
            ["jsonrpc", "id", "error"],
        ),
    }


def _event(event: AnyEvent, schemas: Schemas) -> Json:
    return {
        "name": event.name,
        "summary": markdown(event.doc),
        "tags": [{"name": event.name.partition(".")[0]}],
        "payload": _frame(
            {
                "type": {"const": event.name},
                "data": schemas.refs[event.data],
                "epoch": {"description": "The stream's, where the event is of a session.", "type": "string"},
                "seq": {"description": "Its number in the stream; it only grows.", "type": "integer"},
            },
            ["type", "data"],
        ),
        "x-lasting": event.lasting,
        "x-topic": topic_of(event),
    }


def _auth() -> Json:
    return {
        "name": "auth",
        "summary": "The first frame of a client that could not set headers.",
        "payload": _frame({"type": {"const": "auth"}, "token": {"type": "string"}}, ["type", "token"]),
    }


def _security() -> list[Json]:
    return [{"$ref": f"#/components/securitySchemes/{name}"} for name in _schemes()]


def _call_id() -> Json:
    return {
        "title": "CallId",
        "description": "The client's own; the answer repeats it.",
        "anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}],
    }


def _schemes() -> dict[str, Json]:
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer <token>`."},
        "basic": {"type": "http", "scheme": "basic", "description": "Any user name, with the gateway's password."},
        "password": {
            "type": "httpApiKey",
            "in": "header",
            "name": "X-OpenClaw-Password",
            "description": "The gateway's password.",
        },
        "queryToken": {
            "type": "httpApiKey",
            "in": "query",
            "name": "token",
            "description": "For clients that can't set headers.",
        },
        "queryPassword": {
            "type": "httpApiKey",
            "in": "query",
            "name": "password",
            "description": "For clients that can't set headers.",
        },
    }

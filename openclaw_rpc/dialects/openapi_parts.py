"""What many operations of the OpenAPI document share: headers, ways to prove who one is, errors, open paths."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from openclaw_rpc.dialects.rest import Endpoint
from openclaw_rpc.dialects.schema import Json, error_doc, errors_of
from openclaw_rpc.protocol import chat
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Conflict, GatewayError, ProviderError, Timeout, TooLarge

SECURITY: Final[Json] = {
    "token": {"type": "http", "scheme": "bearer", "description": "The gateway's token, or one that it made."},
    "basic": {"type": "http", "scheme": "basic", "description": "Any user name, and the gateway's password."},
    "password": {"type": "apiKey", "in": "header", "name": "X-OpenClaw-Password"},
    "tokenInQuery": {"type": "apiKey", "in": "query", "name": "token", "description": "Where no header can be set."},
    "passwordInQuery": {
        "type": "apiKey",
        "in": "query",
        "name": "password",
        "description": "Where no header can be set.",
    },
}
HEADERS: Final[Json] = {
    "X-Request-Id": {"description": "The client's, or a generated one.", "schema": {"type": "string"}},
    "X-RateLimit-Limit": {"description": "Calls a minute.", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "How many of them are left.", "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {
        "description": "When all are available again, in seconds since 1970.",
        "schema": {"type": "integer"},
    },
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
}
PARAMETERS: Final[Json] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same key with the same body within 24 h means the same run; another body is refused.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "Last-Event-ID": {
        "name": "Last-Event-ID",
        "in": "header",
        "required": False,
        "description": "The `id` of the last event that was seen: the stream goes on behind it, and nothing runs anew.",
        "schema": {"type": "string"},
    },
    "X-OpenClaw-Pin": {
        "name": "X-OpenClaw-Pin",
        "in": "header",
        "required": False,
        "description": "The PIN, for what needs one.",
        "schema": {"type": "string"},
    },
}


EVENT: Final[Json] = {
    "type": "object",
    "description": "Each of the server-sent events (WHATWG HTML, 9.2).",
    "properties": {
        "id": {"type": "string", "description": "What `Last-Event-ID` takes."},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["data"],
}


def _refs(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


GUARDED: Final = _refs("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
UNAUTHORIZED: Final = _refs("X-Request-Id", "WWW-Authenticate")


def _open(identifier: str, tag: str, doc: str, properties: Json, others: Json | None = None) -> Json:
    schema = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
    }
    answer = {
        "description": HTTPStatus.OK.phrase,
        "headers": _refs("X-Request-Id"),
        "content": {"application/json": {"schema": schema}},
    }
    return {"operationId": identifier, "tags": [tag], "summary": doc, "responses": {"200": answer, **(others or {})}}


_NOT_NOW: Final[Json] = {
    "503": {"description": "Not now: it starts or stops, what keeps things is away, or the disk is full."}
}
OPEN: Final[dict[str, Json]] = {
    "/api/v1/health": _open(
        "get_api_v1_health",
        "000",
        "Whether the gateway is alive",
        {"status": "string", "version": "string", "uptime_seconds": "integer"},
    ),
    "/healthz": _open("get_healthz", "003", "Whether the gateway is alive", {"status": "string"}),
    "/readyz": _open(
        "get_readyz",
        "003",
        "Whether the gateway serves calls, and what keeps things answers",
        {"status": "string", "node": "string", "engines": "object", "warnings": "array"},
        _NOT_NOW,
    ),
}
"""What is answered without a token."""


def parameters_named(endpoint: Endpoint) -> Iterator[str]:
    """The headers that an endpoint looks at."""
    if chat.run in endpoint.calls:
        yield "Idempotency-Key"
    if endpoint.streams and endpoint.style is None:
        yield "Last-Event-ID"
    if any(call is chat.run or call.scope is Scope.TOOLS for call in endpoint.calls):
        yield "X-OpenClaw-Pin"


def errors_answered(endpoint: Endpoint) -> dict[int, str]:
    """The statuses of all errors that an endpoint may be answered with, and what each means."""
    classes: list[type[GatewayError]] = [Timeout]
    for call in endpoint.calls:
        classes += errors_of(call)
        if call is chat.wait:
            # It is raised here what a run has failed of.
            classes += (ProviderError, Conflict)
    if endpoint.body is not None:
        classes.append(TooLarge)
    found: dict[int, list[str]] = {}
    for each in dict.fromkeys(classes):
        found.setdefault(each.status, []).append(error_doc(each))
    if endpoint.body is not None:
        found[415] = ["The body's content type is not supported."]
    found[431] = ["The request's head is too large."]
    return {status: " ".join(found[status]) for status in sorted(found)}


def error_names() -> Json:
    """The schema of an error, whatever is in it."""
    return {"type": "object", "properties": {"error": {"type": "object"}}, "required": ["error"]}


def reason_of(status: int) -> str:
    """What a status means."""
    return HTTPStatus(status).phrase

"""Reference 002: `/api/sessions/{sessionId}/messages`, waited for, or as a stream of text and code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta

from openclaw_rpc.dialects import runs
from openclaw_rpc.dialects.api.errors import upper
from openclaw_rpc.dialects.api.fences import Fences, TextPart
from openclaw_rpc.dialects.rest import Endpoint, Inputs, Plan, Reply, SpelledEvent
from openclaw_rpc.protocol import chat
from openclaw_rpc.protocol.base import JsonObject, Name
from openclaw_rpc.protocol.chat import (
    Attachment,
    ChatRunParams,
    FinishReason,
    IdempotencyKey,
    RunOptions,
    RunState,
    Text,
    TimeoutMs,
    ToolUse,
    Usage,
)
from openclaw_rpc.protocol.errors import error_of
from openclaw_rpc.protocol.validation import checked

WAIT_MS = 300_000
FIELDS = {"sessionKey": "sessionId", "message": "content"}


class ApiMessageBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A message to the session's agent. The session is created if it does not exist."""

    content: Text
    attachments: Annotated[list[Attachment], Meta(max_length=32)] = []
    agent_id: Name | None = None
    options: RunOptions = RunOptions()
    metadata: JsonObject = {}
    timeout_ms: TimeoutMs = WAIT_MS
    idempotency_key: IdempotencyKey | None = None


class ApiResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the agent said, and what it did: ``actions`` have a ``type``, and what it was done to."""

    content: str
    actions: list[JsonObject]


class ApiMessageAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer to a message; ``messageId`` is its name in the session."""

    message_id: str
    response: ApiResponse
    session_id: str
    run_id: str
    finish_reason: FinishReason
    model: str | None = None
    usage: Usage | None = None


class ApiEvents:
    """002's stream: `text` and `code`, then `done`."""

    numbered = True

    def __init__(self, place: str | None = None) -> None:
        """``place`` is where a client that comes back had got to."""
        self._fences = Fences(place or "")
        self._said = place is not None

    def open(self) -> Iterable[SpelledEvent]:
        """Nothing comes before the first word."""
        return ()

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        """An event; those that 002 has no word for are left out."""
        if name == chat.chat_delta.name:
            self._said = True
            yield from map(_said, self._fences.feed(data.delta))
        elif name == chat.chat_started.name and self._said:
            self._fences, self._said = Fences(""), False
            yield SpelledEvent({"type": "resync", "message": chat.BEGINS_AGAIN})
        elif name == "resync":
            yield SpelledEvent({"type": "resync", "message": "the events since then are gone; get the session"})
        elif name == chat.chat_done.name:
            self._said = False
            yield from map(_said, self._fences.end())
            if data.error is not None:
                error = upper(error_of(data.error.code, data.error.message)).error
                yield SpelledEvent({"type": "error", "error": error})
            yield SpelledEvent(
                {"type": "done", "finishReason": data.finish_reason, "usage": data.usage, "runId": data.run_id}
            )


def _said(part: TextPart) -> SpelledEvent:
    event = {"type": part.kind, "content": part.content}
    return SpelledEvent(event | ({"language": part.language} if part.language else {}), place=part.place)


def params_of(inputs: Inputs) -> ChatRunParams:
    """The run that a message asks for."""
    body: ApiMessageBody = inputs.body
    given = {"message": body.content, "sessionKey": inputs.path["sessionId"]}
    params = checked(given, ChatRunParams, chat.run.name)
    return msgspec.structs.replace(
        params,
        attachments=body.attachments,
        agent_id=body.agent_id,
        options=body.options,
        metadata=body.metadata,
        idempotency_key=body.idempotency_key,
    )


def messages(inputs: Inputs) -> Plan:
    """Ask the session's agent and wait for its answer."""
    body: ApiMessageBody = inputs.body
    accepted = yield from runs.begin(inputs, params_of(inputs))
    return Reply(answer_of((yield from runs.wait(accepted, body.timeout_ms))))


def stream(inputs: Inputs) -> Plan:
    """Ask the session's agent and follow what it says."""
    events = ApiEvents(inputs.resume.place if inputs.resume is not None else None)
    return (yield from runs.follow(inputs, params_of(inputs), events))


def answer_of(state: RunState) -> ApiMessageAnswer:
    """A run that has ended, in 002's words."""
    return ApiMessageAnswer(
        message_id=state.message_id or state.run_id,
        response=ApiResponse(content=state.response or "", actions=actions_of(state.tool_calls)),
        session_id=state.session_key,
        run_id=state.run_id,
        finish_reason=state.finish_reason or "stop",
        model=state.model,
        usage=state.usage,
    )


def _wrote(params: JsonObject, result: JsonObject) -> JsonObject:
    kind = "file_created" if result.get("created") else "file_updated"
    return {"type": kind, "path": params.get("path")}


ACTIONS: Mapping[str, Callable[[JsonObject, JsonObject], JsonObject]] = {
    "file_write": _wrote,
    "shell": lambda params, result: {
        "type": "command_executed",
        "command": params.get("command"),
        "exitCode": result.get("exitCode"),
    },
    "memory_store": lambda params, _: {"type": "memory_stored", "key": params.get("key")},
    "browser_navigate": lambda params, _: {"type": "page_opened", "url": params.get("url")},
}
"""What a tool's use is called where it changed something; looking at something is no action."""


def actions_of(calls: list[ToolUse]) -> list[JsonObject]:
    """What the tools changed, in order; what failed changed nothing."""
    actions: list[JsonObject] = []
    for call in calls:
        act = ACTIONS.get(call.tool)
        if act is not None and call.error is None:
            actions.append(act(_object(call.params), _object(call.result)))
    return actions


def _object(value: Any) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {}


ENDPOINTS = (
    Endpoint(
        verb="POST",
        path="/api/sessions/{sessionId}/messages",
        plan=messages,
        doc="Ask the session's agent, and wait for its answer.",
        calls=(chat.run, chat.wait),
        body=ApiMessageBody,
        answer=ApiMessageAnswer,
        fields=FIELDS,
    ),
    Endpoint(
        verb="POST",
        path="/api/sessions/{sessionId}/messages/stream",
        plan=stream,
        doc="Ask the session's agent, and follow what it says: text and code, then `done`.",
        calls=(chat.run,),
        body=ApiMessageBody,
        streams=True,
        fields=FIELDS,
    ),
)

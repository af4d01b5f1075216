"""References 000 and 004: `POST /api/v1/message`, waited for, polled, or followed as a stream."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from openclaw_rpc.dialects import runs
from openclaw_rpc.dialects.api_v1.errors import FlatError, flat
from openclaw_rpc.dialects.rest import Ask, Endpoint, Follow, Inputs, Plan, Reply, SpelledEvent
from openclaw_rpc.protocol import chat
from openclaw_rpc.protocol.base import JsonObject, Name, SessionKey
from openclaw_rpc.protocol.chat import (
    Attachment,
    ChatRunParams,
    ChatWaitParams,
    FinishReason,
    IdempotencyKey,
    RunAccepted,
    RunState,
    Text,
    TimeoutMs,
    Usage,
)
from openclaw_rpc.protocol.errors import Timeout, error_of
from openclaw_rpc.protocol.event import Position

WAIT_MS = 30_000
POLL_URL = "/api/v1/message/{id}/status"
FIELDS = {
    "sessionKey": "conversation_id",
    "agentId": "agent_id",
    "runId": "id",
    "attachments": "metadata.attachments",
    "idempotencyKey": "idempotency_key",
    "timeoutMs": "timeout_ms",
}


class FlatAttachment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that goes with a message: a file of the workspace, a picture, or text."""

    type: Literal["file", "image", "text"]
    path: Annotated[str, Meta(max_length=4096, description="`file`: its path in the workspace.")] | None = None
    url: Annotated[str, Meta(max_length=8192, description="`image`: http(s) or data URL.")] | None = None
    data: Annotated[str, Meta(description="`image`: base64.")] | None = None
    mime_type: Annotated[str, Meta(max_length=200)] | None = None
    name: Annotated[str, Meta(max_length=300)] | None = None
    text: Annotated[str, Meta(max_length=4_000_000, description="`text`: the text itself.")] | None = None


class FlatMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about a message. Further members are kept with it."""

    user_id: str | None = None
    user_name: str | None = None
    attachments: Annotated[list[FlatAttachment], Meta(max_length=32)] = []


class FlatMessageBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to the agent, and whether and how long to wait for the answer."""

    channel: Annotated[Name, Meta(description="Where it comes from: `api`, `telegram`, …")]
    message: Text
    conversation_id: SessionKey | None = None
    agent_id: Name | None = None
    metadata: FlatMetadata = FlatMetadata()
    wait_for_response: bool = True
    timeout_ms: TimeoutMs = WAIT_MS
    idempotency_key: IdempotencyKey | None = None
    idempotency: Annotated[IdempotencyKey, Meta(description="Another spelling of `idempotency_key`.")] | None = (
        msgspec.field(name="idempotencyKey", default=None)
    )


class _Loose(msgspec.Struct):
    """The metadata as they came."""

    metadata: JsonObject = {}


class FlatTokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a message used."""

    input: int = 0
    output: int = 0
    total: int = 0


class FlatReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the agent said. ``id`` leads to it again, ``message_id`` is its name in the conversation."""

    id: str
    conversation_id: str
    role: Literal["assistant"]
    content: str
    skills_used: list[str]
    tokens: FlatTokens
    latency_ms: int
    model: str
    finish_reason: FinishReason
    message_id: str | None = None


class FlatPending(msgspec.Struct, frozen=True, kw_only=True):
    """The message was taken; ``poll_url`` says how it stands."""

    id: str
    status: Literal["processing"]
    conversation_id: str
    poll_url: str


class FlatState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a message stands: all of the reply once it is ``completed``, as much as there is otherwise."""

    id: str
    status: Literal["processing", "completed", "aborted", "error", "interrupted"]
    conversation_id: str
    poll_url: str | None = None
    role: Literal["assistant"] | None = None
    content: str | None = None
    skills_used: list[str] | None = None
    tokens: FlatTokens | None = None
    latency_ms: int | None = None
    model: str | None = None
    finish_reason: FinishReason | None = None
    message_id: str | None = None
    error: FlatError | None = None


class FlatPollQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for the answer."""

    timeout_ms: TimeoutMs = 1


class FlatEvents:
    """000's stream: `start`, `token` …, `skill_call` and `skill_result` around a skill's use, `end`."""

    numbered = True

    def __init__(self, conversation_id: str | None = None) -> None:
        self._conversation_id = conversation_id
        self._said = conversation_id is None

    def open(self) -> Iterable[SpelledEvent]:
        """The beginning; not a second time for a client that comes back."""
        if self._conversation_id is not None:
            yield SpelledEvent({"type": "start", "conversation_id": self._conversation_id})

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        """An event; those that 000 has no word for are left out."""
        if name == chat.chat_delta.name:
            self._said = True
            yield SpelledEvent({"type": "token", "content": data.delta})
        elif name == chat.tool_call.name:
            yield SpelledEvent({**skill_or_tool("call", data), "status": "invoking"})
        elif name == chat.tool_result.name:
            failed = data.error is not None
            yield SpelledEvent({**skill_or_tool("result", data), "status": "failed" if failed else "completed"})
        elif name == chat.chat_started.name and self._said:
            self._said = False
            yield SpelledEvent({"type": "resync", "message": chat.BEGINS_AGAIN})
        elif name == "resync":
            yield SpelledEvent({"type": "resync", "message": "the events since then are gone; get the conversation"})
        elif name == chat.chat_done.name:
            self._said = False
            if data.error is not None:
                error = error_of(data.error.code, data.error.message)
                yield SpelledEvent({"type": "error", **msgspec.structs.asdict(flat(error))})
            tokens = tokens_of(data.usage)
            yield SpelledEvent(
                {"type": "end", "tokens": tokens, "finish_reason": data.finish_reason, "id": data.run_id}
            )


def skill_or_tool(what: Literal["call", "result"], data: Any) -> JsonObject:
    """A tool's use, as the skill's where it belongs to one."""
    if data.skill is not None:
        return {"type": f"skill_{what}", "skill": data.skill, "tool": data.tool}
    return {"type": f"tool_{what}", "tool": data.tool}


def params_of(body: FlatMessageBody, inputs: Inputs) -> ChatRunParams:
    """The run that a message asks for."""
    metadata = dict(msgspec.json.decode(inputs.raw, type=_Loose).metadata) if inputs.raw else {}
    metadata.pop("attachments", None)
    return ChatRunParams(
        message=body.message,
        session_key=body.conversation_id,
        agent_id=body.agent_id,
        channel=body.channel,
        metadata=metadata,
        idempotency_key=body.idempotency_key or body.idempotency,
        attachments=[Attachment(**msgspec.structs.asdict(item)) for item in body.metadata.attachments],
    )


def message(inputs: Inputs) -> Plan:
    """Send a message: wait for its answer, or be told where to ask for it, or follow what is said."""
    body: FlatMessageBody = inputs.body
    if inputs.wants_stream:
        return (yield from _streamed(inputs, body))
    accepted = yield from runs.begin(inputs, params_of(body, inputs))
    if not body.wait_for_response:
        pending = pending_of(accepted.run_id, accepted.session_key)
        return Reply(pending, 202, {"Location": pending.poll_url})
    return Reply(reply_of((yield from _waited(accepted, body.timeout_ms))))


def _streamed(inputs: Inputs, body: FlatMessageBody) -> Generator[Ask, Any, Follow]:
    if inputs.resume is not None and inputs.resume.run_id:
        run_id, after = inputs.resume.run_id, inputs.resume.after
        return Follow(spelling=FlatEvents(), run_id=run_id, after=after, resumed=True)
    accepted = yield from runs.begin(inputs, params_of(body, inputs))
    after = Position(epoch=accepted.epoch, seq=accepted.seq)
    return Follow(spelling=FlatEvents(accepted.session_key), run_id=accepted.run_id, after=after)


def _waited(accepted: RunAccepted, timeout_ms: int) -> Generator[Ask, Any, RunState]:
    """The run's end.

    Raises:
        Timeout: it goes on; ``details`` say where to ask for it.
    """
    try:
        return (yield from runs.wait(accepted, timeout_ms))
    except Timeout as error:
        pending = pending_of(accepted.run_id, accepted.session_key)
        details = {name: value for name, value in msgspec.structs.asdict(pending).items() if name != "status"}
        raise Timeout(error.message, **details) from None


def status(inputs: Inputs) -> Plan:
    """How a message stands."""
    query: FlatPollQuery = inputs.query
    wait = ChatWaitParams(run_id=inputs.path["id"], timeout_ms=query.timeout_ms)
    state: RunState = yield Ask(chat.wait, wait)
    return Reply(state_of(state))


def pending_of(run_id: str, session_key: str) -> FlatPending:
    """A message that is under way."""
    url = POLL_URL.format(id=run_id)
    return FlatPending(id=run_id, status="processing", conversation_id=session_key, poll_url=url)


def state_of(state: RunState) -> FlatState | FlatPending:
    """A message as it stands."""
    if state.status in ("queued", "running"):
        return pending_of(state.run_id, state.session_key)
    reply = msgspec.structs.asdict(reply_of(state))
    failed = state.error
    error = flat(error_of(failed.code, failed.message)) if failed and state.status == "error" else None
    return FlatState(**reply, status=state.status, error=error)


def reply_of(state: RunState) -> FlatReply:
    """A run that has ended, in 000's words."""
    return FlatReply(
        id=state.run_id,
        conversation_id=state.session_key,
        role="assistant",
        content=state.response or "",
        skills_used=state.skills_used,
        tokens=tokens_of(state.usage),
        latency_ms=state.duration_ms or 0,
        model=state.model or "",
        finish_reason=state.finish_reason or "stop",
        message_id=state.message_id,
    )


def tokens_of(usage: Usage | None) -> FlatTokens:
    """Usage in 000's words."""
    if usage is None:
        return FlatTokens()
    return FlatTokens(input=usage.prompt_tokens, output=usage.completion_tokens, total=usage.total_tokens)


ENDPOINTS = (
    Endpoint(
        verb="POST",
        path="/api/v1/message",
        plan=message,
        doc="Send a message to an agent. With `Accept: text/event-stream` the answer comes as it is said.",
        calls=(chat.run, chat.wait),
        body=FlatMessageBody,
        answer=FlatReply,
        answers={202: FlatPending},
        statuses=(200, 202),
        streams=True,
        fields=FIELDS,
    ),
    Endpoint(
        verb="GET",
        path="/api/v1/message/{id}/status",
        plan=status,
        doc="The state of a message that was not waited for.",
        calls=(chat.wait,),
        query=FlatPollQuery,
        answer=FlatState,
        fields=FIELDS,
    ),
)

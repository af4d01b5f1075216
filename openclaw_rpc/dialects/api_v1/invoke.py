"""Reference 001: `POST /api/v1/messages` and `POST /api/v1/agents/{agentId}/invoke`, camelCase."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from openclaw_rpc.dialects import runs
from openclaw_rpc.dialects.rest import Endpoint, Inputs, Plan, Reply
from openclaw_rpc.protocol import chat
from openclaw_rpc.protocol.base import JsonObject, Name, SessionKey
from openclaw_rpc.protocol.chat import (
    Attachment,
    ChatRunParams,
    FinishReason,
    IdempotencyKey,
    RunState,
    Text,
    TimeoutMs,
    ToolUse,
    Usage,
)
from openclaw_rpc.protocol.errors import InvalidRequest

WAIT_MS = 300_000
FIELDS = {"sessionKey": "sessionId", "message": "content"}


class InvokeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A message to an agent."""

    content: Text
    agent_id: Name | None = None
    session_id: Annotated[SessionKey, Meta(description="To find it again; generated where it is missing.")] | None = (
        None
    )
    channel: Name = "api"
    metadata: JsonObject = {}
    attachments: Annotated[list[Attachment], Meta(max_length=32)] = []
    timeout_ms: TimeoutMs = WAIT_MS
    idempotency_key: IdempotencyKey | None = None


class InvokeAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The agent's result. ``toolCalls``: what it used on the way, with params, result and duration."""

    status: str
    final_reply: str
    tool_calls: list[ToolUse]
    duration_ms: int
    run_id: str
    session_id: str
    agent_id: str
    finish_reason: FinishReason
    model: str | None = None
    usage: Usage | None = None


def messages(inputs: Inputs) -> Plan:
    """Ask an agent, the default one where none is named, and wait for its result."""
    return (yield from _asked(inputs, inputs.body, inputs.body.agent_id))


def invoke(inputs: Inputs) -> Plan:
    """Ask the path's agent."""
    body: InvokeBody = inputs.body
    agent_id = inputs.path["agentId"]
    if body.agent_id not in (None, agent_id):
        reason = "the path names another agent"
        raise InvalidRequest(f"agentId: {reason}", field="agentId", reason=reason)
    return (yield from _asked(inputs, body, agent_id))


def _asked(inputs: Inputs, body: InvokeBody, agent_id: str | None) -> Plan:
    params = ChatRunParams(
        message=body.content,
        session_key=body.session_id,
        agent_id=agent_id,
        channel=body.channel,
        metadata=body.metadata,
        attachments=body.attachments,
        idempotency_key=body.idempotency_key,
    )
    accepted = yield from runs.begin(inputs, params)
    return Reply(answer_of((yield from runs.wait(accepted, body.timeout_ms))))


def answer_of(state: RunState) -> InvokeAnswer:
    """A run that has ended, in 001's words."""
    return InvokeAnswer(
        status=state.status,
        final_reply=state.response or "",
        tool_calls=state.tool_calls,
        duration_ms=state.duration_ms or 0,
        run_id=state.run_id,
        session_id=state.session_key,
        agent_id=state.agent_id,
        finish_reason=state.finish_reason or "stop",
        model=state.model,
        usage=state.usage,
    )


def _endpoint(path: str, plan: Any, doc: str) -> Endpoint:
    return Endpoint(
        verb="POST",
        path=path,
        plan=plan,
        doc=doc,
        calls=(chat.run, chat.wait),
        body=InvokeBody,
        answer=InvokeAnswer,
        fields=FIELDS,
    )


ENDPOINTS = (
    _endpoint("/api/v1/messages", messages, "Ask an agent, and wait for its result."),
    _endpoint("/api/v1/agents/{agentId}/invoke", invoke, "Ask that agent, and wait for its result."),
)

"""Reference 003 over HTTP: `/status` and `/v1/*`, camelCase, as the table itself has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from openclaw_rpc.dialects import runs
from openclaw_rpc.dialects.pictures import picture
from openclaw_rpc.dialects.rest import Endpoint, Follow, Inputs, Plan, Reply, SpelledEvent, direct
from openclaw_rpc.protocol import browser, channel, chat, event, session, system
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatRunParams, FinishReason, RunState, TimeoutMs, Usage
from openclaw_rpc.protocol.errors import GatewayError

WAIT_MS = 300_000


class AgentRunBody(ChatRunParams, frozen=True, kw_only=True):
    """What `chat.run` takes, whether to stream the answer, and how long to wait for it."""

    stream: bool = False
    timeout_ms: TimeoutMs = WAIT_MS


class AgentRunAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The result of a run."""

    run_id: str
    session_key: str
    response: str
    finish_reason: FinishReason
    usage: Usage | None = None
    model: str | None = None
    message_id: str | None = None


class V1ErrorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong; ``param`` is the field that is wrong. OpenAI's errors have the same shape."""

    code: str
    message: str
    type: Literal["client_error", "server_error"]
    param: str | None
    details: JsonObject = {}


class V1Error(msgspec.Struct, frozen=True, kw_only=True):
    """An error."""

    error: V1ErrorBody


class V1Events:
    """Events under the names of 003's stream where it has one for them, else under their own."""

    numbered = True
    names = {chat.chat_delta.name: "delta", chat.chat_done.name: "done"}

    def open(self) -> Iterable[SpelledEvent]:
        """Nothing comes before the first event."""
        return ()

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        """Every event."""
        yield SpelledEvent(data, self.names.get(name, name))


def params_of(body: AgentRunBody) -> ChatRunParams:
    """The params of the run that a body asks for."""
    return ChatRunParams(**{name: getattr(body, name) for name in ChatRunParams.__struct_fields__})


def agent_run(inputs: Inputs) -> Plan:
    """Ask an agent and wait for its answer; a stream where the client asks for one."""
    body: AgentRunBody = inputs.body
    if inputs.wants_stream or body.stream:
        return (yield from agent_run_stream(inputs))
    accepted = yield from runs.begin(inputs, params_of(body))
    state = yield from runs.wait(accepted, body.timeout_ms)
    return Reply(answer_of(state))


def agent_run_stream(inputs: Inputs) -> Plan:
    """Ask an agent and follow what it says."""
    return (yield from runs.follow(inputs, params_of(inputs.body), V1Events()))


def answer_of(state: RunState) -> AgentRunAnswer:
    """A run that has ended, in 003's words."""
    return AgentRunAnswer(
        run_id=state.run_id,
        session_key=state.session_key,
        response=state.response or "",
        finish_reason=state.finish_reason or "stop",
        usage=state.usage,
        model=state.model,
        message_id=state.message_id,
    )


def session_events(inputs: Inputs) -> Plan:
    """Follow a session: what came since ``Last-Event-ID``, then what comes."""
    after = inputs.resume.after if inputs.resume else None
    return Follow(spelling=V1Events(), session_key=inputs.path["sessionKey"], after=after)
    yield  # a plan is a generator, even one that needs no call


class V1:
    """The dialect."""

    name = "Gateway"
    about = "The gateway's own API: `/status` and `/v1/*`, in camelCase, as the methods have it."
    prefixes: tuple[str, ...] = ("/",)
    endpoints: tuple[Endpoint, ...] = (
        direct("GET", "/status", system.status),
        Endpoint(
            verb="POST",
            path="/v1/agent/run",
            plan=agent_run,
            doc="Ask an agent and wait for its answer.",
            calls=(chat.run, chat.wait),
            body=AgentRunBody,
            answer=AgentRunAnswer,
            streams=True,
        ),
        Endpoint(
            verb="POST",
            path="/v1/agent/run/stream",
            plan=agent_run_stream,
            doc="Ask an agent and follow what it says.",
            calls=(chat.run,),
            body=AgentRunBody,
            streams=True,
        ),
        direct("POST", "/v1/runs/{runId}/abort", chat.abort),
        direct("GET", "/v1/runs/{runId}", chat.wait),
        direct("GET", "/v1/sessions", session.list_),
        direct("POST", "/v1/sessions", session.create, status=201),
        direct("GET", "/v1/sessions/{sessionKey}", session.get),
        direct("PATCH", "/v1/sessions/{sessionKey}", session.update),
        direct("DELETE", "/v1/sessions/{sessionKey}", session.delete),
        direct("POST", "/v1/sessions/{sessionKey}/reset", session.reset),
        direct("POST", "/v1/sessions/{sessionKey}/fork", session.fork, status=201),
        direct("GET", "/v1/sessions/{sessionKey}/messages", chat.history),
        Endpoint(
            verb="GET",
            path="/v1/sessions/{sessionKey}/events",
            plan=session_events,
            doc="Follow a session, from `Last-Event-ID` on.",
            calls=(event.subscribe,),
            streams=True,
        ),
        direct("GET", "/v1/browser/status", browser.status),
        direct("POST", "/v1/browser/open", browser.open_),
        direct("POST", "/v1/browser/navigate", browser.navigate),
        picture("POST", "/v1/browser/screenshot"),
        direct("POST", "/v1/browser/execute", browser.execute),
        direct("POST", "/v1/browser/click", browser.click),
        direct("POST", "/v1/browser/type", browser.type_),
        direct("POST", "/v1/browser/snapshot", browser.snapshot),
        direct("POST", "/v1/browser/close", browser.close),
        direct("GET", "/v1/channels", channel.list_),
        direct("POST", "/v1/channels", channel.install, status=201),
        direct("GET", "/v1/channels/{channelId}/status", channel.status),
        direct("POST", "/v1/channels/{channelId}/enable", channel.enable),
        direct("POST", "/v1/channels/{channelId}/disable", channel.disable),
        direct("POST", "/v1/channels/{channelId}/send", channel.send),
        direct("POST", "/v1/channels/{channelId}/pair", channel.pair),
        direct("DELETE", "/v1/channels/{channelId}", channel.remove),
    )

    fault = V1Error

    def error(self, error: GatewayError) -> Any:
        """An error: 003's shape, which is also OpenAI's."""
        details = dict(error.details)
        if error.reason is not None:
            details["reason"] = error.reason
        return V1Error(
            error=V1ErrorBody(
                code=error.code,
                message=error.message,
                type="client_error" if error.status < 500 else "server_error",
                param=error.field,
                details=details,
            )
        )

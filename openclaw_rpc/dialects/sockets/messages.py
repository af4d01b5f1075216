"""The messages of references 000, 001 and 002 on `/ws`, beside JSON-RPC: a frame with ``type`` in place of ``method``.

Every frame to a client that speaks so has a ``type`` and a text ``content``. One that calls methods instead is written
to as `jsonrpc` does, from its first call on.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from openclaw_rpc.dialects.sockets.base import Choose, OpeningRequest, Proof, Welcome
from openclaw_rpc.dialects.sockets.jsonrpc import PATHS, SUBPROTOCOL, JsonRpc
from openclaw_rpc.protocol import chat, event
from openclaw_rpc.protocol.base import JsonObject, Name, Scope, SessionKey, Topic
from openclaw_rpc.protocol.chat import Attachment, ChatRunParams, IdempotencyKey, RunOptions, Text
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, error_of
from openclaw_rpc.protocol.event import EventSubscribeParams, EventUnsubscribeParams
from openclaw_rpc.protocol.validation import decoded
from openclaw_rpc.rpc.frames import Answer, Ask, Frame, Planned, Refused, Request, SocketPlan, SpelledEvent


class TypedFrame(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every frame of these clients has; ``id`` is the client's own, and comes back with the answers."""

    type: str
    id: str | int | None = None


class MessageFrame(TypedFrame, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to an agent. Without ``sessionId`` it goes on in this socket's own conversation."""

    content: Text
    channel: Name = "api"
    session_id: SessionKey | None = None
    agent_id: Name | None = None
    metadata: JsonObject = {}
    attachments: Annotated[list[Attachment], Meta(max_length=32)] = []
    options: RunOptions = RunOptions()
    idempotency_key: IdempotencyKey | None = None


class ChannelsFrame(TypedFrame, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to be told of, or no longer; all where ``unsubscribe`` names nothing."""

    channels: Annotated[list[Topic], Meta(min_length=1, max_length=16)] | None = None


class Typed(msgspec.Struct, frozen=True):
    """Marks an answer as one to a frame with ``type``."""

    id: str | int | None


class Messages:
    """What one socket of `/` or `/ws` speaks: calls and typed messages, told apart by their shape."""

    subprotocol = None
    first_frame = False
    bounded = True
    guards = False

    def __init__(self, calls: JsonRpc) -> None:
        self._calls = calls
        self.late, self.bounds, self.close_codes = calls.late, calls.bounds, calls.close_codes
        # Undecided until the first frame; on `/ws`, where such clients come, what is written has a `content` till then.
        self._decided = False
        self._speak(typed=calls.late)
        self._session: str | None = None
        self._agents: dict[str, str] = {}
        self._topics: set[Topic] = set()

    def _speak(self, *, typed: bool) -> None:
        self._is_typed = typed
        self.kind = "" if typed else self._calls.kind
        """As JSON-RPC's, or of this connection alone."""

    def open(self) -> Sequence[bytes]:
        """The client speaks first."""
        return ()

    def proof(self, data: bytes) -> Proof:
        """The frame ``auth``.

        Raises:
            Unauthorized: it is something else.
        """
        return self._calls.proof(data)

    def turn_away(self, error: GatewayError) -> Sequence[bytes]:
        """An error, then the end."""
        return (_written(_error(error)),)

    def grant(self, scopes: frozenset[Scope]) -> frozenset[Scope]:
        """All that the token has."""
        return scopes

    def greet(self, welcome: Welcome) -> Sequence[bytes]:
        """`connected`, or `auth_success` on `/ws`."""
        name = (event.auth_success if self.late else event.connected).name
        return self.frames(self.tell(name, welcome.greeting))

    def read(self, data: bytes) -> Frame:
        """A frame with ``method`` is a call, one with ``type`` a message."""
        frame = self._calls.read(data)
        if frame.batch or not isinstance(frame.calls[0], Refused):
            if not self._decided:
                self._decided = True
                self._speak(typed=False)
            return frame
        try:
            head = msgspec.json.decode(data, type=TypedFrame)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return frame
        self._decided = True
        self._speak(typed=True)
        try:
            plan = self._plan(head, data)
        except GatewayError as error:
            return Frame((Refused(error, Typed(head.id)),))
        return Frame((Planned(head.type, plan, Typed(head.id)),) if plan is not None else ())

    def _plan(self, head: TypedFrame, data: bytes) -> SocketPlan | None:
        match head.type:
            case "message":
                return self._message(decoded(data, MessageFrame, "the message"))
            case "subscribe":
                return self._subscribe(decoded(data, ChannelsFrame, "the frame"))
            case "unsubscribe":
                return self._unsubscribe(decoded(data, ChannelsFrame, "the frame"))
            case "ping":
                return _pong()
            case "auth":
                # It was told `auth_success` already: twice, its client would begin twice.
                return None
            case _:
                known = "auth, message, subscribe, unsubscribe and ping"
                raise InvalidRequest(f"there is no type {head.type[:100]!r}; there are {known}", field="type")

    def _message(self, frame: MessageFrame) -> SocketPlan:
        """`status` where it has to wait, what happens on the way as events, then `response` or `error`."""
        run = ChatRunParams(
            message=frame.content,
            session_key=frame.session_id or self._session,
            agent_id=frame.agent_id,
            channel=frame.channel,
            metadata=frame.metadata,
            attachments=frame.attachments,
            options=frame.options,
            idempotency_key=frame.idempotency_key,
        )
        accepted = yield Ask(chat.run, run)
        if frame.session_id is None:
            self._session = accepted.session_key
        of = {"sessionId": accepted.session_key, "runId": accepted.run_id, "agentId": frame.agent_id or ""}
        yield Answer(_frame("status", "queued", **of) if accepted.status == "queued" else None)
        state = yield Ask(chat.wait, chat.ChatWaitParams(run_id=accepted.run_id), trusted=True)
        of["agentId"] = state.agent_id
        if state.status == "error" and state.error is not None:
            return _error(error_of(state.error.code, state.error.message)) | of
        more = {"messageId": state.message_id, "finishReason": state.finish_reason, "model": state.model}
        return _frame("response", state.response or "", **of, **more, usage=state.usage)

    def _subscribe(self, frame: ChannelsFrame) -> SocketPlan:
        if frame.channels is None:
            raise InvalidRequest("channels is missing", field="channels", reason="missing")
        yield Ask(event.subscribe, EventSubscribeParams(topics=frame.channels))
        self._topics.update(frame.channels)
        return _frame("subscribed", ", ".join(sorted(self._topics)), channels=sorted(self._topics))

    def _unsubscribe(self, frame: ChannelsFrame) -> SocketPlan:
        topics = frame.channels or sorted(self._topics)
        if topics:
            yield Ask(event.unsubscribe, EventUnsubscribeParams(topics=topics))
        self._topics.difference_update(topics)
        return _frame("unsubscribed", ", ".join(topics), channels=sorted(self._topics))

    def answer(self, call: Request | Planned, value: Any) -> bytes:
        """The answer to a call, or to a message."""
        if isinstance(call, Request):
            return self._calls.answer(call, value)
        return b"" if value is None else _written(value, call.id)

    def refuse(self, call_id: Any, error: GatewayError) -> bytes:
        """The answer to what failed."""
        if isinstance(call_id, Typed):
            return _written(_error(error), call_id)
        return self._calls.refuse(call_id, error)

    def batch(self, answers: Sequence[bytes]) -> bytes:
        """The answers to a batch of calls."""
        return self._calls.batch(answers)

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        """What a typed client is told: its runs' steps and what it subscribed to. Others are told everything."""
        if not self._is_typed:
            return self._calls.tell(name, data)
        if name in (chat.chat_delta.name, chat.chat_thinking.name, chat.tool_result.name):
            return ()
        if name == chat.chat_done.name:
            self._agents.pop(data.run_id, None)
            return ()
        if name == chat.chat_started.name:
            self._agents[data.run_id] = data.agent_id
            return (SpelledEvent(_frame("status", "running", **self._of(data), model=data.model)),)
        if name == chat.chat_status.name:
            return (SpelledEvent(_frame("status", data.message, **self._of(data), status=data.status)),)
        if name == chat.tool_call.name:
            used = {"tool": data.tool, "callId": data.call_id, "params": data.params}
            return (SpelledEvent(_frame("tool_call", data.tool, **self._of(data), **used)),)
        if name == chat.chat_message.name:
            return (SpelledEvent(_heard(data)),) if Topic.MESSAGES in self._topics else ()
        return (SpelledEvent(_frame(name, _content(name, data), data=data)),)

    def frames(self, told: Iterable[SpelledEvent], epoch: str = "", seq: int = 0) -> Sequence[bytes]:
        """Events, with their place in their session's stream where they have one."""
        if not self._is_typed:
            return self._calls.frames(told, epoch, seq)
        place = {"epoch": epoch, "seq": seq} if epoch else {}
        return [_written({**item.data, **place}) for item in told]

    def _of(self, data: Any) -> JsonObject:
        return {"sessionId": data.session_key, "runId": data.run_id, "agentId": self._agents.get(data.run_id, "")}


def messages() -> Choose:
    """The dialect of `/` and of `/ws`, but for clients that ask for the subprotocol ``jsonrpc``."""
    calls = {path: JsonRpc(late=path == "/ws") for path in PATHS}

    def claim(head: OpeningRequest) -> Messages | None:
        if head.path not in PATHS or SUBPROTOCOL in head.subprotocols:
            return None
        return Messages(calls[head.path])

    return claim


def _pong() -> SocketPlan:
    return _frame("pong", "pong")
    yield  # a plan is a generator, even one that needs no call


def _heard(data: Any) -> JsonObject:
    said = data.message
    more = {"role": said.role, "messageId": said.message_id, "runId": data.run_id}
    return _frame("message", said.content, sessionId=data.session_key, **more)


def _frame(kind: str, content: str, **more: Any) -> JsonObject:
    """A frame to a typed client; what has no value is left out."""
    given = {name: value for name, value in more.items() if value is not None}
    return {"type": kind, "content": content, "timestamp": int(time.time() * 1000), **given}


def _error(error: GatewayError) -> JsonObject:
    more = {"field": error.field, "reason": error.reason, **error.details, "code": error.code, "message": error.message}
    return _frame("error", error.message, **more)


def _written(frame: JsonObject, answers: Any = None) -> bytes:
    if isinstance(answers, Typed) and answers.id is not None:
        frame = {**frame, "id": answers.id}
    return msgspec.json.encode(frame)


def _content(name: str, data: Any) -> str:
    """A text that says what an event is about."""
    if name in (event.auth_success.name, event.connected.name):
        return f"connected as {data.user}"
    texts = (getattr(data, key, None) for key in ("content", "message", "text", "output", "error", "status", "name"))
    return next((text for text in texts if isinstance(text, str) and text), name)

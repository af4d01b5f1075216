"""`chat.*` and `agent`: a message and its answer, what was said, an end before the end."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from openclaw_rpc.dialects.sockets.openclaw_v4.history import listed, run_name
from openclaw_rpc.dialects.sockets.openclaw_v4.method import SENT, Open, OpenClawPeer, Row
from openclaw_rpc.dialects.sockets.openclaw_v4.names import WRITE, agent_in, agent_named, full_key, millis, session_id
from openclaw_rpc.dialects.sockets.openclaw_v4.sessions import (
    default_model,
    defaults_of,
    find,
    follow,
    remember,
    whole_row,
)
from openclaw_rpc.protocol import chat
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatAbortParams, ChatInjectParams, ChatRunParams, ChatWaitParams, RunState
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound, error_of
from openclaw_rpc.protocol.event import Position
from openclaw_rpc.protocol.session import SessionDetail
from openclaw_rpc.protocol.validation import checked
from openclaw_rpc.rpc.frames import Answer, Ask, SocketPlan

UNFINISHED = ("queued", "running")
MAX_MESSAGES = 1000
MAX_DELTA = 200
MAX_DIGITS = 16
RESET: JsonObject = {"kind": "reset"}
RUNS_KEPT = 1000
TERMINAL_REST = 0.06
Key = Annotated[str, Meta(min_length=1, max_length=255)]


class SentFile(Open, frozen=True, kw_only=True):
    """A picture or a text that goes with a message, in base64."""

    mime_type: str = ""
    file_name: str | None = None
    content: str = ""


class SendParams(Open, frozen=True, kw_only=True):
    """A message."""

    session_key: str
    message: str
    idempotency_key: Key
    attachments: list[SentFile] = []
    thinking: str | None = None
    timeout_ms: int | None = None


class SessionSendParams(Open, frozen=True, kw_only=True):
    """`sessions.send`: the same under other names."""

    key: str
    message: str
    idempotency_key: Key


class AgentParams(Open, frozen=True, kw_only=True):
    """`agent`: a message whose answer is waited for; ``timeout`` in s."""

    message: str
    idempotency_key: Key
    session_key: str | None = None
    agent_id: str | None = None
    timeout: int | None = None


class AbortParams(Open, frozen=True, kw_only=True):
    """Which run; all of the session where none is named."""

    session_key: str
    run_id: str | None = None


class SessionAbortParams(Open, frozen=True, kw_only=True):
    """`sessions.abort`."""

    key: str
    run_id: str | None = None


class HistoryParams(Open, frozen=True, kw_only=True):
    """Whose messages; ``offset`` skips from the newest, ``cursor`` is the `deltaCursor` of an earlier answer."""

    session_key: str
    limit: int = 200
    offset: int = 0
    cursor: str | None = None


class WaitParams(Open, frozen=True, kw_only=True):
    """Which run, and how long."""

    run_id: str
    timeout_ms: int = 30_000


class InjectParams(Open, frozen=True, kw_only=True):
    """A message without a run."""

    session_key: str
    message: str


def _attached(files: list[SentFile]) -> list[JsonObject]:
    found: list[JsonObject] = []
    for file in files:
        if not file.mime_type.startswith("image/"):
            raise InvalidRequest("only pictures can be attached", field="attachments", reason="type")
        found.append({"type": "image", "data": file.content, "mimeType": file.mime_type, "name": file.file_name})
    return [{name: value for name, value in item.items() if value is not None} for item in found]


def begin(peer: OpenClawPeer, params: SendParams) -> SocketPlan:
    """Begin a run: its session's whole key, the table's answer, and how it stood where it was begun before."""
    whole = full_key(params.session_key)
    if whole not in peer.keys:
        found = yield from find(peer, whole, trusted=True)
        remember(peer, whole, found.session_key if found is not None else whole)
    options: JsonObject = {}
    if params.thinking in ("low", "medium", "high"):
        options["thinking"] = params.thinking
    if params.timeout_ms:
        options["timeoutMs"] = params.timeout_ms
    agent = agent_named(agent_in(whole))
    given: JsonObject = {
        "message": params.message,
        "sessionKey": peer.keys[whole],
        "idempotencyKey": params.idempotency_key,
        "channel": "openclaw",
        "metadata": {"idempotencyKey": params.idempotency_key},
        "attachments": _attached(params.attachments),
        "options": options,
        **({"agentId": agent} if agent else {}),
    }
    accepted = yield Ask(chat.run, checked(given, ChatRunParams, chat.run.name))
    peer.events.names[accepted.run_id] = params.idempotency_key
    status = "started"
    peer.past[params.idempotency_key] = accepted.run_id
    while len(peer.past) > RUNS_KEPT:
        peer.past.pop(next(iter(peer.past)))
    if accepted.repeated:
        state: RunState = yield Ask(chat.wait, ChatWaitParams(run_id=accepted.run_id, timeout_ms=1), trusted=True)
        status = "in_flight" if state.status in UNFINISHED else "ok"
    return whole, accepted, status


def send(peer: OpenClawPeer, params: SendParams) -> SocketPlan:
    """`chat.send`: the answer, then the run's events."""
    _, accepted, status = yield from begin(peer, params)
    # Their terminal never notices an end that comes within some 20 ms of this answer: its spinner turns for good.
    rest = TERMINAL_REST if peer.client is not None and peer.client.id == "openclaw-tui" else 0.0
    yield Answer({"runId": params.idempotency_key, "status": status}, rest)
    yield from follow(peer, accepted.session_key)
    return SENT


def session_send(peer: OpenClawPeer, params: SessionSendParams) -> SocketPlan:
    """`sessions.send`."""
    same = SendParams(session_key=params.key, message=params.message, idempotency_key=params.idempotency_key)
    return (yield from send(peer, same))


def agent(peer: OpenClawPeer, params: AgentParams) -> SocketPlan:
    """`agent`: that it was accepted, and at its end what it came to."""
    key = full_key(params.session_key or "main", params.agent_id)
    sent = SendParams(session_key=key, message=params.message, idempotency_key=params.idempotency_key)
    whole, accepted, _ = yield from begin(peer, sent)
    run = {"runId": params.idempotency_key, "sessionKey": whole, "agentId": agent_in(whole)}
    yield Answer({**run, "status": "accepted"})
    yield from follow(peer, accepted.session_key)
    wait = ChatWaitParams(run_id=accepted.run_id, timeout_ms=params.timeout * 1000 if params.timeout else None)
    state: RunState = yield Ask(chat.wait, wait, trusted=True)
    if state.status == "error" and state.error is not None:
        raise error_of(state.error.code, state.error.message)
    usage = state.usage
    used = (
        {"input": usage.prompt_tokens, "output": usage.completion_tokens, "total": usage.total_tokens} if usage else {}
    )
    about = {"sessionId": whole, "provider": "", "model": state.model or "", "usage": used}
    result = {
        "payloads": [{"text": state.response or "", "mediaUrl": None}],
        "meta": {"durationMs": state.duration_ms or 0, "agentMeta": about},
    }
    ended = state.status not in UNFINISHED
    summary = "completed" if state.status == "completed" else state.status
    return {**run, "status": "ok" if ended else "timeout", "summary": summary, "result": result}


def abort(peer: OpenClawPeer, params: AbortParams) -> SocketPlan:
    """`chat.abort`: one run, or all of a session."""
    found: SessionDetail | None = yield from find(peer, params.session_key)
    aborted: list[str] = []
    for live in found.live if found is not None else ():
        name = peer.events.names.get(live.run_id, live.run_id)
        if params.run_id in (None, name, live.run_id):
            ended = yield Ask(chat.abort, ChatAbortParams(run_id=live.run_id))
            aborted += [name] if ended.aborted else []
    return {"ok": True, "aborted": bool(aborted), "runIds": aborted}


def session_abort(peer: OpenClawPeer, params: SessionAbortParams) -> SocketPlan:
    """`sessions.abort`."""
    return (yield from abort(peer, AbortParams(session_key=params.key, run_id=params.run_id)))


def history(peer: OpenClawPeer, params: HistoryParams) -> SocketPlan:
    """`chat.history`: the newest messages, and the run that is under way; from then on the session is heard."""
    limit, offset = min(max(params.limit, 1), MAX_MESSAGES), max(params.offset, 0)
    wanted = MAX_DELTA + 1 if params.cursor is not None else min(limit + offset, MAX_MESSAGES)
    found: SessionDetail | None = yield from find(peer, params.session_key, wanted)
    default = yield from default_model()
    answer: JsonObject = {
        "sessionKey": params.session_key,
        "messages": [],
        "hasMore": False,
        "totalMessages": 0,
        "pendingInputs": {"items": [], "total": 0},
        "defaults": defaults_of(default),
    }
    if found is None:
        return answer if params.cursor is None else RESET
    kept = found.messages[: len(found.messages) - offset] if offset else found.messages
    under_way = {live.run_id for live in found.live}
    for message in found.messages:
        if message.run_id in under_way and (name := run_name(message)) is not None:
            peer.events.names[message.run_id] = name
    for live in found.live:
        if live.status == "running" and found.session_key not in peer.followed:
            peer.events.run(live.run_id, found.session_key).text = live.text
    running = next((live for live in found.live if live.status == "running"), None)
    if running is not None:
        run = peer.events.run(running.run_id, found.session_key)
        answer["inFlightRun"] = {"runId": run.name, "text": running.text, "startedAt": run.began}
    yield from follow(peer, found.session_key, Position(epoch=found.epoch, seq=found.seq))
    answer["sessionInfo"] = whole_row(peer, found, default)
    if params.cursor is not None:
        return _since(peer, params.cursor, found, answer)
    return answer | {
        "deltaCursor": cursor_of(found),
        "sessionId": session_id(found.session_key, found.created_at),
        "messages": listed(found.messages, found.message_count)[: len(kept)][-limit:],
        "hasMore": found.message_count > min(offset, found.message_count) + min(limit, len(kept)),
        "totalMessages": found.message_count,
    }


def cursor_of(found: SessionDetail) -> str:
    """Up to which message a client has a session: how many there are, and the newest."""
    return f"{found.message_count}:{found.messages[-1].message_id if found.messages else ''}"


def _since(peer: OpenClawPeer, cursor: str, found: SessionDetail, answer: JsonObject) -> JsonObject:
    """What was added after a cursor, as `session.message` has it; a reset where that can't be told from it."""
    count, _, last = cursor.partition(":")
    new = found.message_count - int(count) if count.isdecimal() and len(count) < MAX_DIGITS else -1
    if not 0 <= new <= MAX_DELTA or len(found.messages) < min(new + 1, found.message_count):
        return RESET
    before = found.messages[-new - 1].message_id if new < found.message_count else ""
    if before != last:
        return RESET
    key = peer.events.key(found.session_key)
    of = {"sessionKey": key, "agentId": agent_in(key)}
    shown = listed(found.messages, found.message_count)[len(found.messages) - new :]
    places = [message["__openclaw"] for message in shown]
    messages = [
        {**of, "message": message, "messageId": place["id"], "messageSeq": place["seq"]}
        for message, place in zip(shown, places, strict=True)
    ]
    kept = {name: answer[name] for name in ("pendingInputs", "sessionInfo", "inFlightRun") if name in answer}
    return {"kind": "delta", "messages": messages, "deltaCursor": cursor_of(found), **kept}


def wait(peer: OpenClawPeer, params: WaitParams) -> SocketPlan:
    """`agent.wait`."""
    run_id = next((ours for ours, name in peer.events.names.items() if name == params.run_id), None)
    run_id = run_id or peer.past.get(params.run_id, params.run_id)
    timeout = max(params.timeout_ms, 1)
    try:
        state: RunState = yield Ask(chat.wait, ChatWaitParams(run_id=run_id, timeout_ms=timeout))
    except NotFound:
        return {"runId": params.run_id, "status": "timeout"}
    if state.status in UNFINISHED:
        return {"runId": params.run_id, "status": "timeout"}
    began = millis(state.created_at)
    ended = {"startedAt": began, "endedAt": began + (state.duration_ms or 0)}
    failed = state.status == "error" and state.error is not None
    why = {"error": state.error.message} if failed and state.error is not None else {}
    return {"runId": params.run_id, "status": "error" if failed else "ok", **ended, **why}


def inject(peer: OpenClawPeer, params: InjectParams) -> SocketPlan:
    """`chat.inject`."""
    found = yield from find(peer, params.session_key)
    if found is None:
        raise NotFound(f"there is no session {params.session_key!r}", field="sessionKey")
    kept = yield Ask(chat.inject, ChatInjectParams(session_key=found.session_key, content=params.message))
    return {"ok": True, "messageId": kept.message.message_id}


ROWS: dict[str, Row] = {
    "chat.send": Row(SendParams, send, WRITE, counted=True),
    "sessions.send": Row(SessionSendParams, session_send, WRITE, counted=True),
    "agent": Row(AgentParams, agent, WRITE, counted=True),
    "agent.wait": Row(WaitParams, wait),
    "chat.abort": Row(AbortParams, abort, WRITE),
    "sessions.abort": Row(SessionAbortParams, session_abort, WRITE),
    "chat.history": Row(HistoryParams, history),
    "chat.startup": Row(HistoryParams, history),
    "chat.inject": Row(InjectParams, inject, WRITE, counted=True),
}

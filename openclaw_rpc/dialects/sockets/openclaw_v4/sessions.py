"""`sessions.*`: lists, one session, changes, and who is told of them."""

from __future__ import annotations

import time

from msgspec import UNSET, UnsetType

from openclaw_rpc.dialects.sockets.openclaw_v4.method import Open, OpenClawPeer, Row
from openclaw_rpc.dialects.sockets.openclaw_v4.names import (
    WRITE,
    agent_in,
    agent_named,
    full_key,
    plain_part,
    row_of,
    session_id,
)
from openclaw_rpc.protocol import event, model, session
from openclaw_rpc.protocol.base import JsonObject, Topic
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, NotFound
from openclaw_rpc.protocol.event import EventSubscribeParams, Position
from openclaw_rpc.protocol.session import (
    SessionCreateParams,
    SessionDetail,
    SessionGetParams,
    SessionInfo,
    SessionKeyParams,
    SessionListParams,
    SessionUpdateParams,
)
from openclaw_rpc.protocol.validation import checked
from openclaw_rpc.rpc.frames import Ask, SocketPlan

KEYS_KEPT = 1000
PAGE = 1000


class KeyParams(Open, frozen=True, kw_only=True):
    """Which session."""

    key: str
    agent_id: str | None = None


class ListParams(Open, frozen=True, kw_only=True):
    """Which sessions."""

    limit: int = 100
    offset: int = 0
    agent_id: str | None = None
    search: str | None = None


class ResolveParams(Open, frozen=True, kw_only=True):
    """Which session: one of these."""

    key: str | None = None
    session_id: str | None = None
    label: str | None = None


class CreateParams(Open, frozen=True, kw_only=True):
    """A new session."""

    key: str | None = None
    agent_id: str | None = None
    label: str | None = None
    model: str | None = None


class PatchParams(Open, frozen=True, kw_only=True):
    """What changes; null takes a value away."""

    key: str
    label: str | UnsetType | None = UNSET
    model: str | UnsetType | None = UNSET
    pinned: bool | UnsetType | None = UNSET
    archived: bool | UnsetType | None = UNSET


def find(
    peer: OpenClawPeer, key: str, limit: int = 1, agent_id: str | None = None, *, trusted: bool = False
) -> SocketPlan:
    """The session that a key means, and its newest messages: by the whole key, then by its last part; None for none."""
    whole = full_key(key, agent_id)
    part = plain_part(whole)
    for candidate in (peer.keys.get(whole) or whole, part):
        if candidate is None:
            continue
        try:
            found: SessionDetail = yield Ask(
                session.get,
                checked({"sessionKey": candidate, "limit": limit}, SessionGetParams, "session.get"),
                trusted=trusted,
            )
        except NotFound:
            continue
        if candidate == part and full_key(candidate, found.agent_id) != whole:
            continue
        remember(peer, whole, candidate)
        return found
    return None


def remember(peer: OpenClawPeer, whole: str, key: str) -> None:
    """Which key of the table the client means."""
    if len(peer.keys) >= KEYS_KEPT:
        peer.keys.clear()
        peer.events.shown.clear()
    peer.keys[whole] = key
    peer.events.shown[key] = whole


def follow(peer: OpenClawPeer, key: str, after: Position | None = None) -> SocketPlan:
    """Have the connection hear a session from now on, once."""
    if key in peer.followed:
        return
    peer.followed.add(key)
    try:
        yield Ask(event.subscribe, EventSubscribeParams(session_key=key, after=after), trusted=True)
    except GatewayError:
        peer.followed.discard(key)


def whole_row(peer: OpenClawPeer, found: SessionInfo, default: tuple[str, str]) -> JsonObject:
    """A session's row, under the key that the client has for it and with its runs' names."""
    row = row_of(found, default[1], default[0])
    row["key"] = peer.events.shown.get(found.session_key) or row["key"]
    row["activeRunIds"] = [peer.events.names.get(run_id, run_id) for run_id in row["activeRunIds"]]
    return row


def default_model() -> SocketPlan:
    """The provider and the model that answer by default."""
    try:
        models = yield Ask(model.list_, checked({}, model.list_.params, "model.list"), trusted=True)
    except GatewayError:
        return ("", "")
    first = next(iter(models.models), None)
    return (first.provider, first.id) if first is not None else ("", "")


def defaults_of(default: tuple[str, str]) -> JsonObject:
    """The models that a session has where it names none."""
    return {"modelProvider": default[0], "model": default[1] or "default", "contextTokens": 0}


def listing(peer: OpenClawPeer, params: ListParams) -> SocketPlan:
    """`sessions.list`."""
    limit = min(max(params.limit, 1), PAGE)
    offset = max(params.offset, 0)
    given: JsonObject = {"limit": limit, "offset": offset}
    agent = agent_named(params.agent_id)
    given |= {"agentId": agent} if agent else {}
    given |= {"text": params.search} if params.search else {}
    page = yield Ask(session.list_, checked(given, SessionListParams, "session.list"))
    default = yield from default_model()
    rows = [whole_row(peer, found, default) for found in page.sessions]
    more = page.next_cursor is not None
    return {
        "ts": int(time.time() * 1000),
        "path": "",
        "count": len(rows),
        "totalCount": page.total,
        "limitApplied": limit,
        "nextOffset": offset + len(rows) if more else None,
        "hasMore": more,
        "defaults": defaults_of(default),
        "sessions": rows,
    }


def describe(peer: OpenClawPeer, params: KeyParams) -> SocketPlan:
    """`sessions.describe`."""
    found = yield from find(peer, params.key, agent_id=params.agent_id)
    if found is None:
        return {"session": None}
    default = yield from default_model()
    return {"session": whole_row(peer, found, default)}


def resolve(peer: OpenClawPeer, params: ResolveParams) -> SocketPlan:
    """`sessions.resolve`, by the key, the id or the label."""
    if params.key:
        found = yield from find(peer, params.key)
        if found is not None:
            key = full_key(params.key, found.agent_id)
            return {"ok": True, "key": key, "agentId": agent_in(key)}
    else:
        page = yield Ask(session.list_, SessionListParams(limit=PAGE))
        for found in page.sessions:
            row = row_of(found)
            if params.session_id == row["sessionId"] or (params.label and params.label == found.title):
                return {"ok": True, "key": row["key"], "agentId": row["agentId"]}
    raise NotFound("there is no such session", field="key")


def entry(found: SessionInfo) -> JsonObject:
    """What an answer says of a session that changed."""
    row = row_of(found)
    return {"sessionId": row["sessionId"], "updatedAt": row["updatedAt"], "label": found.title}


def create(peer: OpenClawPeer, params: CreateParams) -> SocketPlan:
    """`sessions.create`; a session of that key that is there already is answered."""
    whole = full_key(params.key or f"chat-{int(time.time() * 1000)}", params.agent_id)
    found = yield from find(peer, whole)
    if found is None:
        given = {"sessionKey": whole, "agentId": agent_named(agent_in(whole)), "title": params.label}
        given = {name: value for name, value in {**given, "model": params.model}.items() if value is not None}
        found = yield Ask(session.create, checked(given, SessionCreateParams, "session.create"))
        remember(peer, whole, whole)
    return {
        "ok": True,
        "key": whole,
        "sessionId": session_id(found.session_key, found.created_at),
        "entry": entry(found),
    }


def known(peer: OpenClawPeer, key: str) -> SocketPlan:
    """The session of a key.

    Raises:
        NotFound: there is none.
    """
    found = yield from find(peer, key)
    if found is None:
        raise NotFound(f"there is no session {key!r}", field="key")
    return found


def patch(peer: OpenClawPeer, params: PatchParams) -> SocketPlan:
    """`sessions.patch`: the label is our title; pins and the archive are labels of ours."""
    found = yield from known(peer, params.key)
    given: JsonObject = {"sessionKey": found.session_key}
    given |= {"title": params.label} if params.label is not UNSET else {}
    given |= {"model": params.model} if params.model is not UNSET else {}
    labels = dict(found.labels)
    for name, value in (("pinned", params.pinned), ("archived", params.archived)):
        if value is not UNSET:
            labels.pop(name, None)
            labels |= {name: "true"} if value else {}
    given |= {"labels": labels} if labels != found.labels else {}
    if len(given) > 1:
        found = yield Ask(session.update, checked(given, SessionUpdateParams, "session.update"))
    return {"ok": True, "key": full_key(params.key), "entry": entry(found)}


def reset(peer: OpenClawPeer, params: KeyParams) -> SocketPlan:
    """`sessions.reset`."""
    found = yield from known(peer, params.key)
    fresh = yield Ask(session.reset, SessionKeyParams(session_key=found.session_key))
    return {"ok": True, "key": full_key(params.key), "entry": entry(fresh)}


def delete(peer: OpenClawPeer, params: KeyParams) -> SocketPlan:
    """`sessions.delete`."""
    found = yield from find(peer, params.key)
    deleted = False
    if found is not None:
        gone = yield Ask(session.delete, SessionKeyParams(session_key=found.session_key))
        deleted = gone.deleted
        peer.followed.discard(found.session_key)
    return {"ok": True, "key": full_key(params.key), "deleted": deleted, "archived": []}


def subscribe(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`sessions.subscribe`: from now on `sessions.changed`."""
    yield Ask(event.subscribe, EventSubscribeParams(topics=[Topic.SESSIONS]))
    peer.events.hears_sessions = True
    return {"subscribed": True}


def hear_messages(peer: OpenClawPeer, params: KeyParams) -> SocketPlan:
    """`sessions.messages.subscribe`: from now on `session.message` of one session."""
    found = yield from find(peer, params.key)
    if found is None:
        raise InvalidRequest(f"there is no session {params.key!r}", field="key", reason="unknown")
    whole = full_key(params.key, found.agent_id)
    peer.events.hears_messages.add(whole)
    yield from follow(peer, found.session_key)
    return {"subscribed": True, "key": whole}


def unhear_messages(peer: OpenClawPeer, params: KeyParams) -> SocketPlan:
    """`sessions.messages.unsubscribe`."""
    peer.events.hears_messages.discard(full_key(params.key))
    return {"subscribed": False, "key": full_key(params.key)}
    yield  # a plan is a generator, even one that needs no call


ROWS: dict[str, Row] = {
    "sessions.list": Row(ListParams, listing),
    "sessions.describe": Row(KeyParams, describe),
    "sessions.resolve": Row(ResolveParams, resolve),
    "sessions.create": Row(CreateParams, create, WRITE, counted=True),
    "sessions.patch": Row(PatchParams, patch, WRITE, counted=True),
    "sessions.reset": Row(KeyParams, reset, WRITE, counted=True),
    "sessions.delete": Row(KeyParams, delete, WRITE, counted=True),
    "sessions.subscribe": Row(Open, subscribe),
    "sessions.messages.subscribe": Row(KeyParams, hear_messages),
    "sessions.messages.unsubscribe": Row(KeyParams, unhear_messages),
}

"""`event.*`: follow a session, a run, or a topic; come back without losing anything."""

from typing import Annotated

from msgspec import Meta

from openclaw_rpc.protocol.base import Params, Result, RunId, Scope, SessionKey, Topic
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.method import Event, Method


class Position(Params, frozen=True, kw_only=True):
    """Where a client was in a stream: the ``epoch`` and ``seq`` of the last event it saw."""

    epoch: Annotated[str, Meta(min_length=1, max_length=64)]
    seq: Annotated[int, Meta(ge=0)]


class EventSubscribeParams(Params, frozen=True, kw_only=True):
    """One of ``sessionKey``, ``runId`` and ``topics``; ``after`` says where to go on."""

    session_key: SessionKey | None = None
    run_id: RunId | None = None
    topics: Annotated[list[Topic], Meta(min_length=1, max_length=16)] | None = None
    after: Position | None = None


class Subscribed(Result, frozen=True, kw_only=True):
    """Where the stream stands. ``resync``: what came since ``after`` can't be had; ask ``session.get``."""

    epoch: str
    seq: int
    resync: bool


class EventUnsubscribeParams(Params, frozen=True, kw_only=True):
    """What to stop following; everything where nothing is named."""

    session_key: SessionKey | None = None
    run_id: RunId | None = None
    topics: Annotated[list[Topic], Meta(min_length=1, max_length=16)] | None = None


class Unsubscribed(Result, frozen=True, kw_only=True):
    """How many subscriptions were ended."""

    removed: int


class ConnectedEvent(Result, frozen=True, kw_only=True):
    """The first frame on a socket: who the client is, and what it can do.

    A frame of more than ``maxMessageBytes`` would close the socket with 1009: whoever knows that need not send it.
    """

    client_id: str
    gateway_version: str
    capabilities: list[str]
    user: str
    scopes: list[str]
    max_message_bytes: int


class HeartbeatEvent(Result, frozen=True, kw_only=True):
    """Sent at intervals; ``timestamp`` in ms since 1970."""

    timestamp: int
    status: str


connected = Event("connected", ConnectedEvent, "The socket is open and its client known.")
auth_success = Event("auth_success", ConnectedEvent, "The client of `/ws` is known; instead of `connected`.")
heartbeat = Event("heartbeat", HeartbeatEvent, "The gateway is alive.")

subscribe = Method(
    name="event.subscribe",
    params=EventSubscribeParams,
    result=Subscribed,
    doc="Follow a session, a run or topics. With `after`, first all that came since, in order, then what comes.",
    scope=Scope.READ,
    emits=(connected, auth_success, heartbeat),
    errors=(NotFound,),
    in_session=True,
)
unsubscribe = Method(
    name="event.unsubscribe",
    params=EventUnsubscribeParams,
    result=Unsubscribed,
    doc="Stop following something.",
    scope=Scope.READ,
    in_session=True,
)

METHODS = (subscribe, unsubscribe)

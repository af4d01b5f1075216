"""What `event.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class Position(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Where a client was in a stream: the `epoch` and `seq` of the last event it saw."""

    epoch: str
    seq: int


class EventSubscribeParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """One of `sessionKey`, `runId` and `topics`; `after` says where to go on."""

    session_key: str | None = None
    """The client's name of a session."""
    run_id: str | None = None
    """The id that `chat.run` returned."""
    topics: list[Literal["messages", "sessions", "channels", "tasks", "logs", "gateway"]] | None = None
    after: Position | dict[str, Any] | None = None


class Subscribed(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Where the stream stands. `resync`: what came since `after` can't be had; ask `session.get`."""

    epoch: str
    seq: int
    resync: bool


class EventUnsubscribeParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to stop following; everything where nothing is named."""

    session_key: str | None = None
    """The client's name of a session."""
    run_id: str | None = None
    """The id that `chat.run` returned."""
    topics: list[Literal["messages", "sessions", "channels", "tasks", "logs", "gateway"]] | None = None


class Unsubscribed(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """How many subscriptions were ended."""

    removed: int


class ConnectedEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The first frame on a socket: who the client is, and what it can do.

    A frame of more than `maxMessageBytes` would close the socket with 1009: whoever knows that need not send it.
    """

    client_id: str
    gateway_version: str
    capabilities: list[str]
    user: str
    scopes: list[str]
    max_message_bytes: int


class HeartbeatEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Sent at intervals; `timestamp` in ms since 1970."""

    timestamp: int
    status: str

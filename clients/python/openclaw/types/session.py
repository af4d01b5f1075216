"""What `session.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field
from openclaw.types.chat import ChatMessage, Usage


class SessionInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A session, without its messages. `activeRunId` is there while a run is at work or waits."""

    session_key: str
    agent_id: str
    channel: str
    user: str
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    updated_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    message_count: int
    title: str | None = None
    summary: str | None = None
    model: str | None = None
    labels: dict[str, str] = {}
    context: dict[str, Any] = {}
    active_run_id: str | None = None


class SessionListParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Filters, all of which must hold, and the page that is wanted."""

    limit: int = 50
    """How many items at most."""
    cursor: str | None = None
    """The last page's `nextCursor`."""
    offset: int = 0
    """In place of a cursor."""
    channel: str | None = None
    agent_id: str | None = None
    since: str | None = None
    """Updated at or after."""
    until: str | None = None
    """Updated before."""
    text: str | None = None
    """In the title, key or messages."""
    user: str | None = None
    """Another user's; only for the owner's admin tokens."""


class SessionPage(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Sessions, the last used first. Of very many not all are counted: `totalIsMore` says that there are more."""

    sessions: list[SessionInfo]
    total: int
    """How many match, counted up to 10,000."""
    total_is_more: bool = False
    next_cursor: str | None = None


class SessionGetParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which session, and how many of its newest messages."""

    session_key: str
    """The client's name of a session."""
    limit: int = 200
    """How many items at most."""


class LiveRun(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A run that is under way, and what it has said so far: with `epoch` and `seq`, a snapshot.

    Of a long text the newest part: it begins at the character `offset`.
    """

    run_id: str
    status: str
    text: str
    offset: int = 0


class SessionDetail(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A session with its newest messages, oldest first; `epoch` and `seq` say where its stream stands."""

    session_key: str
    agent_id: str
    channel: str
    user: str
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    updated_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    message_count: int
    title: str | None = None
    summary: str | None = None
    model: str | None = None
    labels: dict[str, str] = {}
    context: dict[str, Any] = {}
    active_run_id: str | None = None
    messages: list[ChatMessage]
    epoch: str
    seq: int
    next_cursor: str | None = None
    live: list[LiveRun] = []
    usage: Usage | None = None


class SessionCreateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A new session; a key is made up where none is given."""

    session_key: str | None = None
    """The client's name of a session."""
    agent_id: str | None = None
    model: str | None = None
    """`model` or `provider/model`."""
    title: str | None = None
    channel: str = "api"
    labels: dict[str, str] | UnsetType = UNSET
    """Names and values of the client's own."""
    context: dict[str, Any] | UnsetType = UNSET


class SessionUpdateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to change; null takes a value away."""

    session_key: str
    """The client's name of a session."""
    title: str | None | UnsetType = UNSET
    model: str | None | UnsetType = UNSET
    """`model` or `provider/model`."""
    agent_id: str | UnsetType = UNSET
    labels: dict[str, str] | UnsetType = UNSET
    """Names and values of the client's own."""


class SessionKeyParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which session."""

    session_key: str
    """The client's name of a session."""


class SessionDeleted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The session, its messages, runs and events are gone."""

    session_key: str
    deleted: bool


class SessionForkParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A copy up to and including `messageId` (all messages where it is missing)."""

    session_key: str
    """The client's name of a session."""
    message_id: str | None = None
    before: bool = False
    """Leave `messageId` itself out, so that it can be said anew."""
    new_session_key: str | None = None
    """The client's name of a session."""


class SessionCompactParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which session's messages are to be summarised, and what matters most."""

    session_key: str
    """The client's name of a session."""
    instructions: str | None = None
    """What the summary must not lose."""


class SessionCompacted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """`message` is the summary; it stands for `messages` others. There is none where nothing was said yet."""

    session_key: str
    compacted: bool
    messages: int
    message: ChatMessage | None = None


class SessionEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The session as it is now."""

    session: SessionInfo


class SessionGoneEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The session that was deleted or emptied."""

    session_key: str

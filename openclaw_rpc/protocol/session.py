"""`session.*`: the conversations that runs belong to."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from openclaw_rpc.protocol.base import (
    JsonObject,
    Name,
    PageSize,
    Params,
    Rate,
    Result,
    Scope,
    SessionKey,
    Timestamp,
    Topic,
    When,
)
from openclaw_rpc.protocol.chat import ChatMessage, Usage, chat_message
from openclaw_rpc.protocol.errors import Conflict, NotFound, SessionExists
from openclaw_rpc.protocol.method import Event, Method

Labels = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=63)], Annotated[str, Meta(max_length=255)]],
    Meta(max_length=64, description="Names and values of the client's own."),
]
Title = Annotated[str, Meta(max_length=300)]
ModelName = Annotated[str, Meta(min_length=1, max_length=200, description="`model` or `provider/model`.")]
MessageId = Annotated[str, Meta(min_length=1, max_length=100)]


class SessionInfo(Result, frozen=True, kw_only=True):
    """A session, without its messages. ``activeRunId`` is there while a run is at work or waits."""

    session_key: str
    agent_id: str
    channel: str
    user: str
    created_at: When
    updated_at: When
    message_count: int
    title: str | None = None
    summary: str | None = None
    model: str | None = None
    labels: dict[str, str] = {}
    context: JsonObject = {}
    active_run_id: str | None = None


class SessionListParams(Params, frozen=True, kw_only=True):
    """Filters, all of which must hold, and the page that is wanted."""

    limit: PageSize = 50
    cursor: Annotated[str, Meta(max_length=200, description="The last page's `nextCursor`.")] | None = None
    offset: Annotated[int, Meta(ge=0, le=1_000_000, description="In place of a cursor.")] = 0
    channel: Name | None = None
    agent_id: Name | None = None
    since: Annotated[Timestamp, Meta(description="Updated at or after.")] | None = None
    until: Annotated[Timestamp, Meta(description="Updated before.")] | None = None
    text: Annotated[str, Meta(min_length=1, max_length=500, description="In the title, key or messages.")] | None = None
    user: Annotated[Name, Meta(description="Another user's; only for the owner's admin tokens.")] | None = None


class SessionPage(Result, frozen=True, kw_only=True):
    """Sessions, the last used first. Of very many not all are counted: ``totalIsMore`` says that there are more."""

    sessions: list[SessionInfo]
    total: Annotated[int, Meta(description="How many match, counted up to 10,000.")]
    total_is_more: bool = False
    next_cursor: str | None = None


class SessionGetParams(Params, frozen=True, kw_only=True):
    """Which session, and how many of its newest messages."""

    session_key: SessionKey
    limit: PageSize = 200


class LiveRun(Result, frozen=True, kw_only=True):
    """A run that is under way, and what it has said so far: with ``epoch`` and ``seq``, a snapshot.

    Of a long text the newest part: it begins at the character ``offset``.
    """

    run_id: str
    status: str
    text: str
    offset: int = 0


class SessionDetail(SessionInfo, frozen=True, kw_only=True):
    """A session with its newest messages, oldest first; ``epoch`` and ``seq`` say where its stream stands."""

    messages: list[ChatMessage]
    epoch: str
    seq: int
    next_cursor: str | None = None
    live: list[LiveRun] = []
    usage: Usage | None = None


class SessionCreateParams(Params, frozen=True, kw_only=True):
    """A new session; a key is made up where none is given."""

    session_key: SessionKey | None = None
    agent_id: Name | None = None
    model: ModelName | None = None
    title: Title | None = None
    channel: Name = "api"
    labels: Labels = {}
    context: JsonObject = {}


class SessionUpdateParams(Params, frozen=True, kw_only=True):
    """What to change; null takes a value away."""

    session_key: SessionKey
    title: Title | UnsetType | None = UNSET
    model: ModelName | UnsetType | None = UNSET
    agent_id: Name | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET


class SessionKeyParams(Params, frozen=True, kw_only=True):
    """Which session."""

    session_key: SessionKey


class SessionDeleted(Result, frozen=True, kw_only=True):
    """The session, its messages, runs and events are gone."""

    session_key: str
    deleted: bool


class SessionForkParams(Params, frozen=True, kw_only=True):
    """A copy up to and including ``messageId`` (all messages where it is missing)."""

    session_key: SessionKey
    message_id: MessageId | None = None
    before: Annotated[bool, Meta(description="Leave `messageId` itself out, so that it can be said anew.")] = False
    new_session_key: SessionKey | None = None


class SessionCompactParams(Params, frozen=True, kw_only=True):
    """Which session's messages are to be summarised, and what matters most."""

    session_key: SessionKey
    instructions: Annotated[str, Meta(max_length=10_000, description="What the summary must not lose.")] | None = None


class SessionCompacted(Result, frozen=True, kw_only=True):
    """``message`` is the summary; it stands for ``messages`` others. There is none where nothing was said yet."""

    session_key: str
    compacted: bool
    messages: int
    message: ChatMessage | None = None


class SessionEvent(Result, frozen=True, kw_only=True):
    """The session as it is now."""

    session: SessionInfo


class SessionGoneEvent(Result, frozen=True, kw_only=True):
    """The session that was deleted or emptied."""

    session_key: str


session_updated = Event("session.updated", SessionEvent, "A session was made or changed.", topic=Topic.SESSIONS)
session_deleted = Event("session.deleted", SessionGoneEvent, "A session was deleted.", topic=Topic.SESSIONS)
session_reset = Event(
    "session.reset", SessionGoneEvent, "A session's messages were removed.", lasting=True, topic=Topic.SESSIONS
)

list_ = Method(
    name="session.list",
    params=SessionListParams,
    result=SessionPage,
    pages="sessions",
    doc="The caller's sessions, the last used first, filtered and paged.",
    scope=Scope.READ,
)
get = Method(
    name="session.get",
    params=SessionGetParams,
    result=SessionDetail,
    pages="messages",
    backwards=True,
    doc="A session, its newest messages, and the run that is under way: the snapshot after a `resync`.",
    scope=Scope.READ,
    errors=(NotFound,),
    in_session=True,
)
create = Method(
    name="session.create",
    params=SessionCreateParams,
    result=SessionInfo,
    doc="Make a session before its first message.",
    scope=Scope.CHAT,
    emits=(session_updated,),
    errors=(SessionExists, NotFound),
)
update = Method(
    name="session.update",
    params=SessionUpdateParams,
    result=SessionInfo,
    doc="Change a session's title, model, agent or labels.",
    scope=Scope.CHAT,
    emits=(session_updated,),
    errors=(NotFound,),
)
delete = Method(
    name="session.delete",
    params=SessionKeyParams,
    result=SessionDeleted,
    doc="Delete a session and all that belongs to it; its runs are aborted first.",
    scope=Scope.CHAT,
    emits=(session_deleted,),
    errors=(NotFound,),
)
reset = Method(
    name="session.reset",
    params=SessionKeyParams,
    result=SessionInfo,
    doc="Remove a session's messages and keep its settings; its runs are aborted first.",
    scope=Scope.CHAT,
    emits=(session_reset, session_updated),
    errors=(NotFound,),
)
fork = Method(
    name="session.fork",
    params=SessionForkParams,
    result=SessionInfo,
    doc="Copy a session, whole or up to a message, to go on differently.",
    scope=Scope.CHAT,
    emits=(session_updated,),
    errors=(NotFound, SessionExists),
)

compact = Method(
    name="session.compact",
    params=SessionCompactParams,
    result=SessionCompacted,
    doc="Have the agent's model summarise a session: from then on it is told the summary in place of the messages.",
    scope=Scope.CHAT,
    rate=Rate.MESSAGES,
    emits=(chat_message,),
    errors=(NotFound, Conflict),
)

METHODS = (list_, get, create, update, delete, reset, fork, compact)

"""Reference 002: `/api/sessions`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from openclaw_rpc.dialects.rest import Ask, Endpoint, Inputs, Plan, Reply
from openclaw_rpc.protocol import session
from openclaw_rpc.protocol.base import JsonObject, Name, PageSize, SessionKey, Timestamp
from openclaw_rpc.protocol.chat import ChatMessage
from openclaw_rpc.protocol.session import (
    Labels,
    ModelName,
    SessionCreateParams,
    SessionDetail,
    SessionGetParams,
    SessionInfo,
    SessionKeyParams,
    SessionListParams,
    SessionPage,
    Title,
)
from openclaw_rpc.protocol.validation import checked

FIELDS = {"sessionKey": "sessionId"}


class ApiSessionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A new session. ``context`` is the client's own and comes back with it."""

    model: ModelName | None = None
    context: JsonObject = {}
    session_id: Annotated[SessionKey, Meta(description="Generated where it is missing.")] | None = None
    agent_id: Name | None = None
    title: Title | None = None
    channel: Name = "api"
    labels: Labels = {}


class ApiSessionMade(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The session is there."""

    session_id: str
    status: Literal["created"]


class ApiSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A session. ``status`` is ``busy`` while an agent is at work in it."""

    session_id: str
    status: Literal["active", "busy"]
    agent_id: str
    channel: str
    created_at: str
    updated_at: str
    message_count: int
    model: str | None = None
    title: str | None = None
    summary: str | None = None
    context: JsonObject = {}
    labels: dict[str, str] = {}


class ApiSessionDetail(ApiSession, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A session with its newest messages, oldest first; ``hasMore`` where there are older ones."""

    messages: list[ChatMessage]
    has_more: bool


class ApiSessions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of sessions, the last used first; ``total`` of them fit the filters, or more where ``totalIsMore``."""

    sessions: list[ApiSession]
    total: int
    total_is_more: bool
    limit: int
    offset: int


class ApiSessionsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Which sessions: filters, all of which must hold, and the page."""

    limit: PageSize = 50
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    channel: Name | None = None
    agent_id: Name | None = None
    since: Annotated[Timestamp, Meta(description="Last used at or after.")] | None = None
    until: Annotated[Timestamp, Meta(description="Last used before.")] | None = None


class ApiSessionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """How many of the newest messages."""

    limit: PageSize = 1000


class ApiSessionDeleted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The session is gone, with all that was said."""

    session_id: str
    status: Literal["deleted"]


def create(inputs: Inputs) -> Plan:
    """Make a session."""
    body: ApiSessionBody = inputs.body
    params = SessionCreateParams(
        session_key=body.session_id,
        agent_id=body.agent_id,
        model=body.model,
        title=body.title,
        channel=body.channel,
        labels=body.labels,
        context=body.context,
    )
    made: SessionInfo = yield Ask(session.create, params)
    return Reply(ApiSessionMade(session_id=made.session_key, status="created"), 201)


def list_(inputs: Inputs) -> Plan:
    """A page of sessions."""
    query: ApiSessionsQuery = inputs.query
    page: SessionPage = yield Ask(session.list_, SessionListParams(**msgspec.structs.asdict(query)))
    sessions = [ApiSession(**shown(info)) for info in page.sessions]
    found = ApiSessions(
        sessions=sessions,
        total=page.total,
        total_is_more=page.total_is_more,
        limit=query.limit,
        offset=query.offset,
    )
    return Reply(found)


def get(inputs: Inputs) -> Plan:
    """A session and what was said in it."""
    query: ApiSessionQuery = inputs.query
    given = {"sessionKey": inputs.path["sessionId"], "limit": query.limit}
    found: SessionDetail = yield Ask(session.get, checked(given, SessionGetParams, session.get.name))
    more = found.next_cursor is not None
    return Reply(ApiSessionDetail(**shown(found), messages=found.messages, has_more=more))


def delete(inputs: Inputs) -> Plan:
    """Delete a session."""
    key = inputs.path["sessionId"]
    yield Ask(session.delete, checked({"sessionKey": key}, SessionKeyParams, session.delete.name))
    return Reply(ApiSessionDeleted(session_id=key, status="deleted"))


def shown(info: SessionInfo) -> JsonObject:
    """A session in 002's words."""
    return {
        "session_id": info.session_key,
        "status": "active" if info.active_run_id is None else "busy",
        **{name: getattr(info, name) for name in ApiSession.__struct_fields__ if name not in ("session_id", "status")},
    }


ENDPOINTS = (
    Endpoint(
        verb="POST",
        path="/api/sessions",
        plan=create,
        doc=session.create.doc,
        calls=(session.create,),
        body=ApiSessionBody,
        answer=ApiSessionMade,
        statuses=(201,),
        fields=FIELDS,
    ),
    Endpoint(
        verb="GET",
        path="/api/sessions",
        plan=list_,
        doc=session.list_.doc,
        calls=(session.list_,),
        query=ApiSessionsQuery,
        answer=ApiSessions,
        fields=FIELDS,
    ),
    Endpoint(
        verb="GET",
        path="/api/sessions/{sessionId}",
        plan=get,
        doc="A session with its messages.",
        calls=(session.get,),
        query=ApiSessionQuery,
        answer=ApiSessionDetail,
        fields=FIELDS,
    ),
    Endpoint(
        verb="DELETE",
        path="/api/sessions/{sessionId}",
        plan=delete,
        doc=session.delete.doc,
        calls=(session.delete,),
        answer=ApiSessionDeleted,
        fields=FIELDS,
    ),
)

"""Sessions: made, found, listed, changed, copied and deleted, each by its own user alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import msgspec
from msgspec import UNSET

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.clock import Clock, iso, new_id, parse_time
from openclaw_rpc.domain.events.change import Change, SessionPatch
from openclaw_rpc.domain.events.stream import Stream, new_epoch
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.records import SessionQuery, SessionRecord
from openclaw_rpc.domain.sizes import part, size_of
from openclaw_rpc.protocol.chat import ChatHistory, ChatInjected, ChatMessage, ChatMessageEvent, chat_message
from openclaw_rpc.protocol.errors import Forbidden, GatewayError, InvalidRequest, NotFound
from openclaw_rpc.protocol.session import (
    LiveRun,
    SessionCreateParams,
    SessionDetail,
    SessionEvent,
    SessionForkParams,
    SessionGoneEvent,
    SessionInfo,
    SessionListParams,
    SessionPage,
    SessionUpdateParams,
    session_deleted,
    session_reset,
    session_updated,
)

SNAPSHOT_TRIES = 5
MANY_SECONDS = 60.0
"""For how long sessions that were more than are counted are taken to be so still."""
MOST_LISTS = 1000
"""How many such lists are remembered at most."""
MOST_CONTEXT = 64 * 1024
"""Bytes of JSON that a client may keep with a session: it is part of every list."""
Live = Callable[[str], list[LiveRun]]
Stop = Callable[[str], Awaitable[None]]
"""Ends all runs of the session with that id."""
Later = Callable[[Callable[[], None]], None]
"""Does what is told of a call when its caller has the answer."""


def reach(principal: Principal, user: str | None) -> str | None:
    """Whose things a principal asks for: its own, another user's or (None) everybody's.

    Raises:
        Forbidden: another user's, and the principal is no admin of the owner.
    """
    if user is None:
        return None if principal.is_owner_admin else principal.user
    if user != principal.user and not principal.is_owner_admin:
        raise Forbidden("only the owner's admin tokens see other users' things", field="user", reason="other_user")
    return user


def require_owner(principal: Principal) -> None:
    """Refuse what concerns the whole gateway to admins of other users.

    Raises:
        Forbidden: the principal is no admin of the owner.
    """
    if not principal.is_owner_admin:
        raise Forbidden("only the owner's admin tokens may do this", reason="owner_only")


class Sessions:
    """What can be done with sessions, but for running agents in them."""

    def __init__(self, store: Store, streams: Streams, agents: Agents, clock: Clock) -> None:
        self._store = store
        self._streams = streams
        self._agents = agents
        self._clock = clock
        self.elsewhere: Callable[[Sequence[str]], Awaitable[Mapping[str, str]]] | None = None
        """Finds which of some sessions have a run at another process, where there are some: the run's id."""
        self._many: dict[SessionQuery, float] = {}
        """Lists that were longer than is counted, by their filters, and up to when that is believed."""

    def now(self) -> str:
        """The time, as it is kept."""
        return iso(self._clock.now())

    async def find(self, principal: Principal, key: str) -> SessionRecord:
        """A session of the principal's, or of anybody's for an admin of the owner.

        Raises:
            NotFound: there is none, or it is another user's.
        """
        record = None
        if principal.may_enter(key):
            record = await self._store.find_session(principal.user, key, of_anybody=principal.is_owner_admin)
        if record is None:
            raise NotFound(f"there is no session {key!r}", field="sessionKey")
        return record

    def blank(self, user: str, key: str | None, agent_id: str, channel: str) -> SessionRecord:
        """A session that is not kept yet."""
        now = self.now()
        return SessionRecord(
            id=new_id("s"),
            user=user,
            key=key or new_id("ses"),
            agent_id=agent_id,
            channel=channel,
            created_at=now,
            updated_at=now,
            epoch=new_epoch(),
        )

    async def list(self, principal: Principal, params: SessionListParams, live: Live) -> SessionPage:
        """A page of sessions."""
        wanted = SessionQuery(
            user=reach(principal, params.user),
            limit=0,
            channel=params.channel,
            agent_id=params.agent_id,
            since=parse_time(params.since, "since") if params.since else None,
            until=parse_time(params.until, "until") if params.until else None,
            text=params.text,
        )
        known = self._many.get(wanted, 0.0) > self._clock.monotonic()
        query = msgspec.structs.replace(
            wanted,
            limit=params.limit,
            offset=params.offset,
            cursor=params.cursor,
            count_to=0 if known else wanted.count_to,
        )
        records, total, cursor = await self._store.list_sessions(query)
        more = total > query.count_to
        if more and not known:
            if len(self._many) >= MOST_LISTS:
                self._many.clear()
            self._many[wanted] = self._clock.monotonic() + MANY_SECONDS
        shown = [info(record, live(record.id)) for record in records]
        if self.elsewhere is not None and records:
            active = await self.elsewhere([record.id for record in records])
            shown = [
                msgspec.structs.replace(each, active_run_id=active.get(record.id, each.active_run_id))
                for each, record in zip(shown, records, strict=True)
            ]
        return SessionPage(
            sessions=shown,
            total=wanted.count_to if more else total,
            total_is_more=more,
            next_cursor=cursor,
        )

    async def detail(self, principal: Principal, key: str, limit: int, live: Live) -> SessionDetail:
        """A session with its messages, its live runs, and the place in its stream that all this shows."""
        record, stream, messages, older = await self._snapshot(principal, key, limit)
        return SessionDetail(
            **msgspec.structs.asdict(info(record, live(record.id))),
            messages=in_turns(messages),
            epoch=stream.epoch,
            seq=stream.head,
            next_cursor=messages[0].message_id if older else None,
            live=live(record.id),
        )

    async def _snapshot(
        self, principal: Principal, key: str, limit: int
    ) -> tuple[SessionRecord, Stream, list[ChatMessage], bool]:
        """Messages that fit the stream as it stands now: read again where one was kept or told meanwhile."""
        for left in range(SNAPSHOT_TRIES, -1, -1):
            record = await self.find(principal, key)
            stream = self._streams.of(record)
            before = stream.writes, stream.kept_events
            messages, older = await self._newest(record, stream, limit)
            if not left or before == (stream.writes, stream.kept_events):
                return record, stream, messages, older
        raise AssertionError("the last try returns")

    async def _newest(self, record: SessionRecord, stream: Stream, limit: int) -> tuple[list[ChatMessage], bool]:
        """The messages that were told up to now, on disk or on their way there; whether there are older ones.

        What arrives on disk while it is read may be missing.
        """
        # Keeps the stream in memory meanwhile.
        stream.holders += 1
        try:
            stored, older = await self._store.messages(record.id, limit)
        finally:
            stream.holders -= 1
        untold = stream.untold
        every = {each.message_id: each for each in (*stored, *stream.late) if each.message_id not in untold}
        messages = list(every.values())
        return messages[-limit:], older or len(messages) > limit

    async def _settle(self, record: SessionRecord) -> None:
        """Have what runs did so far put on disk, to be read from there."""
        stream = self._streams.of(record)
        if stream.unkept:
            # A disk that takes nothing can still be read: the next write tries again.
            with suppress(GatewayError):
                await self._streams.keep(stream, ())

    async def history(self, principal: Principal, key: str, limit: int, before: str | None) -> ChatHistory:
        """A page of a session's messages."""
        record = await self.find(principal, key)
        await self._settle(record)
        messages, older = await self._store.messages(record.id, limit, before)
        cursor = messages[0].message_id if older and messages else None
        return ChatHistory(messages=in_turns(messages), next_cursor=cursor)

    async def message(self, principal: Principal, key: str, message_id: str, offset: int | None) -> ChatMessage:
        """One message of a session: all of it, or a part of what it says."""
        record = await self.find(principal, key)
        await self._settle(record)
        messages, _ = await self._store.messages(record.id, 1, message_id, with_it=True)
        return messages[0] if offset is None else part(messages[0], offset)

    async def create(self, principal: Principal, params: SessionCreateParams, later: Later) -> SessionInfo:
        """Make a session."""
        if size_of(params.context) > MOST_CONTEXT:
            raise InvalidRequest(f"context has more than {MOST_CONTEXT} bytes", field="context", reason="too_long")
        agent = self._agents.get(params.agent_id)
        record = self.blank(principal.user, params.session_key, agent.id, params.channel)
        record.model, record.title = params.model, params.title
        record.labels, record.context = params.labels, params.context
        await self._store.commit(Change(session=record))
        return self._announced(record, later)

    async def update(self, principal: Principal, params: SessionUpdateParams, later: Later) -> SessionInfo:
        """Change a session's settings."""
        record = await self.find(principal, params.session_key)
        patch = SessionPatch(
            title=params.title,
            model=params.model,
            agent_id=UNSET if params.agent_id is UNSET else self._agents.get(params.agent_id).id,
            labels=params.labels,
            updated_at=self.now(),
        )
        return self._announced(await self._patched(record, patch), later)

    async def _patched(self, record: SessionRecord, patch: SessionPatch) -> SessionRecord:
        """Change a session; answers it as it stands then, other changes included.

        Raises:
            NotFound: it was deleted meanwhile.
        """
        changed = await self._store.commit(Change(record.id, patch))
        if changed is None:
            raise NotFound(f"there is no session {record.key!r}", field="sessionKey")
        return changed

    async def delete(self, principal: Principal, key: str, stop: Stop, later: Later) -> None:
        """Remove a session; ``stop`` ends its runs first.

        Raises:
            NotFound: there is none.
        """
        record = await self.find(principal, key)
        await stop(record.id)
        if not await self._store.delete_session(record.id):
            raise NotFound(f"there is no session {key!r}", field="sessionKey")
        self._gone(record, later)

    def forgotten(self, record: SessionRecord) -> None:
        """Tell of a session that was deleted since it was not used for long."""
        self._gone(record, lambda tell: tell())

    def _gone(self, record: SessionRecord, later: Later) -> None:
        stream = self._streams.of(record)
        self._streams.drop(record.id)
        later(lambda: stream.tell(session_deleted, SessionGoneEvent(session_key=record.key)))

    async def reset(self, principal: Principal, key: str, stop: Stop, later: Later) -> SessionInfo:
        """Remove a session's messages; its stream begins anew."""
        record = await self.find(principal, key)
        await stop(record.id)
        epoch = new_epoch()
        record = await self._patched(record, SessionPatch(clear=True, epoch=epoch, updated_at=self.now()))
        # In the step in which the write is known, so that of two resets the one kept last has the last word.
        stream = self._streams.of(record)
        stream.restart(epoch)
        later(lambda: stream.tell(session_reset, SessionGoneEvent(session_key=record.key)))
        return self._announced(record, later)

    async def fork(self, principal: Principal, params: SessionForkParams, later: Later) -> SessionInfo:
        """Copy a session up to a message, with it or without it."""
        if params.before and params.message_id is None:
            raise InvalidRequest("before needs the messageId to stop before", field="messageId", reason="missing")
        source = await self.find(principal, params.session_key)
        await self._settle(source)
        record = self.blank(principal.user, params.new_session_key, source.agent_id, source.channel)
        record.model, record.title = source.model, source.title
        record.summary = None if params.before else source.summary
        record.labels, record.context = dict(source.labels), dict(source.context)
        if not await self._store.copy_session(source.id, record, params.message_id, before=params.before):
            raise NotFound(f"the session has no message {params.message_id!r}", field="messageId")
        kept = await self._store.find_session(record.user, record.key)
        return self._announced(kept or record, later)

    async def inject(self, principal: Principal, key: str, message: ChatMessage) -> ChatInjected:
        """Put a message into a session."""
        record = await self.find(principal, key)
        data = ChatMessageEvent(session_key=record.key, message=message)
        await self._streams.keep(self._streams.of(record), ((chat_message, data),), messages=(message,))
        return ChatInjected(session_key=record.key, message=message)

    def announce(self, record: SessionRecord) -> None:
        """Tell that a session was made or changed."""
        if self._streams.wanted(session_updated, record.id):
            self._streams.of(record).tell(session_updated, SessionEvent(session=info(record, [])))

    def _announced(self, record: SessionRecord, later: Later) -> SessionInfo:
        later(lambda: self.announce(record))
        return info(record, [])


def in_turns(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Messages as they were said: each question with its answer, though runs that waited had their questions before."""
    turns: dict[str, list[ChatMessage]] = {}
    for message in messages:
        turns.setdefault(message.run_id or message.message_id, []).append(message)
    return [message for turn in turns.values() for message in turn]


def info(record: SessionRecord, live: list[LiveRun]) -> SessionInfo:
    """A session as clients see it."""
    return SessionInfo(
        session_key=record.key,
        agent_id=record.agent_id,
        channel=record.channel,
        user=record.user,
        created_at=record.created_at,
        updated_at=record.updated_at,
        message_count=record.message_count,
        title=record.title,
        summary=record.summary,
        model=record.model,
        labels=record.labels,
        context=record.context,
        active_run_id=live[0].run_id if live else None,
    )

"""A store that forgets when it is dropped, for tests. What is given and what is answered are copies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from openclaw_rpc.adapters.store.rules import (
    KEPT_EVENTS,
    copies,
    cursor_after,
    key_expiry,
    key_taken,
    no_such_message,
    plain,
    read_cursor,
    summary_of,
    trimming,
)
from openclaw_rpc.domain.events.change import Change, SessionPatch
from openclaw_rpc.domain.records import (
    EventRecord,
    RunRecord,
    SessionQuery,
    SessionRecord,
    Spent,
    UsageQuery,
    UsageRecord,
    UsageSum,
)
from openclaw_rpc.protocol.chat import ChatMessage
from tests.support.volatile.deliveries import MemoryDeliveries
from tests.support.volatile.documents import MemoryDocuments

S = TypeVar("S", bound=msgspec.Struct)


@dataclass
class _KeptSession:
    """A session and all that goes with it. A dict keeps the place of a message that is replaced."""

    record: SessionRecord
    messages: dict[str, ChatMessage] = field(default_factory=dict[str, ChatMessage])
    runs: dict[str, RunRecord] = field(default_factory=dict[str, RunRecord])
    events: dict[int, EventRecord] = field(default_factory=dict[int, EventRecord])


class VolatileStore:
    """The store port, in memory. No method waits, so each is atomic."""

    def __init__(self, *, keep_events: int = KEPT_EVENTS) -> None:
        self._keep_events = keep_events
        self._sessions: dict[str, _KeptSession] = {}
        self._usage: list[UsageRecord] = []
        self.deliveries = MemoryDeliveries()
        self.documents = MemoryDocuments()

    async def find_session(self, user: str, key: str, *, of_anybody: bool = False) -> SessionRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        found = [s.record for s in self._sessions.values() if s.record.key == key]
        own = [record for record in found if record.user == user]
        wanted = own or (found if of_anybody else [])
        return _copy(max(wanted, key=_place)) if wanted else None

    async def list_sessions(self, query: SessionQuery) -> tuple[list[SessionRecord], int, str | None]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        matching = [s.record for s in self._sessions.values() if _wanted(s, query)]
        matching.sort(key=_place, reverse=True)
        rest = matching[query.offset :]
        if query.cursor is not None:
            after = read_cursor(query.cursor)
            rest = [record for record in matching if _place(record) < after]
        page = [_copy(record) for record in rest[: query.limit]]
        total = min(len(matching), query.count_to + 1)
        return page, total, cursor_after(page[-1]) if page and len(rest) > len(page) else None

    async def delete_session(self, session_id: str) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return self._sessions.pop(session_id, None) is not None

    async def copy_session(
        self, source_id: str, record: SessionRecord, upto: str | None, *, before: bool = False
    ) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        source = self._sessions.get(source_id)
        if source is None or (upto is not None and upto not in source.messages):
            return False
        target = self._add(record)
        target.record.message_count = 0
        chosen: list[ChatMessage] = []
        for message in source.messages.values():
            if before and message.message_id == upto:
                break
            chosen.append(message)
            if message.message_id == upto:
                break
        for message in copies(chosen):
            _keep(target, message)
        target.record.updated_at = record.updated_at
        return True

    async def messages(
        self, session_id: str, limit: int, before: str | None = None, *, with_it: bool = False
    ) -> tuple[list[ChatMessage], bool]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        session = self._sessions.get(session_id)
        kept = list(session.messages.values()) if session else []
        if before is not None:
            place = next((i for i, message in enumerate(kept) if message.message_id == before), None)
            if place is None:
                raise no_such_message(before)
            kept = kept[: place + with_it]
        return [_copy(message) for message in kept[-limit:]], len(kept) > limit

    async def admit(self, change: Change, *, of_anybody: bool = False) -> RunRecord:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        run, session = change.run, change.session
        if run is None or not isinstance(session, SessionRecord):
            raise TypeError("a run is admitted with its session")
        if run.idempotency_key is not None and (
            earlier := self._answering(run.user, run.idempotency_key, run.created_at)
        ):
            return _copy(earlier)
        kept = self._sessions.get(session.id)
        if kept is None and of_anybody and any(s.record.key == session.key for s in self._sessions.values()):
            raise key_taken(session.key)
        self.deliveries.refuse_claimed(change.claims)
        if kept is None:
            kept = self._add(session)
            kept.record.message_count = 0
        for message in change.messages:
            _keep(kept, message)
        kept.runs[run.id] = _copy(run)
        self.deliveries.keep(change)
        for document in change.documents:
            self.documents.keep(document)
        return run

    async def commit(self, change: Change) -> SessionRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        self.deliveries.refuse_claimed(change.claims)
        given = change.session
        session = self._add(given) if isinstance(given, SessionRecord) else self._sessions.get(change.session_id)
        self._usage.extend(change.usage)
        self.deliveries.keep(change)
        for document in change.documents:
            self.documents.keep(document)
        if session is None:
            return None
        if isinstance(given, SessionPatch):
            self._patch(session, given)
        for message in change.messages:
            _keep(session, message)
        if change.events:
            self._keep_all(session, change.events)
        if change.run is not None:
            session.runs[change.run.id] = _copy(change.run)
        return _copy(session.record) if given is not None else None

    async def commit_all(self, changes: Sequence[Change]) -> None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        for change in changes:
            await self.commit(change)

    def _patch(self, session: _KeptSession, patch: SessionPatch) -> None:
        record = session.record
        if patch.clear:
            session.messages.clear()
            session.runs.clear()
            session.events.clear()
            record.message_count, record.summary = 0, None
        before = record.updated_at
        for name, value in _copy(patch).fields().items():
            setattr(record, name, value)
        record.updated_at = max(before, record.updated_at)

    async def find_run(self, run_id: str) -> RunRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return next((_copy(run) for run in self._runs() if run.id == run_id), None)

    async def unfinished_runs(self) -> list[RunRecord]:
        """See :class:`~openclaw_rpc.domain.ports.Store`. The oldest first."""
        found = [_copy(run) for run in self._runs() if run.status in ("queued", "running")]
        return sorted(found, key=lambda run: run.created_at)

    async def events(self, session_id: str, after: int, limit: int) -> list[EventRecord]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        session = self._sessions.get(session_id)
        kept = session.events if session else {}
        return [kept[seq] for seq in sorted(kept) if seq > after][:limit]

    async def usage(self, query: UsageQuery) -> tuple[list[UsageSum], UsageSum]:
        """See :class:`~openclaw_rpc.domain.ports.Store`. The largest are those with the most tokens."""
        matching = [record for record in self._usage if _counted(record, query)]
        grouped: dict[str, list[UsageRecord]] = {}
        for record in matching:
            grouped.setdefault(_KEYS[query.by](record), []).append(record)
        sums = sorted((_sum(key, records) for key, records in grouped.items()), key=lambda row: row.key)
        if query.by == "day":
            sums.reverse()
        else:
            sums.sort(key=lambda row: row.prompt_tokens + row.completion_tokens, reverse=True)
        return sums[: query.limit], _sum("total", matching)

    async def spent(self, since: str, until: str) -> list[Spent]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        found: dict[tuple[str, str, str], Spent] = {}
        for one in self._usage:
            if since <= one.at < until:
                who = one.user, one.token, one.agent_id
                before = found.get(who, Spent(*who, 0, 0.0))
                tokens = before.tokens + one.prompt_tokens + one.completion_tokens
                found[who] = Spent(*who, tokens, before.cost + (one.cost or 0.0))
        return list(found.values())

    async def find_repeated(self, user: str, key: str, at: str) -> RunRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        found = self._answering(user, key, at)
        return _copy(found) if found is not None else None

    def _add(self, record: SessionRecord) -> _KeptSession:
        taken = any((s.record.user, s.record.key) == (record.user, record.key) for s in self._sessions.values())
        if taken or record.id in self._sessions:
            raise key_taken(record.key)
        self._sessions[record.id] = session = _KeptSession(_copy(record))
        return session

    def _runs(self) -> Iterable[RunRecord]:
        return (run for session in self._sessions.values() for run in session.runs.values())

    def _answering(self, user: str, key: str, at: str) -> RunRecord | None:
        expired = key_expiry(at)
        same = (r for r in self._runs() if r.user == user and r.idempotency_key == key)
        return max((r for r in same if r.created_at > expired), key=lambda r: r.created_at, default=None)

    def _keep_all(self, session: _KeptSession, events: Sequence[EventRecord]) -> None:
        session.events.update((event.seq, plain(event)) for event in events)
        before = session.record.seq
        session.record.seq = max(before, *(event.seq for event in events))
        if trimming(self._keep_events, before, session.record.seq):
            for seq in sorted(session.events)[: -self._keep_events]:
                del session.events[seq]


def _copy(struct: S) -> S:
    return msgspec.json.decode(msgspec.json.encode(struct), type=type(struct))


def _place(record: SessionRecord) -> tuple[str, str]:
    return record.updated_at, record.id


def _keep(session: _KeptSession, message: ChatMessage) -> None:
    record = session.record
    if message.message_id not in session.messages:
        record.message_count += 1
        record.updated_at = max(record.updated_at, message.created_at)
        record.summary = record.summary or summary_of(message)
    session.messages[message.message_id] = _copy(message)


def _wanted(session: _KeptSession, query: SessionQuery) -> bool:
    record = session.record
    return (
        query.user in (None, record.user)
        and query.channel in (None, record.channel)
        and query.agent_id in (None, record.agent_id)
        and (query.since is None or record.updated_at >= query.since)
        and (query.until is None or record.updated_at < query.until)
        and (query.text is None or _says(session, query.text.lower()))
    )


def _says(session: _KeptSession, needle: str) -> bool:
    record = session.record
    texts = [record.key, record.title or "", record.summary or ""]
    texts.extend(message.content for message in session.messages.values())
    return any(needle in text.lower() for text in texts)


_KEYS: dict[str, Callable[[UsageRecord], str]] = {
    "day": lambda record: record.at[:10],
    "session": lambda record: record.session_key,
    "agent": lambda record: record.agent_id,
    "user": lambda record: record.user,
    "token": lambda record: record.token,
    "provider": lambda record: record.provider,
    "model": lambda record: record.model,
}


def _counted(record: UsageRecord, query: UsageQuery) -> bool:
    return (
        query.user in (None, record.user)
        and query.session_key in (None, record.session_key)
        and query.agent_id in (None, record.agent_id)
        and query.model in (None, record.model)
        and (query.since is None or record.at >= query.since)
        and (query.until is None or record.at < query.until)
    )


def _sum(key: str, records: Sequence[UsageRecord]) -> UsageSum:
    costs = [record.cost for record in records if record.cost is not None]
    return UsageSum(
        key=key,
        requests=len(records),
        prompt_tokens=sum(record.prompt_tokens for record in records),
        completion_tokens=sum(record.completion_tokens for record in records),
        latency_ms=sum(record.latency_ms for record in records),
        cost=sum(costs) if costs else None,
        cached_tokens=sum(record.cached_tokens for record in records),
        reasoning_tokens=sum(record.reasoning_tokens for record in records),
    )

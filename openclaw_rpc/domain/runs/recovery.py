"""What becomes of runs whose process died: they end as interrupted, or are begun again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from openclaw_rpc.domain.events.change import Change, SessionPatch
from openclaw_rpc.domain.events.stream import new_epoch
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.ports import Log, Store
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.domain.runs.drafts import Drafts
from openclaw_rpc.domain.runs.ending import Endings
from openclaw_rpc.domain.runs.live import LiveRun
from openclaw_rpc.protocol.chat import ChatMessage, ChatMessageEvent, chat_delta, chat_message, chat_started

PAGE = 1000


class _Left(NamedTuple):
    """What is known of a run: a text for each of its messages, the last one unfinished; whether it had begun."""

    said: list[str]
    begun: bool
    question: ChatMessage | None


class Recovery:
    """Ends runs that a dead process left behind; those are begun again that waited, or were to be (`runs.on_crash`)."""

    def __init__(self, store: Store, streams: Streams, drafts: Drafts, endings: Endings, log: Log) -> None:
        self._store = store
        self._streams = streams
        self._drafts = drafts
        self._endings = endings
        self._log = log

    async def recover(self, session: SessionRecord, left: Sequence[RunRecord], *, retry: bool) -> list[LiveRun]:
        """Settle all that was left in a session, the oldest first; what is to begin again takes its place in the lane.

        Raises:
            Unavailable: the store is away; nothing begins again before all is settled.
        """
        stream = self._streams.of(session)
        # Events may have been told that never reached the disk, under numbers that are given out again now.
        stream.restart(new_epoch())
        again: list[LiveRun] = []
        for record in left:
            known = await self._look(record)
            live = None
            if not record.acted and known.question is not None and (retry or not known.begun):
                live = self._drafts.again(record, session)
            if live is None:
                await self._endings.recover(record, stream, None if known.begun else known.question, known.said)
                continue
            record.status, record.started_at = "queued", None
            if not known.begun and known.question is not None:
                record.epoch, record.seq = stream.epoch, stream.seq
                live.opening = ChatMessageEvent(session_key=session.key, message=known.question, run_id=record.id)
            again.append(live)
        patch = SessionPatch(epoch=stream.epoch)
        await self._store.commit_all([Change(session.id, patch, run=live.record) for live in again])
        for live in again:
            self._log.warning("a run begins again: its gateway died", run_id=live.record.id, session_key=session.key)
        return again

    async def _look(self, record: RunRecord) -> _Left:
        texts, begun = [""], False
        after = record.seq
        while events := await self._store.events(record.session_id, after, PAGE):
            for event in events:
                if event.run_id != record.id:
                    continue
                begun = begun or event.type == chat_message.name
                if event.type == chat_started.name:
                    # What it said before it began again does not count.
                    texts = [""]
                elif event.type == chat_delta.name:
                    texts[-1] += msgspec.json.decode(event.data)["delta"]
                elif texts[-1]:
                    texts.append("")
            after = events[-1].seq
        return _Left(texts, begun, await self._question(record))

    async def _question(self, record: RunRecord) -> ChatMessage | None:
        """What a run was to answer: a message, or what the client's tools answered."""
        messages, _ = await self._store.messages(record.session_id, PAGE)
        own = [one for one in messages if one.run_id == record.id and one.role in ("user", "tool")]
        return own[-1] if own else None

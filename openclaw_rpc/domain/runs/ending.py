"""How runs end: the answer, or what there is of it, kept with the run and its final event in one piece."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.events.change import SessionPatch
from openclaw_rpc.domain.events.stream import new_epoch
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.ports import Log, Store
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.domain.runs.live import LiveRun
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import (
    ChatDoneEvent,
    ChatMessage,
    ChatMessageEvent,
    FinishReason,
    MessageStatus,
    RunError,
    RunStatus,
    Usage,
    chat_delta,
    chat_done,
    chat_message,
)
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.protocol.method import Event

STATUS: dict[FinishReason, tuple[RunStatus, MessageStatus]] = {
    "stop": ("completed", "complete"),
    "length": ("completed", "complete"),
    "tool_calls": ("completed", "complete"),
    "content_filter": ("completed", "complete"),
    "aborted": ("aborted", "aborted"),
    "error": ("error", "error"),
    "interrupted": ("interrupted", "interrupted"),
}
NO_USAGE = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
PAGE = 1000


class Endings:
    """Ends runs, and those that the last process left behind."""

    def __init__(self, store: Store, streams: Streams, sessions: Sessions, log: Log) -> None:
        self._store = store
        self._streams = streams
        self._sessions = sessions
        self._log = log

    async def end(self, live: LiveRun, finish: FinishReason) -> None:
        """Keep what a run came to, and tell it. Told even where the disk does not take it: a client must not hang."""
        live.speak_out()
        record = live.record
        message = self._close(record, finish, live.answer(), live.details)
        record.response = "".join(live.said)
        record.reasoning = "".join(live.thoughts) or None
        record.usage = live.usage
        record.tool_calls, record.skills_used = live.tool_calls, live.skills_used
        events = final_events(record, message)
        if live.opening and record.started_at is None:
            events.insert(0, (chat_message, live.opening))
        try:
            await self._streams.keep_end(
                live.stream,
                events,
                record,
                messages=(message,) if message else (),
                deliveries=self._streams.planner.replies(record),
            )
        except GatewayError as error:
            self._log.error("a run's end could not be kept", run_id=record.id, error=error.message)

    def _close(
        self, record: RunRecord, finish: FinishReason, said: str, details: JsonObject | None = None
    ) -> ChatMessage | None:
        """Write a run's end into its record; the message that it leaves, where it said anything."""
        status, message_status = STATUS[finish]
        record.status, record.finish_reason, record.finished_at = status, finish, self._sessions.now()
        record.duration_ms = milliseconds(record.created_at, record.finished_at)
        if finish != "error":
            record.error = None
        if not said and (status != "completed" or finish == "tool_calls"):
            return None
        record.message_id = new_id("m")
        return ChatMessage(
            message_id=record.message_id,
            role="assistant",
            content=said,
            created_at=record.finished_at,
            status=message_status,
            run_id=record.id,
            model=record.model,
            provider_details=details or {},
        )

    async def recover(self) -> None:
        """End the runs that were under way when the last process died, each in a new epoch of its session."""
        for record in await self._store.unfinished_runs():
            session = await self._store.find_session(record.user, record.session_key)
            if session is not None and session.id == record.session_id:
                await self.recover_run(record, session)

    async def recover_run(self, record: RunRecord, session: SessionRecord) -> None:
        """End a run whose process died."""
        said, told = await self._said(record)
        message = self._close(record, "interrupted", said[-1])
        record.error = RunError(code="interrupted", message="the gateway was stopped while the run was under way")
        record.response = "".join(said)
        record.usage = record.usage or NO_USAGE
        events = final_events(record, message)
        question = None if told else await self._question(record)
        if question is not None:
            opening = ChatMessageEvent(session_key=record.session_key, message=question, run_id=record.id)
            events.insert(0, (chat_message, opening))
        # Deltas may have been told that never reached the disk, under numbers that are given out again now.
        stream = self._streams.of(session)
        stream.restart(new_epoch())
        await self._streams.keep_end(
            stream,
            events,
            record,
            messages=(message,) if message else (),
            deliveries=self._streams.planner.replies(record),
            patch=SessionPatch(epoch=stream.epoch),
        )
        self._log.warning("a run was interrupted by the gateway's end", run_id=record.id, session_key=session.key)

    async def _question(self, record: RunRecord) -> ChatMessage | None:
        """The message that a run was to answer."""
        messages, _ = await self._store.messages(record.session_id, PAGE)
        return next((one for one in messages if one.run_id == record.id and one.role == "user"), None)

    async def _said(self, record: RunRecord) -> tuple[list[str], bool]:
        """What a run said, as far as it was kept: a text for each of its messages, the last one unfinished.

        And whether its first event is kept: that somebody asked.
        """
        texts, told = [""], False
        after = record.seq
        while events := await self._store.events(record.session_id, after, PAGE):
            for event in events:
                told = told or (event.run_id == record.id and event.type == chat_message.name)
                if event.run_id == record.id and event.type == chat_delta.name:
                    texts[-1] += msgspec.json.decode(event.data)["delta"]
                elif event.run_id == record.id and texts[-1]:
                    texts.append("")
            after = events[-1].seq
        return texts, told


def final_events(record: RunRecord, message: ChatMessage | None) -> list[tuple[Event[Any], Any]]:
    """What is told at a run's end: its message, then that it is done."""
    done = ChatDoneEvent(
        session_key=record.session_key,
        run_id=record.id,
        finish_reason=record.finish_reason or "error",
        usage=record.usage or NO_USAGE,
        model=record.model,
        message_id=record.message_id,
        error=record.error,
    )
    said = ChatMessageEvent(session_key=record.session_key, message=message, run_id=record.id) if message else None
    return [*([(chat_message, said)] if said else []), (chat_done, done)]


def milliseconds(begin: str, end: str) -> int:
    """From one kept time to another."""
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds() * 1000)

"""How runs end: the answer, or what there is of it, kept with the run and its final event in one piece."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.events.change import SessionPatch
from openclaw_rpc.domain.events.stream import Stream
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.records import RunRecord
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


class Endings:
    """Ends runs, and those that a dead process left behind."""

    def __init__(self, streams: Streams, sessions: Sessions, log: Log) -> None:
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
        record.asked = None
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

    async def recover(self, record: RunRecord, stream: Stream, question: ChatMessage | None, said: list[str]) -> None:
        """End a run whose process died, in a new epoch of its session.

        ``question``: what it was to answer, where nobody was told of it. ``said``: a text for each of its messages.
        """
        message = self._close(record, "interrupted", said[-1])
        record.error = RunError(code="interrupted", message="the gateway was stopped while the run was under way")
        record.response = "".join(said)
        record.usage = record.usage or NO_USAGE
        events = final_events(record, message)
        if question is not None:
            opening = ChatMessageEvent(session_key=record.session_key, message=question, run_id=record.id)
            events.insert(0, (chat_message, opening))
        await self._streams.keep_end(
            stream,
            events,
            record,
            messages=(message,) if message else (),
            deliveries=self._streams.planner.replies(record),
            patch=SessionPatch(epoch=stream.epoch),
            anyway=False,  # whoever settles it tries again, and then it is told
        )
        self._log.warning("a run was interrupted by the gateway's end", run_id=record.id, session_key=stream.key)


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

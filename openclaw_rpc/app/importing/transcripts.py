"""Sessions of OpenClaw's agents and what was said in them: `agents/ID/agent/openclaw-agent.sqlite`."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from openclaw_rpc.app.importing.home import database
from openclaw_rpc.app.importing.report import Report, rows, table, text
from openclaw_rpc.app.importing.settings import agent_id
from openclaw_rpc.domain.clock import iso
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.events.stream import new_epoch
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.principals import OWNER
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.protocol.chat import CalledFunction, ChatMessage, MessageAttachment, MessageStatus, MessageToolCall
from openclaw_rpc.protocol.errors import Unavailable

CHANNEL: Final = "openclaw"
LONGEST_KEY: Final = 200
_IDS: Final = uuid.UUID("6f9f3d0e-6f0b-5c1c-9d53-2f1f3ac5a0b7")
_ENDS: Final[dict[str, MessageStatus]] = {"aborted": "aborted", "error": "error"}
_MOST_BYTES: Final = 4 << 20
_SESSIONS: Final = """
    SELECT w.session_id, w.session_key, w.created_at, w.updated_at, w.session_id = n.current_session_id AS current,
        coalesce(n.label, w.display_name, n.display_name) AS title
    FROM session_windows AS w JOIN session_nodes AS n ON n.session_key = w.session_key
    ORDER BY w.created_at, w.session_id"""
_EVENTS: Final = """
    SELECT e.seq, e.event_json, e.event_zstd, e.created_at
    FROM session_transcript_active_events AS a
    JOIN transcript_events AS e ON e.session_id = a.session_id AND e.seq = a.event_seq
    WHERE a.session_id = ? ORDER BY a.active_position"""


async def import_sessions(home: Path, store: Store | None, report: Report) -> None:
    """Keep each transcript as a session of the owner's. Without a store it is only told what there is."""
    for folder in sorted((home / "agents").glob("*")):
        file = folder / "agent" / "openclaw-agent.sqlite"
        if any((folder / "sessions").glob("*.jsonl")):
            report.add("sessions", folder.name, "left out", "transcripts of an older OpenClaw (*.jsonl) are not read")
        if not file.is_file():
            continue
        try:
            with database(file) as opened:
                for row in opened.execute(_SESSIONS).fetchall():
                    await _import_one(opened, row, agent_id(folder.name), store, report)
        except Unavailable as error:
            report.add("sessions", folder.name, "left out", error.message)


async def _import_one(
    opened: sqlite3.Connection, row: sqlite3.Row, agent: str, store: Store | None, report: Report
) -> None:
    # What was said before a reset is a session of its own.
    key = row["session_key"] if row["current"] else f"{row['session_key']}:{row['session_id']}"
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        why = "its key is too long, or has characters that a key may not have"
        report.add("sessions", key[:LONGEST_KEY], "left out", why)
        return
    if store is not None and await store.find_session(OWNER, key) is not None:
        report.add("sessions", key, "there already")
        return
    messages, skipped = _messages(opened, row["session_id"])
    if not messages:
        report.add("sessions", key, "left out", skipped or "nothing was said in it")
        return
    record = SessionRecord(
        id=f"s_{uuid.uuid5(_IDS, row['session_id']).hex}",
        user=OWNER,
        key=key,
        agent_id=agent,
        channel=CHANNEL,
        created_at=iso(row["created_at"] / 1000),
        updated_at=iso(row["updated_at"] / 1000),
        epoch=new_epoch(),
        title=row["title"] or None,
    )
    if store is not None and not report.dry_run:
        await store.commit(Change(session_id=record.id, session=record, messages=messages))
    said = f"{len(messages)} messages" if len(messages) != 1 else "1 message"
    report.add("sessions", key, "imported", "; ".join(filter(None, (said, skipped))))


def _messages(opened: sqlite3.Connection, session_id: str) -> tuple[list[ChatMessage], str]:
    """The messages in their order, and what is to be said of those that are left out."""
    messages: list[ChatMessage] = []
    unread = other = 0
    for row in opened.execute(_EVENTS, (session_id,)):
        event = _event(row)
        if event is None:
            unread += 1
        elif event.get("type") == "message":
            name = f"{session_id}:{text(event.get('id')) or row['seq']}"
            message = _message(event, f"m_{uuid.uuid5(_IDS, name).hex}", row["created_at"])
            messages += [message] if message is not None else []
            other += message is None
        elif event.get("type") in ("compaction", "branch_summary"):
            other += 1
    notes = [f"{unread} compressed events are left out: reading them needs Python 3.14"] if unread else []
    notes += [f"{other} summaries and notes of its own are left out"] if other else []
    return messages, "; ".join(notes)


def _event(row: sqlite3.Row) -> dict[str, Any] | None:
    data: str | bytes | None = row["event_json"]
    if data is None:
        try:
            zstd: Any = import_module("compression.zstd")
            data = zstd.ZstdDecompressor().decompress(row["event_zstd"], _MOST_BYTES)
        except Exception:
            return None
    try:
        return table(json.loads(data or ""))
    except (ValueError, RecursionError):
        return None


def _message(event: dict[str, Any], message_id: str, created: int) -> ChatMessage | None:
    """A message as it is kept here; None for a role that there is not."""
    said = table(event.get("message"))
    role = {"user": "user", "assistant": "assistant", "system": "system", "toolResult": "tool"}.get(
        text(said.get("role"))
    )
    if role is None:
        return None
    content = said.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else [table(one) for one in rows(content)]
    model = text(said.get("model"))
    return ChatMessage(
        message_id=message_id,
        role=role,  # pyright: ignore[reportArgumentType]
        content="\n".join(text(one.get("text")) for one in blocks if one.get("type") == "text"),
        created_at=_time(said.get("timestamp"), event.get("timestamp"), created),
        status=_ENDS.get(text(said.get("stopReason")), "complete"),
        model=f"{said['provider']}/{model}" if model and text(said.get("provider")) else model or None,
        tool_calls=list(_calls(blocks)) if role == "assistant" else [],
        tool_call_id=text(said.get("toolCallId")) or None,
        attachments=[
            MessageAttachment(
                type="image", url=f"data:{text(one.get('mimeType')) or 'image/png'};base64,{text(one.get('data'))}"
            )
            for one in blocks
            if one.get("type") == "image" and text(one.get("data"))
        ],
    )


def _calls(blocks: list[dict[str, Any]]) -> Iterator[MessageToolCall]:
    for one in blocks:
        if one.get("type") == "toolCall" and text(one.get("id")):
            given = one.get("arguments")
            written = given if isinstance(given, str) else json.dumps(given or {}, ensure_ascii=False)
            yield MessageToolCall(id=one["id"], function=CalledFunction(name=text(one.get("name")), arguments=written))


def _time(milliseconds: Any, stamp: Any, created: int) -> str:
    try:
        if isinstance(milliseconds, int | float):
            return iso(milliseconds / 1000)
        return iso(datetime.fromisoformat(text(stamp)).astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        return iso(created / 1000)

"""Records for tests of stores, complete but for what a test says."""

from typing import Any

from openclaw_rpc.domain.events.change import Delivery
from openclaw_rpc.domain.records import EventRecord, RunRecord, SessionRecord, UsageRecord
from openclaw_rpc.protocol.chat import ChatMessage


def at(second: int) -> str:
    """A moment, so many seconds after the 1st of March 2026 (up to 9 hours)."""
    return f"2026-03-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000Z"


def session(name: str, user: str = "ada", **fields: Any) -> SessionRecord:
    """The session of that key; its id is made of the user's name and the key."""
    given: dict[str, Any] = {
        "id": f"s_{user}_{name}",
        "user": user,
        "key": name,
        "agent_id": "main",
        "channel": "api",
        "created_at": at(0),
        "updated_at": at(0),
        "epoch": "e_1",
    }
    return SessionRecord(**given | fields)


def message(message_id: str, content: str = "hello", **fields: Any) -> ChatMessage:
    """A user's message."""
    given: dict[str, Any] = {"role": "user", "created_at": at(10), "status": "complete"}
    return ChatMessage(message_id=message_id, content=content, **given | fields)


def run(run_id: str, of: SessionRecord, **fields: Any) -> RunRecord:
    """A queued run of a session."""
    given: dict[str, Any] = {
        "session_id": of.id,
        "session_key": of.key,
        "user": of.user,
        "agent_id": of.agent_id,
        "status": "queued",
        "created_at": at(10),
    }
    return RunRecord(id=run_id, **given | fields)


def event(of: SessionRecord, seq: int, data: bytes = b"{}", **fields: Any) -> EventRecord:
    """A lasting event of a session."""
    return EventRecord(session_id=of.id, seq=seq, type=fields.pop("type", "chat.message"), data=data, **fields)


def used(**fields: Any) -> UsageRecord:
    """What one request used."""
    given: dict[str, Any] = {
        "at": at(0),
        "user": "ada",
        "session_id": "s_ada_one",
        "session_key": "one",
        "agent_id": "main",
        "token": "",
        "model": "m1",
        "provider": "primary",
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "latency_ms": 100,
    }
    return UsageRecord(**given | fields)


def delivery(delivery_id: str, **fields: Any) -> Delivery:
    """A webhook's delivery that is due."""
    given: dict[str, Any] = {
        "kind": "webhook",
        "target": "t",
        "lane": "l",
        "body": b"{}",
        "created_at": at(0),
        "next_at": at(0),
    }
    return Delivery(id=delivery_id, **given | fields)

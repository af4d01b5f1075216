"""What a webhook can be called for: every event of the table by its name, and four that are made of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatDoneEvent, ChatMessageEvent

MADE = ("message.received", "message.sent", "error.occurred", "webhook.test")
"""Events that only webhooks know."""


def named(name: str, data: Any, channel: str = "") -> Iterator[tuple[str, Any]]:
    """An event under its own name, and under those that are made of it."""
    yield name, data
    if isinstance(data, ChatMessageEvent) and data.message.role in ("user", "assistant"):
        made: JsonObject = {
            "sessionKey": data.session_key,
            "runId": data.run_id,
            "channel": channel,
            "messageId": data.message.message_id,
            "text": data.message.content,
        }
        yield "message.received" if data.message.role == "user" else "message.sent", made
    elif isinstance(data, ChatDoneEvent) and data.finish_reason == "error" and data.error is not None:
        yield (
            "error.occurred",
            {
                "code": data.error.code,
                "message": data.error.message,
                "component": "run",
                "details": {"sessionKey": data.session_key, "runId": data.run_id},
            },
        )


def fits(name: str, patterns: Sequence[str]) -> bool:
    """Whether an event is among those that patterns name: its own name, ``prefix.*``, ``*``."""
    return any(
        pattern in (name, "*") or (pattern.endswith(".*") and name.startswith(pattern[:-1])) for pattern in patterns
    )

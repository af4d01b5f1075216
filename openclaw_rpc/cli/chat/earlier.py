"""What was said before in a session that is gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from openclaw import NotFoundError
from openclaw_rpc.cli.chat.layout import tail
from openclaw_rpc.cli.chat.shown import CALL, step_of
from openclaw_rpc.cli.chat.words import call_of, harmless, short

if TYPE_CHECKING:
    from openclaw import AsyncOpenClawClient
    from openclaw.types import CalledFunction, ChatMessage, SessionDetail, SessionInfo
    from openclaw_rpc.cli.chat.window import ChatWindow

MESSAGES = 6
LINES = 20
FAILED = "error: "


def title_of(session: SessionInfo | SessionDetail) -> str:
    """A session in a line: what it is called, how much was said, and when."""
    title = f"{short(session.title, 60)} · " if session.title else ""
    return f"{title}{session.message_count} messages · {session.updated_at[:16].replace('T', ' ')}"


async def show_last(client: AsyncOpenClawClient, window: ChatWindow, key: str) -> bool:
    """Show the last lines of a session; False where there is none of that name."""
    try:
        session = await client.session.get(session_key=key, limit=MESSAGES)
    except NotFoundError:
        return False
    page = window.page
    calls = {call.id: call.function for message in session.messages for call in message.tool_calls}
    text = "\n".join(_laid_out(window, message, calls) for message in session.messages if message.content.strip())
    last = tail(text, LINES)
    window.note(f"── {key} · {title_of(session)}")
    if last.strip():
        window.print(("" if last == text.rstrip("\n") else page.text("…", "dim")) + last + "\n")
    return True


def _laid_out(window: ChatWindow, message: ChatMessage, calls: Mapping[str, CalledFunction]) -> str:
    said = harmless(message.content)
    if message.role == "user":
        attached = ", ".join(one.name or one.type for one in message.attachments or ())
        return window.page.text(f"> {said} [{attached}]" if attached else f"> {said}", "bold")
    if message.role == "assistant":
        return window.page.markdown(said)
    if message.role != "tool":
        return window.page.line(short(said), "dim")
    call = calls.get(message.tool_call_id or "")
    failed = said.startswith(FAILED)
    outcome = {"error": said.removeprefix(FAILED)} if failed else {"result": _read(message.content)}
    named = call_of(call.name, _read(call.arguments), CALL) if call is not None else "tool"
    return step_of(window.page, named, {**outcome, "durationMs": message.duration_ms})


def _read(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text

"""What was said before in a session that is gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openclaw import NotFoundError
from openclaw_rpc.cli.chat.layout import tail
from openclaw_rpc.cli.chat.words import harmless, short

if TYPE_CHECKING:
    from openclaw import AsyncOpenClawClient
    from openclaw.types import ChatMessage, SessionDetail, SessionInfo
    from openclaw_rpc.cli.chat.window import ChatWindow

MESSAGES = 6
LINES = 20


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
    text = "\n".join(_laid_out(window, message) for message in session.messages if message.content.strip())
    last = tail(text, LINES)
    window.note(f"── {key} · {title_of(session)}")
    if last.strip():
        window.print(("" if last == text.rstrip("\n") else page.text("…", "dim")) + last + "\n")
    return True


def _laid_out(window: ChatWindow, message: ChatMessage) -> str:
    said = harmless(message.content)
    if message.role == "user":
        attached = ", ".join(one.name or one.type for one in message.attachments or ())
        return window.page.text(f"> {said} [{attached}]" if attached else f"> {said}", "bold")
    if message.role == "assistant":
        return window.page.markdown(said)
    return window.page.line(short(said), "dim")

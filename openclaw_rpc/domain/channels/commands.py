"""What a chat can say to the gateway itself: `/new`, `/stop`, `/status`, `/approve`, `/deny`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from openclaw_rpc.domain.channels.channel import Message
from openclaw_rpc.domain.channels.link import Link
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tools.approvals import Approvals
from openclaw_rpc.protocol.errors import GatewayError, NotFound

HELP: Final = (
    "/new begins a new conversation, /compact shortens this one to a summary, /stop stops the answer, "
    "/status says how things stand."
)


class ChatSessions:
    """What chats' commands do to sessions."""

    def __init__(self, sessions: Sessions, runs: Runs) -> None:
        self._sessions = sessions
        self._runs = runs

    async def begin_anew(self, principal: Principal, key: str) -> None:
        """Remove a session's messages, where there is one."""
        later: list[Callable[[], None]] = []
        try:
            await self._sessions.reset(principal, key, self._runs.stop_session, later.append)
        except NotFound:
            return
        for each in later:
            each()

    async def stop(self, principal: Principal, key: str) -> int:
        """Abort a session's runs; how many there were."""
        try:
            session = await self._sessions.find(principal, key)
        except NotFound:
            return 0
        live = len(self._runs.live(session.id))
        await self._runs.stop_session(session.id)
        return live

    async def describe(self, principal: Principal, key: str) -> str:
        """A session in a few words."""
        try:
            session = await self._sessions.find(principal, key)
        except NotFound:
            return "A new conversation; nothing is being answered."
        live = len(self._runs.live(session.id))
        doing = f"{live} being answered" if live else "nothing being answered"
        return f"{session.message_count} messages, {doing}; agent {session.agent_id}."


class ChatCommands:
    """Answers commands."""

    def __init__(self, conversations: ChatSessions, decisions: Approvals) -> None:
        self._conversations = conversations
        self._decisions = decisions

    async def answer(self, link: Link, message: Message, session_key: str, principal: Principal) -> str | None:
        """What is said to a command; None where the message is none, and is the agent's to answer.

        What it does may be done twice where the gateway is killed in the middle: nothing that a command does adds up.
        """
        word, _, rest = message.text.strip().partition(" ")
        match word.lower():
            case "/new" | "/reset":
                await self._conversations.begin_anew(principal, session_key)
                return "A new conversation."
            case "/stop":
                count = await self._conversations.stop(principal, session_key)
                return "Stopped." if count else "Nothing was being answered."
            case "/status":
                return await self._conversations.describe(principal, session_key)
            case "/help" | "/start":
                return HELP
            case "/approve" | "/deny":
                return await self._decide(link, message, word.lower(), rest.split(), principal)
            case _:
                return None

    async def _decide(self, link: Link, message: Message, word: str, rest: list[str], principal: Principal) -> str:
        if message.sender not in {str(each) for each in link.settings.owners}:
            return "Only the owner decides that."
        if not rest:
            return f"{word} needs the id of the call."
        try:
            if word == "/approve":
                await self._decisions.approve(principal, rest[0], rest[1] if len(rest) > 1 else None)
                return "Approved."
            await self._decisions.deny(principal, rest[0], " ".join(rest[1:]) or None)
        except GatewayError as error:
            return error.message
        return "Denied."

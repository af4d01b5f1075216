"""Remembers what is said in runs, and forgets it with its session: a listener of the bus."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.memory.service import Memories
from openclaw_rpc.domain.models import OFFLINE
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.tools.ports import guests_memory
from openclaw_rpc.protocol.chat import ChatMessageEvent, chat_done, chat_message, chat_started
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.protocol.session import session_deleted, session_reset

COMMAND: Final = re.compile(r"\s*/[a-z][a-z_-]*(\s|$)", re.IGNORECASE)
"""What is said to the gateway, such as `/help` or `/compact`; a path has further slashes."""


class _HeardTurn(msgspec.Struct):
    """What a run was asked and answered so far."""

    agent_id: str = ""
    question: str = ""
    answer: str = ""
    guest: bool = False


class Remembering:
    """Hears what is said; of a run that ended well, what was asked and a model answered is remembered."""

    hears = frozenset(row.name for row in (chat_message, chat_started, chat_done, session_deleted, session_reset))

    def __init__(self, memories: Memories, agents: Agents, log: Log) -> None:
        self._memories = memories
        self._agents = agents
        self._log = log
        self._turns: dict[str, _HeardTurn] = {}

    def hear(self, event: Published) -> None:
        """Take an event."""
        if event.row is session_deleted or event.row is session_reset:
            key = event.data.session_key
            self._memories.forget_session_soon(event.user, key)
            self._memories.forget_session_soon(guests_memory(event.user, key), key)
        elif event.run_id is None:
            return
        elif event.row is chat_done:
            self._end(event, self._turns.pop(event.run_id, _HeardTurn()))
        else:
            turn = self._turns.setdefault(event.run_id, _HeardTurn())
            if event.row is chat_started:
                turn.agent_id = event.data.agent_id
            else:
                self._said(turn, event.data)

    def _said(self, turn: _HeardTurn, data: ChatMessageEvent) -> None:
        if data.message.role == "user":
            turn.question = data.message.content
            turn.guest = bool(data.message.metadata.get("guest"))
        elif data.message.role == "assistant":
            turn.answer = data.message.content

    def _end(self, event: Published, turn: _HeardTurn) -> None:
        try:
            if event.data.finish_reason not in ("stop", "length") or not turn.answer:
                return
            if event.data.model == OFFLINE or COMMAND.match(turn.question):
                return
            if self._agents.get(turn.agent_id).memory:
                key = event.data.session_key
                user = guests_memory(event.user, key) if turn.guest else event.user
                self._memories.note_conversation(user, key, event.data.run_id, turn.question, turn.answer)
        except GatewayError as error:
            self._log.warning("a conversation could not be remembered", run_id=event.run_id, error=error.message)

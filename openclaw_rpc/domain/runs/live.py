"""A run while it is in memory."""

from __future__ import annotations

from typing import Literal

import anyio

from openclaw_rpc.domain.agents import Agent
from openclaw_rpc.domain.events.stream import Stream
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.domain.sizes import PIECE
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import (
    ChatDeltaEvent,
    ChatMessage,
    ChatMessageEvent,
    ChatRunParams,
    ChatStatusEvent,
    ChatThinkingEvent,
    RunAccepted,
    RunError,
    RunState,
    ToolUse,
    Usage,
    chat_delta,
    chat_status,
    chat_thinking,
)

Ending = Literal["aborted", "interrupted"]


class LiveRun:
    """A run from its admission to its final event."""

    def __init__(
        self,
        record: RunRecord,
        session: SessionRecord,
        stream: Stream,
        params: ChatRunParams,
        agent: Agent,
        principal: Principal,
        pin: str | None = None,
    ) -> None:
        self.record = record
        self.session = session
        self.stream = stream
        self.params = params
        self.agent = agent
        self.principal = principal
        self.context = RunContext(
            run_id=record.id,
            session_id=session.id,
            session_key=session.key,
            user=session.user,
            scopes=principal.scopes,
            agent_id=agent.id,
            message=params.message,
            token=principal.name,
            channel=session.channel,
            pin=pin,
            guest=principal.guest,
        )
        self.of_end_user = principal.is_end_user
        self.traceparent: str | None = None
        """What the request that began it said of its trace."""
        self.opening: ChatMessageEvent | None = None
        """The event of the user's message, told first."""
        self.conversation: list[ChatMessage] | None = None
        """All that the session holds, where that is known without asking the store."""

        self.released = False
        self.started = False
        self.left = False
        """Whether another process is to do it."""
        self.ending: Ending | None = None
        """Why it is to end before its time."""
        self.scope = anyio.CancelScope()
        self._over = False
        self._ended: anyio.Event | None = None
        self.said: list[str] = []
        """All text of this run, piece by piece: joined, what its deltas say."""
        self.thoughts: list[str] = []
        """All reasoning of this run."""
        self.unspoken: list[str] = []
        """Text that is withheld until the end, for a client that wants no stream."""
        self.answer_from = 0
        """Where in ``said`` the message begins that is being said now."""
        self.usage = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
        self.details: JsonObject = {}
        """What the provider added to the message that is being said."""
        self.tool_calls: list[ToolUse] = []
        self.skills_used: list[str] = []

    def say(self, text: str, thinking: str = "") -> None:
        """Tell a piece of the answer, and of the model's reasoning before it."""
        if thinking:
            self.thoughts.append(thinking)
        while thinking:
            data = ChatThinkingEvent(session_key=self.session.key, run_id=self.record.id, delta=thinking[:PIECE])
            self.stream.say(chat_thinking, data, self.record.id)
            thinking = thinking[PIECE:]
        if not text:
            return
        self.said.append(text)
        if self.params.options.stream:
            self._tell(text)
        else:
            self.unspoken.append(text)

    def tell_status(self, status: Literal["loading_model", "compacting"], message: str) -> None:
        """Tell what is waited for."""
        data = ChatStatusEvent(session_key=self.session.key, run_id=self.record.id, status=status, message=message)
        self.stream.say(chat_status, data, self.record.id)

    def wait_for_model(self, message: str) -> None:
        """The model's server makes it wait."""
        self.tell_status("loading_model", message)

    def speak_out(self) -> None:
        """Tell what was withheld."""
        if self.unspoken:
            self._tell("".join(self.unspoken))
            self.unspoken.clear()

    def _tell(self, text: str) -> None:
        while text:
            data = ChatDeltaEvent(session_key=self.session.key, run_id=self.record.id, delta=text[:PIECE])
            self.stream.say(chat_delta, data, self.record.id)
            text = text[PIECE:]

    def told(self) -> str:
        """What was told of the message that is being said now."""
        return "".join(self.said[self.answer_from : len(self.said) - len(self.unspoken)])

    def answer(self) -> str:
        """The message that is being said now; its pieces become one, so that it is not held twice."""
        text = "".join(self.said[self.answer_from :])
        self.said[self.answer_from :] = [text]
        return text

    def stop(self, why: Ending) -> None:
        """End it: its model's stream and its tools are cancelled at once."""
        if self.ending is None:
            self.ending = why
            self.scope.cancel()

    def end(self) -> None:
        """It has had its final event: whoever waits for that may go on."""
        self._over = True
        if self._ended is not None:
            self._ended.set()

    async def wait(self) -> None:
        """Return when it has had its final event."""
        if not self._over:
            # Made only where somebody waits: mostly nobody does.
            self._ended = self._ended or anyio.Event()
            await self._ended.wait()

    def fail(self, code: str, message: str, details: JsonObject | None = None) -> None:
        """Remember why it ends in an error."""
        self.record.error = RunError(code=code, message=message, details=details or {})

    def accepted(self, queued: bool) -> RunAccepted:
        """What the caller is told."""
        return RunAccepted(
            run_id=self.record.id,
            session_key=self.session.key,
            status="queued" if queued else "accepted",
            epoch=self.record.epoch,
            seq=self.record.seq,
        )


def state_of(record: RunRecord) -> RunState:
    """A run as clients see it."""
    return RunState(
        run_id=record.id,
        session_key=record.session_key,
        status=record.status,
        agent_id=record.agent_id,
        created_at=record.created_at,
        model=record.model,
        finish_reason=record.finish_reason,
        response=record.response,
        reasoning=record.reasoning,
        message_id=record.message_id,
        usage=record.usage,
        error=record.error,
        tool_calls=record.tool_calls,
        skills_used=record.skills_used,
        duration_ms=record.duration_ms,
    )

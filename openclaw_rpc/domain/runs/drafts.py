"""What a call for a run comes to before anything is kept: the run, its session, and the messages that begin it."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.principals import Caller, Principal
from openclaw_rpc.domain.records import Asked, RunRecord, SessionRecord
from openclaw_rpc.domain.runs.context import attached, calls_of
from openclaw_rpc.domain.runs.live import LiveRun
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tools.ports import RunContext, Toolbox
from openclaw_rpc.protocol.chat import Attachment, ChatMessage, ChatRunParams, MessageAttachment
from openclaw_rpc.protocol.errors import Forbidden, InvalidRequest, NotFound


class Draft(NamedTuple):
    """A run to be admitted; ``messages`` end with its question. ``named``: its session is new and has a name.

    ``of_anybody``: the new session's key must be free among all users, not only among the caller's.
    """

    live: LiveRun
    messages: list[ChatMessage]
    named: bool
    of_anybody: bool


class Drafts:
    """Draws up runs."""

    def __init__(self, streams: Streams, sessions: Sessions, agents: Agents, toolbox: Toolbox) -> None:
        self._streams = streams
        self._sessions = sessions
        self._agents = agents
        self._toolbox = toolbox

    async def draw_up(
        self, principal: Principal, params: ChatRunParams, pin: str | None, session: SessionRecord | None
    ) -> Draft:
        """The run that a caller asks for, in a session that is there, or in a new one.

        Raises:
            NotFound: no such agent. InvalidRequest: history or attachments are not what they should be.
        """
        for earlier in params.history:
            calls_of(earlier)
        new = session is None
        if session is None:
            agent_id = self._agents.get(params.agent_id).id
            session = self._sessions.blank(principal.user, params.session_key, agent_id, params.channel)
        live = self._live(session, principal, params, pin, session.created_at if new else self._sessions.now())
        said = [
            ChatMessage(
                message_id=new_id("m"),
                role="tool",
                content=each.output,
                created_at=live.record.created_at,
                status="complete",
                run_id=live.record.id,
                tool_call_id=each.call_id,
                attachments=[await self._attached(item, live.context) for item in each.attachments],
            )
            for each in params.tool_outputs
        ]
        question = ChatMessage(
            message_id=new_id("m"),
            role="user",
            content=params.message,
            created_at=live.record.created_at,
            status="complete",
            run_id=live.record.id,
            attachments=[await self._attached(item, live.context) for item in params.attachments],
            metadata=params.metadata,
        )
        messages = [*(() if session.message_count else history(session, params)), *(said or [question])]
        if new:
            live.conversation = messages
        return Draft(live, messages, new and params.session_key is not None, principal.is_owner_admin)

    def _live(
        self, session: SessionRecord, principal: Principal, params: ChatRunParams, pin: str | None, now: str
    ) -> LiveRun:
        agent = self._agents.get(params.agent_id or session.agent_id)
        stream = self._streams.of(session)
        record = RunRecord(
            id=new_id("run"),
            session_id=session.id,
            session_key=session.key,
            user=session.user,
            agent_id=agent.id,
            status="queued",
            created_at=now,
            epoch=stream.epoch,
            seq=stream.seq,
            token=principal.name,
            idempotency_key=params.idempotency_key,
            fingerprint=fingerprint(params) if params.idempotency_key is not None else "",
        )
        return LiveRun(record, session, stream, params, agent, principal, pin)

    def again(self, record: RunRecord, session: SessionRecord) -> LiveRun | None:
        """A run whose process died, as it was asked for; None where that is not known."""
        if record.asked is None:
            return None
        try:
            params = msgspec.json.decode(record.asked.params, type=ChatRunParams)
            agent = self._agents.get(record.agent_id)
        except (msgspec.MsgspecError, NotFound):
            # Of another version, or its agent is gone.
            return None
        return LiveRun(record, session, self._streams.of(session), params, agent, record.asked.caller.principal())

    async def _attached(self, item: Attachment, context: RunContext) -> MessageAttachment:
        text = item.text
        if item.type == "file":
            if not item.path:
                raise InvalidRequest("a file needs its path", field="attachments.path", reason="missing")
            text = await self._toolbox.read_attachment(item.path, context)
        elif item.type == "image" and not (item.url or item.data):
            raise InvalidRequest("a picture needs a url or data", field="attachments.url", reason="missing")
        return attached(item, text)


def history(session: SessionRecord, params: ChatRunParams) -> list[ChatMessage]:
    """What was said elsewhere, as the messages of a session that begins."""
    return [
        ChatMessage(
            message_id=new_id("m"),
            role=message.role,
            content=message.content,
            created_at=session.created_at,
            status="complete",
            tool_calls=calls_of(message),
            tool_call_id=message.tool_call_id,
            attachments=[attached(item, item.text) for item in message.attachments],
        )
        for message in params.history
    ]


def asked_for(principal: Principal, params: ChatRunParams) -> Asked:
    """What is kept of a run so that it can be begun again."""
    rest = msgspec.structs.replace(params, attachments=[], history=[], tool_outputs=[])
    return Asked(caller=Caller.of(principal), params=msgspec.Raw(msgspec.json.encode(rest)))


def fingerprint(params: ChatRunParams) -> str:
    """What tells two calls under one idempotency key apart: a digest of all params but the key."""
    plain = msgspec.structs.replace(params, idempotency_key=None)
    return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()


def refuse_beyond(principal: Principal, params: ChatRunParams) -> None:
    """Keep a token that is for some sessions alone to them, and to speaking.

    Raises:
        Forbidden: another session, a file of the workspace, other words for the agent than its own, a past made up.
    """
    if principal.sessions is None:
        return
    if not principal.may_enter(params.session_key):
        raise Forbidden("this token is for other sessions", field="sessionKey", reason="sessions")
    options = params.options
    asked = {
        "attachments": any(item.type == "file" for item in params.attachments),
        "options.system": options.system is not None,
        "options.instructions": options.instructions is not None,
        "history": bool(params.history),
        "tools": bool(params.tools),
        "toolOutputs": bool(params.tool_outputs),
    }
    for field, is_asked in asked.items():
        if is_asked:
            raise Forbidden(f"this token may not set {field}", field=field, reason="sessions")

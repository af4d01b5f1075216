"""What tasks do: ask an agent, use a skill, run a command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.events.change import Beside, Change, Claim, Delivery
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.principals import ALL_SCOPES, Principal
from openclaw_rpc.domain.records import ReplyTo
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.skills.service import Skills
from openclaw_rpc.domain.tasks.clockwork import Done
from openclaw_rpc.domain.tasks.records import Creator, Task, TimeOfTask
from openclaw_rpc.domain.tokens import KnownTokens
from openclaw_rpc.domain.tools.toolbox import Tools
from openclaw_rpc.protocol.base import JsonObject, Scope
from openclaw_rpc.protocol.chat import ChatRunParams
from openclaw_rpc.protocol.command import CommandExecuteParams
from openclaw_rpc.protocol.errors import Forbidden, Unavailable
from openclaw_rpc.protocol.validation import checked

GATEWAY_TOKENS = frozenset({"gateway", "password", "anonymous"})


Outgoing = Callable[[str, str, str], Sequence[Delivery]]
"""Makes deliveries of a text to a chat: channel, chat, text."""


class TaskToolUse:
    """Uses skills and commands for tasks, through the toolbox: its policies, the PIN and the audit log hold."""

    def __init__(self, skills: Skills, toolbox: Tools) -> None:
        self._skills = skills
        self._toolbox = toolbox

    async def skill(self, principal: Principal, name: str, action: str | None, params: JsonObject) -> Any:
        """What a skill's tool answers."""
        tool = await self._skills.action(name, action or "")
        invoked = await self._toolbox.invoke(principal, tool.name, params, session=None, pin=None)
        return invoked.result

    async def command(self, principal: Principal, params: JsonObject) -> Any:
        """What a command wrote."""
        given = checked(params, CommandExecuteParams, "action.params")
        invoked = await self._toolbox.invoke(
            principal, "shell", {"command": given.command, "cwd": given.cwd}, session=None, pin=None
        )
        return invoked.result


class TokenScopes:
    """What tokens may do now."""

    def __init__(self, tokens: KnownTokens, clock: Clock) -> None:
        self._tokens = tokens
        self._clock = clock

    def named(self, name: str) -> str | None:
        """The id of the token of that name."""
        return next((record.jti for record in self._tokens.all if record.name == name), None)

    def scopes(self, jti: str) -> frozenset[Scope] | None:
        """The scopes of a token; None where it is no longer valid."""
        record = self._tokens.find(jti)
        expired = record is not None and record.expires_at is not None and record.expires_at <= iso(self._clock.now())
        return None if record is None or record.revoked or expired else frozenset(record.scopes)


class TaskActions:
    """Does what a task says, as whoever made it may now."""

    def __init__(self, store: Store, runs: Runs, using: TaskToolUse, standing: TokenScopes, outgoing: Outgoing) -> None:
        self._store = store
        self._runs = runs
        self._using = using
        self._standing = standing
        self._outgoing = outgoing

    async def act(self, task: Task, time: TimeOfTask, claim: Claim) -> Done:
        """Do it."""
        principal = await self._principal(task.creator)
        if task.action.type == "message":
            return await self._message(task, time, claim, principal)
        if Scope.TOOLS not in principal.scopes:
            raise Forbidden("whoever made this task may not use tools", reason="missing_scope")
        await self._store.commit(Change(claims=[claim], documents=[time.document()]))
        if task.action.type == "skill":
            params = dict(task.action.params)
            action = params.pop("action", None)
            output = await self._using.skill(principal, task.action.name or "", action, params)
        else:
            output = await self._using.command(principal, task.action.params)
        if task.deliver is not None:
            text = output if isinstance(output, str) else msgspec.json.encode(output).decode()
            deliveries = self._outgoing(task.deliver.channel_id, task.deliver.to, f"{task.name}\n\n{text}")
            await self._store.commit(Change(deliveries=list(deliveries)))
        return Done(output=output)

    async def _message(self, task: Task, time: TimeOfTask, claim: Claim, principal: Principal) -> Done:
        """Ask the agent in the task's session; the answer goes to a chat where one is named."""
        given = task.action.params
        target = task.deliver
        params = ChatRunParams(
            message=given["content"],
            session_key=given.get("sessionKey") or f"task:{task.id}",
            agent_id=given.get("agentId"),
            channel="task",
            metadata={"taskId": task.id},
            idempotency_key=time.id,
        )
        reply = ReplyTo(channel=target.channel_id, to=target.to, sender="") if target is not None else None
        accepted, release = await self._runs.start(
            principal, params, beside=Beside(claims=[claim], documents=[time.document()], reply=reply)
        )
        release()
        return await self._end_of(principal, accepted.run_id)

    async def resume(self, task: Task, time: TimeOfTask) -> Done:
        """Wait for the run that was begun: it may be over by now, go on, or have begun again."""
        principal = await self._principal(task.creator)
        run = await self._store.find_repeated(principal.user, time.id, time.started_at or time.scheduled_at)
        if run is None:
            raise Unavailable("the gateway was stopped while the task was under way", reason="stopped")
        return await self._end_of(principal, run.id)

    async def _end_of(self, principal: Principal, run_id: str) -> Done:
        state = await self._runs.wait(principal, run_id, None)
        if state.status == "completed":
            return Done(output=state.response, run_id=state.run_id)
        error = state.error.message if state.error is not None else f"the run was {state.status}"
        return Done(output=state.response, run_id=state.run_id, error=error)

    async def _principal(self, creator: Creator) -> Principal:
        """Whoever made the task, with what they may do now.

        Raises:
            Forbidden: their token was revoked or has expired.
        """
        if creator.jti is None:
            scopes = ALL_SCOPES if creator.name in GATEWAY_TOKENS else frozenset(creator.scopes)
            return Principal(creator.user, creator.name, scopes, guest=creator.guest)
        scopes = self._standing.scopes(creator.jti)
        if scopes is None:
            raise Forbidden(f"the token {creator.name!r} that made this task is no longer valid", reason="revoked")
        scopes &= frozenset(creator.scopes)
        return Principal(creator.user, creator.name, scopes, creator.jti, guest=creator.guest)

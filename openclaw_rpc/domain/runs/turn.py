"""One turn of an agent: model and tools, one after the other, until the model answers."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence, Set
from typing import Any, TypeVar

import anyio
import msgspec

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.pictures import Picture, WithPictures, seen
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.runs.client_tools import beside, client_tool
from openclaw_rpc.domain.runs.compaction import COMMAND
from openclaw_rpc.domain.runs.context import conversation
from openclaw_rpc.domain.runs.live import LiveRun
from openclaw_rpc.domain.runs.model_requests import ModelRequests
from openclaw_rpc.domain.runs.reply import RequestedCall
from openclaw_rpc.domain.runs.spending import usage_attributes
from openclaw_rpc.domain.runs.talk import HISTORY, Talk
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tools.ports import Toolbox, ToolSpec
from openclaw_rpc.domain.tools.results import shortened
from openclaw_rpc.domain.tracing import Tracing
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import (
    ChatMessage,
    FinishReason,
    ToolCallEvent,
    ToolResultEvent,
    ToolUse,
    tool_call,
    tool_result,
)
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, Unavailable

T = TypeVar("T")

AWAY_SECONDS = 0.25
"""How long until a database that is away is asked once more."""
TOOL_TEXT = 32_000
"""How many characters of a tool's result the model is given."""
NO_TOOL = "the tool {name!r} is not there; there are: {names}"


class Turn:
    """Does the work of a run. What goes wrong is raised; what was said until then is in the run."""

    def __init__(
        self, store: Store, sessions: Sessions, toolbox: Toolbox, asking: ModelRequests, tracing: Tracing | None = None
    ) -> None:
        self._tracing = tracing or Tracing()
        self._store = store
        self._sessions = sessions
        self._toolbox = toolbox
        self._asking = asking

    async def run(self, live: LiveRun) -> FinishReason:
        """Do it all, as one span; see `_run`.

        Raises:
            GatewayError: as `_run`.
        """
        record = live.record
        about: dict[str, str | None] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.id": live.agent.id,
            "gen_ai.agent.name": live.agent.id,
            "gen_ai.conversation.id": live.session.key,
            "gen_ai.request.model": record.model,
            "openclaw.run_id": record.id,
            "openclaw.channel": live.session.channel,
        }
        with self._tracing.open(f"invoke_agent {live.agent.id}", about, root=True, parent=live.traceparent) as span:
            finish = await self._run(live)
            if self._tracing.active:
                span.note(usage_attributes(live.usage) | {"gen_ai.response.finish_reasons": [finish]})
            return finish

    async def _run(self, live: LiveRun) -> FinishReason:
        """Ask until the model answers without a tool, or the agent's steps are used up.

        Raises:
            GatewayError: the model could not be asked, or the message is too long.
        """
        kept, older = live.conversation, False
        if kept is None:
            kept, older = await held(lambda: self._store.messages(live.session.id, HISTORY))
        talk = Talk(kept[-HISTORY:], live.record.id, older=older)
        if command := COMMAND.fullmatch(live.params.message):
            await self._asking.compact(live, talk, command["wish"] or "")
            return "stop"
        clients = {spec.name: spec for spec in map(client_tool, live.params.tools)}
        own = await held(lambda: self._toolbox.prepare(live.context))
        preparation = beside(own, clients)
        live.skills_used.extend(preparation.skills)
        for _ in range(live.agent.max_steps):
            reply, provider = await self._asking.ask(live, preparation, talk)
            calls = reply.calls()
            live.details = reply.details(provider, calls)
            if not calls:
                return reply.finish if reply.finish in ("length", "content_filter") else "stop"
            tools = {spec.name: spec for spec in preparation.tools}
            theirs = {call.call_id for call in calls if call.name in clients}
            talk.go_on(await self._use_tools(live, calls, tools, theirs))
            if theirs:
                return "tool_calls"
            own = self._toolbox.widened(own, live.context)
            preparation = beside(own, clients)
        raise InvalidRequest(f"the agent used its {live.agent.max_steps} steps without an answer", reason="max_steps")

    async def settle(self) -> None:
        """See to it that there is a model to be asked, as far as that can be."""
        await self._asking.settle()

    async def check(self, live: LiveRun) -> None:
        """See `ModelRequests.check`."""
        await self._asking.check(live)

    def model_of(self, live: LiveRun) -> str:
        """The model that a run is going to ask first."""
        return self._asking.choices(live)[0].shown

    async def _use_tools(
        self, live: LiveRun, calls: list[RequestedCall], tools: dict[str, ToolSpec], theirs: Set[str]
    ) -> list[JsonObject]:
        """Use the tools that were asked for, side by side where all of them allow it; keep calls and results.

        The calls in ``theirs`` are told, and left to the client.
        """
        forms = [call.form for call in calls]
        asked = self._message(live, "assistant", live.answer(), tool_calls=forms, provider_details=live.details)
        live.speak_out()
        live.answer_from = len(live.said)
        live.stream.owe_messages((asked,))
        for call in calls:
            event = ToolCallEvent(
                session_key=live.session.key,
                run_id=live.record.id,
                call_id=call.call_id,
                tool=call.name,
                params=call.params,
                skill=tools[call.name].skill if call.name in tools else None,
                client=call.call_id in theirs,
            )
            live.stream.say_soon_kept(tool_call, event, live.record.id)
            if event.client:
                left = ToolUse(call_id=call.call_id, tool=call.name, params=call.params, duration_ms=0, client=True)
                live.tool_calls.append(left)
        calls = [call for call in calls if call.call_id not in theirs]
        if calls and live.record.asked is not None and not live.record.acted:
            # On disk before the first of them acts: a run that may have acted is not begun again.
            live.record.acted = True
            change = Change(live.session.id, run=live.record)
            await held(lambda: self._store.commit(change))
        results: list[ChatMessage | None] = [None] * len(calls)
        pictures: dict[str, Sequence[Picture]] = {}

        async def use(at: int) -> None:
            results[at], pictures[calls[at].call_id] = await self._use(live, calls[at], tools)

        if len(calls) > 1 and all(spec.parallel for call in calls if (spec := tools.get(call.name))):
            async with anyio.create_task_group() as group:
                for at in range(len(calls)):
                    group.start_soon(use, at)
        else:
            for at in range(len(calls)):
                await use(at)
        said = [message for message in results if message is not None]
        names = {call.call_id: call.name for call in calls if pictures[call.call_id]}
        return [
            seen(form, names[called], pictures[called]) if (called := form.get("tool_call_id")) in names else form
            for form in conversation([asked, *said])
        ]

    async def _use(
        self, live: LiveRun, call: RequestedCall, tools: dict[str, ToolSpec]
    ) -> tuple[ChatMessage, Sequence[Picture]]:
        """The message that is kept of a use; pictures are told this run's model alone."""
        name, spec = call.name, tools.get(call.name)
        began = time.monotonic()
        result: Any = None
        pictures: Sequence[Picture] = ()
        error: str | None = None
        about = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.call.id": call.call_id,
            "gen_ai.tool.type": "function",
        }
        try:
            with self._tracing.open(f"execute_tool {name}", about):
                if spec is None:
                    raise InvalidRequest(NO_TOOL.format(name=name, names=", ".join(sorted(tools)) or "none"))
                if call.fault:
                    raise InvalidRequest(call.fault)
                result = await self._toolbox.use(name, call.params, live.context, call.call_id)
                if isinstance(result, WithPictures):
                    result, pictures = result.result, result.pictures
        except GatewayError as failed:
            error = failed.message
        text = f"error: {error}" if error is not None else as_text(result)
        duration = round((time.monotonic() - began) * 1000)
        skill = spec.skill if spec else None
        if skill and skill not in live.skills_used:
            live.skills_used.append(skill)
        live.tool_calls.append(
            ToolUse(
                call_id=call.call_id, tool=name, params=call.params, duration_ms=duration, result=result, error=error
            )
        )
        if len(text) > TOOL_TEXT:
            text = shortened(text, TOOL_TEXT, "the rest is left out")
        message = self._message(live, "tool", text, tool_call_id=call.call_id, duration_ms=duration)
        event = ToolResultEvent(
            session_key=live.session.key,
            run_id=live.record.id,
            call_id=call.call_id,
            tool=name,
            duration_ms=duration,
            result=result,
            error=error,
            skill=skill,
        )
        live.stream.say_soon_kept(tool_result, event, live.record.id, (message,))
        return message, pictures

    def _message(self, live: LiveRun, role: Any, content: str, **more: Any) -> ChatMessage:
        return ChatMessage(
            message_id=new_id("m"),
            role=role,
            content=content,
            created_at=self._sessions.now(),
            status="complete",
            run_id=live.record.id,
            model=live.record.model if role == "assistant" else None,
            **more,
        )


async def held(read: Callable[[], Awaitable[T]]) -> T:
    """Read from the store, and wait as long as a database is away: a run's own time is its limit.

    Raises:
        GatewayError: it failed otherwise.
    """
    while True:
        try:
            return await read()
        except Unavailable as error:
            if "engine" not in error.details:
                raise
        await anyio.sleep(AWAY_SECONDS)


def as_text(result: Any) -> str:
    """A tool's result as the model reads it."""
    return result if isinstance(result, str) else msgspec.json.encode(result).decode()

"""One turn of an agent: model and tools, one after the other, until the model answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Protocol

import anyio
import msgspec

from openclaw_rpc.domain.chunks import Chunk, ToolCallPart
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.models import ChosenModel, Models
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.providers import Prompt, ProviderFault
from openclaw_rpc.domain.records import UsageRecord
from openclaw_rpc.domain.runs.context import conversation, estimate, fit, tokens_of
from openclaw_rpc.domain.runs.live import LiveRun
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tools.ports import Preparation, Toolbox, ToolSpec
from openclaw_rpc.domain.tools.results import shortened
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import (
    MODEL_OPTIONS,
    CalledFunction,
    ChatMessage,
    FinishReason,
    MessageToolCall,
    ToolCallEvent,
    ToolResultEvent,
    ToolUse,
    Usage,
    tool_call,
    tool_result,
)
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest
from openclaw_rpc.protocol.validation import whole_characters

HISTORY = 500
"""How many of a session's newest messages are looked at."""
TOOL_TEXT = 32_000
"""How many characters of a tool's result the model is given."""
SHOWN = 200
"""How many characters of arguments that can't be read the model is shown again."""
NO_TOOL = "the tool {name!r} is not there; there are: {names}"


class RequestedCall:
    """A tool call that a model asks for: ``form`` is that of Chat Completions."""

    __slots__ = ("call_id", "fault", "form", "name", "params")

    def __init__(self, call_id: str, name: str, arguments: str) -> None:
        self.call_id = call_id
        self.name = name
        self.form = MessageToolCall(id=call_id, function=CalledFunction(name=name, arguments=arguments))
        self.params: Any = arguments
        """The arguments as JSON, as they came where they are not a JSON object; ``fault`` says why they are none."""
        self.fault = ""
        try:
            self.params = msgspec.json.decode(whole_characters(arguments.encode("utf-8", "replace")), type=JsonObject)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            self.fault = f"the arguments are not a JSON object ({error}): {arguments[:SHOWN]}"


class ModelReply:
    """What a model said in one answer, gathered from its stream."""

    def __init__(self) -> None:
        self.finish: str | None = None
        self.usage: Usage | None = None
        self.characters = 0
        self._thoughts: list[str] = []
        self._details: JsonObject = {}
        self._calls: dict[int, ToolCallPart] = {}

    def take(self, batch: Sequence[Chunk]) -> tuple[str, str]:
        """Add what one read of the stream brought; answers its text and its reasoning."""
        text = thinking = ""
        for chunk in batch:
            text += chunk.text
            thinking += chunk.thinking
            if chunk.finish_reason is not None:
                self.finish = chunk.finish_reason
            if chunk.usage is not None:
                self.usage = chunk.usage
            for part in chunk.tool_calls:
                call = self._calls.setdefault(part.index, ToolCallPart(index=part.index))
                call.id = call.id or part.id
                call.name = call.name or part.name
                call.arguments += part.arguments
                call.extra = part.extra if part.extra is not None else call.extra
            if chunk.details:
                self._keep(chunk.details)
        if thinking:
            self._thoughts.append(thinking)
        self.characters += len(text) + len(thinking)
        return text, thinking

    def calls(self) -> list[RequestedCall]:
        """The tool calls it asks for; no two of them share an id."""
        calls: dict[str, RequestedCall] = {}
        for _, call in sorted(self._calls.items()):
            call_id = call.id if call.id and call.id not in calls else new_id("call")
            calls[call_id] = RequestedCall(call_id, call.name or "", call.arguments or "{}")
        return list(calls.values())

    def _keep(self, details: JsonObject) -> None:
        more: list[JsonObject] = details.get("reasoning_details", [])
        found: list[JsonObject] = self._details.get("reasoning_details", [])
        self._details |= details
        if found or more:
            self._details["reasoning_details"] = found + more

    def details(self, provider: str, calls: Sequence[RequestedCall]) -> JsonObject:
        """What the provider added to the message, and is to be sent again with it; empty where that is nothing.

        Reasoning counts only where tools were asked for: providers want it back while they are used.
        """
        details = dict(self._details)
        if calls and self._thoughts:
            details["reasoning_content"] = "".join(self._thoughts)
        extras = [call.extra for _, call in sorted(self._calls.items())]
        if any(extra is not None for extra in extras):
            pairs = zip(calls, extras, strict=False)
            details["calls"] = {call.call_id: extra for call, extra in pairs if extra is not None}
        return {"provider": provider, **details} if details else {}


class Meter(Protocol):
    """Hears what models did: for metrics."""

    def model_answered(self, provider: str, model: str, usage: Usage, seconds: float) -> None:
        """A model was asked; what it used."""
        ...

    def model_failed(self, fault: ProviderFault) -> None:
        """A model's server failed."""
        ...


class Turn:
    """Does the work of a run. What goes wrong is raised; what was said until then is in the run."""

    def __init__(self, store: Store, sessions: Sessions, models: Models, toolbox: Toolbox, meter: Meter) -> None:
        self._store = store
        self._sessions = sessions
        self._models = models
        self._toolbox = toolbox
        self._meter = meter
        self._measured: tuple[Sequence[ToolSpec], int] = (), 0

    async def run(self, live: LiveRun) -> FinishReason:
        """Ask until the model answers without a tool, or the agent's steps are used up.

        Raises:
            GatewayError: the model could not be asked, or the message is too long.
        """
        preparation = await self._toolbox.prepare(live.context)
        live.skills_used.extend(preparation.skills)
        tools = {spec.name: spec for spec in preparation.tools}
        kept = live.conversation
        if kept is None:
            kept, _ = await self._store.messages(live.session.id, HISTORY)
        messages = conversation(so_far(kept[-HISTORY:], live.record.id))
        for _ in range(live.agent.max_steps):
            reply, provider = await self._ask(live, preparation, messages)
            calls = reply.calls()
            live.details = reply.details(provider, calls)
            if not calls:
                return reply.finish if reply.finish in ("length", "content_filter") else "stop"
            messages += await self._use_tools(live, calls, tools)
        raise InvalidRequest(f"the agent used its {live.agent.max_steps} steps without an answer", reason="max_steps")

    async def _ask(self, live: LiveRun, preparation: Preparation, messages: list[JsonObject]) -> tuple[ModelReply, str]:
        """Ask the model that was chosen, then the fallbacks, as long as nothing was said.

        What a model says is told as it says it: one delta for all that one read of its stream brought.
        """
        choices = self._models.resolve(live.params.options.model or live.session.model or live.agent.model)
        for left, choice in zip(range(len(choices) - 1, -1, -1), choices, strict=True):
            prompt = self._prompt(live, choice, preparation, messages)
            live.record.model = choice.model
            reply, began = ModelReply(), time.monotonic()
            try:
                async with choice.provider.stream(prompt) as batches:
                    async for batch in batches:
                        live.say(*reply.take(batch))
            except ProviderFault as fault:
                self._meter.model_failed(fault)
                if not left or reply.characters or fault.fault == "too_long":
                    raise
            else:
                return reply, choice.name
            finally:
                self._spend(live, choice, prompt, reply, time.monotonic() - began)
        raise AssertionError("resolve answers at least one choice")

    def _prompt(
        self, live: LiveRun, choice: ChosenModel, preparation: Preparation, messages: list[JsonObject]
    ) -> Prompt:
        options = live.params.options
        own = (options.instructions,) if options.instructions else ()
        system = "\n\n".join((options.system or live.agent.prompt, *own))
        limit = choice.provider.context_tokens(choice.model) - self._tokens_of(preparation.tools)
        return Prompt(
            model=choice.model,
            messages=fit(system, messages, limit, options.max_tokens, beside=preparation.system),
            tools=preparation.tools,
            thinking=options.thinking,
            temperature=options.temperature,
            max_tokens=options.max_tokens,
            more=_more(live, tools=bool(preparation.tools)),
            user=live.context.user,
            session_key=live.context.session_key,
        )

    def _tokens_of(self, tools: Sequence[ToolSpec]) -> int:
        """About how many tokens a list of tools has; what was found is kept while the list is the same."""
        if tools is not self._measured[0]:
            self._measured = tools, estimate(msgspec.json.encode(tools).decode()) if tools else 0
        return self._measured[1]

    def _spend(self, live: LiveRun, choice: ChosenModel, prompt: Prompt, reply: ModelReply, seconds: float) -> None:
        usage = reply.usage
        if usage is None:
            if not reply.characters:
                return
            asked, said = sum(map(tokens_of, prompt.messages)), estimate("x" * reply.characters)
            usage = Usage(prompt_tokens=asked, completion_tokens=said, total_tokens=asked + said)
        self._meter.model_answered(choice.name, choice.model, usage, seconds)
        live.usage = live.usage.plus(usage)
        live.spent.append(
            UsageRecord(
                at=self._sessions.now(),
                user=live.record.user,
                session_id=live.session.id,
                session_key=live.session.key,
                agent_id=live.agent.id,
                token=live.record.token,
                model=choice.model,
                provider=choice.name,
                prompt_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                latency_ms=round(seconds * 1000),
                cost=self._models.cost(choice.name, choice.model, usage),
            )
        )

    async def _use_tools(
        self, live: LiveRun, calls: list[RequestedCall], tools: dict[str, ToolSpec]
    ) -> list[JsonObject]:
        """Use the tools that were asked for, side by side where all of them allow it; keep calls and results."""
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
            )
            live.stream.say_soon_kept(tool_call, event, live.record.id)
        results: list[ChatMessage | None] = [None] * len(calls)

        async def use(at: int) -> None:
            results[at] = await self._use(live, calls[at], tools)

        if len(calls) > 1 and all(spec.parallel for call in calls if (spec := tools.get(call.name))):
            async with anyio.create_task_group() as group:
                for at in range(len(calls)):
                    group.start_soon(use, at)
        else:
            for at in range(len(calls)):
                await use(at)
        said = [message for message in results if message is not None]
        return conversation([asked, *said])

    async def _use(self, live: LiveRun, call: RequestedCall, tools: dict[str, ToolSpec]) -> ChatMessage:
        name, spec = call.name, tools.get(call.name)
        began = time.monotonic()
        result: Any = None
        error: str | None = None
        try:
            if spec is None:
                raise InvalidRequest(NO_TOOL.format(name=name, names=", ".join(sorted(tools)) or "none"))
            if call.fault:
                raise InvalidRequest(call.fault)
            result = await self._toolbox.use(name, call.params, live.context, call.call_id)
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
        return message

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


def _more(live: LiveRun, *, tools: bool) -> JsonObject:
    """What a run's options say to its model beside the rest; a choice of tools holds until one was used."""
    options = live.params.options
    more = {name: value for name in MODEL_OPTIONS if (value := getattr(options, name)) is not None}
    if more and (live.tool_calls or not tools):
        more.pop("tool_choice", None)
    if not tools:
        more.pop("parallel_tool_calls", None)
    return more


def so_far(kept: Sequence[ChatMessage], run_id: str) -> list[ChatMessage]:
    """The conversation that a run answers: each question with its answer, and its own question last.

    Runs that waited have their questions on disk before the answers they waited for. Questions behind the run's own
    belong to runs that wait still, and are none of its business.
    """
    turns: dict[str, list[ChatMessage]] = {}
    own: list[ChatMessage] = []
    for message in kept:
        if message.run_id == run_id:
            own.append(message)
        elif message.run_id is None:
            turns[message.message_id] = [message]
        elif message.run_id in turns or not (own and message.role == "user"):
            turns.setdefault(message.run_id, []).append(message)
    return [message for turn in (*turns.values(), own) for message in turn]


def as_text(result: Any) -> str:
    """A tool's result as the model reads it."""
    return result if isinstance(result, str) else msgspec.json.encode(result).decode()

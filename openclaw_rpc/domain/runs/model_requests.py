"""A run's model is asked: with what fits into its window, again where that was too much, then the fallbacks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from openclaw_rpc.domain.models import ChosenModel, Models
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.providers import Overflow, Prompt, ProviderFault
from openclaw_rpc.domain.runs.compaction import Compaction, Summary, covered
from openclaw_rpc.domain.runs.context import estimate, fit, tokens_of
from openclaw_rpc.domain.runs.live import LiveRun
from openclaw_rpc.domain.runs.reply import ModelReply
from openclaw_rpc.domain.runs.spending import Spender, Spending, estimated
from openclaw_rpc.domain.runs.talk import Talk
from openclaw_rpc.domain.runs.windows import Windows
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tools.ports import Preparation, ToolSpec
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import MODEL_OPTIONS, ChatMessageEvent, chat_message
from openclaw_rpc.protocol.errors import TooLarge

TOOLS_SHARE: Final = 2
"""Tools take at most this part of a window."""
KEPT_SHARE: Final = 2
"""After a summary, what was said last takes at most this part of the room, so that the next one is not due at once."""
LISTS_KEPT: Final = 16
NOTHING: Final = "There is nothing to summarise yet."
NO_MODEL: Final = "No model is configured that could summarise the conversation."
DONE: Final = "Summarised {count} messages. From now on this stands in their place:\n\n{summary}"


class Measured(NamedTuple):
    """A list of tools, those of it that fit, and how many tokens these have."""

    of: Sequence[ToolSpec]
    tools: Sequence[ToolSpec]
    tokens: int


class ModelRequests:
    """Asks models for runs."""

    def __init__(self, models: Models, sessions: Sessions, spending: Spending, log: Log) -> None:
        self._models = models
        self._windows = Windows()
        self.compaction = Compaction(sessions, spending, self._windows, log)
        self._spending = spending
        self._log = log
        self._measured: OrderedDict[tuple[int, int], Measured] = OrderedDict()

    async def settle(self) -> None:
        """See `Models.settle`."""
        await self._models.settle()

    def choices(self, live: LiveRun) -> list[ChosenModel]:
        """Who is to be asked for a run, in order."""
        return self._models.resolve(live.params.options.model or live.session.model or live.agent.model)

    async def check(self, live: LiveRun) -> None:
        """Refuse a run whose budget is used up.

        Raises:
            BudgetExceeded: it is.
        """
        await self._spending.check(Spender.of_run(live.record), self.choices(live)[0])

    async def ask(self, live: LiveRun, preparation: Preparation, talk: Talk) -> tuple[ModelReply, str]:
        """Ask the model that was chosen, then the fallbacks, as long as nothing was said; what it said, and who it was.

        A request that its server finds too long is made shorter and tried once more.

        Raises:
            ProviderFault: none could be asked. TooLarge: the question has no room. BudgetExceeded: too little is left.
        """
        choices = self.choices(live)
        for left, choice in zip(range(len(choices) - 1, -1, -1), choices, strict=True):
            reply = ModelReply()
            try:
                try:
                    await self._try(live, choice, preparation, talk, reply)
                except ProviderFault as fault:
                    if fault.fault != "too_long" or reply.characters:
                        raise
                    await self._try(live, choice, preparation, talk, reply)
            except (ProviderFault, TooLarge):
                if not left or reply.characters:
                    raise
            else:
                return reply, choice.name
        raise AssertionError("resolve answers at least one choice")

    async def _try(
        self, live: LiveRun, choice: ChosenModel, preparation: Preparation, talk: Talk, reply: ModelReply
    ) -> None:
        """Ask once. What a model says is told as it says it: one delta for all that one read of its stream brought."""
        prompt, tools = await self._prompt(live, choice, preparation, talk)
        live.record.model = choice.shown

        def asked() -> int:
            return sum(map(tokens_of, prompt.messages)) + tools

        most = live.params.options.max_tokens
        with await self._spending.begin(Spender.of_run(live.record), choice, asked, most) as request:
            try:
                async with choice.provider.stream(prompt, live.wait_for_model) as batches:
                    async for batch in batches:
                        live.say(*reply.take(batch))
            except ProviderFault as fault:
                if fault.fault == "too_long":
                    self._windows.overflowed(choice, fault.overflow or Overflow(), asked())
                raise
            finally:
                if reply.usage is not None or reply.characters:
                    usage = reply.usage or estimated(asked(), estimate("x" * reply.characters))
                    live.usage = live.usage.plus(usage)
                    live.stream.owe_usage(request.ended(usage))
                    request.span.note({"gen_ai.response.finish_reasons": [reply.finish] if reply.finish else None})

    async def _prompt(
        self, live: LiveRun, choice: ChosenModel, preparation: Preparation, talk: Talk
    ) -> tuple[Prompt, int]:
        """What is asked, and how many tokens its tools have."""
        options = live.params.options
        own = (options.instructions,) if options.instructions else ()
        system = "\n\n".join((options.system or live.agent.prompt, *own))
        window = await self._windows.of(choice)
        measured = self._that_fit(preparation.tools, window)
        limit = window - measured.tokens
        messages = fit(system, talk.forms, limit, options.max_tokens, preparation.system, pinned=talk.pinned)
        if live.agent.compaction == "summarise" and not talk.compacted and (talk.cut or _fell_out(talk, messages)):
            talk.compacted = True
            if await self._compact(live, talk, limit // KEPT_SHARE - estimate(system)):
                messages = fit(system, talk.forms, limit, options.max_tokens, preparation.system, pinned=talk.pinned)
        prompt = Prompt(
            model=choice.model,
            messages=messages,
            tools=measured.tools,
            thinking=options.thinking,
            temperature=options.temperature,
            max_tokens=options.max_tokens,
            more=_more(live, tools=bool(measured.tools)),
            user=live.context.user,
            session_key=live.context.session_key,
        )
        return prompt, measured.tokens

    async def _compact(self, live: LiveRun, talk: Talk, keep_tokens: int) -> bool:
        """Have what does not fit summarised; False where that failed, and the oldest has to be left out."""
        what = covered(talk.before, keep_tokens - sum(map(tokens_of, talk.own)))
        if what is None:
            return False
        live.tell_status("compacting", f"summarising {what.said} messages")
        made = await self.compaction.tried(what, self.choices(live), Spender.of_run(live.record))
        if made is None:
            return False
        _keep(live, made)
        talk.summarise(made.message)
        return True

    async def compact(self, live: LiveRun, talk: Talk, wish: str) -> None:
        """Have all that was said summarised, because the user wants it; the run's answer says what came of it.

        Raises:
            ProviderFault: the model could not be asked.
        """
        what, choice = covered(talk.before, 0), self.choices(live)[0]
        live.record.model = choice.shown
        if what is None:
            live.say(NOTHING)
        elif choice.offline:
            live.say(NO_MODEL)
        else:
            made = await self.compaction.summarise(what, choice, Spender.of_run(live.record), wish)
            _keep(live, made)
            live.say(DONE.format(count=what.said, summary=made.message.content))

    def _that_fit(self, tools: Sequence[ToolSpec], window: int) -> Measured:
        """The tools that leave room in a window for what is said; what was found is kept while the list is the same."""
        known = self._measured.get((id(tools), window))
        # As long as the list is kept here, no other has its id.
        if known is None or known.of is not tools:
            known = self._measured[id(tools), window] = self._measure(tools, window // TOOLS_SHARE)
            while len(self._measured) > LISTS_KEPT:
                self._measured.popitem(last=False)
        return known

    def _measure(self, tools: Sequence[ToolSpec], room: int) -> Measured:
        costs = list(map(_tokens_of_tool, tools))
        if sum(costs) <= room:
            return Measured(tools, tools, sum(costs))
        fitting: list[ToolSpec] = []
        total = 0
        for tool, cost in zip(tools, costs, strict=True):
            if total + cost <= room:
                fitting.append(tool)
                total += cost
        self._log.warning(
            "a model's context is too small for all tools",
            context=room * TOOLS_SHARE,
            tools=len(tools),
            told=len(fitting),
        )
        return Measured(tools, fitting, total)


def _tokens_of_tool(tool: ToolSpec) -> int:
    return estimate(msgspec.json.encode(tool).decode())


def _keep(live: LiveRun, made: Summary) -> None:
    """Keep a summary, tell it, and count what it cost."""
    event = ChatMessageEvent(session_key=live.session.key, message=made.message)
    live.stream.say_soon_kept(chat_message, event, live.record.id, (made.message,))
    live.usage = live.usage.plus(made.usage)
    live.stream.owe_usage(made.spent)


def _fell_out(talk: Talk, messages: Sequence[JsonObject]) -> bool:
    """Whether the oldest of what was said is not among the messages of a prompt."""
    oldest = next((form for form in talk.forms[talk.pinned :] if form["role"] != "system"), None)
    return oldest is not None and all(message is not oldest for message in messages)


def _more(live: LiveRun, *, tools: bool) -> JsonObject:
    """What a run's options say to its model beside the rest; a choice of tools holds until one was used."""
    options = live.params.options
    more = {name: value for name in MODEL_OPTIONS if (value := getattr(options, name)) is not None}
    if more and (live.tool_calls or not tools):
        more.pop("tool_choice", None)
    if not tools:
        more.pop("parallel_tool_calls", None)
    return more

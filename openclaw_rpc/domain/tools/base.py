"""A tool, and where tools come from."""

import operator
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from openclaw_rpc.domain.tools.ports import RunContext, ToolSpec
from openclaw_rpc.protocol.base import JsonObject

Run = Callable[[JsonObject, RunContext], Awaitable[Any]]


class Tool(msgspec.Struct, kw_only=True, frozen=True):
    """A tool as the model is told of it, and what it does.

    ``run`` takes the model's arguments, which it has to check, and answers JSON-like data, or that `WithPictures`; it
    raises a `GatewayError` whose message is meant for the model. Cancelling it ends all that it started. ``dangerous``
    tools change things or reach out: each use goes into the audit log, and policies may hold it until a human agrees.

    ``strict``: ``run`` refuses whatever the spec's parameters do not allow. ``untimed``: its time is not limited by
    the toolbox, since it limits it itself, or waits for nothing but files of this machine. ``outside``: what it answers
    was written by others, and may ask for things. ``searched``: where there are more tools than a model takes, it is
    found by `tool_search`.
    """

    spec: ToolSpec
    run: Run
    dangerous: bool = False
    strict: bool = False
    untimed: bool = False
    outside: bool = False
    searched: bool = False


class ToolSource(Protocol):
    """Brings tools: files, commands, memory, skills, the browser, MCP servers.

    One that adds to a run's prompt is a `Briefing`, too. One that bounds by itself how long it waits for others says so
    by an attribute ``bounded``, which is true.
    """

    async def tools(self, context: RunContext) -> Sequence[Tool]:
        """The tools that a run may be given; asked for at each run, so it must be cheap.

        Where they are the same as the last time, the same sequence spares a look at each. What was answered is never
        changed.
        """
        ...


@runtime_checkable
class Briefing(Protocol):
    """A source that has more to say than its tools' descriptions."""

    async def briefing(self, context: RunContext) -> Sequence[str]:
        """What is added to the run's system prompt: memories that fit, prompts of skills that were called."""
        ...


class MadeTools:
    """Tools that were made of something, and are made anew only where it is something else."""

    def __init__(self) -> None:
        self._of: Sequence[object] = ()
        self._tools: Sequence[Tool] = ()

    def of(self, things: Sequence[object], make: Callable[[], Sequence[Tool]]) -> Sequence[Tool]:
        """What ``make`` made of these very objects the last time, or makes now."""
        if len(things) != len(self._of) or not all(map(operator.is_, things, self._of)):
            self._of, self._tools = things, make()
        return self._tools


class FixedTools:
    """A source that has the same tools for everybody at all times, so that it need not be asked."""

    def __init__(self, *tools: Tool) -> None:
        self.fixed: Sequence[Tool] = tools

    async def tools(self, context: RunContext) -> Sequence[Tool]:
        """All of them."""
        return self.fixed

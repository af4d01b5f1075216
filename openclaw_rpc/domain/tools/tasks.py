"""Tasks as tools: an agent is asked to do something later, or again and again, and may undo it.

What an agent makes can only be a message to itself, in a session of the task's own, and acts as whoever asked for it.
Its answer goes to the chat that it was asked for in. A guest of a channel sees the tasks of that session alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from openclaw_rpc.domain.clock import Clock, iso, parse_duration
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.records import ReplyTo
from openclaw_rpc.domain.tasks.records import Task
from openclaw_rpc.domain.tasks.schedule import schedule_of
from openclaw_rpc.domain.tasks.service import Tasks
from openclaw_rpc.domain.tools.base import FixedTools, Tool
from openclaw_rpc.domain.tools.ports import RunContext, ToolSpec
from openclaw_rpc.domain.tools.rows import parameters_of
from openclaw_rpc.protocol.base import JsonObject, Name
from openclaw_rpc.protocol.errors import Conflict, Forbidden, InvalidRequest, NotFound
from openclaw_rpc.protocol.task import (
    Cron,
    Interval,
    Moment,
    TaskAction,
    TaskCreateParams,
    TaskId,
    TaskInfo,
    TaskTarget,
    Zone,
)
from openclaw_rpc.protocol.validation import checked

LEAST: Final = timedelta(seconds=60)
"""How far apart the times of a task that an agent makes are, at least."""
MOST: Final = 50
"""How many tasks agents may have made for a user."""
LOOKED_AT: Final = 5


class _Create(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do, and when: one of ``after``, ``at``, ``every`` and ``schedule``."""

    name: Name
    message: Annotated[
        str, Meta(min_length=1, max_length=20_000, description="What you will be asked then. It is all you will know.")
    ]
    after: Annotated[Interval, Meta(description="Once, so long from now: `90s`, `20m`, `2h`, `1d`.")] | None = None
    at: Annotated[Moment, Meta(description="Once, ISO 8601; in `timezone` where it names no offset.")] | None = None
    every: Annotated[Interval, Meta(description="Again and again: `5m`, `2h`, `1d`.")] | None = None
    schedule: Annotated[Cron, Meta(description="Cron with five fields, in `timezone`.")] | None = None
    timezone: Annotated[Zone, Meta(description="IANA's name, like Europe/Berlin; else UTC.")] | None = None
    deliver: (
        Annotated[TaskTarget, Meta(description="The chat that the answer goes to, if not the one you are asked in.")]
        | None
    ) = None


class _Which(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which task."""

    task_id: Annotated[TaskId, Meta(description="The task's id, as task_list tells it.")]


class _Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is asked."""


ChatOf = Callable[[str], Awaitable[ReplyTo | None]]
"""The chat that a run is answered in, by its id."""
TokenId = Callable[[str], str | None]
"""The id of a token that was made, by its name."""


class TaskTools(FixedTools):
    """`task_create`, `task_list` and `task_delete`."""

    name = "tasks"

    def __init__(self, tasks: Tasks, chat_of: ChatOf, token_id: TokenId, clock: Clock) -> None:
        self._tasks = tasks
        self._chat_of = chat_of
        self._token_id = token_id
        self._clock = clock
        super().__init__(
            Tool(
                spec=ToolSpec(
                    name="task_create",
                    description="Do something later, or on a schedule: a reminder, a report every morning. Then you "
                    "are asked `message`, and your answer is sent to the chat that you are asked in now.",
                    parameters=parameters_of(_Create),
                    parallel=False,
                ),
                run=self._create,
                dangerous=True,
            ),
            Tool(
                spec=ToolSpec(
                    name="task_list",
                    description="List what is done later or on a schedule: tasks, their ids and when each is due next.",
                    parameters=parameters_of(_Nothing),
                ),
                run=self._list,
            ),
            Tool(
                spec=ToolSpec(
                    name="task_delete",
                    description="Delete a task, so that it is never done again.",
                    parameters=parameters_of(_Which),
                    parallel=False,
                ),
                run=self._delete,
                dangerous=True,
            ),
        )

    async def _create(self, params: JsonObject, context: RunContext) -> Any:
        asked = checked(params, _Create, "task_create")
        if context.channel == "task":
            raise Forbidden("a task makes no tasks: ask the user", reason="task")
        made = self._tasks.made_by_agents(context.user)
        if len(made) >= MOST:
            raise Conflict(f"there are {MOST} tasks already; delete one first", reason="too_many")
        at = asked.at
        if asked.after is not None:
            if asked.at is not None:
                raise InvalidRequest("give one of after and at", field="after", reason="several")
            at = iso(self._clock.now() + parse_duration(asked.after, "after"))
        given = TaskCreateParams(
            name=asked.name,
            action=TaskAction(type="message", params={"content": asked.message, "agentId": context.agent_id}),
            schedule=asked.schedule,
            every=asked.every,
            at=at,
            timezone=asked.timezone,
            missed="once",
            deliver=await self._target(asked.deliver, context),
        )
        self._refuse_often(given)
        principal = Principal(
            context.user, context.token, context.scopes, self._token_id(context.token), guest=context.guest
        )
        return _told(await self._tasks.create(principal, given, made_in=context.session_key or "-"))

    async def _target(self, asked: TaskTarget | None, context: RunContext) -> TaskTarget | None:
        """Where the answer goes; of a guest, to that chat alone."""
        reply = await self._chat_of(context.run_id) if context.run_id else None
        here = TaskTarget(channel_id=reply.channel, to=reply.to) if reply is not None else None
        if asked is not None and asked != here and context.guest:
            raise Forbidden("a guest's task answers in the guest's own chat", field="deliver", reason="guest")
        return asked or here

    def _refuse_often(self, params: TaskCreateParams) -> None:
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        times = schedule_of(
            schedule=params.schedule, every=params.every, at=params.at, timezone=params.timezone, start=now
        )
        if any(later - earlier < LEAST for earlier, later in pairwise(islice(times.times(now), LOOKED_AT))):
            field = "every" if params.every is not None else "schedule"
            raise InvalidRequest("a task of an agent is due once a minute at most", field=field, reason="often")

    async def _list(self, params: JsonObject, context: RunContext) -> Any:
        checked(params, _Nothing, "task_list")
        return {"tasks": [_told(task.info()) for task in self._of(context)]}

    async def _delete(self, params: JsonObject, context: RunContext) -> Any:
        asked = checked(params, _Which, "task_delete")
        if all(task.id != asked.task_id for task in self._of(context)):
            raise NotFound(f"there is no task {asked.task_id!r}", field="task_id")
        await self._tasks.delete(Principal(context.user, context.token, context.scopes), asked.task_id)
        return {"id": asked.task_id, "deleted": True}

    def _of(self, context: RunContext) -> list[Task]:
        """The tasks that a run may see: a guest those of the same session."""
        own = [task for task in self._tasks.tasks.values() if task.creator.user == context.user]
        if context.guest:
            own = [task for task in own if task.creator.guest and task.creator.made_in == context.session_key]
        return sorted(own, key=lambda task: task.id)


def _told(info: TaskInfo) -> JsonObject:
    """A task as a model reads it."""
    told: JsonObject = msgspec.to_builtins(info)
    message = info.action.params.get("content")
    kept = ("id", "name", "enabled", "timezone", "schedule", "every", "at", "nextRunAt", "lastStatus", "deliver")
    return {name: told[name] for name in kept if told.get(name) is not None} | ({"message": message} if message else {})

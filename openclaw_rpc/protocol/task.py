"""`task.*`: what the gateway does by the clock."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import JsonObject, Name, Page, Paged, Params, Result, Scope, Topic, When
from openclaw_rpc.protocol.channel import ChannelId, ChatId
from openclaw_rpc.protocol.errors import Conflict, NotFound
from openclaw_rpc.protocol.method import Event, Method

TaskId = Annotated[str, Meta(min_length=1, max_length=100)]
Cron = Annotated[
    str, Meta(max_length=200, description="Five fields, or six with seconds first; or `@daily` and the like.")
]
Interval = Annotated[str, Meta(max_length=20, description="`30s`, `5m`, `2h`, `1d`.")]
Moment = Annotated[str, Meta(max_length=40, description="ISO 8601; a time of the task's zone where it names none.")]
Zone = Annotated[str, Meta(max_length=100, description="IANA's name of a time zone; else UTC.")]
TaskRunStatus = Literal["running", "completed", "error", "skipped", "missed"]


class TaskAction(Params, frozen=True, kw_only=True):
    """What is done. ``message``: `params.content` is asked in the session `task:ID`, or in `params.sessionKey`.

    ``skill``: the tool `params.action` of the skill ``name`` with the other params. ``command``: `params.command`.
    """

    type: Literal["message", "skill", "command"]
    name: Name | None = None
    params: JsonObject = {}


class TaskTarget(Params, frozen=True, kw_only=True):
    """The chat that a task's result goes to."""

    channel_id: ChannelId
    to: ChatId


class TaskInfo(Result, frozen=True, kw_only=True):
    """A task. ``nextRunAt`` is left out where there is no next time."""

    id: str
    name: str
    action: TaskAction
    enabled: bool
    overlap: Literal["skip", "allow"]
    missed: Literal["skip", "once"]
    created_at: When
    timezone: str
    schedule: str | None = None
    every: str | None = None
    at: str | None = None
    deliver: TaskTarget | None = None
    next_run_at: When | None = None
    last_run_at: When | None = None
    last_status: TaskRunStatus | None = None


class TaskCreateParams(Params, frozen=True, kw_only=True):
    """What to do and when: exactly one of ``schedule``, ``every`` and ``at``.

    ``overlap``: what becomes of a time at which the last run is not over yet; ``missed``: whether a time that passed
    while the gateway was off is made up for, once.
    """

    name: Name
    action: TaskAction
    schedule: Cron | None = None
    every: Interval | None = None
    at: Moment | None = None
    timezone: Zone | None = None
    overlap: Literal["skip", "allow"] = "skip"
    missed: Literal["skip", "once"] = "skip"
    deliver: TaskTarget | None = None
    enabled: bool = True


class TaskUpdateParams(Params, frozen=True, kw_only=True):
    """What to change; a new ``schedule``, ``every`` or ``at`` takes the place of the old one."""

    task_id: TaskId
    name: Name | None = None
    action: TaskAction | None = None
    schedule: Cron | None = None
    every: Interval | None = None
    at: Moment | None = None
    timezone: Zone | None = None
    overlap: Literal["skip", "allow"] | None = None
    missed: Literal["skip", "once"] | None = None
    deliver: TaskTarget | None = None
    enabled: bool | None = None


class TaskParams(Params, frozen=True, kw_only=True):
    """Which task."""

    task_id: TaskId


class TaskList(Page, frozen=True, kw_only=True):
    """All tasks of the user, the newest first."""

    tasks: list[TaskInfo]


class TaskDeleted(Result, frozen=True, kw_only=True):
    """The task is gone; a run of it that is under way goes on."""

    id: str
    deleted: bool


class TaskRun(Result, frozen=True, kw_only=True):
    """A time at which a task was due. ``output`` is its result; ``runId`` the agent's run, where there was one."""

    id: str
    scheduled_at: When
    status: TaskRunStatus
    started_at: When | None = None
    finished_at: When | None = None
    run_id: str | None = None
    error: str | None = None
    output: Any = None


class TaskRunsParams(Paged, frozen=True, kw_only=True):
    """Of which task, how many."""

    task_id: TaskId
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class TaskRuns(Page, frozen=True, kw_only=True):
    """Its times, the newest first."""

    runs: list[TaskRun]


class TaskPreviewParams(Params, frozen=True, kw_only=True):
    """A schedule to be looked at."""

    schedule: Cron | None = None
    every: Interval | None = None
    at: Moment | None = None
    timezone: Zone | None = None
    count: Annotated[int, Meta(ge=1, le=100)] = 5


class TaskPreview(Result, frozen=True, kw_only=True):
    """The next times, in UTC."""

    times: list[When]


class TaskEvent(Result, frozen=True, kw_only=True):
    """A task began, or how it ended."""

    task_id: str
    name: str
    scheduled_at: When
    run_id: str | None = None
    error: str | None = None
    output: Any = None


started = Event("task.started", TaskEvent, "A task began.", topic=Topic.TASKS)
completed = Event("task.completed", TaskEvent, "A task is done.", topic=Topic.TASKS)
failed = Event("task.failed", TaskEvent, "A task could not be done.", topic=Topic.TASKS)

create = Method(
    name="task.create",
    params=TaskCreateParams,
    result=TaskInfo,
    doc="Do something on a schedule. Each time is due once, over restarts and daylight saving.",
    scope=Scope.ADMIN,
    emits=(started, completed, failed),
    errors=(NotFound,),
)
list_ = Method(name="task.list", params=Paged, result=TaskList, pages="tasks", doc="All tasks.", scope=Scope.READ)
get = Method(name="task.get", params=TaskParams, result=TaskInfo, doc="One task.", scope=Scope.READ, errors=(NotFound,))
update = Method(
    name="task.update",
    params=TaskUpdateParams,
    result=TaskInfo,
    doc="Change a task, switch it on or off.",
    scope=Scope.ADMIN,
    errors=(NotFound,),
)
delete = Method(
    name="task.delete",
    params=TaskParams,
    result=TaskDeleted,
    doc="Remove a task and its history.",
    scope=Scope.ADMIN,
    errors=(NotFound,),
)
run = Method(
    name="task.run",
    params=TaskParams,
    result=TaskRun,
    doc="Do it now, besides its times.",
    scope=Scope.ADMIN,
    emits=(started, completed, failed),
    errors=(NotFound, Conflict),
)
runs = Method(
    name="task.runs",
    params=TaskRunsParams,
    result=TaskRuns,
    pages="runs",
    doc="The times at which a task was due, and what came of them.",
    scope=Scope.READ,
    errors=(NotFound,),
)
preview = Method(
    name="task.preview",
    params=TaskPreviewParams,
    result=TaskPreview,
    doc="The next times of a schedule.",
    scope=Scope.READ,
)

METHODS = (create, list_, get, update, delete, run, runs, preview)

"""What `task.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class TaskAction(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What is done. `message`: `params.content` is asked in the session `task:ID`, or in `params.sessionKey`.

    `skill`: the tool `params.action` of the skill `name` with the other params. `command`: `params.command`.
    """

    type: Literal["command", "message", "skill"]
    name: str | None = None
    params: dict[str, Any] | UnsetType = UNSET


class TaskTarget(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The chat that a task's result goes to."""

    channel_id: str
    """The channel's name in `gateway.yaml`."""
    to: str
    """A chat by the platform's id; `CHAT/THREAD` for a thread."""


class TaskInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A task. `nextRunAt` is left out where there is no next time."""

    id: str
    name: str
    action: TaskAction
    enabled: bool
    overlap: Literal["allow", "skip"]
    missed: Literal["once", "skip"]
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    timezone: str
    schedule: str | None = None
    every: str | None = None
    at: str | None = None
    deliver: TaskTarget | None = None
    next_run_at: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    last_run_at: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    last_status: Literal["completed", "error", "missed", "running", "skipped"] | None = None


class TaskCreateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to do and when: exactly one of `schedule`, `every` and `at`.

    `overlap`: what becomes of a time at which the last run is not over yet; `missed`: whether a time that passed
    while the gateway was off is made up for, once.
    """

    name: str
    action: TaskAction | dict[str, Any]
    schedule: str | None = None
    """Five fields, or six with seconds first; or `@daily` and the like."""
    every: str | None = None
    """`30s`, `5m`, `2h`, `1d`."""
    at: str | None = None
    """ISO 8601; a time of the task's zone where it names none."""
    timezone: str | None = None
    """IANA's name of a time zone; else UTC."""
    overlap: Literal["allow", "skip"] = "skip"
    missed: Literal["once", "skip"] = "skip"
    deliver: TaskTarget | dict[str, Any] | None = None
    enabled: bool = True


class TaskUpdateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to change; a new `schedule`, `every` or `at` takes the place of the old one."""

    task_id: str
    name: str | None = None
    action: TaskAction | dict[str, Any] | None = None
    schedule: str | None = None
    """Five fields, or six with seconds first; or `@daily` and the like."""
    every: str | None = None
    """`30s`, `5m`, `2h`, `1d`."""
    at: str | None = None
    """ISO 8601; a time of the task's zone where it names none."""
    timezone: str | None = None
    """IANA's name of a time zone; else UTC."""
    overlap: Literal["allow", "skip"] | None = None
    missed: Literal["once", "skip"] | None = None
    deliver: TaskTarget | dict[str, Any] | None = None
    enabled: bool | None = None


class TaskParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which task."""

    task_id: str


class TaskList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All tasks of the user, the newest first."""

    next_cursor: str | None = None
    tasks: list[TaskInfo]


class TaskDeleted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The task is gone; a run of it that is under way goes on."""

    id: str
    deleted: bool


class TaskRun(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A time at which a task was due. `output` is its result; `runId` the agent's run, where there was one."""

    id: str
    scheduled_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    status: Literal["completed", "error", "missed", "running", "skipped"]
    started_at: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    finished_at: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    run_id: str | None = None
    error: str | None = None
    output: Any = None


class TaskRunsParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Of which task, how many."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
    task_id: str
    limit: int = 100


class TaskRuns(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Its times, the newest first."""

    next_cursor: str | None = None
    runs: list[TaskRun]


class TaskPreviewParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A schedule to be looked at."""

    schedule: str | None = None
    """Five fields, or six with seconds first; or `@daily` and the like."""
    every: str | None = None
    """`30s`, `5m`, `2h`, `1d`."""
    at: str | None = None
    """ISO 8601; a time of the task's zone where it names none."""
    timezone: str | None = None
    """IANA's name of a time zone; else UTC."""
    count: int = 5


class TaskPreview(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The next times, in UTC."""

    times: list[str]


class TaskEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A task began, or how it ended."""

    task_id: str
    name: str
    scheduled_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    run_id: str | None = None
    error: str | None = None
    output: Any = None

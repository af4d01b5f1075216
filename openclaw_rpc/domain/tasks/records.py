"""A task and a time of it, as they are kept, and as callers see them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from openclaw_rpc.domain.documents import Document
from openclaw_rpc.domain.tasks.schedule import Schedule, schedule_of
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.task import TaskAction, TaskInfo, TaskRun, TaskRunStatus, TaskTarget

TASK: Final = "task"
RUN: Final = "task_run"


class Creator(msgspec.Struct, kw_only=True, frozen=True):
    """As whom a task acts: the token that made it, and what that might do then.

    ``guest``: it was asked for by somebody whom the user lets in over a chat. ``made_in``: the session in which an
    agent made it; empty where a client did.
    """

    user: str
    name: str
    scopes: list[Scope]
    jti: str | None = None
    guest: bool = False
    made_in: str = ""


class Task(msgspec.Struct, kw_only=True):
    """A task. Times up to and including ``seen`` (ISO 8601, UTC) were dealt with."""

    id: str
    name: str
    creator: Creator
    action: TaskAction
    created_at: str
    seen: str
    schedule: str | None = None
    every: str | None = None
    at: str | None = None
    timezone: str | None = None
    overlap: Literal["skip", "allow"] = "skip"
    missed: Literal["skip", "once"] = "skip"
    deliver: TaskTarget | None = None
    enabled: bool = True
    last_run_at: str | None = None
    last_status: TaskRunStatus | None = None

    def times(self) -> Schedule:
        """When it is due."""
        return schedule_of(
            schedule=self.schedule,
            every=self.every,
            at=self.at,
            timezone=self.timezone,
            start=moment(self.created_at),
        )

    def next_at(self, seen: str = "") -> datetime | None:
        """The next time that was not dealt with; ``seen`` where more is known than what is kept."""
        return self.times().next(moment(max(seen, self.seen))) if self.enabled else None

    def document(self, version: int = 0) -> Document:
        """As it is kept."""
        return Document(kind=TASK, id=self.id, data=msgspec.json.encode(self), version=version)

    def info(self) -> TaskInfo:
        """As callers see it."""
        due = self.next_at()
        return TaskInfo(
            id=self.id,
            name=self.name,
            action=self.action,
            enabled=self.enabled,
            overlap=self.overlap,
            missed=self.missed,
            created_at=self.created_at,
            timezone=self.timezone or "UTC",
            schedule=self.schedule,
            every=self.every,
            at=self.at,
            deliver=self.deliver,
            next_run_at=stamp(due) if due is not None else None,
            last_run_at=self.last_run_at,
            last_status=self.last_status,
        )


class TimeOfTask(msgspec.Struct, kw_only=True):
    """A time at which a task was due, and what came of it."""

    id: str
    task_id: str
    scheduled_at: str
    status: TaskRunStatus
    started_at: str | None = None
    finished_at: str | None = None
    run_id: str | None = None
    error: str | None = None
    output: Any = None

    def document(self, version: int = 0) -> Document:
        """As it is kept."""
        return Document(kind=RUN, id=self.id, parent=self.task_id, data=msgspec.json.encode(self), version=version)

    def shown(self) -> TaskRun:
        """As callers see it."""
        return TaskRun(
            id=self.id,
            scheduled_at=self.scheduled_at,
            status=self.status,
            started_at=self.started_at,
            finished_at=self.finished_at,
            run_id=self.run_id,
            error=self.error,
            output=self.output,
        )


def stamp(at: datetime) -> str:
    """A time as records keep it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """A kept time."""
    return datetime.fromisoformat(text).astimezone(UTC)

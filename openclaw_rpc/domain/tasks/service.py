"""Tasks: what is to be done, by whom, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import msgspec

from openclaw_rpc.domain.clock import Clock, iso, new_id
from openclaw_rpc.domain.documents import Documents
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.tasks.records import RUN, TASK, Creator, Task, TimeOfTask, stamp
from openclaw_rpc.domain.tasks.schedule import schedule_of
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.protocol.task import (
    TaskAction,
    TaskCreateParams,
    TaskInfo,
    TaskPreview,
    TaskPreviewParams,
    TaskRun,
    TaskUpdateParams,
)

KEPT_RUNS: Final = 1000
"""How many of a task's times are remembered."""
NEEDS: Final = {"message": "content", "skill": "action", "command": "command"}


class Tasks:
    """All tasks of all users. ``changed`` is called when the clock has to look again."""

    def __init__(self, documents: Documents, clock: Clock, check: Callable[[TaskInfo], None]) -> None:
        self._documents = documents
        self._clock = clock
        self._check = check
        self.changed: Callable[[], None] = _nothing
        self.tasks: dict[str, Task] = {}
        """Held in memory: the clock asks them all the time."""

    async def open(self) -> None:
        """Read what is kept: at the start, and when another process changed it."""
        kept = await self._documents.list(TASK, limit=100_000)
        self.tasks.clear()
        self.tasks.update((document.id, msgspec.json.decode(document.data, type=Task)) for document in kept)

    async def create(self, principal: Principal, params: TaskCreateParams, *, made_in: str = "") -> TaskInfo:
        """Make one. ``made_in``: the session in which an agent does.

        Raises:
            InvalidRequest: the schedule or the action is wrong; the field is named.
        """
        now = iso(self._clock.now())
        task = Task(
            id=new_id("task"),
            name=params.name,
            creator=Creator(
                user=principal.user,
                name=principal.name,
                scopes=sorted(principal.scopes),
                jti=principal.jti,
                guest=principal.guest,
                made_in=made_in,
            ),
            action=params.action,
            created_at=now,
            seen=now,
            schedule=params.schedule,
            every=params.every,
            at=params.at,
            timezone=params.timezone,
            overlap=params.overlap,
            missed=params.missed,
            deliver=params.deliver,
            enabled=params.enabled,
        )
        self._verify(task, fresh=True)
        await self._documents.put(task.document())
        self.tasks[task.id] = task
        self.changed()
        return task.info()

    def _verify(self, task: Task, *, fresh: bool) -> None:
        """Refuse what could never be done."""
        times = task.times()
        if fresh and times.next(self._now()) is None:
            field = "at" if task.at is not None else "schedule"
            raise InvalidRequest(f"{field} must be in the future", field=field, reason="past")
        check_action(task.action)
        self._check(task.info())

    def list(self, principal: Principal) -> list[TaskInfo]:
        """Those that the principal may see, the newest first."""
        found = [task for task in self.tasks.values() if _sees(principal, task)]
        return [task.info() for task in sorted(found, key=lambda each: each.id, reverse=True)]

    def made_by_agents(self, user: str) -> list[Task]:
        """Those that agents made for a user."""
        return [task for task in self.tasks.values() if task.creator.user == user and task.creator.made_in]

    def find(self, principal: Principal, task_id: str) -> Task:
        """One of them.

        Raises:
            NotFound: there is none, or it is another user's.
        """
        task = self.tasks.get(task_id)
        if task is None or not _sees(principal, task):
            raise NotFound(f"there is no task {task_id!r}", field="taskId")
        return task

    async def update(self, principal: Principal, params: TaskUpdateParams) -> TaskInfo:
        """Change one; with a new schedule it counts from now."""
        self.find(principal, params.task_id)
        given = {
            name: value
            for name, value in msgspec.structs.asdict(params).items()
            if value is not None and name != "task_id"
        }
        schedules = {"schedule", "every", "at"} & given.keys()
        if schedules:
            given = dict.fromkeys(("schedule", "every", "at")) | given
        if schedules or given.get("enabled"):
            given["seen"] = iso(self._clock.now())
        changed = await self.change(params.task_id, verify=bool(schedules), **given)
        if changed is None:
            raise NotFound(f"there is no task {params.task_id!r}", field="taskId")
        self.changed()
        return changed.info()

    async def change(self, task_id: str, *, verify: bool = False, **fields: Any) -> Task | None:
        """Change fields of one, whoever else does at the same moment; None where it is gone."""
        while True:
            document = await self._documents.get(TASK, task_id)
            if document is None:
                self.tasks.pop(task_id, None)
                return None
            task = msgspec.structs.replace(msgspec.json.decode(document.data, type=Task), **fields)
            if "action" in fields or verify or "deliver" in fields or "timezone" in fields:
                self._verify(task, fresh=verify)
            document.data = msgspec.json.encode(task)
            if await self._documents.put(document):
                self.tasks[task_id] = task
                return task

    async def delete(self, principal: Principal, task_id: str) -> None:
        """Remove one and its history."""
        task = self.find(principal, task_id)
        await self._documents.delete(TASK, task.id)
        await self._documents.drop(RUN, task.id)
        self.tasks.pop(task.id, None)
        self.changed()

    async def runs(self, principal: Principal, task_id: str, limit: int) -> list[TaskRun]:
        """The times of one, the newest first."""
        task = self.find(principal, task_id)
        found = await self._documents.list(RUN, parent=task.id, limit=limit)
        return [msgspec.json.decode(each.data, type=TimeOfTask).shown() for each in found]

    def preview(self, params: TaskPreviewParams) -> TaskPreview:
        """The next times of a schedule."""
        now = self._now()
        times = schedule_of(
            schedule=params.schedule, every=params.every, at=params.at, timezone=params.timezone, start=now
        )
        return TaskPreview(times=[stamp(each) for each in islice(times.times(now), params.count)])

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)


def check_action(action: TaskAction) -> None:
    """Refuse an action that lacks what it needs.

    Raises:
        InvalidRequest: the field is named.
    """
    if action.type == "skill" and not action.name:
        raise InvalidRequest("a skill's action needs the skill's name", field="action.name", reason="missing")
    key = NEEDS[action.type]
    value = action.params.get(key)
    if action.type == "skill" and value is None:
        return
    if not isinstance(value, str) or not value:
        raise InvalidRequest(f"action.params.{key} must be a text", field=f"action.params.{key}", reason="missing")


def _sees(principal: Principal, task: Task) -> bool:
    return principal.user == task.creator.user or principal.is_owner_admin


def _nothing() -> None:
    """Nobody is to be told."""

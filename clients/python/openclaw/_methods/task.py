"""`task.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Task:
    """`task.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def create(
        self,
        *,
        name: str,
        action: types.TaskAction | Dict[str, Any],
        schedule: str | None = None,
        every: str | None = None,
        at: str | None = None,
        timezone: str | None = None,
        overlap: Literal["allow", "skip"] = "skip",
        missed: Literal["once", "skip"] = "skip",
        deliver: types.TaskTarget | Dict[str, Any] | None = None,
        enabled: bool = True,
        timeout: float | None = None,
    ) -> types.TaskInfo:
        """Do something on a schedule. Each time is due once, over restarts and daylight saving.

        Args:
            schedule: Five fields, or six with seconds first; or `@daily` and the like.
            every: `30s`, `5m`, `2h`, `1d`.
            at: ISO 8601; a time of the task's zone where it names none.
            timezone: IANA's name of a time zone; else UTC.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("task.create", types.TaskCreateParams(name=name, action=action, schedule=schedule, every=every, at=at, timezone=timezone, overlap=overlap, missed=missed, deliver=deliver, enabled=enabled), types.TaskInfo, timeout)

    def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.TaskList:
        """All tasks.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("task.list", types.Paged(cursor=cursor), types.TaskList, timeout)

    def get(
        self,
        *,
        task_id: str,
        timeout: float | None = None,
    ) -> types.TaskInfo:
        """One task.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("task.get", types.TaskParams(task_id=task_id), types.TaskInfo, timeout)

    def update(
        self,
        *,
        task_id: str,
        name: str | None = None,
        action: types.TaskAction | Dict[str, Any] | None = None,
        schedule: str | None = None,
        every: str | None = None,
        at: str | None = None,
        timezone: str | None = None,
        overlap: Literal["allow", "skip"] | None = None,
        missed: Literal["once", "skip"] | None = None,
        deliver: types.TaskTarget | Dict[str, Any] | None = None,
        enabled: bool | None = None,
        timeout: float | None = None,
    ) -> types.TaskInfo:
        """Change a task, switch it on or off.

        Args:
            schedule: Five fields, or six with seconds first; or `@daily` and the like.
            every: `30s`, `5m`, `2h`, `1d`.
            at: ISO 8601; a time of the task's zone where it names none.
            timezone: IANA's name of a time zone; else UTC.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("task.update", types.TaskUpdateParams(task_id=task_id, name=name, action=action, schedule=schedule, every=every, at=at, timezone=timezone, overlap=overlap, missed=missed, deliver=deliver, enabled=enabled), types.TaskInfo, timeout)

    def delete(
        self,
        *,
        task_id: str,
        timeout: float | None = None,
    ) -> types.TaskDeleted:
        """Remove a task and its history.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("task.delete", types.TaskParams(task_id=task_id), types.TaskDeleted, timeout)

    def run(
        self,
        *,
        task_id: str,
        timeout: float | None = None,
    ) -> types.TaskRun:
        """Do it now, besides its times.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("task.run", types.TaskParams(task_id=task_id), types.TaskRun, timeout)

    def runs(
        self,
        *,
        task_id: str,
        cursor: str | None = None,
        limit: int = 100,
        timeout: float | None = None,
    ) -> types.TaskRuns:
        """The times at which a task was due, and what came of them.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("task.runs", types.TaskRunsParams(task_id=task_id, cursor=cursor, limit=limit), types.TaskRuns, timeout)

    def preview(
        self,
        *,
        schedule: str | None = None,
        every: str | None = None,
        at: str | None = None,
        timezone: str | None = None,
        count: int = 5,
        timeout: float | None = None,
    ) -> types.TaskPreview:
        """The next times of a schedule.

        Args:
            schedule: Five fields, or six with seconds first; or `@daily` and the like.
            every: `30s`, `5m`, `2h`, `1d`.
            at: ISO 8601; a time of the task's zone where it names none.
            timezone: IANA's name of a time zone; else UTC.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("task.preview", types.TaskPreviewParams(schedule=schedule, every=every, at=at, timezone=timezone, count=count), types.TaskPreview, timeout)


class AsyncTask:
    """`task.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def create(
        self,
        *,
        name: str,
        action: types.TaskAction | Dict[str, Any],
        schedule: str | None = None,
        every: str | None = None,
        at: str | None = None,
        timezone: str | None = None,
        overlap: Literal["allow", "skip"] = "skip",
        missed: Literal["once", "skip"] = "skip",
        deliver: types.TaskTarget | Dict[str, Any] | None = None,
        enabled: bool = True,
        timeout: float | None = None,
    ) -> types.TaskInfo:
        """Do something on a schedule. Each time is due once, over restarts and daylight saving.

        Args:
            schedule: Five fields, or six with seconds first; or `@daily` and the like.
            every: `30s`, `5m`, `2h`, `1d`.
            at: ISO 8601; a time of the task's zone where it names none.
            timezone: IANA's name of a time zone; else UTC.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("task.create", types.TaskCreateParams(name=name, action=action, schedule=schedule, every=every, at=at, timezone=timezone, overlap=overlap, missed=missed, deliver=deliver, enabled=enabled), types.TaskInfo, timeout)

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.TaskList:
        """All tasks.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("task.list", types.Paged(cursor=cursor), types.TaskList, timeout)

    async def get(
        self,
        *,
        task_id: str,
        timeout: float | None = None,
    ) -> types.TaskInfo:
        """One task.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("task.get", types.TaskParams(task_id=task_id), types.TaskInfo, timeout)

    async def update(
        self,
        *,
        task_id: str,
        name: str | None = None,
        action: types.TaskAction | Dict[str, Any] | None = None,
        schedule: str | None = None,
        every: str | None = None,
        at: str | None = None,
        timezone: str | None = None,
        overlap: Literal["allow", "skip"] | None = None,
        missed: Literal["once", "skip"] | None = None,
        deliver: types.TaskTarget | Dict[str, Any] | None = None,
        enabled: bool | None = None,
        timeout: float | None = None,
    ) -> types.TaskInfo:
        """Change a task, switch it on or off.

        Args:
            schedule: Five fields, or six with seconds first; or `@daily` and the like.
            every: `30s`, `5m`, `2h`, `1d`.
            at: ISO 8601; a time of the task's zone where it names none.
            timezone: IANA's name of a time zone; else UTC.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("task.update", types.TaskUpdateParams(task_id=task_id, name=name, action=action, schedule=schedule, every=every, at=at, timezone=timezone, overlap=overlap, missed=missed, deliver=deliver, enabled=enabled), types.TaskInfo, timeout)

    async def delete(
        self,
        *,
        task_id: str,
        timeout: float | None = None,
    ) -> types.TaskDeleted:
        """Remove a task and its history.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("task.delete", types.TaskParams(task_id=task_id), types.TaskDeleted, timeout)

    async def run(
        self,
        *,
        task_id: str,
        timeout: float | None = None,
    ) -> types.TaskRun:
        """Do it now, besides its times.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("task.run", types.TaskParams(task_id=task_id), types.TaskRun, timeout)

    async def runs(
        self,
        *,
        task_id: str,
        cursor: str | None = None,
        limit: int = 100,
        timeout: float | None = None,
    ) -> types.TaskRuns:
        """The times at which a task was due, and what came of them.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("task.runs", types.TaskRunsParams(task_id=task_id, cursor=cursor, limit=limit), types.TaskRuns, timeout)

    async def preview(
        self,
        *,
        schedule: str | None = None,
        every: str | None = None,
        at: str | None = None,
        timezone: str | None = None,
        count: int = 5,
        timeout: float | None = None,
    ) -> types.TaskPreview:
        """The next times of a schedule.

        Args:
            schedule: Five fields, or six with seconds first; or `@daily` and the like.
            every: `30s`, `5m`, `2h`, `1d`.
            at: ISO 8601; a time of the task's zone where it names none.
            timezone: IANA's name of a time zone; else UTC.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("task.preview", types.TaskPreviewParams(schedule=schedule, every=every, at=at, timezone=timezone, count=count), types.TaskPreview, timeout)

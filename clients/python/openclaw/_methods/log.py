"""`log.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Log:
    """`log.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def tail(
        self,
        *,
        cursor: str | None = None,
        lines: int = 50,
        level: Literal["debug", "error", "info", "warn"] = "info",
        since: str | None = None,
        component: str | None = None,
        timeout: float | None = None,
    ) -> types.LogLines:
        """The newest lines of the log. To follow it, subscribe to the topic `logs`.

        Args:
            cursor: The last page's `nextCursor`.
            since: A date or a time, ISO 8601; UTC where no zone is given.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("log.tail", types.LogTailParams(cursor=cursor, lines=lines, level=level, since=since, component=component), types.LogLines, timeout)


class AsyncLog:
    """`log.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def tail(
        self,
        *,
        cursor: str | None = None,
        lines: int = 50,
        level: Literal["debug", "error", "info", "warn"] = "info",
        since: str | None = None,
        component: str | None = None,
        timeout: float | None = None,
    ) -> types.LogLines:
        """The newest lines of the log. To follow it, subscribe to the topic `logs`.

        Args:
            cursor: The last page's `nextCursor`.
            since: A date or a time, ISO 8601; UTC where no zone is given.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("log.tail", types.LogTailParams(cursor=cursor, lines=lines, level=level, since=since, component=component), types.LogLines, timeout)

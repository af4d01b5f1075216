"""`event.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Event:
    """`event.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def subscribe(
        self,
        *,
        session_key: str | None = None,
        run_id: str | None = None,
        topics: List[Literal["messages", "sessions", "channels", "tasks", "logs", "gateway"]] | None = None,
        after: types.Position | Dict[str, Any] | None = None,
        timeout: float | None = None,
    ) -> types.Subscribed:
        """Follow a session, a run or topics. With `after`, first all that came since, in order, then what comes.

        Args:
            session_key: The client's name of a session.
            run_id: The id that `chat.run` returned.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("event.subscribe", types.EventSubscribeParams(session_key=session_key, run_id=run_id, topics=topics, after=after), types.Subscribed, timeout)

    def unsubscribe(
        self,
        *,
        session_key: str | None = None,
        run_id: str | None = None,
        topics: List[Literal["messages", "sessions", "channels", "tasks", "logs", "gateway"]] | None = None,
        timeout: float | None = None,
    ) -> types.Unsubscribed:
        """Stop following something.

        Args:
            session_key: The client's name of a session.
            run_id: The id that `chat.run` returned.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("event.unsubscribe", types.EventUnsubscribeParams(session_key=session_key, run_id=run_id, topics=topics), types.Unsubscribed, timeout)


class AsyncEvent:
    """`event.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def subscribe(
        self,
        *,
        session_key: str | None = None,
        run_id: str | None = None,
        topics: List[Literal["messages", "sessions", "channels", "tasks", "logs", "gateway"]] | None = None,
        after: types.Position | Dict[str, Any] | None = None,
        timeout: float | None = None,
    ) -> types.Subscribed:
        """Follow a session, a run or topics. With `after`, first all that came since, in order, then what comes.

        Args:
            session_key: The client's name of a session.
            run_id: The id that `chat.run` returned.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("event.subscribe", types.EventSubscribeParams(session_key=session_key, run_id=run_id, topics=topics, after=after), types.Subscribed, timeout)

    async def unsubscribe(
        self,
        *,
        session_key: str | None = None,
        run_id: str | None = None,
        topics: List[Literal["messages", "sessions", "channels", "tasks", "logs", "gateway"]] | None = None,
        timeout: float | None = None,
    ) -> types.Unsubscribed:
        """Stop following something.

        Args:
            session_key: The client's name of a session.
            run_id: The id that `chat.run` returned.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("event.unsubscribe", types.EventUnsubscribeParams(session_key=session_key, run_id=run_id, topics=topics), types.Unsubscribed, timeout)

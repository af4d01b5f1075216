"""`session.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Session:
    """`session.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        offset: int = 0,
        channel: str | None = None,
        agent_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
        text: str | None = None,
        user: str | None = None,
        timeout: float | None = None,
    ) -> types.SessionPage:
        """The caller's sessions, the last used first, filtered and paged.

        Args:
            limit: How many items at most.
            cursor: The last page's `nextCursor`.
            offset: In place of a cursor.
            since: Updated at or after.
            until: Updated before.
            text: In the title, key or messages.
            user: Another user's; only for the owner's admin tokens.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("session.list", types.SessionListParams(limit=limit, cursor=cursor, offset=offset, channel=channel, agent_id=agent_id, since=since, until=until, text=text, user=user), types.SessionPage, timeout)

    def get(
        self,
        *,
        session_key: str,
        limit: int = 200,
        timeout: float | None = None,
    ) -> types.SessionDetail:
        """A session, its newest messages, and the run that is under way: the snapshot after a `resync`.

        Args:
            session_key: The client's name of a session.
            limit: How many items at most.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("session.get", types.SessionGetParams(session_key=session_key, limit=limit), types.SessionDetail, timeout)

    def create(
        self,
        *,
        session_key: str | None = None,
        agent_id: str | None = None,
        model: str | None = None,
        title: str | None = None,
        channel: str = "api",
        labels: Dict[str, str] | UnsetType = UNSET,
        context: Dict[str, Any] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.SessionInfo:
        """Make a session before its first message.

        Args:
            session_key: The client's name of a session.
            model: `model` or `provider/model`.
            labels: Names and values of the client's own.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("session.create", types.SessionCreateParams(session_key=session_key, agent_id=agent_id, model=model, title=title, channel=channel, labels=labels, context=context), types.SessionInfo, timeout)

    def update(
        self,
        *,
        session_key: str,
        title: str | None | UnsetType = UNSET,
        model: str | None | UnsetType = UNSET,
        agent_id: str | UnsetType = UNSET,
        labels: Dict[str, str] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.SessionInfo:
        """Change a session's title, model, agent or labels.

        Args:
            session_key: The client's name of a session.
            model: `model` or `provider/model`.
            labels: Names and values of the client's own.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("session.update", types.SessionUpdateParams(session_key=session_key, title=title, model=model, agent_id=agent_id, labels=labels), types.SessionInfo, timeout)

    def delete(
        self,
        *,
        session_key: str,
        timeout: float | None = None,
    ) -> types.SessionDeleted:
        """Delete a session and all that belongs to it; its runs are aborted first.

        Args:
            session_key: The client's name of a session.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("session.delete", types.SessionKeyParams(session_key=session_key), types.SessionDeleted, timeout)

    def reset(
        self,
        *,
        session_key: str,
        timeout: float | None = None,
    ) -> types.SessionInfo:
        """Remove a session's messages and keep its settings; its runs are aborted first.

        Args:
            session_key: The client's name of a session.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("session.reset", types.SessionKeyParams(session_key=session_key), types.SessionInfo, timeout)

    def fork(
        self,
        *,
        session_key: str,
        message_id: str | None = None,
        before: bool = False,
        new_session_key: str | None = None,
        timeout: float | None = None,
    ) -> types.SessionInfo:
        """Copy a session, whole or up to a message, to go on differently.

        Args:
            session_key: The client's name of a session.
            before: Leave `messageId` itself out, so that it can be said anew.
            new_session_key: The client's name of a session.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("session.fork", types.SessionForkParams(session_key=session_key, message_id=message_id, before=before, new_session_key=new_session_key), types.SessionInfo, timeout)

    def compact(
        self,
        *,
        session_key: str,
        instructions: str | None = None,
        timeout: float | None = None,
    ) -> types.SessionCompacted:
        """Have the agent's model summarise a session: from then on it is told the summary in place of the messages.

        Args:
            session_key: The client's name of a session.
            instructions: What the summary must not lose.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("session.compact", types.SessionCompactParams(session_key=session_key, instructions=instructions), types.SessionCompacted, timeout)


class AsyncSession:
    """`session.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        offset: int = 0,
        channel: str | None = None,
        agent_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
        text: str | None = None,
        user: str | None = None,
        timeout: float | None = None,
    ) -> types.SessionPage:
        """The caller's sessions, the last used first, filtered and paged.

        Args:
            limit: How many items at most.
            cursor: The last page's `nextCursor`.
            offset: In place of a cursor.
            since: Updated at or after.
            until: Updated before.
            text: In the title, key or messages.
            user: Another user's; only for the owner's admin tokens.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("session.list", types.SessionListParams(limit=limit, cursor=cursor, offset=offset, channel=channel, agent_id=agent_id, since=since, until=until, text=text, user=user), types.SessionPage, timeout)

    async def get(
        self,
        *,
        session_key: str,
        limit: int = 200,
        timeout: float | None = None,
    ) -> types.SessionDetail:
        """A session, its newest messages, and the run that is under way: the snapshot after a `resync`.

        Args:
            session_key: The client's name of a session.
            limit: How many items at most.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("session.get", types.SessionGetParams(session_key=session_key, limit=limit), types.SessionDetail, timeout)

    async def create(
        self,
        *,
        session_key: str | None = None,
        agent_id: str | None = None,
        model: str | None = None,
        title: str | None = None,
        channel: str = "api",
        labels: Dict[str, str] | UnsetType = UNSET,
        context: Dict[str, Any] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.SessionInfo:
        """Make a session before its first message.

        Args:
            session_key: The client's name of a session.
            model: `model` or `provider/model`.
            labels: Names and values of the client's own.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("session.create", types.SessionCreateParams(session_key=session_key, agent_id=agent_id, model=model, title=title, channel=channel, labels=labels, context=context), types.SessionInfo, timeout)

    async def update(
        self,
        *,
        session_key: str,
        title: str | None | UnsetType = UNSET,
        model: str | None | UnsetType = UNSET,
        agent_id: str | UnsetType = UNSET,
        labels: Dict[str, str] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.SessionInfo:
        """Change a session's title, model, agent or labels.

        Args:
            session_key: The client's name of a session.
            model: `model` or `provider/model`.
            labels: Names and values of the client's own.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("session.update", types.SessionUpdateParams(session_key=session_key, title=title, model=model, agent_id=agent_id, labels=labels), types.SessionInfo, timeout)

    async def delete(
        self,
        *,
        session_key: str,
        timeout: float | None = None,
    ) -> types.SessionDeleted:
        """Delete a session and all that belongs to it; its runs are aborted first.

        Args:
            session_key: The client's name of a session.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("session.delete", types.SessionKeyParams(session_key=session_key), types.SessionDeleted, timeout)

    async def reset(
        self,
        *,
        session_key: str,
        timeout: float | None = None,
    ) -> types.SessionInfo:
        """Remove a session's messages and keep its settings; its runs are aborted first.

        Args:
            session_key: The client's name of a session.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("session.reset", types.SessionKeyParams(session_key=session_key), types.SessionInfo, timeout)

    async def fork(
        self,
        *,
        session_key: str,
        message_id: str | None = None,
        before: bool = False,
        new_session_key: str | None = None,
        timeout: float | None = None,
    ) -> types.SessionInfo:
        """Copy a session, whole or up to a message, to go on differently.

        Args:
            session_key: The client's name of a session.
            before: Leave `messageId` itself out, so that it can be said anew.
            new_session_key: The client's name of a session.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("session.fork", types.SessionForkParams(session_key=session_key, message_id=message_id, before=before, new_session_key=new_session_key), types.SessionInfo, timeout)

    async def compact(
        self,
        *,
        session_key: str,
        instructions: str | None = None,
        timeout: float | None = None,
    ) -> types.SessionCompacted:
        """Have the agent's model summarise a session: from then on it is told the summary in place of the messages.

        Args:
            session_key: The client's name of a session.
            instructions: What the summary must not lose.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("session.compact", types.SessionCompactParams(session_key=session_key, instructions=instructions), types.SessionCompacted, timeout)

"""`token.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Token:
    """`token.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.TokenList:
        """The tokens that were created.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("token.list", types.Paged(cursor=cursor), types.TokenList, timeout)

    def create(
        self,
        *,
        name: str,
        scopes: List[Literal["read", "chat", "tools", "admin"]] | None = None,
        expires_in: str | None = None,
        user: str = "owner",
        sessions: List[str] | None = None,
        end_user_header: str | None = None,
        timeout: float | None = None,
    ) -> types.TokenCreated:
        """Make a token for a client.

        Args:
            expires_in: A number and s, m, h, d or w.
            sessions: For somebody else's browser: the token may speak in these sessions, and nothing more.
            end_user_header: For a front end with many users: the header in which it names the user it asks for.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("token.create", types.TokenCreateParams(name=name, scopes=scopes, expires_in=expires_in, user=user, sessions=sessions, end_user_header=end_user_header), types.TokenCreated, timeout)

    def revoke(
        self,
        *,
        name: str,
        timeout: float | None = None,
    ) -> types.TokenRevoked:
        """Revoke a token.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("token.revoke", types.TokenRevokeParams(name=name), types.TokenRevoked, timeout)


class AsyncToken:
    """`token.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.TokenList:
        """The tokens that were created.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("token.list", types.Paged(cursor=cursor), types.TokenList, timeout)

    async def create(
        self,
        *,
        name: str,
        scopes: List[Literal["read", "chat", "tools", "admin"]] | None = None,
        expires_in: str | None = None,
        user: str = "owner",
        sessions: List[str] | None = None,
        end_user_header: str | None = None,
        timeout: float | None = None,
    ) -> types.TokenCreated:
        """Make a token for a client.

        Args:
            expires_in: A number and s, m, h, d or w.
            sessions: For somebody else's browser: the token may speak in these sessions, and nothing more.
            end_user_header: For a front end with many users: the header in which it names the user it asks for.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("token.create", types.TokenCreateParams(name=name, scopes=scopes, expires_in=expires_in, user=user, sessions=sessions, end_user_header=end_user_header), types.TokenCreated, timeout)

    async def revoke(
        self,
        *,
        name: str,
        timeout: float | None = None,
    ) -> types.TokenRevoked:
        """Revoke a token.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("token.revoke", types.TokenRevokeParams(name=name), types.TokenRevoked, timeout)

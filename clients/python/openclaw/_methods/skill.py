"""`skill.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Skill:
    """`skill.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.SkillList:
        """The skills that are installed; those that can't be used too, with what is wrong with them.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("skill.list", types.Paged(cursor=cursor), types.SkillList, timeout)

    def install(
        self,
        *,
        name: str | None = None,
        version: str | None = None,
        source: str | None = None,
        force: bool = False,
        timeout: float | None = None,
    ) -> types.SkillInfo:
        """Install a skill from a folder, a zip or a registry, or replace it by another version; all of it or nothing.

        Args:
            name: The skill's slug.
            version: As its author describes it.
            source: A folder, a zip or a JSON file on the gateway's machine; `clawhub` or the address of the
            configured registry, which is also asked where nothing is said.
            force: Replace another skill of the same version, and take one that the registry warns of.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, too_large, unauthorized.
        """
        return self._client.request("skill.install", types.SkillInstallParams(name=name, version=version, source=source, force=force), types.SkillInfo, timeout)

    def remove(
        self,
        *,
        name: str,
        timeout: float | None = None,
    ) -> types.SkillRemoved:
        """Remove a skill and its files.

        Args:
            name: The skill's slug.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("skill.remove", types.SkillParams(name=name), types.SkillRemoved, timeout)

    def enable(
        self,
        *,
        name: str,
        timeout: float | None = None,
    ) -> types.SkillInfo:
        """Offer a skill to agents again.

        Args:
            name: The skill's slug.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("skill.enable", types.SkillParams(name=name), types.SkillInfo, timeout)

    def disable(
        self,
        *,
        name: str,
        timeout: float | None = None,
    ) -> types.SkillInfo:
        """Stop offering a skill to agents; its files stay.

        Args:
            name: The skill's slug.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("skill.disable", types.SkillParams(name=name), types.SkillInfo, timeout)

    def execute(
        self,
        *,
        name: str,
        action: str,
        params: Dict[str, Any] | UnsetType = UNSET,
        session_key: str | None = None,
        pin: str | None = None,
        timeout: float | None = None,
    ) -> types.SkillExecuted:
        """Use a skill's tool directly. Policies and the PIN hold as for agents.

        Args:
            name: The skill's slug.
            action: The name of one of its tools.
            params: The tool's arguments, as its JSON Schema says.
            session_key: The client's name of a session.
            pin: The PIN that was set with `openclaw pin set`.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return self._client.request("skill.execute", types.SkillExecuteParams(name=name, action=action, params=params, session_key=session_key, pin=pin), types.SkillExecuted, timeout)

    def read(
        self,
        *,
        name: str,
        path: str | None = None,
        offset: int = 0,
        limit: int = 1048576,
        timeout: float | None = None,
    ) -> types.SkillContent:
        """Read a skill's instructions, or a file of its folder.

        Args:
            name: The skill's slug.
            path: A file of the skill's folder: `references/api.md`.
            offset: Where to begin in the file, in bytes.
            limit: How many bytes of it at most.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("skill.read", types.SkillReadParams(name=name, path=path, offset=offset, limit=limit), types.SkillContent, timeout)

    def search(
        self,
        *,
        query: str,
        cursor: str | None = None,
        limit: int = 20,
        timeout: float | None = None,
    ) -> types.SkillsFound:
        """Look for skills among those that are installed and in the registry.

        Args:
            query: Words of its name or description.
            cursor: The last page's `nextCursor`.
            limit: How many at most.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("skill.search", types.SkillSearchParams(query=query, cursor=cursor, limit=limit), types.SkillsFound, timeout)


class AsyncSkill:
    """`skill.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.SkillList:
        """The skills that are installed; those that can't be used too, with what is wrong with them.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("skill.list", types.Paged(cursor=cursor), types.SkillList, timeout)

    async def install(
        self,
        *,
        name: str | None = None,
        version: str | None = None,
        source: str | None = None,
        force: bool = False,
        timeout: float | None = None,
    ) -> types.SkillInfo:
        """Install a skill from a folder, a zip or a registry, or replace it by another version; all of it or nothing.

        Args:
            name: The skill's slug.
            version: As its author describes it.
            source: A folder, a zip or a JSON file on the gateway's machine; `clawhub` or the address of the
            configured registry, which is also asked where nothing is said.
            force: Replace another skill of the same version, and take one that the registry warns of.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, too_large, unauthorized.
        """
        return await self._client.request("skill.install", types.SkillInstallParams(name=name, version=version, source=source, force=force), types.SkillInfo, timeout)

    async def remove(
        self,
        *,
        name: str,
        timeout: float | None = None,
    ) -> types.SkillRemoved:
        """Remove a skill and its files.

        Args:
            name: The skill's slug.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("skill.remove", types.SkillParams(name=name), types.SkillRemoved, timeout)

    async def enable(
        self,
        *,
        name: str,
        timeout: float | None = None,
    ) -> types.SkillInfo:
        """Offer a skill to agents again.

        Args:
            name: The skill's slug.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("skill.enable", types.SkillParams(name=name), types.SkillInfo, timeout)

    async def disable(
        self,
        *,
        name: str,
        timeout: float | None = None,
    ) -> types.SkillInfo:
        """Stop offering a skill to agents; its files stay.

        Args:
            name: The skill's slug.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("skill.disable", types.SkillParams(name=name), types.SkillInfo, timeout)

    async def execute(
        self,
        *,
        name: str,
        action: str,
        params: Dict[str, Any] | UnsetType = UNSET,
        session_key: str | None = None,
        pin: str | None = None,
        timeout: float | None = None,
    ) -> types.SkillExecuted:
        """Use a skill's tool directly. Policies and the PIN hold as for agents.

        Args:
            name: The skill's slug.
            action: The name of one of its tools.
            params: The tool's arguments, as its JSON Schema says.
            session_key: The client's name of a session.
            pin: The PIN that was set with `openclaw pin set`.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return await self._client.request("skill.execute", types.SkillExecuteParams(name=name, action=action, params=params, session_key=session_key, pin=pin), types.SkillExecuted, timeout)

    async def read(
        self,
        *,
        name: str,
        path: str | None = None,
        offset: int = 0,
        limit: int = 1048576,
        timeout: float | None = None,
    ) -> types.SkillContent:
        """Read a skill's instructions, or a file of its folder.

        Args:
            name: The skill's slug.
            path: A file of the skill's folder: `references/api.md`.
            offset: Where to begin in the file, in bytes.
            limit: How many bytes of it at most.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("skill.read", types.SkillReadParams(name=name, path=path, offset=offset, limit=limit), types.SkillContent, timeout)

    async def search(
        self,
        *,
        query: str,
        cursor: str | None = None,
        limit: int = 20,
        timeout: float | None = None,
    ) -> types.SkillsFound:
        """Look for skills among those that are installed and in the registry.

        Args:
            query: Words of its name or description.
            cursor: The last page's `nextCursor`.
            limit: How many at most.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("skill.search", types.SkillSearchParams(query=query, cursor=cursor, limit=limit), types.SkillsFound, timeout)

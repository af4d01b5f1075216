"""`command.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Command:
    """`command.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def execute(
        self,
        *,
        command: str,
        pin: str | None = None,
        cwd: str = "/",
        timeout: int = 30000,
        env: Dict[str, str] | UnsetType = UNSET,
        stdin: str | None = None,
        stream: bool = False,
        call_id: str | None = None,
        client_timeout: float | None = None,
    ) -> types.CommandResult:
        """Run a command in the workspace, in a sandbox where the machine supports one. One that takes too long is
        ended, which is a result, too.

        Args:
            command: Run by bash, or by `/bin/sh`.
            pin: The PIN that was set with `openclaw pin set`.
            cwd: The working directory, a folder of the workspace.
            timeout: Milliseconds until it is ended.
            env: Environment variables, besides the few that are always set.
            stdin: Its standard input.
            stream: Send what it writes at once, as `command.output`.
            call_id: Comes back in each piece.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("command.execute", types.CommandExecuteParams(command=command, pin=pin, cwd=cwd, timeout=timeout, env=env, stdin=stdin, stream=stream, call_id=call_id), types.CommandResult, client_timeout)

    def start(
        self,
        *,
        command: str,
        pin: str | None = None,
        cwd: str = "/",
        timeout: int = 3600000,
        env: Dict[str, str] | UnsetType = UNSET,
        keep: bool = False,
        client_timeout: float | None = None,
    ) -> types.BackgroundCommand:
        """Start a command that goes on in the background: a server, a watcher, a long build. It ends with the run that
        starts it unless it is kept, and always with the gateway.

        Args:
            command: Run by bash, or by `/bin/sh`.
            pin: The PIN that was set with `openclaw pin set`.
            cwd: The working directory, a folder of the workspace.
            timeout: Milliseconds until it is ended.
            env: Environment variables, besides the few that are always set.
            keep: Let it go on when the run that starts it ends, until its session goes.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("command.start", types.CommandStartParams(command=command, pin=pin, cwd=cwd, timeout=timeout, env=env, keep=keep), types.BackgroundCommand, client_timeout)

    def output(
        self,
        *,
        command_id: str,
        cursor: int = 0,
        limit: int = 20000,
        wait: int = 0,
        timeout: float | None = None,
    ) -> types.CommandOutput:
        """Read what a command in the background wrote, from a cursor on, and whether it still runs; waits for more if
        asked to.

        Args:
            command_id: The id that `command.start` returned.
            cursor: Where to go on: the `cursor` of the last answer. 0 is the beginning; -2000 are the last 2000
            characters.
            limit: Characters at most.
            wait: Milliseconds to wait where there is nothing new and it still runs.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("command.output", types.CommandOutputParams(command_id=command_id, cursor=cursor, limit=limit, wait=wait), types.CommandOutput, timeout)

    def stop(
        self,
        *,
        command_id: str,
        timeout: float | None = None,
    ) -> types.BackgroundCommand:
        """End a command in the background and all that it started; what it wrote can still be read.

        Args:
            command_id: The id that `command.start` returned.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("command.stop", types.CommandStopParams(command_id=command_id), types.BackgroundCommand, timeout)

    def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.BackgroundList:
        """The commands in the background.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("command.list", types.Paged(cursor=cursor), types.BackgroundList, timeout)


class AsyncCommand:
    """`command.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def execute(
        self,
        *,
        command: str,
        pin: str | None = None,
        cwd: str = "/",
        timeout: int = 30000,
        env: Dict[str, str] | UnsetType = UNSET,
        stdin: str | None = None,
        stream: bool = False,
        call_id: str | None = None,
        client_timeout: float | None = None,
    ) -> types.CommandResult:
        """Run a command in the workspace, in a sandbox where the machine supports one. One that takes too long is
        ended, which is a result, too.

        Args:
            command: Run by bash, or by `/bin/sh`.
            pin: The PIN that was set with `openclaw pin set`.
            cwd: The working directory, a folder of the workspace.
            timeout: Milliseconds until it is ended.
            env: Environment variables, besides the few that are always set.
            stdin: Its standard input.
            stream: Send what it writes at once, as `command.output`.
            call_id: Comes back in each piece.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("command.execute", types.CommandExecuteParams(command=command, pin=pin, cwd=cwd, timeout=timeout, env=env, stdin=stdin, stream=stream, call_id=call_id), types.CommandResult, client_timeout)

    async def start(
        self,
        *,
        command: str,
        pin: str | None = None,
        cwd: str = "/",
        timeout: int = 3600000,
        env: Dict[str, str] | UnsetType = UNSET,
        keep: bool = False,
        client_timeout: float | None = None,
    ) -> types.BackgroundCommand:
        """Start a command that goes on in the background: a server, a watcher, a long build. It ends with the run that
        starts it unless it is kept, and always with the gateway.

        Args:
            command: Run by bash, or by `/bin/sh`.
            pin: The PIN that was set with `openclaw pin set`.
            cwd: The working directory, a folder of the workspace.
            timeout: Milliseconds until it is ended.
            env: Environment variables, besides the few that are always set.
            keep: Let it go on when the run that starts it ends, until its session goes.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("command.start", types.CommandStartParams(command=command, pin=pin, cwd=cwd, timeout=timeout, env=env, keep=keep), types.BackgroundCommand, client_timeout)

    async def output(
        self,
        *,
        command_id: str,
        cursor: int = 0,
        limit: int = 20000,
        wait: int = 0,
        timeout: float | None = None,
    ) -> types.CommandOutput:
        """Read what a command in the background wrote, from a cursor on, and whether it still runs; waits for more if
        asked to.

        Args:
            command_id: The id that `command.start` returned.
            cursor: Where to go on: the `cursor` of the last answer. 0 is the beginning; -2000 are the last 2000
            characters.
            limit: Characters at most.
            wait: Milliseconds to wait where there is nothing new and it still runs.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("command.output", types.CommandOutputParams(command_id=command_id, cursor=cursor, limit=limit, wait=wait), types.CommandOutput, timeout)

    async def stop(
        self,
        *,
        command_id: str,
        timeout: float | None = None,
    ) -> types.BackgroundCommand:
        """End a command in the background and all that it started; what it wrote can still be read.

        Args:
            command_id: The id that `command.start` returned.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("command.stop", types.CommandStopParams(command_id=command_id), types.BackgroundCommand, timeout)

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.BackgroundList:
        """The commands in the background.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("command.list", types.Paged(cursor=cursor), types.BackgroundList, timeout)

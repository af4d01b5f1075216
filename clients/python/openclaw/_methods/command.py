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
        cwd: str = "/",
        timeout: int = 30000,
        env: Dict[str, str] | UnsetType = UNSET,
        stdin: str | None = None,
        stream: bool = False,
        call_id: str | None = None,
        client_timeout: float | None = None,
    ) -> types.CommandResult:
        """Run a command in the workspace, sandboxed where the machine can. One that takes too long is ended, which is
        a result, too.

        Args:
            command: Run by `/bin/sh -c`.
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
        return self._client.request("command.execute", types.CommandExecuteParams(command=command, cwd=cwd, timeout=timeout, env=env, stdin=stdin, stream=stream, call_id=call_id), types.CommandResult, client_timeout)


class AsyncCommand:
    """`command.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def execute(
        self,
        *,
        command: str,
        cwd: str = "/",
        timeout: int = 30000,
        env: Dict[str, str] | UnsetType = UNSET,
        stdin: str | None = None,
        stream: bool = False,
        call_id: str | None = None,
        client_timeout: float | None = None,
    ) -> types.CommandResult:
        """Run a command in the workspace, sandboxed where the machine can. One that takes too long is ended, which is
        a result, too.

        Args:
            command: Run by `/bin/sh -c`.
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
        return await self._client.request("command.execute", types.CommandExecuteParams(command=command, cwd=cwd, timeout=timeout, env=env, stdin=stdin, stream=stream, call_id=call_id), types.CommandResult, client_timeout)

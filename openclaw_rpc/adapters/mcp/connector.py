"""Connects to MCP servers. What needs the `mcp` package stands in modules that are imported at first use."""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import aiohttp
import anyio

from openclaw_rpc.domain.mcp import McpConnection, McpServerSettings
from openclaw_rpc.domain.outbound import OutboundPolicy
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.installing import install_command
from openclaw_rpc.protocol.errors import GatewayError, ProviderError, Unavailable
from openclaw_rpc.threads import in_thread

if TYPE_CHECKING:
    from types import ModuleType

NEEDED: Final = "MCP servers need a package that is not installed: "
SESSION: Final = "openclaw_rpc.adapters.mcp.session"


class SdkConnector:
    """A `McpConnector`."""

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        policy: Callable[[], OutboundPolicy],
        folder: Path,
        log: Log,
        *,
        module: str = SESSION,
    ) -> None:
        """What connects.

        Args:
            session: The guarded session that requests go through, asked for when it is first needed.
            policy: The outbound guard.
            folder: Where programs are run that name no folder.
            log: Where servers' own words go.
            module: What is imported at first use.
        """
        self._session = session
        self._policy = policy
        self._folder = folder
        self._log = log
        self._module = module
        self._lock = anyio.Lock()

    @asynccontextmanager
    async def connect(self, name: str, settings: McpServerSettings) -> AsyncGenerator[McpConnection]:
        """A server, while the context lasts; see `domain.mcp.McpConnector`."""
        if settings.url is not None:
            self._policy().check(settings.url)
        module: Any = await self._load()
        try:
            if settings.url is not None:
                client = module.over_http(name, settings.url, settings.headers, self._session, self._log)
            else:
                client = module.over_stdio(name, settings, settings.cwd or str(self._folder), self._log)
            async with client as connection:
                yield connection
        except GatewayError:
            raise
        except Exception as error:
            raise explained(error) from None

    async def _load(self) -> ModuleType:
        """The module that needs the package; in a thread, since importing it takes most of a second."""
        async with self._lock:
            try:
                return await in_thread(importlib.import_module, self._module)
            except ImportError as error:
                root = (error.name or "").partition(".")[0]
                if root in ("mcp", "mcp_types", "httpx2", "pydantic"):
                    raise Unavailable(NEEDED + install_command("mcp"), reason="not_installed") from None
                raise


def explained(error: Exception) -> GatewayError:
    """What went wrong with a server: of errors that come in groups, the first that says something."""
    leaves = list(_leaves(error))
    for leaf in leaves:
        if isinstance(leaf, GatewayError):
            return leaf
    leaf = next((leaf for leaf in leaves if str(leaf)), leaves[0])
    return ProviderError(str(leaf)[:500] or type(leaf).__name__, reason="mcp")


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        inner: tuple[BaseException, ...] = cast("BaseExceptionGroup[BaseException]", error).exceptions
        for each in inner:
            yield from _leaves(each)
    else:
        yield error

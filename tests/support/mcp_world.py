"""MCP servers that are kept, for real; and what tests wait for."""

from __future__ import annotations

import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import aiohttp
import anyio

from openclaw_rpc.adapters.mcp import SdkConnector
from openclaw_rpc.adapters.outbound import guarded_session
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.mcp import Ask, McpServers, McpServerSettings, McpSettings, nobody
from openclaw_rpc.domain.outbound import OutboundPolicy
from openclaw_rpc.protocol.mcp import McpServerInfo
from tests.support.tools import Lines

SCRIPT = Path(__file__).with_name("mcp_server.py")


def program(*args: str, **more: Any) -> McpServerSettings:
    """A server that is a Python program."""
    return McpServerSettings(command=sys.executable, args=list(args or (str(SCRIPT), "stdio")), **more)


class McpWorld:
    """Servers that are kept while a test runs."""

    def __init__(self, folder: Path, servers: dict[str, McpServerSettings], *, module: str | None = None) -> None:
        self.settings = McpSettings(servers=servers)
        self.log = Lines()
        self.policy = OutboundPolicy(["127.0.0.1"])
        self._session: aiohttp.ClientSession | None = None
        options = {"module": module} if module else {}
        connector = SdkConnector(self.session, lambda: self.policy, folder, self.log, **options)
        self.servers = McpServers(connector, lambda: self.settings, SystemClock(), self.log, first_delay=0.05)

    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = guarded_session(lambda: self.policy)
        return self._session

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[McpWorld]:
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(anyio.create_task_group())
            group.start_soon(self.servers.serve)
            try:
                yield self
            finally:
                group.cancel_scope.cancel()
                if self._session is not None:
                    await self._session.close()

    def info(self, name: str = "small") -> McpServerInfo:
        return next(info for info in self.servers.list() if info.name == name)

    async def until(self, wanted: Callable[[McpServerInfo], object], name: str = "small") -> McpServerInfo:
        """How a server is, once it is as wanted."""
        await eventually(lambda: wanted(self.info(name)), lambda: repr(self.info(name)))
        return self.info(name)

    async def ready(self, name: str = "small") -> McpServerInfo:
        return await self.until(lambda info: info.status == "ready", name)

    async def call(self, tool: str, ask: Ask = nobody, **params: Any) -> Any:
        """Use a tool by the name that agents know it by."""
        with anyio.fail_after(20):
            offered = {one.name: one for one in await self.servers.tools()}[tool]
            return await self.servers.call(offered, params, ask)


async def eventually(wanted: Callable[[], object], about: Callable[[], str] = str) -> None:
    """Wait for something that nobody tells of."""
    with anyio.move_on_after(40):
        while not wanted():  # noqa: ASYNC110
            await anyio.sleep(0.01)
    assert wanted(), about()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@asynccontextmanager
async def served_over_http(port: int, kind: str = "http") -> AsyncGenerator[str]:
    """The small server over HTTP (``sse``: in the older way), as a process of its own; its address."""
    process = await anyio.open_process(
        [sys.executable, str(SCRIPT), kind, str(port)], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        with anyio.fail_after(20):
            while True:
                try:
                    await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
                    break
                except OSError:
                    await anyio.sleep(0.05)
        yield f"http://127.0.0.1:{port}/{'sse' if kind == 'sse' else 'mcp'}"
    finally:
        process.kill()
        await process.aclose()


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

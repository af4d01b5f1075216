"""Other people's MCP servers and clients, as they come from the registries, by name and version.

`make strangers` uses all of them; `make test` one of each.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import msgspec
import pytest

from openclaw_rpc.domain.mcp import McpServerSettings, Parts, Question, Reply
from openclaw_rpc.protocol.errors import ProviderError
from tests.strangers import environments
from tests.support.gateway import TOKEN, gateway, settings
from tests.support.mcp_world import McpWorld
from tests.support.upstream import scripted_upstream
from tests.support.web import serving

HERE = Path(__file__).parent
pytestmark = pytest.mark.timeout(420)

Check = Callable[[McpWorld, Path], Awaitable[None]]


class Server(msgspec.Struct, kw_only=True):
    """A server: its package, its program, and what is done with it."""

    package: str
    program: str
    tools: int
    args: Sequence[str] = ()
    env: dict[str, str] = {}
    check: Check | None = None


async def everything(world: McpWorld, folder: Path) -> None:
    assert await world.call("small__echo", message="hé 天") == "Echo: hé 天"
    assert "5" in await world.call("small__get-sum", a=2, b=3)
    picture = await world.call("small__get-tiny-image")
    assert isinstance(picture, Parts) and [type(part).__name__ for part in picture.parts].count("Blob") == 1
    assert (await world.call("small__get-structured-content", location="Chicago"))["humidity"] > 0
    # Progress extends the time that it may take.
    assert "completed" in await world.call("small__trigger-long-running-operation", duration=2, steps=8)
    asked: list[Question] = []

    async def human(question: Question) -> Reply:
        asked.append(question)
        return Reply(action="decline")

    told = str(await world.call("small__trigger-elicitation-request", human))
    assert asked and "declined" in told
    assert "only be used as a task" in world.info().left_out["simulate-research-query"]


async def filesystem(world: McpWorld, folder: Path) -> None:
    await world.call("small__write_file", path=str(folder / "a.txt"), content="one\ntwo\n")
    assert "two" in str(await world.call("small__read_text_file", path=str(folder / "a.txt")))
    with pytest.raises(ProviderError, match="denied"):
        await world.call("small__read_text_file", path="/etc/hostname")


async def memory(world: McpWorld, folder: Path) -> None:
    entity = {"name": "Ada", "entityType": "person", "observations": ["mends nets"]}
    await world.call("small__create_entities", entities=[entity])
    assert "mends nets" in str(await world.call("small__read_graph"))
    with pytest.raises(ProviderError):
        await world.call("small__create_entities", entities="no list")


async def thinking(world: McpWorld, folder: Path) -> None:
    thought: dict[str, Any] = {"thought": "So.", "nextThoughtNeeded": False, "thoughtNumber": 1, "totalThoughts": 1}
    assert "thoughtNumber" in str(await world.call("small__sequentialthinking", **thought))


async def fetch(world: McpWorld, folder: Path) -> None:
    async with serving() as port:
        assert "internal secret" in str(await world.call("small__fetch", url=f"http://127.0.0.1:{port}/", raw=True))


async def git(world: McpWorld, folder: Path) -> None:
    assert "No commits yet" in str(await world.call("small__git_status", repo_path=str(folder / "repo")))


async def time(world: McpWorld, folder: Path) -> None:
    given: dict[str, Any] = {"source_timezone": "Asia/Tokyo", "time": "12:00", "target_timezone": "UTC"}
    assert "03:00" in str(await world.call("small__convert_time", **given))


NPM = {
    "memory": Server(
        package="@modelcontextprotocol/server-memory@2026.8.31",
        program="mcp-server-memory",
        tools=9,
        env={"MEMORY_FILE_PATH": "{folder}/memory.jsonl"},
        check=memory,
    ),
    "everything": Server(
        package="@modelcontextprotocol/server-everything@2026.8.31",
        program="mcp-server-everything",
        tools=14,
        check=everything,
    ),
    "filesystem": Server(
        package="@modelcontextprotocol/server-filesystem@2026.8.31",
        program="mcp-server-filesystem",
        tools=14,
        args=["{folder}"],
        check=filesystem,
    ),
    "thinking": Server(
        package="@modelcontextprotocol/server-sequential-thinking@2026.8.31",
        program="mcp-server-sequential-thinking",
        tools=1,
        check=thinking,
    ),
    "context7": Server(package="@upstash/context7-mcp@4.1.1", program="context7-mcp", tools=2),
    "notion": Server(
        package="@notionhq/notion-mcp-server@2.5.2",
        program="notion-mcp-server",
        tools=24,
        env={"NOTION_TOKEN": "ntn_none"},
    ),
    "tavily": Server(package="tavily-mcp@0.2.22", program="tavily-mcp", tools=5, env={"TAVILY_API_KEY": "tvly-none"}),
}
PYPI = {
    "fetch": Server(
        package="mcp-server-fetch==2026.10.24",
        program="mcp-server-fetch",
        tools=1,
        args=["--ignore-robots-txt", "--allow-private-ips"],
        check=fetch,
    ),
    "git": Server(
        package="mcp-server-git==2026.10.19",
        program="mcp-server-git",
        tools=12,
        args=["--repository", "{folder}/repo"],
        check=git,
    ),
    "time": Server(
        package="mcp-server-time==2026.10.19",
        program="mcp-server-time",
        tools=2,
        args=["--local-timezone", "UTC"],
        check=time,
    ),
}
CLIENTS = {
    "mcp_sdk": ("@modelcontextprotocol/sdk@1.32.2",),
    "mcp_ai_sdk": ("@ai-sdk/mcp@2.0.99",),
    "mcp_fastmcp": ("fastmcp==4.2.3",),
    "mcp_langchain": ("langchain-mcp-adapters==0.3.2",),
}


def installed(name: str) -> Path:
    """A server's program; those of one registry share an environment, but for the one that `make test` uses."""
    if name in PYPI:
        return environments.python("mcp-servers", *(one.package for one in PYPI.values())).parent / PYPI[name].program
    packages = [one.package for one in NPM.values()] if environments.ALL else [NPM[name].package]
    return environments.node("mcp-servers", *packages) / "node_modules" / ".bin" / NPM[name].program


@asynccontextmanager
async def world_of(name: str, folder: Path) -> AsyncGenerator[McpWorld]:
    server = (NPM | PYPI)[name]
    program = await anyio.to_thread.run_sync(installed, name)
    chosen = McpServerSettings(
        command=str(program),
        args=[one.format(folder=folder) for one in server.args],
        env={key: value.format(folder=folder) for key, value in server.env.items()},
        start_seconds=60,
        timeout_seconds=1.5 if name == "everything" else 30,
    )
    async with McpWorld(folder, {"small": chosen}).serving() as world:
        with anyio.fail_after(60):
            await world.servers.tools()
            while world.info().status == "starting":  # noqa: ASYNC110
                await anyio.sleep(0.05)
        yield world


@pytest.mark.parametrize("name", [*NPM, *PYPI] if environments.ALL else ["memory"])
async def test_a_server_of_others_is_used_as_it_is(name: str, tmp_path: Path) -> None:
    server = (NPM | PYPI)[name]
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "repo")], check=True)
    async with world_of(name, tmp_path) as world:
        info = world.info()
        assert (info.status, info.restarts, len(info.tools)) == ("ready", 0, server.tools), info
        if server.check is not None:
            await server.check(world, tmp_path)
        assert world.info().status == "ready"


def command(name: str) -> list[str]:
    """A client's script, beside its packages."""
    if CLIENTS[name][0].rpartition("@")[0]:
        folder = environments.node(name, *CLIENTS[name])
        shutil.copyfile(HERE / f"{name}.mjs", folder / f"{name}.mjs")
        return ["node", str(folder / f"{name}.mjs")]
    return [str(environments.python(name, *CLIENTS[name])), str(HERE / f"{name}.py")]


@pytest.mark.parametrize("name", CLIENTS if environments.ALL else ["mcp_sdk"])
async def test_a_client_of_others_uses_the_gateway_as_a_server(name: str) -> None:
    line = await anyio.to_thread.run_sync(partial(command, name))
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running:
        with anyio.fail_after(150):
            done = await anyio.run_process([*line, f"{running.url}/mcp", TOKEN], check=False)
    told: list[dict[str, Any]] = [json.loads(one) for one in done.stdout.decode().splitlines() if one.startswith("{")]
    failed = [f"{one['check']}: {one['error']}" for one in told if not one["ok"]]
    assert told and done.returncode == 0, done.stderr.decode()[-2000:]
    assert not failed, "\n\n".join(failed)

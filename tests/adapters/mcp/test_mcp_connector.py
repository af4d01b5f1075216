"""Real MCP servers: programs and streamable HTTP, started, used, dying and ended."""

import subprocess
import sys
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from openclaw_rpc.domain.mcp import McpServerSettings, McpSettings
from openclaw_rpc.protocol.errors import ProviderError, Timeout, Unavailable
from tests.support.mcp_world import McpWorld, alive, eventually, free_port, program, served_over_http

SMALL = ["add", "die", "environment", "fail", "moor", "more", "shout", "sleep", "spawn", "traced"]


async def test_a_program_s_tools_are_known_and_used(tmp_path: Path):
    async with McpWorld(tmp_path, {"small": program()}).serving() as world:
        info = await world.ready()
        assert info.tools == [f"small__{name}" for name in SMALL]
        assert (info.title, info.version, info.transport) == ("small", "1.2.3", "stdio")
        assert info.protocol
        assert await world.call("small__add", a=1, b=2) == {"result": 3}
        assert await world.call("small__shout", text="é天") == {"result": "É天"}
        tools = {tool.remote.name: tool.remote for tool in await world.servers.tools()}
        assert tools["add"].read_only
        assert not tools["shout"].read_only
        assert tools["add"].parameters["required"] == ["a", "b"]


async def test_a_run_that_comes_early_waits_for_a_server_that_is_being_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("openclaw_rpc.domain.mcp.FIRST_SECONDS", 40.0)  # a busy machine starts Python in more than 5 s
    async with McpWorld(tmp_path, {"small": program()}).serving() as world:
        await anyio.lowlevel.checkpoint()
        assert world.info().status == "starting"
        assert len(await world.servers.tools()) == len(SMALL)


async def test_a_program_gets_its_own_variables_and_none_of_the_gateway_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    settings = program(env={"MINE": "yes"})
    async with McpWorld(tmp_path, {"small": settings}).serving() as world:
        await world.ready()
        seen = await world.call("small__environment")
        assert seen["MINE"] == "yes"
        assert "OPENAI_API_KEY" not in seen
        assert seen["CWD"] == str(tmp_path.resolve())


async def test_a_tool_s_failure_is_an_error_with_what_it_said(tmp_path: Path):
    async with McpWorld(tmp_path, {"small": program()}).serving() as world:
        await world.ready()
        with pytest.raises(ProviderError) as caught:
            await world.call("small__fail")
        assert "no such thing" in caught.value.message
        assert world.info().status == "ready"


async def test_a_tool_that_takes_too_long_is_given_up_and_the_server_goes_on(tmp_path: Path):
    async with McpWorld(tmp_path, {"small": program(timeout_seconds=0.3)}).serving() as world:
        await world.ready()
        with pytest.raises(Timeout):
            await world.call("small__sleep", seconds=30)
        assert await world.call("small__add", a=1, b=1) == {"result": 2}


async def test_one_that_dies_is_started_again_and_says_why(tmp_path: Path):
    async with McpWorld(tmp_path, {"small": program()}).serving() as world:
        await world.ready()
        with pytest.raises(ProviderError):
            await world.call("small__die")
        info = await world.until(lambda info: info.restarts == 1 and info.status == "ready")
        assert info.error is None
        assert await world.call("small__add", a=2, b=2) == {"result": 4}
        said = [fields["error"] for _, event, fields in world.log.lines if event == "an MCP server is not there"]
        assert "code 3" in said[0]
        assert "out of luck" in said[0]


async def test_what_changes_in_a_server_is_taken_up(tmp_path: Path):
    async with McpWorld(tmp_path, {"small": program()}).serving() as world:
        await world.ready()
        await world.call("small__more")
        # Newer revisions announce nothing unasked: then it is the regular look that finds it.
        if (world.info().protocol or "") < "2026":
            await world.until(lambda info: "small__extra" in info.tools)


async def test_ended_it_takes_with_it_all_that_it_started(tmp_path: Path):
    async with McpWorld(tmp_path, {"small": program()}).serving() as world:
        await world.ready()
        left = (await world.call("small__spawn"))["result"]
        assert alive(left)
        world.settings = McpSettings()
        world.servers.apply()
        await eventually(lambda: not alive(left))
        assert world.servers.list() == []


async def test_when_the_gateway_stops_its_servers_stop(tmp_path: Path):
    world = McpWorld(tmp_path, {"small": program()})
    with anyio.fail_after(20):
        async with world.serving():
            await world.ready()
            left = (await world.call("small__spawn"))["result"]
        await eventually(lambda: not alive(left))


async def test_one_that_ignores_the_end_is_killed(tmp_path: Path):
    script = tmp_path / "stubborn.py"
    script.write_text(
        "import signal, sys, threading, runpy, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "threading.Thread(target=lambda: time.sleep(600)).start()\n"
        f"sys.argv = ['x', 'stdio']\nrunpy.run_path({str(Path(__file__).parents[2] / 'support' / 'mcp_server.py')!r},"
        " run_name='__main__')\n"
    )
    world = McpWorld(tmp_path, {"small": program(str(script))})
    with anyio.fail_after(20):
        async with world.serving():
            await world.ready()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["-c", "import sys; sys.exit('no licence')"], ["code 1", "no licence"]),
        (["-c", "import sys; sys.stderr.write('no newline'); sys.exit(3)"], ["code 3", "no newline"]),
        (["-c", "print('hello'); import time; time.sleep(60)"], ["not ready within"]),
        (["-c", "import sys\nwhile True: sys.stdout.write('x' * 1000000)"], ["line"]),
    ],
)
async def test_a_program_that_is_no_server_is_listed_with_what_is_wrong(
    tmp_path: Path, args: list[str], words: list[str]
):
    settings = program(*args, start_seconds=3 if "line" not in words else 20)
    async with McpWorld(tmp_path, {"small": settings}).serving() as world:
        info = await world.until(lambda info: info.error)
        assert all(word in (info.error or "") for word in words), info.error
        assert info.tools == []
        with pytest.raises(KeyError):
            await world.call("small__add")


async def test_a_program_that_is_not_there_does_no_harm_to_the_others(tmp_path: Path):
    servers = {"none": McpServerSettings(command="/no/such/program"), "small": program()}
    async with McpWorld(tmp_path, servers).serving() as world:
        await world.ready()
        info = await world.until(lambda info: info.error, "none")
        assert "/no/such/program" in (info.error or "")


async def test_a_server_over_http_is_reached_through_the_guard(tmp_path: Path):
    async with served_over_http(free_port()) as url:
        settings = McpServerSettings(url=url, headers={"Authorization": "Bearer x"})
        async with McpWorld(tmp_path, {"small": settings}).serving() as world:
            info = await world.ready()
            assert (info.transport, info.title) == ("http", "small")
            assert await world.call("small__add", a=40, b=2) == {"result": 42}


async def test_a_server_over_http_that_goes_away_is_found_again(tmp_path: Path):
    port = free_port()
    world = McpWorld(tmp_path, {"small": McpServerSettings(url=f"http://127.0.0.1:{port}/mcp")})
    async with world.serving():
        async with served_over_http(port):
            await world.ready()
        with pytest.raises((ProviderError, Unavailable)):
            await world.call("small__add", a=1, b=1)
        await world.until(lambda info: info.status == "failed")
        async with served_over_http(port):
            await world.ready()
            assert await world.call("small__add", a=1, b=1) == {"result": 2}


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/mcp", "http://localhost:1/mcp", "http://169.254.169.254/mcp"])
async def test_a_closed_address_is_not_connected_to(tmp_path: Path, url: str):
    world = McpWorld(tmp_path, {"small": McpServerSettings(url=url)})
    world.policy = type(world.policy)()
    async with world.serving():
        info = await world.until(lambda info: info.error)
        assert "may not be reached" in (info.error or "")


async def test_without_the_package_the_error_says_what_to_install(tmp_path: Path):
    (tmp_path / "needs_it.py").write_text("import httpx2.no_such_part\n")
    sys.path.insert(0, str(tmp_path))
    try:
        async with McpWorld(tmp_path, {"small": program()}, module="needs_it").serving() as world:
            info = await world.until(lambda info: info.error)
            assert "pip install" in (info.error or "") and "[mcp]'" in (info.error or "")
    finally:
        sys.path.remove(str(tmp_path))


def test_the_package_is_not_imported_before_a_server_is_needed():
    code = "import sys, openclaw_rpc.adapters.mcp, openclaw_rpc.domain.tools.mcp; print('mcp' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert said.stdout.strip() == "False"

"""Each example is run as its reader would run it, against a real gateway whose model is scripted."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.domain.skills.manifest import read_markdown
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

TOP = Path(__file__).resolve().parents[2]
EXAMPLES = TOP / "examples"
SECONDS = 40
PIN = "2580"
STORY = "[[slow:40,5]]"
WORDS = " ".join(f"w{number}" for number in range(40))
REPAIRED = "def total(prices, discount=0):\n    return sum(prices) * (1 - discount)\n"

AGENTS = {"coder": {"tools": ["file_read", "file_write", "file_list", "file_search", "shell"]}}


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream:
        config = settings(upstream.url) | {"agents": AGENTS}
        async with gateway(config) as started:
            yield started


async def run(served: TestGateway, *command: str, **environ: str) -> str:
    """What a program writes; it must end well."""
    known = {**os.environ, "OPENCLAW_URL": served.url, "OPENCLAW_TOKEN": TOKEN, **environ}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=TOP, env=known, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        with anyio.fail_after(SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    text = output.decode()
    assert process.returncode == 0, text
    return text


def python(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-X", "utf8", str(EXAMPLES / name), *arguments)


async def test_the_answer_survives_a_broken_connection(served: TestGateway) -> None:
    text = await run(served, *python("chat_websocket.py", STORY))
    assert text.split("\n")[0].strip() == WORDS
    assert "[stop]" in text


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_rest_with_curl(served: TestGateway) -> None:
    text = await run(served, "sh", str(EXAMPLES / "chat_rest.sh"), 'say "hello" \\ there')
    answers = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert answers[0]["status"] == "ok"
    assert answers[1]["response"] == 'echo: say "hello" \\ there'
    assert [message["role"] for message in answers[2]["messages"]] == ["user", "assistant"]
    assert len(answers) == 4


async def test_server_sent_events_go_on_where_they_were(served: TestGateway) -> None:
    text = await run(served, *python("sse.py", STORY))
    assert text.splitlines()[0].strip() == WORDS
    assert text.splitlines()[1] == "[stop]"


async def test_the_openai_sdk(served: TestGateway) -> None:
    text = await run(served, *python("openai_sdk.py", STORY))
    assert "openclaw" in text.splitlines()[0]
    assert text.splitlines()[1].strip() == WORDS


async def test_the_openai_sdk_for_javascript(served: TestGateway, tmp_path: Path) -> None:
    installed = next((TOP / ".cache").glob("strangers/*/node_modules/openai"), None)
    if shutil.which("node") is None or installed is None:
        pytest.skip("node, or its package openai, is not installed")
    shutil.copy(EXAMPLES / "openai_sdk.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(installed.parent)
    text = await run(served, "node", str(tmp_path / "openai_sdk.mjs"), STORY)
    assert text.strip() == WORDS


async def test_the_skill_is_one_and_its_tool_works(served: TestGateway) -> None:
    folder = EXAMPLES / "skill" / "roll-dice"
    manifest = read_markdown((folder / "SKILL.md").read_text(), folder.name)
    assert (manifest.slug, [tool.name for tool in manifest.tools]) == ("roll-dice", ["roll_dice"])
    process = await asyncio.create_subprocess_exec(
        *manifest.tools[0].command, cwd=folder, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    with anyio.fail_after(SECONDS):
        output, _ = await process.communicate(json.dumps({"count": 3, "sides": 6}).encode())
    rolled = json.loads(output)
    assert len(rolled["dice"]) == 3
    assert sum(rolled["dice"]) == rolled["sum"]
    assert all(1 <= die <= 6 for die in rolled["dice"])


async def test_the_mcp_server_offers_its_tools() -> None:
    pytest.importorskip("mcp", reason="the package mcp is not installed")
    from mcp.client.session import ClientSession
    from mcp.client.stdio import StdioServerParameters, stdio_client

    server = StdioServerParameters(command=sys.executable, args=[str(EXAMPLES / "mcp_server" / "server.py")])
    with anyio.fail_after(SECONDS):
        async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            listed = await session.list_tools()
            assert {tool.name for tool in listed.tools} == {"find_books", "author_of"}
            found = await session.call_tool("find_books", {"author": "le guin"})
            assert "The Dispossessed" in str(found.content)


async def test_the_coding_agent_repairs_the_code(served: TestGateway) -> None:
    change = json.dumps({"path": "coding-example/price.py", "content": REPAIRED})
    text = await run(served, *python("coding_agent.py", f"[[tool:file_write {change}]]"))
    assert "AssertionError" in text
    assert "> file_write" in text
    assert text.rstrip().endswith("all tests pass")
    assert (served.app.paths.workspace / "coding-example" / "price.py").read_text() == REPAIRED


async def test_a_coding_agent_that_does_not_help_is_no_success(served: TestGateway) -> None:
    with pytest.raises(AssertionError, match="AssertionError"):
        await run(served, *python("coding_agent.py", "[[raw:I would rather not]]"))


@pytest.mark.parametrize(("pin", "said"), [(PIN, "approved"), ("0000", "")])
async def test_a_human_is_asked_before_a_command_runs(pin: str, said: str) -> None:
    async with scripted_upstream() as upstream:
        config = settings(upstream.url) | {"security": {"require_pin_for": ["shell"], "approval_seconds": 2}}
        async with gateway(config) as served:
            served.set_pin(PIN)
            command = '[[tool:shell {"command": "echo done-by-hand"}]]'
            if said:
                text = await run(served, *python("approvals.py", command), OPENCLAW_PIN=pin)
                assert "wants to use shell" in text
                assert f"[{said}]" in text
                assert "done-by-hand" in text.rpartition(f"[{said}]")[2]
            else:
                with pytest.raises(AssertionError, match="PIN"):
                    await run(served, *python("approvals.py", command), OPENCLAW_PIN=pin)

"""OpenClaw's terminal UI against this gateway."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from anyio import to_thread

from tests.openclaw import clients
from tests.openclaw.terminal import Terminal
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

pytestmark = [clients.here, clients.whole, pytest.mark.timeout(300)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running:
        yield running


def start(url: str, home: Path, *words: str) -> Terminal:
    return Terminal(clients.command("tui", "--url", url, "--token", TOKEN, *words), clients.environment(home))


async def test_turns_are_streamed_a_tool_is_used_and_an_answer_ended(served: TestGateway, tmp_path: Path) -> None:
    def talk() -> None:
        with start(served.ws_url, tmp_path, "--session", "t") as screen:
            screen.wait(r"connected \| idle")
            screen.type("the first turn")
            screen.wait(r"echo: the first turn[\s\S]*\| idle")
            screen.type("[[slow:30,60]]")
            screen.wait(r"\bw3\b")
            assert "w29" not in screen.text
            screen.wait(r"\bw29\b[\s\S]*\| idle")
            screen.type('[[tool:file_list {"path": "/"}]]')
            screen.wait(r"tool said: [\s\S]*\| idle")
            screen.type("[[slow:300,50]]")
            screen.wait(r"\bw5\b")
            screen.key(b"\x1b")
            screen.wait(r"run aborted")

    await to_thread.run_sync(talk)
    async with served.connect() as client:
        history = await client.result("chat.history", sessionKey="agent:main:t")
        assert history["messages"][-1]["status"] == "aborted"
        (device,) = (await client.result("device.list"))["devices"]
        assert device["client"] == "openclaw-tui"


async def test_a_first_message_that_is_answered_at_once_leaves_it_idle(tmp_path: Path) -> None:
    # The built-in agent answers in a millisecond; their terminal still starts then.
    async with gateway(settings()) as served:

        def talk() -> None:
            with start(served.ws_url, tmp_path, "--session", "t", "--message", "/help") as screen:
                screen.wait(r"\| idle[\s\S]*(sending|running|waiting|connected)[\s\S]*\| idle|sending[\s\S]*\| idle")

        await to_thread.run_sync(talk)

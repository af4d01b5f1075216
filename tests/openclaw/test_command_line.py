"""OpenClaw's command line against this gateway."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from anyio import to_thread

from tests.openclaw import clients
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

pytestmark = [clients.here, pytest.mark.timeout(300)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running:
        yield running


async def cli(served: TestGateway, home: Path, *words: str, token: str = TOKEN, ok: bool = True) -> str:
    env = clients.environment(home, served.ws_url, token)
    return await to_thread.run_sync(lambda: clients.run(env, *words, ok=ok))


async def test_health_and_a_turn_of_an_agent(served: TestGateway, tmp_path: Path) -> None:
    health = json.loads(await cli(served, tmp_path, "gateway", "call", "health", "--json"))
    assert health["ok"] is True and health["defaultAgentId"] == "main"
    assert "echo: hello" in await cli(served, tmp_path, "agent", "--agent", "main", "--message", "hello")
    async with served.connect() as client:
        (session,) = (await client.result("session.list"))["sessions"]
        assert session["sessionKey"] == "agent:main:main" and session["channel"] == "openclaw"


@clients.whole
async def test_every_view_of_the_gateway_is_shown(served: TestGateway, tmp_path: Path) -> None:
    await cli(served, tmp_path, "agent", "--agent", "main", "--message", "hello")
    assert "OK" in await cli(served, tmp_path, "gateway", "health")
    assert "agent:main:main" in await cli(served, tmp_path, "health")
    listed = json.loads(await cli(served, tmp_path, "gateway", "call", "sessions.list", "--json"))
    assert [row["key"] for row in listed["sessions"]] == ["agent:main:main"]
    assert "reachable" in await cli(served, tmp_path, "status")
    assert "listening" in await cli(served, tmp_path, "logs", "--limit", "200", "--plain")
    assert "primary/scripted" in await cli(served, tmp_path, "models", "list")
    assert "Read probe: ok" in await cli(served, tmp_path, "gateway", "probe")
    assert "Gateway reachable" in await cli(served, tmp_path, "channels", "status")
    for words in (("cron", "list"), ("devices", "list"), ("nodes", "list"), ("gateway", "usage-cost"), ("sessions",)):
        await cli(served, tmp_path, *words)


@clients.whole
async def test_what_goes_wrong_is_said(served: TestGateway, tmp_path: Path) -> None:
    wrong = await cli(served, tmp_path, "gateway", "call", "health", token="wrong-token-0123456", ok=False)
    assert "unauthorized" in wrong and "wrong-token" not in wrong
    reader = served.make_token(scopes="read")
    refused = await cli(served, tmp_path, "agent", "--agent", "main", "--message", "x", token=reader, ok=False)
    assert "operator.write" in refused
    failed = await cli(served, tmp_path, "agent", "--agent", "main", "--message", "[[fail:400]]", ok=False)
    assert "400" in failed or "refused" in failed

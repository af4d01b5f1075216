"""A home that the real OpenClaw made, brought over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from anyio import to_thread

from tests.cli.command import Home
from tests.openclaw import clients
from tests.support.openclaw_home import contents
from tests.support.upstream import scripted_upstream

pytestmark = [clients.here, clients.whole, pytest.mark.timeout(300)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_home_of_the_real_program_is_imported(tmp_path: Path) -> None:
    state = tmp_path / "user" / ".openclaw"
    async with scripted_upstream() as upstream:
        env = clients.environment(tmp_path / "user", MOCK_KEY="k", OPENCLAW_WORKSPACE_DIR=str(state / "workspace"))
        model = {"id": "scripted", "name": "Scripted", "contextWindow": 128000, "maxTokens": 4096, "input": ["text"]}
        provider = {
            "baseUrl": upstream.url,
            "apiKey": "${MOCK_KEY}",
            "api": "openai-completions",
            "models": [model],
        }
        config = {
            "models": {"providers": {"mock": provider}},
            "agents": {"defaults": {"model": {"primary": "mock/scripted"}}},
            "gateway": {"mode": "local"},
        }
        (state / "openclaw.json").write_text(json.dumps(config))
        for text in ("hello", "hello again"):
            words = ("agent", "--local", "--agent", "main", "--message", text)
            await to_thread.run_sync(lambda words=words: clients.run(env, *words))
    before = contents(state)
    home = Home(tmp_path / "ours")
    for expected in ("imported", "there already"):
        done = await to_thread.run_sync(lambda: home.run("import", "openclaw", str(state), "--json"))
        assert done.code == 0, done.err
        items = {(item["kind"], item["name"]): item for item in done.json()["items"]}
        session, provider = items["sessions", "agent:main:main"], items["providers", "mock"]
        assert session["outcome"] == provider["outcome"] == expected
        assert items["files", "AGENTS.md"]["outcome"] == expected
        if expected == "imported":
            assert session["detail"] == "4 messages"
    assert contents(state) == before

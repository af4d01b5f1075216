"""Files of the workspace that an agent has before it, through a whole gateway."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from openclaw_rpc.config.paths import Paths
from tests.support.agent import World, world

AGENTS = {"plain": {"context_files": []}, "chosen": {"context_files": ["notes/rules.md"]}}


@pytest.fixture
async def agent() -> AsyncGenerator[World]:
    async with world(agents=AGENTS) as made:
        yield made


def put(agent: World, name: str, text: str | bytes) -> None:
    path = agent.workspace / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


async def seen(agent: World, **params: str) -> str:
    await agent.run("Hello", **params)
    return agent.model.system()


async def test_an_agent_has_its_files_before_it_as_they_are_now(agent: World) -> None:
    assert "AGENTS.md" not in await seen(agent)
    put(agent, "AGENTS.md", "Speak like a captain.")
    put(agent, "MEMORY.md", "The boat is called Zebulon.")
    before = await seen(agent)
    assert before.index("Speak like a captain.") < before.index("The boat is called Zebulon.")
    put(agent, "AGENTS.md", "Speak like a judge.")
    after = await seen(agent)
    assert "judge" in after and "captain" not in after
    assert "judge" not in await seen(agent, agentId="plain")


async def test_an_agent_names_files_of_its_own(agent: World) -> None:
    put(agent, "AGENTS.md", "Speak like a captain.")
    put(agent, "notes/rules.md", "Never rhyme.")
    before = await seen(agent, agentId="chosen")
    assert "Never rhyme." in before and "captain" not in before


async def test_what_is_too_long_is_cut_and_what_is_no_text_is_passed_over(agent: World) -> None:
    put(agent, "AGENTS.md", "begins " + "é" * 50_000)
    put(agent, "SOUL.md", b"\xff\xfe\x00")
    put(agent, "USER.md", "  \n")
    put(agent, "TOOLS.md", "Tools end.")
    before = await seen(agent)
    assert before.count("é") < 20_000 and "it goes on in the file" in before
    assert "SOUL.md" not in before and "USER.md" not in before and "Tools end." in before


async def test_whoever_may_not_read_files_is_not_told_the_private_ones(agent: World) -> None:
    put(agent, "AGENTS.md", "Speak like a captain.")
    put(agent, "MEMORY.md", "The boat is called Zebulon.")
    token = agent.served.make_token(scopes="read,chat")
    async with agent.served.connect(token=token) as guest:
        await guest.chat("Hello", sessionKey="theirs")
    assert "captain" in agent.model.system() and "Zebulon" not in agent.model.system()


def test_the_workspace_of_openclaws_home_stays_its_own(tmp_path: Path) -> None:
    env = {"OPENCLAW_HOME": str(tmp_path)}
    assert Paths.find(env).workspace == tmp_path / "workspace"
    (tmp_path / "openclaw.json").write_text("{}")
    assert Paths.find(env).workspace == tmp_path / "workspace-rpc"

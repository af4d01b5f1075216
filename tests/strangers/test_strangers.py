"""Other people's clients, as they come from the registries, find what they know of OpenAI's API here."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from tests.strangers import environments
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

HERE = Path(__file__).parent
pytestmark = pytest.mark.timeout(420)

PYTHON = {"openai_python": ("openai==3.52.0",)}
LARGE_PYTHON = {
    "langchain_client": ("langchain-openai==1.7.3",),
    "pydantic_ai_client": ("pydantic-ai-slim[openai]==2.68.0",),
    "llm_client": ("llm==0.36",),
    "strands_client": ("strands-agents[openai]==1.62.0",),
    "haystack_client": ("haystack-ai==3.4.1",),
    "openai_agents_client": ("openai-agents==0.24.0",),
    "ag2_client": ("ag2[openai]==1.2.1",),
}
NODE = {
    "openai_js": ("openai@7.55.0",),
    "ai_sdk": ("ai@7.0.173", "@ai-sdk/openai-compatible@3.0.92", "zod@4.6.7"),
}
LARGE_NODE = {
    "ai_sdk_openai": ("ai@7.0.173", "@ai-sdk/openai@4.0.118", "zod@4.6.7"),
    "codex": ("@openai/codex@0.171.0",),
}
if environments.ALL:
    PYTHON |= LARGE_PYTHON
    NODE |= LARGE_NODE


@asynccontextmanager
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running:
        yield running


async def checked(command: Sequence[str | Path], running: TestGateway) -> None:
    """Run a client's script: every check that it prints must hold."""
    with anyio.fail_after(150):
        done = await anyio.run_process([*map(str, command), f"{running.url}/v1", TOKEN], check=False)
    lines = [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith("{")]
    failed = [f"{line['check']}: {line['error']}" for line in lines if not line["ok"]]
    assert lines, done.stderr.decode()[-2000:]
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert not failed, "\n\n".join(failed)


@pytest.mark.parametrize("name", PYTHON)
async def test_a_python_client_works_unchanged(name: str) -> None:
    interpreter = await anyio.to_thread.run_sync(partial(environments.python, name, *PYTHON[name]))
    async with served() as running:
        await checked([interpreter, HERE / f"{name}.py"], running)


@pytest.mark.parametrize("name", NODE)
async def test_a_javascript_client_works_unchanged(name: str) -> None:
    folder = await anyio.to_thread.run_sync(partial(environments.node, name, *NODE[name]))
    # Packages are looked for beside the script.
    script = folder / f"{name}.mjs"
    shutil.copyfile(HERE / script.name, script)
    async with served() as running:
        await checked(["node", script], running)

"""What a gateway at rest has imported: nothing heavy that nobody has asked for yet."""

import json
import os
import subprocess
import sys
from pathlib import Path

import anyio
import yaml

from tests.support.gateway import settings
from tests.support.upstream import scripted_upstream

TOP = Path(__file__).resolve().parents[2]
HEAVY = (
    *("openai", "playwright", "jwt", "rich", "prometheus_client", "mcp", "cryptography", "pydantic"),
    *("standardwebhooks", "httpx", "httpx2", "asyncpg", "redis", "opentelemetry"),
    *("aiogram", "discord", "slack_sdk"),
)
UNUSED = (
    *("aiohttp.web", "aiohttp.web_app", "aiohttp.web_fileresponse", "aiohttp.web_urldispatcher"),
    *("difflib", "openclaw_rpc.dialects.openapi", "openclaw_rpc.dialects.openrpc", "openclaw_rpc.domain.markup"),
    "openclaw_rpc.domain.offline",
)
"""Modules that a gateway with a provider may never need."""
PROGRAM = """
import anyio, json, os, sys
from openclaw_rpc.cli import main  # as `openclaw gateway` begins
from openclaw_rpc.app import App, Options

async def rest():
    async with App(Options(environ=dict(os.environ))).running() as gateway:
        if asked := os.environ.get("ASKED"):
            await gateway.servers.models.resolve(None)[0].provider.complete(asked.encode())
        print(json.dumps(sorted(sys.modules)))

anyio.run(rest)
"""


def modules_of(home: Path, upstream: str = "http://127.0.0.1:1/v1", asked: str = "") -> set[str]:
    """All modules that a gateway with a provider has imported once it listens, and has asked its model."""
    path = home / "gateway.yaml"
    path.write_text(yaml.safe_dump(settings(upstream)))
    path.chmod(0o600)
    environ = {**os.environ, "OPENCLAW_HOME": str(home), "ASKED": asked}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=TOP, env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_gateway_at_rest_has_imported_nothing_heavy(tmp_path: Path) -> None:
    modules = modules_of(tmp_path)
    imported = {name.partition(".")[0] for name in modules}
    assert "aiohttp" in imported, "the program imported nothing"
    assert sorted(imported & set(HEAVY)) == []
    assert sorted(modules & set(UNUSED)) == []


async def test_a_gateway_that_has_asked_a_model_has_not_either(tmp_path: Path) -> None:
    body = json.dumps({"model": "scripted", "messages": [{"role": "user", "content": "hi"}]})
    async with scripted_upstream() as upstream:
        modules = await anyio.to_thread.run_sync(modules_of, tmp_path, upstream.url, body)
        assert len(upstream.requests) == 1
    assert sorted({name.partition(".")[0] for name in modules} & set(HEAVY)) == []

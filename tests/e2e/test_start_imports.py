"""What a gateway at rest has imported: nothing heavy that nobody has asked for yet."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from tests.support.gateway import settings

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
    async with App(Options(environ=dict(os.environ))).running():
        print(json.dumps(sorted(sys.modules)))

anyio.run(rest)
"""


def modules_at_rest(home: Path) -> set[str]:
    """The names of all modules that a gateway with a provider has imported once it listens."""
    path = home / "gateway.yaml"
    path.write_text(yaml.safe_dump(settings("http://127.0.0.1:1/v1")))
    path.chmod(0o600)
    environ = {**os.environ, "OPENCLAW_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=TOP, env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_gateway_at_rest_has_imported_nothing_heavy(tmp_path: Path) -> None:
    modules = modules_at_rest(tmp_path)
    imported = {name.partition(".")[0] for name in modules}
    assert "aiohttp" in imported, "the program imported nothing"
    assert sorted(imported & set(HEAVY)) == []
    assert sorted(modules & set(UNUSED)) == []

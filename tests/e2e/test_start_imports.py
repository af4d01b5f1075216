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
    *("openai", "playwright", "jwt", "rich", "ruamel", "prometheus_client", "mcp", "cryptography", "pydantic"),
    *("standardwebhooks", "cronsim", "httpx", "httpx2", "asyncpg", "redis", "opentelemetry"),
)
PROGRAM = """
import anyio, json, os, sys
from openclaw_rpc.cli import main  # as `openclaw gateway` begins
from openclaw_rpc.app import App, Options

async def rest():
    async with App(Options(environ=dict(os.environ))).running():
        print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))

anyio.run(rest)
"""


def test_a_gateway_at_rest_has_imported_nothing_heavy(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(yaml.safe_dump(settings("http://127.0.0.1:1/v1")))
    path.chmod(0o600)
    environ = {**os.environ, "OPENCLAW_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=TOP, env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    imported = set(json.loads(done.stdout.splitlines()[-1]))
    assert "aiohttp" in imported, "the program imported nothing"
    assert sorted(imported & set(HEAVY)) == []

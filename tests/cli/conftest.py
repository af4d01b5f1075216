"""Homes and gateways for the command line's tests."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import SECONDS, Gateway, Home, free_port, start_gateway, wait_until_open


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty OPENCLAW_HOME."""
    return Home(tmp_path / "home")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A running gateway for the tests of a file; its model is the offline agent."""
    started = start_gateway(Home(tmp_path_factory.mktemp("gateway") / "home"))
    try:
        yield started
    finally:
        with contextlib.suppress(Exception):
            started.stop()
        if started.process.poll() is None:
            started.process.kill()
            started.process.communicate()


ROOT = Path(__file__).parents[2]
CAREFUL = """
security: {sandbox: none, policies: {shell: ask, file_write: ask}, require_pin_for: [file_delete]}
agents: {writer: {description: Writes.}}
"""


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose model answers as the message says; `shell` and `file_write` want approval."""
    port = free_port()
    upstream = subprocess.Popen(
        [sys.executable, "-m", "tests.support.upstream", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until_open(upstream, port)
        provider = (
            f"{{type: openai-compatible, model: scripted, base_url: 'http://127.0.0.1:{port}/v1', max_retries: 0}}"
        )
        home = Home(tmp_path_factory.mktemp("scripted") / "home")
        gateway = start_gateway(home, config=f"providers:\n  primary: {provider}\n{CAREFUL}")
        try:
            yield gateway
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                gateway.stop()
            if gateway.process.poll() is None:
                gateway.process.kill()
                gateway.process.communicate()
    finally:
        upstream.terminate()
        upstream.communicate(timeout=SECONDS)

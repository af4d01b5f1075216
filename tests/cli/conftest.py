"""Homes and gateways for the command line's tests."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Gateway, Home, start_gateway


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

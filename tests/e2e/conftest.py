"""A scripted model server and a gateway for each file's tests."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.support.engines import engine
from tests.support.gateway import TestGateway, gateway, settings
from tests.support.upstream import Upstream, scripted_upstream


@pytest.fixture(scope="module")
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@pytest.fixture(scope="module")
async def served(upstream: Upstream) -> AsyncGenerator[TestGateway]:
    """A gateway for all tests of a file, which keep apart by their sessions' keys."""
    async with gateway(settings(upstream.url)) as running:
        yield running


@pytest.fixture
async def shared() -> AsyncGenerator[dict[str, Any]]:
    """What the nodes of one gateway have in common."""
    async with engine("postgres") as made:
        yield made

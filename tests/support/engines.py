"""What a gateway keeps its things in, for tests that hold wherever that is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support import postgres, redis

ENGINES = ["sqlite", pytest.param("postgres", marks=[postgres.INSTALLED, redis.INSTALLED])]
"""For a fixture's ``params``: the one file, and PostgreSQL with Redis."""


@asynccontextmanager
async def engine(name: str) -> AsyncGenerator[dict[str, Any]]:
    """What the configuration says of it; on servers, what is there is this test's own."""
    if name == "sqlite":
        yield {}
        return
    async with postgres.database() as url:
        yield {"storage": {"url": url}, "bus": {"url": redis.shared().url, "prefix": redis.prefix()}}

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openclaw_rpc.adapters.store.memory import MemoryStore
from openclaw_rpc.adapters.store.sqlite import SqliteStore
from openclaw_rpc.domain.ports import Store


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store that there is; of events it keeps 10 a session."""
    if request.param == "memory":
        yield MemoryStore(keep_events=10)
    else:
        async with SqliteStore.open(tmp_path / "state" / "store.db", keep_events=10) as opened:
            yield opened

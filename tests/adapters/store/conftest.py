from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openclaw_rpc.domain.ports import Store
from tests.support.kept import FAMILIES


@pytest.fixture(params=FAMILIES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store that there is; of events it keeps 10 a session."""
    async with FAMILIES[request.param](tmp_path) as kept:
        yield kept.sessions

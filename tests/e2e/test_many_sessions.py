"""A list of more sessions than are counted says so, at every door."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from openclaw_rpc.domain.records import COUNTED
from tests.support import postgres
from tests.support.gateway import TestGateway, settings
from tests.support.many import many_sessions
from tests.support.upstream import Upstream

MORE = COUNTED + 5


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=postgres.INSTALLED)])
async def served(request: pytest.FixtureRequest, upstream: Upstream, tmp_path: Path) -> AsyncGenerator[TestGateway]:
    async with many_sessions(request.param, settings(upstream.url), tmp_path / "home", MORE) as running:
        yield running


async def test_more_sessions_than_are_counted(served: TestGateway) -> None:
    async with served.connect() as client:
        page = await client.result("session.list", limit=2)
        assert (page["total"], page["totalIsMore"]) == (COUNTED, True)
        assert page["sessions"][0]["sessionKey"] == "main"
        few = await client.result("session.list", limit=2, since="2024-01-01T00:00:02Z", until="2024-01-01T00:00:05Z")
        assert (few["total"], few.get("totalIsMore", False)) == (3, False)
        last = await client.result("session.list", limit=10, offset=MORE - 3)
        assert len(last["sessions"]) == 3
        assert (last["total"], last["totalIsMore"], last.get("nextCursor")) == (COUNTED, True, None)
    for path, name in (("/api/sessions?limit=1", "totalIsMore"), ("/api/v1/conversations?limit=1", "total_is_more")):
        async with served.http("GET", path) as answer:
            told = await answer.json()
        assert (told["total"], told[name]) == (COUNTED, True)

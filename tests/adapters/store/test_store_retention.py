"""Every engine forgets the same: what was not used for long, and nothing that was used since."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openclaw_rpc.domain.events.change import Change, SessionPatch
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.records import UsageQuery
from openclaw_rpc.domain.retention import RetentionStore
from tests.support.kept import INSTALLED
from tests.support.store import at, event, message, run, session, used


@pytest.fixture(params=[name for name in INSTALLED if name != "memory"])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Store, RetentionStore]]:
    async with INSTALLED[request.param](tmp_path) as kept:
        assert kept.retention is not None
        yield kept.sessions, kept.retention


async def lived_in(store: Store) -> None:
    """Sessions of seconds 0 to 4, each with a run, a message and events."""
    for second in range(5):
        made = session(str(second), updated_at=at(second))
        first = message(f"m_{second}", created_at=at(second))
        await store.admit(Change(session=made, run=run(f"r_{second}", made), messages=[first]))
        await store.commit(Change(made.id, events=[event(made, 1), event(made, 2)]))


async def test_quiet_sessions_are_those_that_were_last_used_before(both: tuple[Store, RetentionStore]) -> None:
    store, retention = both
    await lived_in(store)
    assert [record.key for record in await retention.quiet_sessions(at(3), 10)] == ["0", "1", "2"]
    assert [record.key for record in await retention.quiet_sessions(at(3), 2)] == ["0", "1"]
    await store.commit(Change("s_ada_1", SessionPatch(updated_at=at(9))))
    assert [record.key for record in await retention.quiet_sessions(at(3), 10)] == ["0", "2"]


async def test_a_quiet_session_goes_with_all_that_is_in_it(both: tuple[Store, RetentionStore]) -> None:
    store, retention = both
    await lived_in(store)
    assert await retention.delete_quiet("s_ada_1", at(3))
    assert await store.find_session("ada", "1") is None
    assert await store.find_run("r_1") is None
    assert await store.events("s_ada_1", 0, 10) == []
    assert not await retention.delete_quiet("s_ada_1", at(3)), "it is gone already"
    assert len(await store.events("s_ada_2", 0, 10)) == 2


async def test_a_session_that_was_used_since_stays(both: tuple[Store, RetentionStore]) -> None:
    store, retention = both
    await lived_in(store)
    await store.commit(Change("s_ada_1", SessionPatch(updated_at=at(9))))
    assert not await retention.delete_quiet("s_ada_1", at(3))
    assert await store.find_run("r_1") is not None


async def test_events_go_while_messages_and_numbers_stay(both: tuple[Store, RetentionStore]) -> None:
    store, retention = both
    await lived_in(store)
    assert await retention.drop_events(at(3), 2) == 2
    assert await retention.drop_events(at(3), 2) == 1
    assert await retention.drop_events(at(3), 2) == 0
    for second in range(5):
        found = await store.find_session("ada", str(second))
        assert found is not None and found.seq == 2
        assert len((await store.messages(found.id, 10))[0]) == 1
        assert len(await store.events(found.id, 0, 10)) == (0 if second < 3 else 2)


async def test_usage_goes_by_its_time(both: tuple[Store, RetentionStore]) -> None:
    store, retention = both
    await store.commit(Change(usage=[used(at=at(second)) for second in (0, 1, 2, 3, 1)]))
    assert await retention.drop_usage(at(2), 2) == 2
    assert await retention.drop_usage(at(2), 2) == 1
    assert await retention.drop_usage(at(2), 2) == 0
    assert (await store.usage(UsageQuery(user="ada", by="session", limit=9)))[1].requests == 2

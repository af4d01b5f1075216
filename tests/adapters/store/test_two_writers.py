"""Two who write to one row at once: each field is as the last one who set it left it, and none is lost."""

from pathlib import Path
from typing import Any

import anyio
from hypothesis import HealthCheck, given, settings, strategies
from msgspec import UNSET

from openclaw_rpc.adapters.store.sqlite import SqliteStore
from openclaw_rpc.domain.events.change import Change, SessionPatch
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.records import SessionRecord
from tests.support.store import session
from tests.support.volatile.store import VolatileStore

WORDS = strategies.text("ab二", max_size=3)
FIELDS: dict[str, strategies.SearchStrategy[Any]] = {
    "title": strategies.none() | WORDS,
    "model": strategies.none() | WORDS,
    "agent_id": WORDS,
    "labels": strategies.dictionaries(WORDS, WORDS, max_size=2),
    "context": strategies.dictionaries(WORDS, WORDS, max_size=2),
    "epoch": WORDS,
}


@strategies.composite
def two_writers(draw: strategies.DrawFn) -> tuple[list[SessionPatch], list[SessionPatch]]:
    """The fields shared out among two writers, and what each of them writes, one patch after the other."""
    names = draw(strategies.permutations(sorted(FIELDS)))
    cut = draw(strategies.integers(0, len(names)))

    def patches(of: list[str]) -> strategies.SearchStrategy[list[SessionPatch]]:
        one = strategies.fixed_dictionaries({}, optional={name: FIELDS[name] for name in of})
        return strategies.lists(one.map(lambda fields: SessionPatch(**fields)), max_size=4)

    return draw(patches(names[:cut])), draw(patches(names[cut:]))


async def written(store: Store, record: SessionRecord, writers: tuple[list[SessionPatch], list[SessionPatch]]) -> None:
    await store.commit(Change(session=record))

    async def write(patches: list[SessionPatch]) -> None:
        for patch in patches:
            assert await store.commit(Change(record.id, patch)) is not None

    async with anyio.create_task_group() as group:
        for patches in writers:
            group.start_soon(write, patches)
    expected = {name: getattr(record, name) for name in FIELDS}
    for patches in writers:
        for patch in patches:
            expected |= patch.fields()
    kept = await store.find_session(record.user, record.key)
    assert kept is not None
    assert {name: getattr(kept, name) for name in FIELDS} == expected


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writers=strategies.lists(two_writers(), min_size=1, max_size=5))
async def test_two_who_patch_a_session_at_once_lose_nothing(
    writers: list[tuple[list[SessionPatch], list[SessionPatch]]], tmp_path: Path
) -> None:
    memory = VolatileStore()
    async with SqliteStore.open(tmp_path / "store.db") as file:
        for number, both in enumerate(writers):
            for store in (memory, file):
                record = session(f"s{number}", labels={"a": "b"}, title="t")
                await written(store, record, both)
        for number in range(len(writers)):
            await file.delete_session(f"s_ada_s{number}")


def test_every_setting_of_a_session_can_be_patched() -> None:
    assert set(SessionPatch.__struct_fields__) - {"clear", "updated_at"} == set(FIELDS)
    assert SessionPatch().title is UNSET

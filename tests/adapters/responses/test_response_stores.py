"""What every store of responses does alike."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from openclaw_rpc.domain.responses.ports import ResponseRecord, ResponseStore
from tests.support.kept import FAMILIES, in_sqlite


@pytest.fixture(params=FAMILIES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[ResponseStore]:
    async with FAMILIES[request.param](tmp_path) as kept:
        yield kept.responses


def record(response_id: str = "r1", **more: Any) -> ResponseRecord:
    values = {"user": "u", "created_at": "2026-01-01T00:00:00.000Z", "finished": True, "body": b"{}", "input": b"[]"}
    return ResponseRecord(id=response_id, **(values | more))


async def test_what_is_kept_is_found_by_its_id(store: ResponseStore) -> None:
    whole = record(context=b"[1]", events=b"\x00z", conversation="c", session_key="s", run_id="run")
    await store.put(whole)
    assert await store.find("r1") == whole
    assert await store.find("r2") is None


async def test_a_later_one_takes_the_place_of_the_earlier(store: ResponseStore) -> None:
    await store.put(record(finished=False))
    await store.put(record(body=b"[2]"))
    found = await store.find("r1")
    assert found is not None
    assert (found.body, found.finished) == (b"[2]", True)


async def test_the_last_of_a_conversation_is_the_newest_that_is_finished(store: ResponseStore) -> None:
    for at, (finished, conversation) in enumerate([(True, "c"), (True, "c"), (False, "c"), (True, "d")]):
        created = f"2026-01-0{at + 1}T00:00:00.000Z"
        await store.put(record(f"r{at}", finished=finished, conversation=conversation, created_at=created))
    found = await store.last("u", "c")
    assert found is not None
    assert found.id == "r1"
    assert await store.last("v", "c") is None


async def test_deleted_it_is_gone(store: ResponseStore) -> None:
    await store.put(record())
    assert await store.delete("r1") is True
    assert await store.delete("r1") is False
    assert await store.find("r1") is None


async def test_the_unfinished_are_known(store: ResponseStore) -> None:
    await store.put(record("a", finished=False))
    await store.put(record("b"))
    assert [found.id for found in await store.unfinished()] == ["a"]


async def test_the_old_are_removed(store: ResponseStore) -> None:
    await store.put(record("a"))
    await store.put(record("b", created_at="2026-02-01T00:00:00.000Z"))
    assert await store.prune("2026-01-15") == 1
    assert await store.find("a") is None
    assert await store.find("b") is not None


async def test_a_file_keeps_them(tmp_path: Path) -> None:
    async with in_sqlite(tmp_path) as first:
        await first.responses.put(record())
    async with in_sqlite(tmp_path) as second:
        assert await second.responses.find("r1") == msgspec.structs.replace(record())

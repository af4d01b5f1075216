"""Memories of users who have few: held in memory, and never other than the file has them."""

import random
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.adapters.memory import reads
from openclaw_rpc.adapters.memory.at_hand import USERS, AtHand, Held
from openclaw_rpc.adapters.memory.sqlite import SqliteMemoryStore
from openclaw_rpc.domain.memory.ports import Hit, MemoryQuery
from tests.support.memory import memory, words_of

WORDS = [f"w{number}" for number in range(40)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[SqliteMemoryStore]:
    async with SqliteMemoryStore.open(tmp_path / "memory.db", tmp_path / "memory") as opened:
        yield opened


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of whose memories the file was asked."""
    users: list[str] = []
    search = reads.search

    def counted(*args: object, query: MemoryQuery, **more: object) -> object:
        users.append(query.user)
        return search(*args, query=query, **more)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(reads, "search", counted)
    return users


def query(words: str, user: str = "owner", **more: object) -> MemoryQuery:
    return MemoryQuery(user=user, limit=5, words=words.split(), **more)  # pyright: ignore[reportArgumentType]


async def keep(store: SqliteMemoryStore, *texts: str, user: str = "owner", session: str | None = None) -> None:
    for text in texts:
        entry = memory(text.replace(" ", "-"), text, user=user, session_key=session)
        await store.put(entry, words_of(entry))


async def found(store: SqliteMemoryStore, words: str, user: str = "owner") -> list[str]:
    return sorted(hit.memory.key for hit in await store.search(query(words, user)))


async def warm(store: SqliteMemoryStore, asked: list[str], user: str = "owner") -> None:
    """Ask until the file is not asked any more."""
    with anyio.fail_after(10):
        while True:
            before = len(asked)
            await store.search(query("anything", user))
            if len(asked) == before:
                return
            await anyio.sleep(0.001)


async def test_the_file_is_asked_once_and_what_is_stored_then_is_found_without_it(
    store: SqliteMemoryStore, asked: list[str]
) -> None:
    await keep(store, "green tea")
    await warm(store, asked)
    asked.clear()
    await keep(store, "black tea")
    assert await found(store, "tea") == ["black-tea", "green-tea"]
    assert await found(store, "green") == ["green-tea"]
    assert await found(store, "milk") == []
    assert asked == []


async def test_it_finds_what_the_file_finds_with_the_same_scores(tmp_path: Path) -> None:
    chance = random.Random(3)
    async with (
        SqliteMemoryStore.open(tmp_path / "a.db", tmp_path / "a") as held,
        SqliteMemoryStore.open(tmp_path / "b.db", tmp_path / "b", most_at_hand=0) as file,
    ):
        for number in range(90):
            text = " ".join(chance.choices(WORDS, k=chance.randint(1, 12)))
            entry = memory(f"k{number}", text, session_key=f"s{number % 7}")
            for store in (held, file):
                await store.put(entry, words_of(entry))
            words = " ".join(chance.sample([*WORDS, "nowhere"], k=chance.randint(1, 6)))
            left_out = chance.choice([None, "s3", "nobody's"])
            wanted = query(words, common=chance.choice([1.0, 0.25]), without_session=left_out)
            assert await held.search(wanted) == await file.search(wanted)


async def test_what_is_deleted_replaced_or_forgotten_is_not_found_again(
    store: SqliteMemoryStore, asked: list[str]
) -> None:
    await keep(store, "green tea", "black tea", "white tea")
    await keep(store, "mint tea", session="s")
    await warm(store, asked)
    assert await store.delete("owner", "green-tea")
    assert await found(store, "tea") == ["black-tea", "mint-tea", "white-tea"]
    await warm(store, asked)
    assert await found(store, "milk") == []
    entry = memory("black-tea", "milk")
    assert await store.put(entry, words_of(entry))
    assert await found(store, "milk") == ["black-tea"]
    await warm(store, asked)
    assert await store.forget_session("owner", "s") == 1
    assert await found(store, "tea") == ["black-tea", "white-tea"]
    await warm(store, asked)
    assert await store.prune("owner", "9999", None) == 2
    assert await found(store, "tea milk") == []


async def test_a_compaction_is_seen_in_where_a_memory_lies(store: SqliteMemoryStore, asked: list[str]) -> None:
    await keep(store, "green tea")
    await warm(store, asked)
    assert [hit.place for hit in await store.search(query("tea"))] == ["wal"]
    await store.compact(None, "9999", "2026-09-22T00:00:00.000Z")
    await warm(store, asked)
    assert [hit.place for hit in await store.search(query("tea"))] == ["compacted"]


async def test_filters_and_keys_are_the_files_business(store: SqliteMemoryStore, asked: list[str]) -> None:
    await keep(store, "green tea")
    await warm(store, asked)
    asked.clear()
    for more in ({"prefix": "green"}, {"place": "wal"}, {"since": "2020"}, {"until": "9999"}, {"category": "x"}):
        await store.search(query("tea", **more))
    assert asked == ["owner"] * 5


async def test_whoever_has_too_many_is_not_held(tmp_path: Path, asked: list[str]) -> None:
    async with SqliteMemoryStore.open(tmp_path / "memory.db", tmp_path / "memory", most_at_hand=3) as store:
        await keep(store, "one tea", "two tea", "three tea")
        await warm(store, asked)
        await keep(store, "four tea")
        asked.clear()
        for _ in range(3):
            assert len(await store.search(query("tea"))) == 4
        assert asked == ["owner"] * 3
        await store.delete("owner", "one-tea")
        await warm(store, asked)


async def test_users_are_held_apart_and_those_who_asked_last_keep_theirs(
    store: SqliteMemoryStore, asked: list[str]
) -> None:
    users = [f"user{number}" for number in range(USERS + 1)]
    for user in users:
        await keep(store, f"{user} tea", user=user)
        await warm(store, asked, user)
    asked.clear()
    for user in users[1:]:
        assert await found(store, "tea", user) == [f"{user}-tea"]
    assert asked == []
    assert await found(store, "tea", users[0]) == [f"{users[0]}-tea"]
    assert asked == [users[0]]


def held(text: str) -> Held:
    return Held(memory(text, text), "wal", text, len(text.split()))


def hits(at_hand: AtHand, words: str) -> list[str] | None:
    found: list[Hit] | None = at_hand.search(query(words))
    return None if found is None else [hit.memory.key for hit in found]


def read(at_hand: AtHand) -> int:
    as_of = at_hand.missing(query("x"))
    assert as_of is not None
    return as_of


def test_what_was_read_before_a_write_ended_is_not_taken() -> None:
    at_hand = AtHand()
    as_of = read(at_hand)
    with at_hand.keeping([held("tea")]):
        assert at_hand.missing(query("x")) is None
    at_hand.take("owner", as_of, [])
    assert hits(at_hand, "tea") is None
    as_of = read(at_hand)
    at_hand.drop()
    at_hand.take("owner", as_of, [held("tea")])
    assert hits(at_hand, "tea") is None
    at_hand.take("owner", read(at_hand), [held("tea")])
    assert hits(at_hand, "tea") == ["tea"]


def test_a_write_that_was_under_way_already_does_not_settle_one_that_was_left() -> None:
    at_hand = AtHand()
    with at_hand.keeping([held("milk")]), pytest.raises(TimeoutError), at_hand.removing("owner"):
        raise TimeoutError
    assert at_hand.missing(query("x")) is None
    with at_hand.keeping([held("salt")]):
        pass
    assert at_hand.missing(query("x")) is not None


def test_after_a_write_that_nobody_waited_for_nothing_is_taken_until_the_next_has_ended() -> None:
    at_hand = AtHand()
    at_hand.take("owner", read(at_hand), [held("tea")])
    with pytest.raises(TimeoutError), at_hand.keeping([held("milk")]):
        raise TimeoutError
    assert hits(at_hand, "tea") is None
    assert at_hand.missing(query("x")) is None
    with at_hand.removing("owner"):
        pass
    at_hand.take("owner", read(at_hand), [held("tea"), held("milk")])
    assert hits(at_hand, "milk") == ["milk"]

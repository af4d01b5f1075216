"""What every store of memories does, in memory and on a disk."""

import random
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from openclaw_rpc.domain.memory.ports import Folded, Memory, MemoryCounts, MemoryHit, MemoryQuery, MemoryStore
from openclaw_rpc.domain.memory.words import folded, query_words
from tests.support.kept import FAMILIES, INSTALLED
from tests.support.memory import memory, words_of

END = "9999"


@pytest.fixture(params=FAMILIES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[MemoryStore]:
    async with FAMILIES[request.param](tmp_path) as kept:
        yield kept.memories


async def put(store: MemoryStore, *memories: Memory) -> None:
    for entry in memories:
        await store.put(entry, words_of(entry))


def asking(text: str, *, user: str = "owner", limit: int = 10, **filters: Any) -> MemoryQuery:
    return MemoryQuery(
        user=user, limit=limit, words=query_words(text, 64), prefix=folded(text.strip()) or None, **filters
    )


def keys(hits: list[MemoryHit]) -> list[str]:
    return [hit.memory.key for hit in hits]


async def test_a_memory_is_found_whole(store: MemoryStore) -> None:
    entry = memory(
        "user-preference", {"theme": "dark", "n": [1, None, 2.5]}, metadata={"category": "preferences"}, tags=("ui",)
    )
    await put(store, entry)
    (hit,) = await store.search(asking("preference"))
    assert hit.memory == entry
    assert hit.place == "wal"
    assert 0 < hit.score <= 1


@pytest.mark.parametrize("query", ["偏好", "食", "饮食偏好", "素食 zebra", "diets", "preferences", "summer"])
async def test_any_word_of_key_value_metadata_and_tags_finds_it(store: MemoryStore, query: str) -> None:
    await put(
        store,
        memory("diet", {"note": "用户的饮食偏好:素食"}, metadata={"category": "preferences"}, tags=("summers",)),
        memory("other", "nothing of that"),
    )
    assert keys(await store.search(asking(query))) == ["diet"]


async def test_what_matches_nothing_is_an_empty_answer(store: MemoryStore) -> None:
    assert await store.search(asking("anything")) == []
    await put(store, memory("a", "something"))
    assert await store.search(asking("zebra")) == []
    assert await store.search(asking('"')) == []


async def test_memories_with_more_and_rarer_words_come_first(store: MemoryStore) -> None:
    await put(store, *(memory(f"n{i}", "a meeting about budgets") for i in range(4)))
    await put(store, memory("rare", "a meeting with Zoltan"), memory("both", "a budget for Zoltan"))
    assert keys(await store.search(asking("zoltan budget")))[:3] == ["both", "rare", "n3"]


async def test_a_short_memory_comes_before_a_long_one_with_the_same_word(store: MemoryStore) -> None:
    await put(store, memory("short", "teapot red"), memory("long", "teapot " + "and many other things " * 20))
    hits = await store.search(asking("teapot"))
    assert keys(hits) == ["short", "long"]
    assert hits[0].score > hits[1].score


async def test_a_key_is_found_by_its_beginning(store: MemoryStore) -> None:
    await put(store, memory("Project/Über-Plan", "x"), memory("other", "project plan"))
    assert keys(await store.search(asking("project/uber-pl")))[0] == "Project/Über-Plan"
    (hit,) = await store.search(asking("project/über-plan", limit=1))
    assert hit.score == 1


async def test_a_key_of_a_conversation_is_not_found_by_its_beginning(store: MemoryStore) -> None:
    entry = memory("conversation/run_1", {"question": "q", "answer": "a"}, kind="conversation", session_key="s")
    await store.put(entry, ["q", "a"])
    assert await store.search(asking("conversation")) == []
    assert keys(await store.search(asking("q"))) == ["conversation/run_1"]


async def test_a_key_that_is_stored_again_has_the_new_value_alone(store: MemoryStore) -> None:
    first = memory("k", "apples")
    assert await store.put(first, words_of(first)) is False
    await store.compact(None, END, "2026-09-22T00:00:00.000Z")
    second = memory("k", "oranges", at="2026-09-22T10:00:00.000Z")
    assert await store.put(second, words_of(second)) is True
    assert await store.search(asking("apples")) == []
    (hit,) = await store.search(asking("orange"))
    assert (hit.memory.value, hit.place) == ("oranges", "wal")
    counts = await store.counts("owner")
    assert (counts.log_entries, counts.files, counts.file_bytes) == (1, 0, 0)


async def test_users_never_see_each_others_memories(store: MemoryStore) -> None:
    await put(store, memory("k", "secret apples", user="ann"), memory("k", "public pears", user="bob"))
    assert await store.search(asking("apples", user="bob")) == []
    assert keys(await store.search(asking("k", user="bob"))) == ["k"]
    assert not await store.delete("carl", "k")
    assert await store.prune("carl", END, None) == 0
    assert await store.counts("carl") == MemoryCounts()
    await store.compact("ann", END, "2026-09-22T00:00:00.000Z")
    assert (await store.counts("bob")).log_entries == 1
    assert (await store.search(asking("pears", user="bob")))[0].memory.value == "public pears"


async def test_a_score_does_not_tell_of_other_users(store: MemoryStore) -> None:
    await put(store, memory("k", "apples", user="ann"), memory("l", "pears", user="ann"))
    before = await store.search(asking("apples", user="ann"))
    await put(store, *(memory(f"k{i}", "apples apples", user="bob") for i in range(20)))
    assert await store.search(asking("apples", user="ann")) == before


@pytest.mark.parametrize(
    "query",
    ['"', '""', 'apples"', "apples OR pears", "NOT apples", "body: apples", "app*", "NEAR(apples pears)", "(", "^", "-",
     "' OR 1=1 --", "{body} : x", "\x00", "a" * 5000, "%", "\\", "؛ 、"],
)  # fmt: skip
async def test_nothing_in_a_question_is_syntax(store: MemoryStore, query: str) -> None:
    await put(store, memory("mine", "pears and plums"), memory("theirs", "apples", user="bob"))
    found = keys(await store.search(asking(query)))
    assert found == (["mine"] if "pear" in query else [])


async def test_filters_must_all_hold(store: MemoryStore) -> None:
    await put(
        store,
        memory("old", "tea", at="2026-01-01T00:00:00.000Z", metadata={"category": "drinks"}),
        memory("mid", "tea", at="2026-02-01T00:00:00.000Z", session_key="s1"),
        memory("new", "tea", at="2026-03-01T00:00:00.000Z", metadata={"category": "drinks"}),
    )
    await store.compact(None, "2026-01-15", "2026-03-02T00:00:00.000Z")

    async def found(**filters: Any) -> set[str]:
        return set(keys(await store.search(asking("tea", **filters))))

    assert await found() == {"old", "mid", "new"}
    assert await found(place="wal") == {"mid", "new"}
    assert await found(place="compacted") == {"old"}
    assert await found(since="2026-02-01T00:00:00.000Z") == {"mid", "new"}
    assert await found(until="2026-02-01T00:00:00.000Z") == {"old"}
    assert await found(category="drinks") == {"old", "new"}
    assert await found(category="drinks", place="wal") == {"new"}
    assert await found(without_session="s1") == {"old", "new"}
    assert await found(without_session="s2") == {"old", "mid", "new"}
    assert len(await store.search(asking("tea", limit=2))) == 2


async def test_compaction_moves_what_is_old_into_dated_files(store: MemoryStore) -> None:
    await put(
        store,
        memory("a", "tea one", at="2026-01-01T01:00:00.000Z"),
        memory("b", "tea two", at="2026-01-01T02:00:00.000Z"),
        memory("c", "tea three", at="2026-01-02T02:00:00.000Z"),
        memory("d", "tea four", at="2026-01-03T02:00:00.000Z"),
    )
    before = await store.search(asking("tea"))
    done = await store.compact("owner", "2026-01-03", "2026-02-01T00:00:00.000Z")
    assert done == Folded(files=2, entries=3)
    counts = await store.counts("owner")
    assert (counts.log_entries, counts.log_oldest) == (1, "2026-01-03T02:00:00.000Z")
    assert (counts.files, counts.last_compaction) == (2, "2026-02-01T00:00:00.000Z")
    assert counts.file_bytes > 0
    after = await store.search(asking("tea"))
    assert [(hit.memory, hit.score) for hit in after] == [(hit.memory, hit.score) for hit in before]
    assert {hit.memory.key: hit.place for hit in after} == {
        "a": "compacted", "b": "compacted", "c": "compacted", "d": "wal"
    }  # fmt: skip
    assert await store.compact("owner", "2026-01-03", "2026-02-02T00:00:00.000Z") == Folded()
    assert (await store.counts(None)).last_compaction == "2026-02-01T00:00:00.000Z"


async def test_compaction_stops_at_its_limit_and_takes_the_oldest(store: MemoryStore) -> None:
    await put(store, *(memory(f"k{i}", "tea", at=f"2026-01-0{i}T00:00:00.000Z") for i in (3, 1, 2)))
    assert (await store.compact(None, END, "2026-02-01T00:00:00.000Z", 2)).entries == 2
    assert keys(await store.search(asking("tea", place="wal"))) == ["k3"]


async def test_a_day_that_is_compacted_twice_is_one_file(store: MemoryStore) -> None:
    for key in ("a", "b"):
        await put(store, memory(key, f"tea {key}"))
        await store.compact(None, END, "2026-09-22T00:00:00.000Z")
    assert (await store.counts("owner")).files == 1
    assert set(keys(await store.search(asking("tea", place="compacted")))) == {"a", "b"}


@pytest.mark.parametrize("compacted", [False, True])
async def test_what_is_deleted_is_gone(store: MemoryStore, compacted: bool) -> None:
    await put(store, memory("a", "tea"), memory("b", "tea"))
    if compacted:
        await store.compact(None, END, "2026-09-22T00:00:00.000Z")
    assert await store.delete("owner", "a") is True
    assert await store.delete("owner", "a") is False
    assert keys(await store.search(asking("tea"))) == ["b"]
    assert await store.delete("owner", "b") is True
    counts = await store.counts("owner")
    assert (counts.log_entries, counts.log_bytes, counts.files, counts.file_bytes) == (0, 0, 0, 0)


async def test_pruning_removes_what_is_older_where_it_was_asked_to(store: MemoryStore) -> None:
    await put(store, *(memory(f"k{i}", "tea", at=f"2026-01-0{i}T00:00:00.000Z") for i in (1, 2, 3, 4)))
    await store.compact(None, "2026-01-03", "2026-02-01T00:00:00.000Z")
    assert await store.prune("owner", "2026-01-04", "wal") == 1
    assert set(keys(await store.search(asking("tea")))) == {"k1", "k2", "k4"}
    assert await store.prune("owner", "2026-01-02T00:00:00.000Z", "compacted") == 1
    assert await store.prune("owner", END, None) == 2
    assert await store.search(asking("tea")) == []


async def test_a_session_takes_its_memories_with_it(store: MemoryStore) -> None:
    await put(
        store,
        memory("a", "tea", session_key="s1"),
        memory("b", "tea", session_key="s1"),
        memory("c", "tea", session_key="s2"),
        memory("a", "tea", session_key="s1", user="bob"),
    )
    await store.compact("owner", END, "2026-09-22T00:00:00.000Z", 1)
    assert await store.forget_session("owner", "s1") == 2
    assert keys(await store.search(asking("tea"))) == ["c"]
    assert keys(await store.search(asking("tea", user="bob"))) == ["a"]


async def test_vectors_are_compared_within_one_model_and_one_user(store: MemoryStore) -> None:
    await put(store, memory("north", "n"), memory("east", "e"), memory("hers", "n", user="ann"))
    waiting = await store.unembedded("m", 10)
    assert {item.memory.key for item in waiting} == {"north", "east", "hers"}
    directions = {"north": [0.0, 5.0], "east": [5.0, 0.0], "hers": [0.0, 1.0]}
    await store.put_vectors("m", [(item.number, directions[item.memory.key]) for item in waiting] + [(12345, [1.0, 1])])
    assert await store.unembedded("m", 10) == []
    of_whom = {item.memory.user for item in await store.unembedded("other", 10)}
    for user in of_whom:
        assert {item.memory.user for item in await store.unembedded("other", 10, {user})} == of_whom - {user}
    assert await store.unembedded("other", 10, of_whom) == []
    assert len(await store.unembedded("other", 10)) == 3
    query = MemoryQuery(user="owner", limit=5)
    hits = await store.near(query, "m", [1.0, 3.0])
    assert keys(hits) == ["north", "east"]
    assert hits[0].score == pytest.approx(3 / 10**0.5, abs=1e-5)
    assert await store.near(query, "other", [1.0, 3.0]) == []
    assert await store.near(query, "m", [1.0, 3.0, 4.0]) == []
    await store.delete("owner", "north")
    assert keys(await store.near(query, "m", [1.0, 3.0])) == ["east"]
    assert keys(await store.near(MemoryQuery(user="owner", limit=5, place="compacted"), "m", [1.0, 3.0])) == []


async def test_several_are_kept_at_once_and_replace_what_had_their_keys(store: MemoryStore) -> None:
    await put(store, memory("a", "old words"))
    await store.compact(None, END, "2026-09-22T00:00:00.000Z")
    entries = [memory("a", "apples"), memory("b", "pears"), memory("c", "plums", user="ann")]
    await store.put_all(entries, [words_of(entry) for entry in entries])
    assert keys(await store.search(asking("old"))) == []
    assert keys(await store.search(asking("apples pears plums"))) == ["b", "a"]
    assert keys(await store.search(asking("plums", user="ann"))) == ["c"]
    await store.put_all([], [])
    counts = await store.counts(None)
    assert (counts.log_entries, counts.files) == (3, 0)


async def test_words_that_most_memories_hold_can_be_left_out_once_there_are_many(store: MemoryStore) -> None:
    async def recalled(text: str) -> list[str]:
        query = MemoryQuery(user="owner", limit=3, words=query_words(text, 64), common=0.25)
        return keys(await store.search(query))

    await put(store, *(memory(f"k{number}", f"apples {number}") for number in range(63)))
    assert len(await recalled("apples")) == 3, "few memories do not tell what is common"
    await put(store, memory("rare", "apples and quinces"))
    assert await recalled("apples") == []
    assert await recalled("apples") == [], "asked again"
    assert await recalled("apples quinces") == ["rare"]
    assert len(keys(await store.search(asking("apples", limit=3)))) == 3, "a search leaves out nothing"
    await put(store, *(memory(f"other{number}", f"pears {number}") for number in range(300)))
    assert len(await recalled("apples")) == 3, "no longer common"


async def test_every_store_ranks_alike(tmp_path: Path) -> None:
    dice = random.Random(7)
    vocabulary = ["tea", "coffee", "red", "green", "running", "素食", "饮食偏好", "茶", "Zoltan", "budget"]
    async with AsyncExitStack() as stack:
        families = [await stack.enter_async_context(family(tmp_path)) for family in INSTALLED.values()]
        stores = [kept.memories for kept in families]
        for number in range(120):
            text = " ".join(dice.choices(vocabulary, range(10, 0, -1), k=dice.randint(1, 12)))
            for store in stores:
                await put(store, memory(f"k{number // 2 if number % 5 == 0 else number}", text))
            if number == 60:
                for store in stores:
                    await store.compact(None, END, "2026-09-22T00:00:00.000Z", 30)
        for query in ("tea", "runs", "偏好", "zoltan budgets 茶", "k11", "red green coffee nothing"):
            for place in (None, "wal", "compacted"):
                expected, *answered = [await store.search(asking(query, place=place, limit=20)) for store in stores]
                assert answered == [expected] * len(answered)
                assert expected or query == "k11"

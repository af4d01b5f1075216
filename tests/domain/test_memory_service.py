"""What the memory does for its callers: store, search, recall, forget, fold."""

import itertools
from collections.abc import Sequence
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest

from openclaw_rpc.domain.memory import conversations
from openclaw_rpc.domain.memory.checks import METADATA_BYTES, VALUE_BYTES
from openclaw_rpc.domain.memory.ports import Folded, Memory
from openclaw_rpc.domain.memory.service import Memories
from openclaw_rpc.domain.memory.settings import MemorySettings
from openclaw_rpc.domain.principals import Principal, owner
from openclaw_rpc.methods.memory import MemoryMethods
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound, TooLarge, Unavailable
from openclaw_rpc.protocol.memory import (
    METHODS,
    MemoryDeleteParams,
    MemoryFound,
    MemoryPruneParams,
    MemorySearchParams,
    MemoryStoreParams,
)
from openclaw_rpc.rpc.bind import join
from openclaw_rpc.rpc.dispatcher import decode
from tests.support.clock import ManualClock
from tests.support.memory import DAY, Lines, Topics
from tests.support.volatile.memories import VolatileMemoryStore

OWNER = owner("gateway")
ANN = Principal("ann", "hers", frozenset({Scope.TOOLS}))


class Shelf(VolatileMemoryStore):
    """A store whose disk may be full, and which counts its writes."""

    def __init__(self) -> None:
        super().__init__()
        self.full = self.broken = False
        self.gate = anyio.Event()
        self.gate.set()
        self.writes: list[int] = []
        self.asked: list[float] = []
        self.asked_often = anyio.Event()

    async def put_all(self, memories: Sequence[Memory], words: Sequence[Sequence[str]]) -> None:
        self.asked.append(anyio.current_time())
        if len(self.asked) == 4:
            self.asked_often.set()
        await self.gate.wait()
        if self.broken:
            raise RuntimeError("a fault of the store")
        if self.full:
            raise Unavailable("the disk is full")
        self.writes.append(len(memories))
        await super().put_all(memories, words)


class Set:
    """A memory service with all that it stands on."""

    def __init__(self, embedder: Topics | None = None, **settings: Any) -> None:
        self.store = Shelf()
        self.turns = 0
        self.clock = ManualClock()
        self.log = Lines()
        self.memories = Memories(self.store, self.clock, self.log, MemorySettings(**settings), embedder)

    async def put(self, key: str, value: Any, principal: Principal = OWNER, **more: Any) -> None:
        await self.memories.store(principal, MemoryStoreParams(key=key, value=value, **more))

    def note(self, session_key: str, question: str, answer: str) -> None:
        self.turns += 1
        self.memories.note_conversation("owner", session_key, f"run_{self.turns}", question, answer)

    async def find(self, query: str, principal: Principal = OWNER, **more: Any) -> list[str]:
        return [result.key for result in await self.results(query, principal, **more)]

    async def results(self, query: str, principal: Principal = OWNER, **more: Any) -> list[MemoryFound]:
        return (await self.memories.search(principal, MemorySearchParams(query=query, **more))).results


async def test_a_value_is_stored_found_and_deleted() -> None:
    all_ = Set()
    stored = await all_.memories.store(
        OWNER, MemoryStoreParams(key="user-preference", value={"theme": "dark"}, metadata={"category": "preferences"})
    )
    assert (stored.key, stored.created_at, stored.replaced) == ("user-preference", "2026-09-21T14:13:20.000Z", False)
    (found,) = (await all_.memories.search(OWNER, MemorySearchParams(query="preference"))).results
    assert msgspec.to_builtins(found) == {
        "key": "user-preference", "value": {"theme": "dark"}, "score": found.score, "type": "wal", "kind": "note",
        "createdAt": "2026-09-21T14:13:20.000Z", "metadata": {"category": "preferences"},
    }  # fmt: skip
    assert await all_.find("preference", category="preferences") == ["user-preference"]
    assert await all_.find("preference", category="others") == []
    await all_.memories.delete(OWNER, MemoryDeleteParams(key="user-preference"))
    assert await all_.find("preference") == []
    with pytest.raises(NotFound):
        await all_.memories.delete(OWNER, MemoryDeleteParams(key="user-preference"))


async def test_the_exact_word_is_found_before_its_other_forms() -> None:
    all_ = Set()
    await all_.put("1", "does not eat peanuts")
    await all_.put("2", "loves peanut butter cups")
    assert await all_.find("peanuts") == ["1", "2"]
    assert await all_.find("peanut") == ["2", "1"]
    assert await all_.find("peanut butter", limit=1) == ["2"]
    for number in range(12):
        await all_.put(f"more{number}", "peanut")
    assert (await all_.find("peanuts"))[0] == "1"


async def test_names_of_programs_are_found_in_either_spelling() -> None:
    all_ = Set()
    await all_.put("snake", "Set max_retry_count to 5")
    await all_.put("camel", "maxRetryCount is new")
    assert set(await all_.find("maxRetryCount")) == set(await all_.find("max_retry_count")) == {"snake", "camel"}
    await all_.memories.store(OWNER, MemoryStoreParams(key="other", value="a count of sheep"))
    assert (await all_.find("max retry count"))[-1] == "other"


async def test_another_users_memory_is_not_there() -> None:
    all_ = Set()
    await all_.put("k", "apples")
    assert await all_.find("apples", ANN) == []
    with pytest.raises(NotFound):
        await all_.memories.delete(ANN, MemoryDeleteParams(key="k"))
    assert (await all_.memories.stats(ANN)).wal.entries == 0


@pytest.mark.parametrize(
    ("params", "error", "field"),
    [
        ({"value": "x" * VALUE_BYTES}, TooLarge, "value"),
        ({"value": {"list": ["x" * 1000] * 1100}}, TooLarge, "value"),
        ({"metadata": {"m": "x" * METADATA_BYTES}}, TooLarge, "metadata"),
        ({"value": [object()]}, InvalidRequest, "value"),
        ({"value": "\ud800"}, InvalidRequest, "value"),
        ({"key": "k" * 201}, InvalidRequest, "key"),
        ({"key": ""}, InvalidRequest, "key"),
        ({"key": "a\nb"}, InvalidRequest, "key"),
        ({"key": "\ud800"}, InvalidRequest, "key"),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_its_field(
    params: dict[str, Any], error: type[Exception], field: str
) -> None:
    all_ = Set()
    with pytest.raises(error) as caught:
        await all_.memories.store(OWNER, MemoryStoreParams(**{"key": "k", "value": "v", **params}))
    assert (caught.value.field, bool(caught.value.reason)) == (field, True)  # type: ignore[attr-defined]
    assert (await all_.memories.stats(OWNER)).wal.entries == 0


async def test_a_value_nested_too_deep_is_refused() -> None:
    value: list[Any] = []
    for _ in range(50_000):
        value = [value]
    with pytest.raises(InvalidRequest) as caught:
        await Set().put("k", value)
    assert caught.value.field == "value"


async def test_pruning_needs_to_be_confirmed() -> None:
    all_ = Set()
    await all_.put("k", "apples")
    with pytest.raises(InvalidRequest) as caught:
        await all_.memories.prune(OWNER, MemoryPruneParams(before="2030-01-01T00:00:00Z", type="wal"))
    assert caught.value.field == "confirm"
    with pytest.raises(InvalidRequest) as caught:
        await all_.memories.prune(OWNER, MemoryPruneParams(before="yesterday", confirm=True))
    assert caught.value.field == "before"
    assert await all_.find("apples") == ["k"]
    pruned = await all_.memories.prune(OWNER, MemoryPruneParams(before="2030-01-01T00:00:00Z", confirm=True))
    assert pruned.removed == 1


async def test_a_compaction_on_demand_folds_the_callers_log_alone() -> None:
    all_ = Set()
    await all_.put("k", "apples")
    await all_.put("k", "apples", ANN)
    done = await all_.memories.compact(OWNER)
    assert (done.files, done.entries) == (1, 1)
    stats = await all_.memories.stats(OWNER)
    assert (stats.wal.entries, stats.compacted.files, stats.wal.oldest_entry) == (0, 1, None)
    assert stats.total_size_mb == stats.compacted.size_mb > 0
    assert await all_.find("apples", type="compacted") == ["k"]
    assert (await all_.memories.stats(ANN)).wal.entries == 1
    assert (await all_.memories.counts()).log_entries == 1


async def until(condition: Any) -> None:
    with anyio.fail_after(5):
        while not await condition():
            await anyio.lowlevel.checkpoint()


async def test_the_loop_folds_what_is_older_than_a_day() -> None:
    all_ = Set(compact_every_seconds=0.01)
    await all_.put("old", "apples")
    all_.clock.advance(DAY + 1)
    await all_.put("new", "apples")

    async def folded() -> bool:
        return (await all_.memories.counts()).log_entries == 1

    async with anyio.create_task_group() as group:
        group.start_soon(all_.memories.keep_compacting)
        await until(folded)
        group.cancel_scope.cancel()
    assert await all_.find("apples", type="wal") == ["new"]


async def test_the_loop_halves_a_log_that_is_too_long() -> None:
    all_ = Set(max_log_entries=10, compact_every_seconds=0.01)
    for number in range(15):
        await all_.put(f"k{number}", "apples")

    async def folded() -> bool:
        return (await all_.memories.counts()).log_entries == 5

    async with anyio.create_task_group() as group:
        group.start_soon(all_.memories.keep_compacting)
        await until(folded)
        group.cancel_scope.cancel()
    assert set(await all_.find("apples", type="wal", limit=20)) == {f"k{n}" for n in range(10, 15)}


class Stubborn(VolatileMemoryStore):
    """Fails at its first compaction."""

    failed = False

    async def compact(self, user: str | None, before: str, now: str, limit: int | None = None) -> Folded:
        if not self.failed:
            self.failed = True
            raise Unavailable("the disk is full", reason="storage")
        return await super().compact(user, before, now, limit)


async def test_the_loop_goes_on_after_a_failure() -> None:
    store, clock, log = Stubborn(), ManualClock(), Lines()
    memories = Memories(store, clock, log, MemorySettings(compact_every_seconds=0.01))
    await memories.remember("owner", "apples")
    clock.advance(2 * DAY)

    async def folded() -> bool:
        return (await memories.counts()).log_entries == 0

    async with anyio.create_task_group() as group:
        group.start_soon(memories.keep_compacting)
        await until(folded)
        group.cancel_scope.cancel()
    assert log.lines[0] == ("warning", "memory could not be compacted", {"error": "the disk is full"})


async def test_recalling_gives_what_fits_the_question_and_nothing_else() -> None:
    all_ = Set()
    await all_.put("diet", {"note": "用户的饮食偏好:素食"})
    await all_.put("dog", "My dog is called Rex and he is what I like")
    await all_.put("theirs", "Rex", ANN)
    for number in range(5):
        await all_.put(f"other{number}", f"something else altogether {number}")
    (dog,) = await all_.memories.recall("owner", "What is the name of my dog?")
    assert (dog.key, dog.text, dog.kind) == ("dog", "My dog is called Rex and he is what I like", "note")
    (diet,) = await all_.memories.recall("owner", "你知道我的饮食偏好是什么吗?")
    assert "素食" in diet.text
    assert await all_.memories.recall("owner", "What is it?") == []
    assert await all_.memories.recall("owner", "我是什么") == []
    assert await all_.memories.recall("owner", "zebra") == []


async def test_memories_that_say_the_same_are_recalled_once() -> None:
    all_ = Set()
    for number in range(6):
        await all_.put(f"same{number}", "My dog is called  Rex" if number % 2 else "my dog is called Rex")
    await all_.put("other", "The dog likes apples")
    for number in range(20):
        await all_.put(f"filling{number}", f"something else altogether {number}")
    recalled = await all_.memories.recall("owner", "dog", limit=3)
    assert [item.text.casefold().split() for item in recalled].count(["my", "dog", "is", "called", "rex"]) == 1
    assert {item.key for item in recalled if item.key == "other"} == {"other"}


async def test_recalling_fits_its_room() -> None:
    all_ = Set()
    for number in range(4):
        await all_.put(f"k{number}", f"apples {number} " + "and more " * 50)
    recalled = await all_.memories.recall("owner", "apples", limit=10, max_chars=600)
    assert sum(len(item.key) + len(item.text) for item in recalled) <= 600
    assert len(recalled) == 2
    assert recalled[-1].text.endswith("…")


async def test_a_turn_is_recalled_elsewhere_until_its_session_is_forgotten() -> None:
    all_ = Set()
    all_.note("s1", "Where is Zanzibar?", "In the Indian Ocean.")
    await all_.memories.settle()
    (turn,) = await all_.memories.recall("owner", "Tell me about Zanzibar")
    assert turn.text == "Q: Where is Zanzibar?\nA: In the Indian Ocean."
    assert turn.kind == "conversation"
    assert await all_.memories.recall("owner", "Tell me about Zanzibar", without_session="s1") == []
    (found,) = (await all_.memories.search(OWNER, MemorySearchParams(query="ocean"))).results
    assert (found.kind, found.session_key, found.metadata) == ("conversation", "s1", {"runId": "run_1"})
    await all_.put("note", "Zanzibar is an island")
    assert await all_.memories.forget_session("ann", "s1") == 0
    assert await all_.memories.forget_session("owner", "s1") == 1
    assert [item.key for item in await all_.memories.recall("owner", "Zanzibar")] == ["note"]


async def test_turns_are_kept_several_at_a_time_and_found_by_who_asks_before_that() -> None:
    all_ = Set()
    async with anyio.create_task_group() as group:
        group.start_soon(all_.memories.keep_conversations)
        for number in range(10):
            all_.note("s1", f"question {number}", "answer")
        assert all_.store.writes == []
        assert len(await all_.find("question", limit=20)) == 10
        assert all_.store.writes == [10]
        assert (await all_.memories.stats(OWNER)).wal.entries == 10
        all_.note("s1", "one more question", "answer")
        with anyio.fail_after(5):
            while len(all_.store.writes) < 2:
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert all_.store.writes == [10, 1]


async def test_many_turns_do_not_wait_for_more() -> None:
    all_ = Set()
    async with anyio.create_task_group() as group:
        group.start_soon(all_.memories.keep_conversations)
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(conversations.SOON / 2):
            for number in range(conversations.AT_ONCE):
                all_.note("s1", f"question {number}", "answer " * 100)
            while not all_.store.writes:
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()


async def test_turns_of_a_session_that_is_forgotten_are_not_kept_later() -> None:
    all_ = Set()
    all_.note("s1", "a question", "answer")
    all_.note("s2", "a question", "answer")
    assert await all_.memories.forget_session("owner", "s1") == 1
    assert [found.session_key for found in await all_.results("question")] == ["s2"]


async def test_turns_that_a_full_disk_refused_are_kept_when_it_is_not() -> None:
    all_ = Set()
    all_.store.full = True
    all_.note("s1", "an early question", "answer")
    assert await all_.find("question") == []
    assert [line[1] for line in all_.log.lines] == ["conversations could not be remembered"]
    all_.note("s1", "a late question", "answer")
    all_.store.full = False
    assert len(await all_.find("question")) == 2
    assert all_.store.writes == [2]


async def test_a_full_disk_is_asked_ever_later_and_at_once_when_it_is_not() -> None:
    all_ = Set()
    all_.store.full = True
    all_.note("s1", "a question", "answer")
    async with anyio.create_task_group() as group:
        group.start_soon(all_.memories.keep_conversations)
        with anyio.fail_after(10):
            await all_.store.asked_often.wait()
        asked = all_.store.asked
        assert [later - earlier >= 1.9 * conversations.SOON for earlier, later in itertools.pairwise(asked)] == [
            False,
            True,
            True,
        ]
        all_.store.full = False
        assert await all_.find("question") != []
        group.cancel_scope.cancel()


async def test_a_session_that_is_forgotten_while_the_disk_refuses_its_turns_stays_forgotten() -> None:
    all_ = Set()
    all_.note("s1", "a question", "answer")
    all_.store.gate = anyio.Event()
    all_.store.full = True
    async with anyio.create_task_group() as group:
        group.start_soon(all_.memories.settle)
        await anyio.wait_all_tasks_blocked()
        group.start_soon(all_.memories.forget_session, "owner", "s1")
        await anyio.wait_all_tasks_blocked()
        all_.store.gate.set()
    all_.store.full = False
    assert await all_.find("question") == []


async def test_a_fault_of_the_store_does_not_end_the_remembering() -> None:
    all_ = Set()
    all_.store.broken = True
    async with anyio.create_task_group() as group:
        group.start_soon(all_.memories.keep_conversations)
        with anyio.fail_after(5):
            all_.note("s1", "an early question", "answer")
            while not all_.log.lines:
                await anyio.lowlevel.checkpoint()
            all_.store.broken = False
            all_.note("s1", "a late question", "answer")
            while not all_.store.writes:
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert [line[:2] for line in all_.log.lines] == [("error", "conversations could not be remembered")]


async def test_a_turn_that_is_no_text_is_refused_alone() -> None:
    all_ = Set()
    all_.note("s1", "a question", "answer")
    with pytest.raises(InvalidRequest):
        all_.note("s1", "half of a pair: \ud800", "answer")
    assert len(await all_.find("question")) == 1


async def test_what_nearly_all_memories_say_recalls_none_of_them() -> None:
    all_ = Set()
    for number in range(80):
        all_.note(f"s{number}", f"Status of the build {number}?", "Green.")
    all_.note("s80", "Status of the harbour?", "Frozen.")
    await all_.memories.settle()
    assert await all_.memories.recall("owner", "status build") == []
    assert [item.text for item in await all_.memories.recall("owner", "status harbour")] == [
        "Q: Status of the harbour?\nA: Frozen."
    ]


async def test_what_a_session_remembered_for_itself_goes_with_it() -> None:
    all_ = Set()
    stored = await all_.memories.remember("owner", "apples", session_key="s1", tags=["fruit"])
    assert stored.key.startswith("mem_")
    assert await all_.find("fruit") == [stored.key]
    assert await all_.memories.forget_session("owner", "s1") == 1
    assert await all_.find("apples") == []


async def test_a_model_of_meanings_finds_what_no_word_does() -> None:
    topics = Topics(["vegetarian", "steak", "dinner"], ["train", "ticket"])
    all_ = Set(topics)
    await all_.put("diet", "vegetarian")
    assert await all_.find("dinner") == []

    async def embedded() -> bool:
        return await all_.store.unembedded(topics.model, 1) == []

    async with anyio.create_task_group() as group:
        group.start_soon(all_.memories.keep_compacting)
        await until(embedded)
        await all_.put("trip", "a train at noon")
        await until(embedded)
        group.cancel_scope.cancel()
    assert await all_.find("dinner") == ["diet"]
    assert await all_.find("ticket at noon") == ["trip"]
    assert await all_.find("dinner", ANN) == []
    topics.fails = True
    assert await all_.find("noon") == ["trip"]
    assert all_.log.lines[-1][1] == "a question could not be embedded"


async def test_without_a_model_nothing_is_embedded() -> None:
    all_ = Set()
    await all_.put("diet", "vegetarian")
    assert await all_.find("dinner") == []
    assert len(await all_.store.unembedded("any", 5)) == 1


async def test_times_that_are_none_are_refused_by_their_field() -> None:
    all_ = Set()
    for field in ("since", "until"):
        with pytest.raises(InvalidRequest) as caught:
            params = {"query": "x", field: "last week, or so"}
            await all_.memories.search(OWNER, msgspec.convert(params, MemorySearchParams))
        assert caught.value.field == field


def test_every_row_has_its_handler_and_a_missing_key_is_named() -> None:
    rows = join({method.name: method for method in METHODS}, [MemoryMethods(Set().memories)])
    assert set(rows) == {f"memory.{verb}" for verb in ("store", "search", "delete", "stats", "prune", "compact")}
    with pytest.raises(InvalidRequest) as caught:
        decode(rows["memory.store"], b'{"value": 1}')
    assert caught.value.field == "key"
    with pytest.raises(InvalidRequest) as caught:
        decode(rows["memory.search"], b'{"query": "x", "type": "both"}')
    assert caught.value.field == "type"

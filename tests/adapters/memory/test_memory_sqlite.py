"""Memories on a disk: what a crash leaves, what a deletion leaves, and what stays within its bounds."""

import contextlib
import os
import shutil
import sqlite3
import stat
from collections.abc import AsyncGenerator, Callable, Iterable
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openclaw_rpc.adapters.memory import reads, rules, writes
from openclaw_rpc.adapters.memory.files import Folder
from openclaw_rpc.adapters.memory.sqlite import SqliteMemoryStore
from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.domain.memory.ports import MemoryQuery
from openclaw_rpc.domain.memory.words import query_words
from openclaw_rpc.protocol.errors import Unavailable
from tests.support.memory import memory, words_of

END = "9999"
NOW = "2026-09-22T00:00:00.000Z"


@contextlib.asynccontextmanager
async def opened(home: Path, folder: Folder | None = None) -> AsyncGenerator[SqliteMemoryStore]:
    async with Database.open(home / "gateway.db") as database:
        store = SqliteMemoryStore(database, folder or home / "memory")
        await store.recover()
        yield store


def asking(text: str, limit: int = 1000) -> MemoryQuery:
    return MemoryQuery(user="owner", limit=limit, words=query_words(text, 64))


def files(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home / "memory")) for path in (home / "memory").rglob("*") if path.is_file())


async def fill(store: SqliteMemoryStore, count: int, *, at: str = "2026-09-21T10:00:00.000Z") -> None:
    for number in range(count):
        entry = memory(f"k{number}", f"tea number {number}", at=at)
        await store.put(entry, words_of(entry))


async def found(store: SqliteMemoryStore, text: str = "tea") -> list[str]:
    return sorted(hit.memory.key for hit in await store.search(asking(text)))


async def test_what_was_stored_and_compacted_is_there_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await fill(store, 3)
        await store.compact(None, END, NOW)
        await fill(store, 1)
        before = await store.search(asking("tea"))
    async with opened(tmp_path) as store:
        assert await store.search(asking("tea")) == before
        assert [hit.place for hit in before].count("compacted") == 2


async def test_files_are_dated_lines_of_json_that_their_owner_alone_can_read(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        entry = memory("diet", {"note": "素食\n"}, tags=("x",))
        await store.put(entry, words_of(entry))
        await store.compact(None, END, NOW)
    path = tmp_path / "memory" / "owner" / "2026-09-21.jsonl"
    assert path.read_text("utf-8") == (
        '{"key":"diet","value":{"note":"素食\\n"},"createdAt":"2026-09-21T10:00:00.000Z","tags":["x"]}\n'
    )
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("user", ["../up", "/etc", "Ann", "ann.", "a" * 200, "李", "con/aux", ".."])
async def test_a_users_name_never_leads_out_of_the_folder(tmp_path: Path, user: str) -> None:
    async with opened(tmp_path) as store:
        entry = memory("k", "tea", user=user)
        await store.put(entry, words_of(entry))
        await store.compact(None, END, NOW)
    (name,) = files(tmp_path)
    assert name.startswith("=")
    assert len(Path(name).parts) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gateway.db", "memory"]


class Filming(Folder):
    """Takes a copy of everything at every step: what a disk would hold if the power went then."""

    def __init__(self, root: Path, film: Callable[[str], None]) -> None:
        super().__init__(root)
        self.film = film

    def write(self, path: Path, lines: Iterable[bytes]) -> int:
        self.film("before-write")
        size = super().write(path, lines)
        self.film("after-write")
        return size

    def publish(self, half: Path, path: Path) -> None:
        self.film("before-publish")
        super().publish(half, path)

    def remove(self, path: Path) -> None:
        self.film("before-remove")
        super().remove(path)
        self.film("after-remove")


async def test_a_crash_at_any_step_of_a_compaction_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "STEP_ENTRIES", 4)
    home, shots = tmp_path / "home", tmp_path / "shots"
    names: list[str] = []

    def film(step: str) -> None:
        names.append(f"{len(names):03}-{step}")
        shutil.copytree(home, shots / names[-1])

    async with opened(home, Filming(home / "memory", film)) as store:
        await fill(store, 10)
        await store.compact(None, END, NOW)
        await store.delete("owner", "k3")
    assert {name[4:] for name in names} == {
        "before-write", "before-publish", "after-write", "before-remove", "after-remove"
    }  # fmt: skip
    for name in names:
        async with opened(shots / name) as store:
            everything = await found(store)
            assert everything in (sorted(f"k{n}" for n in range(10)), sorted(f"k{n}" for n in range(10) if n != 3))
            await store.compact(None, END, NOW)
            assert await found(store) == everything
            counts = await store.counts(None)
            assert (counts.log_entries, counts.files) == (0, 1)
        (file,) = files(shots / name)
        lines = (shots / name / "memory" / file).read_text("utf-8").splitlines()
        assert len(lines) == len(everything)


class Failing(Folder):
    """A disk that fails at the n-th thing it is asked to do, and works again after that."""

    def __init__(self, root: Path, at: int) -> None:
        super().__init__(root)
        self.left = at

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(28, "No space left on device")

    def write(self, path: Path, lines: Iterable[bytes]) -> int:
        self._count()
        return super().write(path, lines)

    def publish(self, half: Path, path: Path) -> None:
        self._count()
        super().publish(half, path)
        self._count()

    def remove(self, path: Path) -> None:
        self._count()
        super().remove(path)


@pytest.mark.parametrize("at", range(1, 8))
async def test_a_disk_that_fails_loses_nothing_and_the_next_compaction_goes_on(
    tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "STEP_ENTRIES", 2)
    async with opened(tmp_path, Failing(tmp_path / "memory", at)) as store:
        await fill(store, 4)
        with pytest.raises(Unavailable):
            await store.compact(None, END, NOW)
            await store.compact(None, END, NOW)
            await store.delete("owner", "k9")
            raise AssertionError("the disk never failed")
        assert await found(store) == ["k0", "k1", "k2", "k3"]
        await store.compact(None, END, NOW)
        assert await found(store) == ["k0", "k1", "k2", "k3"]
        counts = await store.counts(None)
        assert (counts.log_entries, counts.files) == (0, 1)
    assert len(files(tmp_path)) == 1


async def test_a_compaction_that_is_cancelled_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "STEP_ENTRIES", 2)
    async with opened(tmp_path) as store:
        await fill(store, 20)
        with anyio.fail_after(10):
            for _ in range(20):
                with anyio.move_on_after(0.003):
                    await store.compact(None, END, NOW)
                assert len(await found(store)) == 20
        await store.compact(None, END, NOW)
        assert (await store.counts(None)).files == 1
    assert files(tmp_path) == ["owner/2026-09-21.jsonl"] or files(tmp_path) == ["owner/2026-09-21.2.jsonl"]


async def test_deleting_takes_the_words_out_of_the_file_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        for key, text in (("a", "tea hush-hush"), ("b", "tea")):
            entry = memory(key, text)
            await store.put(entry, words_of(entry))
        await store.compact(None, END, NOW)
        assert await store.delete("owner", "a")
        assert b"hush" not in b"".join(path.read_bytes() for path in (tmp_path / "memory").rglob("*.jsonl"))
        assert await found(store) == ["b"]


async def test_pruning_more_than_one_transaction_holds_removes_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "REMOVED_AT_ONCE", 3)
    async with opened(tmp_path) as store:
        await fill(store, 10)
        await store.compact(None, END, NOW, 5)
        assert await store.prune("owner", END, None) == 10
        assert await found(store) == []
    assert files(tmp_path) == []


async def test_a_file_that_is_not_ours_is_neither_overwritten_nor_removed(tmp_path: Path) -> None:
    theirs = tmp_path / "memory" / "owner" / "2026-09-21.jsonl"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs\n")
    async with opened(tmp_path) as store:
        await fill(store, 1)
        await store.compact(None, END, NOW)
        assert await found(store) == ["k0"]
    assert theirs.read_text() == "theirs\n"
    assert files(tmp_path) == ["owner/2026-09-21.2.jsonl", "owner/2026-09-21.jsonl"]


async def test_a_file_that_somebody_removed_or_damaged_spoils_nothing_else(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await fill(store, 2, at="2026-09-20T10:00:00.000Z")
        await store.compact(None, END, NOW)
        entry = memory("other", "tea")
        await store.put(entry, words_of(entry))
        path = tmp_path / "memory" / "owner" / "2026-09-20.jsonl"
        whole = path.read_bytes()
        path.write_bytes(b"x" * len(whole))
        assert await found(store) == ["other"]
        path.unlink()
        assert await found(store) == ["other"]
        assert await store.delete("owner", "k0")
        await store.compact(None, END, NOW)
        assert await found(store) == ["other"]
        path.write_bytes(whole)
        assert await found(store) == ["k1", "other"]


async def test_a_search_beside_a_compaction_finds_everything_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "STEP_ENTRIES", 5)
    async with opened(tmp_path) as store:
        await fill(store, 60)
        done = anyio.Event()

        async def look() -> None:
            while not done.is_set():
                assert len(await found(store)) == 60

        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                group.start_soon(look)
                group.start_soon(look)
                assert (await store.compact(None, END, NOW)).entries == 60
                done.set()


async def test_large_days_have_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "MERGED_BYTES", 100)
    monkeypatch.setattr(reads, "STEP_ENTRIES", 3)
    async with opened(tmp_path) as store:
        await fill(store, 9)
        await store.compact(None, END, NOW)
        assert len(await found(store)) == 9
        assert (await store.counts("owner")).files == 3
    assert files(tmp_path) == [
        "owner/2026-09-21.2.jsonl", "owner/2026-09-21.3.jsonl", "owner/2026-09-21.jsonl"
    ]  # fmt: skip


async def test_common_words_find_the_best_though_not_all_are_gathered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "GATHERED", 10)
    monkeypatch.setattr(rules, "RANKED", 5)
    async with opened(tmp_path) as store:
        for number in range(60):
            text = "green tea" if number == 7 else "green leaf" if number % 2 else "black tea"
            at = f"2026-09-{1 + number // 10:02}T10:00:00.000Z"
            entry = memory(f"k{number}", text, at=at)
            await store.put(entry, words_of(entry))
        hits = await store.search(asking("green tea", 3))
        assert hits[0].memory.key == "k7"
        old = MemoryQuery(user="owner", limit=3, words=["tea"], until="2026-09-01T10:00:00.001Z")
        assert {hit.memory.created_at[:10] for hit in await store.search(old)} == {"2026-09-01"}
        assert len(await store.search(old)) == 3


async def test_among_many_memories_the_rare_and_the_newest_of_the_frequent_are_found(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        entries = [memory(f"k{number}", f"tea {number} " + "mint" * (number == 17)) for number in range(1000)]
        await store.put_all(entries, [words_of(entry) for entry in entries])
        (first, second, *_) = await store.search(asking("mint tea", 5))
        assert first.memory.key == "k17"
        assert second.score < first.score
        newest = await store.search(asking("tea", 5))
        assert [hit.memory.key for hit in newest] == ["k999", "k998", "k997", "k996", "k995"]
        assert len(await store.search(asking("tea", 100))) == 100


def segments(home: Path) -> int:
    with contextlib.closing(sqlite3.connect(home / "gateway.db")) as connection:
        return int(connection.execute("SELECT count(DISTINCT segid) FROM memory_words_idx").fetchone()[0])


async def test_what_is_kept_together_is_one_segment_of_the_index_and_many_are_merged(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        for batch in range(30):
            entries = [memory(f"k{batch}.{number}", f"tea {batch} {number}") for number in range(20)]
            await store.put_all(entries, [words_of(entry) for entry in entries])
            assert segments(tmp_path) <= min(batch + 1, 8)
        assert len(await found(store)) == 600


async def test_a_key_that_comes_twice_at_once_keeps_what_came_last(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        entries = [memory("same", "green tea"), memory("other", "white tea"), memory("same", "black tea")]
        await store.put_all(entries, [words_of(entry) for entry in entries])
        assert await found(store, "green") == []
        assert await found(store, "black") == ["same"]
        assert await found(store) == ["other", "same"]
        assert (await store.counts("owner")).log_entries == 2


async def test_a_long_session_that_is_left_out_hides_nothing_behind_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        old = memory("old", "the apollo mission and its budget")
        mine = [memory(f"k{at}", f"apollo mission {at}", session_key="mine", kind="conversation") for at in range(300)]
        await store.put_all([old, *mine], [words_of(entry) for entry in (old, *mine)])
        for words in (["apollo"], ["apollo", "mission"], ["apollo", "mission", "budget"]):
            query = MemoryQuery(user="owner", limit=5, words=words, common=0.25, without_session="mine")
            assert [hit.memory.key for hit in await store.search(query)] == ["old"], words


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200), data=st.data())
def test_any_text_is_found_by_any_of_its_words_by_its_user_alone(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    home = tmp_path_factory.mktemp("any")
    entry = memory("k", text)
    words = words_of(entry)
    asked = query_words(text, 10_000)
    query = data.draw(st.sampled_from(asked)) if asked else "k"

    async def play() -> None:
        async with opened(home) as store:
            await store.put(entry, words)
            (hit,) = await store.search(MemoryQuery(user="owner", limit=5, words=[query]))
            assert hit.memory == entry
            assert await store.search(MemoryQuery(user="ann", limit=5, words=[query])) == []

    try:
        anyio.run(play)
    finally:
        shutil.rmtree(home)


async def test_signs_find_the_nearest_among_more_vectors_than_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openclaw_rpc.adapters.memory.vectors.EXACTLY", 5)
    async with opened(tmp_path) as store:
        await fill(store, 40)
        waiting = await store.unembedded("m", 100)
        chosen = waiting[30]
        vectors = [(item.number, [-1.0, 1.0, -1.0 - n, 1.0]) for n, item in enumerate(waiting)]
        vectors[30] = (chosen.number, [1.0, 1.0, 1.0, 0.5])
        await store.put_vectors("m", vectors)
        hits = await store.near(MemoryQuery(user="owner", limit=1), "m", [1.0, 1.0, 1.0, 1.0])
        assert hits[0].memory == chosen.memory

"""The audit log on disk: whoever changes it shows."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from openclaw_rpc.adapters.audit.file import FileAuditLog
from openclaw_rpc.domain.tools.audit import AuditQuery
from openclaw_rpc.protocol.audit import AuditRecord
from openclaw_rpc.protocol.errors import Unavailable
from tests.support.store import at
from tests.support.tools import Lines


def made(folder: Path, log: Lines | None = None, **more: int) -> FileAuditLog:
    return FileAuditLog(folder, log or Lines(), **more)


async def write(log: FileAuditLog, *names: str) -> None:
    for name in names:
        await log.append(AuditRecord(at=at(1), user="ada", outcome="done", tool=name))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit"


def change(path: Path, edit: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in edit(path.read_bytes().splitlines())))


async def test_a_record_is_on_disk_when_it_is_acknowledged(folder: Path, monkeypatch: pytest.MonkeyPatch):
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: (synced.append(os.fstat(descriptor).st_size), fsync(descriptor))
    )
    await write(made(folder), "shell")
    size = (folder / "audit.jsonl").stat().st_size
    assert size in synced
    records, _ = await made(folder).query(AuditQuery(limit=1))
    assert [record.tool for record in records] == ["shell"]


async def test_it_is_for_its_owner_alone(folder: Path):
    await write(made(folder), "shell")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_the_chain_goes_on_after_a_restart_and_in_a_new_file(folder: Path):
    for name in "abcdef":
        await write(made(folder, rotate_bytes=600), name)
    assert sorted(file.name for file in folder.glob("*.jsonl")) == ["audit-000000000004.jsonl", "audit.jsonl"]
    verdict = await made(folder).verify()
    assert (verdict.intact, verdict.records) == (True, 6)


@pytest.mark.parametrize(
    ("edit", "seq"),
    [
        (lambda lines: [lines[0], lines[1].replace(b'"b"', b'"x"'), *lines[2:]], 3),
        (lambda lines: [*lines[:4], lines[4].replace(b'"e"', b'"x"')], 5),
        (lambda lines: [lines[0].replace(b"ada", b"eve"), *lines[1:]], 2),
        (lambda lines: [*lines[:2], *lines[3:]], 3),
        (lambda lines: lines[1:], 1),
        (lambda lines: lines[:-1], 5),
        (lambda lines: lines[:1], 2),
        (lambda lines: [], 1),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 1),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3),
        (lambda lines: [*lines[:3], b"garbage", *lines[3:]], 4),
        (lambda lines: [*lines[:3], b"", *lines[3:]], 4),
    ],
    ids=[
        "changed",
        "last changed",
        "first changed",
        "removed",
        "first removed",
        "last removed",
        "end removed",
        "emptied",
        "swapped",
        "repeated",
        "garbage",
        "blank line",
    ],
)
@pytest.mark.parametrize("restarted", [True, False])
async def test_a_change_shows_where_it_is(
    folder: Path, edit: Callable[[list[bytes]], list[bytes]], seq: int, restarted: bool
):
    log = made(folder)
    await write(log, *"abcde")
    assert (await log.verify()).intact
    change(folder / "audit.jsonl", edit)
    verdict = await (made(folder) if restarted else log).verify()
    assert (verdict.intact, verdict.seq) == (False, seq), verdict
    assert verdict.fault


async def test_a_change_still_shows_when_the_log_went_on(folder: Path):
    await write(made(folder), *"abcde")
    change(folder / "audit.jsonl", lambda lines: lines[:-2])
    log = Lines()
    await write(made(folder, log), "f")
    assert "the audit log was changed: records are missing or others" in log.said
    verdict = await made(folder).verify()
    assert (verdict.intact, verdict.seq) == (False, 4)
    records, _ = await made(folder).query(AuditQuery(limit=10))
    assert [(record.seq, record.tool) for record in records] == [(6, "f"), (3, "c"), (2, "b"), (1, "a")]


async def test_a_whole_old_file_that_is_gone_shows(folder: Path):
    await write(made(folder, rotate_bytes=100), *"abcd")
    (folder / "audit-000000000002.jsonl").unlink()
    verdict = await made(folder).verify()
    assert (verdict.intact, verdict.seq) == (False, 2)


@pytest.mark.parametrize("torn", [b'{"at":"2026', b"x" * 200_000], ids=["short", "long"])
async def test_a_record_that_a_crash_tore_is_taken_away(folder: Path, torn: bytes):
    await write(made(folder), "a", "b")
    with (folder / "audit.jsonl").open("ab") as file:
        file.write(torn)
    assert (await made(folder).verify()).intact
    log = Lines()
    again = made(folder, log)
    assert [record.tool for record in (await again.query(AuditQuery(limit=9)))[0]] == ["b", "a"]
    await write(again, "c")
    assert log.said == ["the audit log ended within a record, which was taken away"]
    verdict = await again.verify()
    assert (verdict.intact, verdict.records) == (True, 3)


async def test_a_crash_between_the_log_and_its_noted_end_is_no_change(folder: Path):
    await write(made(folder), "a")
    noted = (folder / "head.json").read_bytes()
    await write(made(folder), "b")
    (folder / "head.json").write_bytes(noted)
    again = made(folder)
    assert (await again.verify()).intact
    await write(again, "c")
    verdict = await again.verify()
    assert (verdict.intact, verdict.records) == (True, 3)


async def test_two_processes_make_one_chain(folder: Path):
    one, two = made(folder), made(folder)
    async with anyio.create_task_group() as group:
        for log in (one, two):
            group.start_soon(write, log, *"abcdefgh")
    for log in (one, two, made(folder)):
        verdict = await log.verify()
        assert (verdict.intact, verdict.records) == (True, 16)


async def test_records_that_wait_share_one_sync(folder: Path, monkeypatch: pytest.MonkeyPatch):
    log = made(folder)
    await write(log, "first")
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(descriptor), fsync(descriptor)))
    async with anyio.create_task_group() as group:
        for at_once in range(50):
            group.start_soon(write, log, str(at_once))
    assert len(synced) <= 10
    assert (await log.verify()).records == 51


async def test_what_could_not_be_written_is_an_error_and_the_next_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    log = made(folder)
    await write(log, "a")
    size = (folder / "audit.jsonl").stat().st_size
    with monkeypatch.context() as broken:

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        broken.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="No space left") as caught:
            await write(log, "b")
    assert caught.value.reason == "audit_unusable"
    assert (folder / "audit.jsonl").stat().st_size == size
    await write(log, "c")
    verdict = await log.verify()
    assert (verdict.intact, verdict.records) == (True, 2)


async def test_a_link_in_its_place_is_not_followed(folder: Path, tmp_path: Path):
    folder.mkdir(parents=True)
    target = tmp_path / "target"
    target.write_bytes(b"")
    (folder / "audit.jsonl").symlink_to(target)
    with pytest.raises(Unavailable):
        await write(made(folder), "a")
    assert target.read_bytes() == b""


async def test_a_caller_that_goes_away_while_it_waits_leaves_nothing_behind(folder: Path):
    log = made(folder)
    async with anyio.create_task_group() as group:
        group.start_soon(write, log, "a")
        with anyio.move_on_after(0):
            await write(log, "never")
    await write(log, "b")
    records, _ = await log.query(AuditQuery(limit=9))
    assert [record.tool for record in records if record.tool != "never"] == ["b", "a"]
    assert (await log.verify()).intact

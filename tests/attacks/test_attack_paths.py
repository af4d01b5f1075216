"""Paths, links and races that lead out of a workspace: each works on a twin without the guard, and fails here."""

import ctypes
import os
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openclaw_rpc.domain.files import Files, clean
from openclaw_rpc.protocol.errors import Conflict, GatewayError, InvalidRequest, NotFound
from openclaw_rpc.protocol.file import (
    FileDeleteParams,
    FileListParams,
    FileMoveParams,
    FileReadParams,
    FileSearchParams,
    FileWriteParams,
)
from tests.support.workspace import OPENERS, files

ME = "owner"
SECRET = "the secret"


@pytest.fixture(params=OPENERS)
def mine(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text(SECRET)
    return files(tmp_path, request.param)


@pytest.fixture
def home(tmp_path: Path, mine: Files) -> Path:
    return tmp_path / "workspace"


def twin(home: Path, path: str) -> str:
    """Reads as the naive do."""
    return (home / path.lstrip("/")).read_text()


async def read(mine: Files, path: str) -> str:
    with anyio.fail_after(10):
        return (await mine.read(ME, FileReadParams(path=path))).content


CLIMBING = [
    "../outside/secret",
    "/../outside/secret",
    "a/../../outside/secret",
    "./../outside/secret",
    "..//outside/secret",
]


@pytest.mark.parametrize("path", CLIMBING)
async def test_dots_do_not_climb_out(mine: Files, home: Path, path: str) -> None:
    (home / "a").mkdir()
    assert twin(home, path) == SECRET
    with pytest.raises(InvalidRequest):
        await read(mine, path)


@given(st.lists(st.sampled_from(("..", ".", "", "a", "...", "..\\", " ..", "%2e%2e", "..\x00", "~", "C:")), max_size=8))
@settings(deadline=None)
def test_no_path_has_a_part_that_climbs(parts: list[str]) -> None:
    try:
        cleaned = clean("/".join(parts))
    except InvalidRequest:
        return
    assert not {"..", ".", ""}.intersection(cleaned) and not any("/" in part or "\x00" in part for part in cleaned)


@pytest.mark.parametrize("path", ["\ud800", "a" * 256, "/".join("a" * 70), "a\x00b", "é" * 128])
async def test_paths_that_no_disk_takes_are_refused(mine: Files, path: str) -> None:
    with pytest.raises(InvalidRequest):
        await read(mine, path)


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("path", ["file", "folder/secret", "chain/secret", "up/outside/secret"])
async def test_links_do_not_lead_out(mine: Files, home: Path, tmp_path: Path, path: str, absolute: bool) -> None:
    out = tmp_path if absolute else Path("..")
    (home / "file").symlink_to(out / "outside/secret")
    (home / "folder").symlink_to(out / "outside")
    (home / "chain").symlink_to("folder")
    (home / "up").symlink_to(out)
    assert twin(home, path) == SECRET
    with pytest.raises((InvalidRequest, NotFound)):
        await read(mine, path)


async def test_magic_links_of_proc_do_not_lead_out(mine: Files, home: Path, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "outside", os.O_RDONLY)
    try:
        (home / "magic").symlink_to(f"/proc/self/fd/{descriptor}")
        assert twin(home, "magic/secret") == SECRET
        with pytest.raises((InvalidRequest, NotFound)):
            await read(mine, "magic/secret")
    finally:
        os.close(descriptor)


def acts(mine: Files) -> dict[str, Callable[[], Awaitable[object]]]:
    """Everything that could change or show something behind the link `folder`, or the link `file` itself."""
    return {
        "write": lambda: mine.write(ME, FileWriteParams(path="folder/new", content="x")),
        "write parents": lambda: mine.write(ME, FileWriteParams(path="folder/a/b/new", content="x")),
        "write through": lambda: mine.write(ME, FileWriteParams(path="file", content="x")),
        "append through": lambda: mine.write(ME, FileWriteParams(path="file", content="x", append=True)),
        "list": lambda: mine.list(ME, FileListParams(path="folder")),
        "search": lambda: mine.search(ME, FileSearchParams(pattern="*", path="folder")),
        "delete": lambda: mine.delete(ME, FileDeleteParams(path="folder/secret")),
        "delete all": lambda: mine.delete(ME, FileDeleteParams(path="folder/secret", recursive=True)),
        "move out": lambda: mine.move(ME, FileMoveParams(source="mine", to="folder/mine")),
        "move in": lambda: mine.move(ME, FileMoveParams(source="folder/secret", to="stolen")),
    }


@pytest.mark.parametrize("act", list(acts(None)))  # type: ignore[arg-type]
async def test_nothing_is_done_behind_a_link_that_leads_out(mine: Files, home: Path, tmp_path: Path, act: str) -> None:
    outside = tmp_path / "outside"
    (home / "folder").symlink_to(outside)
    (home / "file").symlink_to(outside / "secret")
    (home / "mine").write_text("mine")
    with pytest.raises((InvalidRequest, NotFound)):
        await acts(mine)[act]()
    assert {entry.name: entry.read_text() for entry in outside.iterdir()} == {"secret": SECRET}
    assert sorted(entry.name for entry in home.iterdir()) == ["file", "folder", "mine"]


async def test_links_that_stay_inside_are_followed_by_the_kernel_and_refused_by_the_walk(tmp_path: Path) -> None:
    for kind in OPENERS:
        mine = files(tmp_path, kind)
        home = tmp_path / "workspace"
        if kind == OPENERS[0]:
            (home / "real").mkdir()
            (home / "real/x").write_text("inside")
            (home / "link").symlink_to("real")
            assert await read(mine, "link/x") == "inside"
        else:
            with pytest.raises((InvalidRequest, NotFound)):
                await read(mine, "link/x")


async def test_deleting_a_folder_removes_the_links_in_it_not_what_they_lead_to(
    mine: Files, home: Path, tmp_path: Path
) -> None:
    (home / "full").mkdir()
    (home / "full/link").symlink_to(tmp_path / "outside")
    await mine.delete(ME, FileDeleteParams(path="full", recursive=True))
    assert (tmp_path / "outside/secret").read_text() == SECRET and not (home / "full").exists()


@pytest.mark.parametrize("name", ["pipe", "socket"])
async def test_what_is_no_regular_file_is_neither_read_nor_written(mine: Files, home: Path, name: str) -> None:
    """The twin would wait for ever for somebody to write into the pipe."""
    if name == "pipe":
        os.mkfifo(home / name)
    else:
        os.mknod(home / name, 0o600 | 0o140000)
    for append in (False, True):
        with anyio.fail_after(5), pytest.raises(InvalidRequest):
            await mine.write(ME, FileWriteParams(path=name, content="x", append=append))
    with anyio.fail_after(5), pytest.raises(InvalidRequest):
        await read(mine, name)
    with anyio.fail_after(5):
        assert (await mine.search(ME, FileSearchParams(pattern=name, content="x"))).total == 0


@pytest.mark.skipif(not Path("/dev/zero").exists() or os.geteuid() != 0, reason="devices are made by root alone")
async def test_a_device_is_not_read(mine: Files, home: Path) -> None:
    try:
        os.mknod(home / "zero", 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("no device can be made here")
    with pytest.raises((InvalidRequest, GatewayError)):
        await read(mine, "zero")


async def test_a_swap_between_looking_and_opening_fools_the_twin(home: Path, tmp_path: Path) -> None:
    (home / "folder").mkdir()
    (home / "folder/secret").write_text("mine")
    path = home / "folder/secret"
    assert path.resolve().is_relative_to(home.resolve())
    (home / "folder").rename(home / "aside")
    (home / "folder").symlink_to(tmp_path / "outside")
    assert path.read_text() == SECRET


@contextmanager
def swapping(home: Path, outside: Path) -> Generator[None]:
    """`folder` is a folder and a link that leads out, in turn, as fast as it goes, and never nothing."""
    exchange = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if exchange is None:
        pytest.skip("this system can't exchange two names at once")
    (home / "folder/sub").mkdir(parents=True)
    (home / "folder/secret").write_text("mine")
    (home / "link").symlink_to(outside)
    one, other = os.fsencode(home / "folder"), os.fsencode(home / "link")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            exchange(-100, one, -100, other, 2)  # AT_FDCWD, RENAME_EXCHANGE

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def test_no_race_leads_out(mine: Files, home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    seen: set[str] = set()
    with swapping(home, outside):
        for number in range(300):
            try:
                seen.add(await read(mine, "folder/secret"))
                await mine.write(ME, FileWriteParams(path=f"folder/{number % 5}", content="x", create_parents=False))
                await mine.delete(ME, FileDeleteParams(path=f"folder/{number % 5}"))
            except (InvalidRequest, NotFound, Conflict):
                seen.add("refused")
    assert seen == {"mine", "refused"}
    assert [entry.name for entry in outside.iterdir()] == ["secret"]


async def test_no_race_makes_a_recursive_delete_leave_the_workspace(mine: Files, home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    for number in range(20):
        (outside / f"{number}").write_text("keep")
    with swapping(home, outside):
        for _ in range(100):
            for act in (
                lambda: mine.write(ME, FileWriteParams(path="folder/sub/a", content="x")),
                lambda: mine.delete(ME, FileDeleteParams(path="folder/sub", recursive=True)),
                lambda: mine.list(ME, FileListParams(recursive=True)),
                lambda: mine.search(ME, FileSearchParams(pattern="*", content=SECRET)),
            ):
                try:
                    found = await act()
                except (InvalidRequest, NotFound, Conflict):
                    continue
                assert SECRET not in repr(found)
    assert len(list(outside.iterdir())) == 21


@given(
    target=st.lists(st.sampled_from(("..", "outside", "secret", "in", ".", "self")), min_size=1, max_size=6),
    path=st.lists(st.sampled_from(("in", "self", "link", "secret", "outside")), min_size=1, max_size=4),
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_link_of_any_shape_shows_what_is_outside(
    tmp_path_factory: pytest.TempPathFactory, target: list[str], path: list[str]
) -> None:
    root = tmp_path_factory.mktemp("shape")
    (root / "outside").mkdir()
    (root / "outside/secret").write_text(SECRET)
    for kind in OPENERS:
        mine = files(root, kind)
        home = root / "workspace"
        if kind == OPENERS[0]:
            (home / "in").mkdir()
            (home / "self").symlink_to(".")
            (home / "link").symlink_to("/".join(target))
            (home / "in/link").symlink_to("/".join(["..", *target]))
        with suppress(InvalidRequest, NotFound):
            assert await read(mine, "/".join(path)) != SECRET

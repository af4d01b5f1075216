"""Small files that the system has in memory are read without a thread; whatever else they are, nothing is skipped."""

import os
from pathlib import Path

import pytest

from openclaw_rpc.adapters.workspace.local import AT_ONCE_BYTES, LocalWorkspace
from openclaw_rpc.adapters.workspace.opening import FOLDER, Opener
from openclaw_rpc.domain.files import Piece
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from tests.support.workspace import opener


class Watched:
    """An opener that counts what was opened by a thread."""

    def __init__(self, inner: Opener) -> None:
        self.inner = inner
        self.opened = 0

    def open(self, root: int, parts: tuple[str, ...], flags: int, mode: int = 0) -> int:
        self.opened += 1
        return self.inner.open(root, parts, flags, mode)

    def open_cached(self, root: str, parts: tuple[str, ...], flags: int) -> int | None:
        return self.inner.open_cached(root, parts, flags)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """The kernel's opener, where it and the file system of the test know how."""
    kernel = opener("kernel")
    (tmp_path / "probe").write_bytes(b"x")
    found = kernel.open_cached(str(tmp_path), ("probe",), os.O_RDONLY)
    if found is None:
        pytest.skip("this kernel can't open from memory alone")
    try:
        os.preadv(found, [bytearray(1)], 0, os.RWF_NOWAIT)
    except OSError:
        pytest.skip("this file system can't read from memory alone")
    finally:
        os.close(found)
    return Watched(kernel)


async def read(tmp_path: Path, watched: Watched, *path: str, offset: int = 0, limit: int = 1 << 20) -> Piece:
    return await LocalWorkspace(tmp_path, watched).read(path, offset, limit)


@pytest.mark.parametrize("content", [b"", b"hello", bytes(AT_ONCE_BYTES)], ids=["empty", "small", "largest"])
async def test_a_small_file_is_read_at_once(tmp_path: Path, watched: Watched, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    piece = await read(tmp_path, watched, "a")
    assert (piece.data, piece.size, watched.opened) == (content, len(content), 0)


async def test_a_part_of_a_large_file_is_read_at_once_and_all_of_it_by_a_thread(
    tmp_path: Path, watched: Watched
) -> None:
    content = os.urandom(3 * AT_ONCE_BYTES)
    (tmp_path / "a").write_bytes(content)
    piece = await read(tmp_path, watched, "a", offset=100, limit=1000)
    assert (piece.data, piece.size, watched.opened) == (content[100:1100], len(content), 0)
    piece = await read(tmp_path, watched, "a")
    assert (piece.data, watched.opened) == (content, 1)


async def test_what_can_not_be_read_is_refused_as_ever(tmp_path: Path, watched: Watched) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        with pytest.raises(InvalidRequest):
            await read(tmp_path, watched, name)
    with pytest.raises(NotFound):
        await read(tmp_path, watched, "missing")


async def test_no_link_leads_out(tmp_path: Path, watched: Watched) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (home / "link").symlink_to(tmp_path / "secret")
    (home / "up").symlink_to("..")
    for path in (("link",), ("up", "secret"), ("..", "secret")):
        assert watched.open_cached(str(home), path, os.O_RDONLY) is None
    inside = watched.open_cached(str(home), (), FOLDER)
    assert inside is not None
    os.close(inside)

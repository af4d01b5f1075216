import os
import stat
from pathlib import Path

import pytest

from openclaw_rpc.adapters.workspace.local import folder_name
from openclaw_rpc.domain.files import Files, FileSettings
from openclaw_rpc.protocol.errors import Conflict, Forbidden, InvalidRequest, NotFound, TooLarge, Unavailable
from openclaw_rpc.protocol.file import (
    FileDeleteParams,
    FileListParams,
    FileMoveParams,
    FileReadParams,
    FileWriteParams,
)
from tests.support.workspace import OPENERS, files

ME = "owner"
LIMITS = FileSettings(max_read_bytes=1024, max_write_bytes=1024)


@pytest.fixture(params=OPENERS)
def mine(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    return files(tmp_path, request.param)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


async def written(mine: Files, path: str, content: str = "x", **more: object) -> tuple[int, bool]:
    done = await mine.write(ME, FileWriteParams(path=path, content=content, **more))  # type: ignore[arg-type]
    return done.size, done.created


async def text(mine: Files, path: str) -> str:
    return (await mine.read(ME, FileReadParams(path=path))).content


async def listed(mine: Files, path: str = "/", **more: object) -> list[str]:
    return [entry.path for entry in (await mine.list(ME, FileListParams(path=path, **more))).entries]  # type: ignore[arg-type]


async def test_a_file_is_read_as_it_was_written(mine: Files, home: Path) -> None:
    assert await written(mine, "/Documents/a b/x.md", "# héllo\n") == (9, True)
    assert (home / "Documents/a b/x.md").read_text() == "# héllo\n"
    read = await mine.read(ME, FileReadParams(path="Documents//a b/./x.md"))
    assert (read.path, read.content, read.encoding, read.size) == ("/Documents/a b/x.md", "# héllo\n", "text", 9)
    assert read.next_offset is None and read.modified_at.endswith("Z")


async def test_a_file_is_replaced_as_a_whole_and_keeps_its_mode(mine: Files, home: Path) -> None:
    (home / "run.sh").write_text("old, and longer")
    (home / "run.sh").chmod(0o750)
    with (home / "run.sh").open() as reader:
        assert await written(mine, "run.sh", "new") == (3, False)
        assert reader.read() == "old, and longer"
    assert stat.S_IMODE((home / "run.sh").stat().st_mode) == 0o750
    assert [entry.name for entry in home.iterdir()] == ["run.sh"]


async def test_bytes_travel_as_base64(mine: Files) -> None:
    await written(mine, "x.bin", "AP/+", encoding="base64")
    read = await mine.read(ME, FileReadParams(path="x.bin", encoding="base64"))
    assert (read.content, read.size) == ("AP/+", 3)
    with pytest.raises(InvalidRequest, match="base64"):
        await text(mine, "x.bin")
    with pytest.raises(InvalidRequest, match="base64"):
        await written(mine, "x.bin", "no base64!", encoding="base64")


async def test_text_is_added_to_a_file(mine: Files) -> None:
    assert await written(mine, "log", "one\n", append=True) == (4, True)
    assert await written(mine, "log", "two\n", append=True) == (8, False)
    assert await text(mine, "log") == "one\ntwo\n"


async def test_a_long_text_is_read_in_parts_that_make_up_the_whole(mine: Files) -> None:
    whole = "aé漢😀" * 50
    await written(mine, "long", whole)
    for limit in (1, 4, 5, 7):
        parts: list[str] = []
        offset: int | None = 0
        while offset is not None:
            part = await mine.read(ME, FileReadParams(path="long", offset=offset, limit=limit))
            parts.append(part.content)
            offset = part.next_offset
        assert "".join(parts) == whole


async def test_sizes_are_bounded(tmp_path: Path) -> None:
    mine = files(tmp_path, settings=LIMITS)
    (tmp_path / "workspace/large").write_bytes(b"x" * 1025)
    with pytest.raises(TooLarge, match="offset"):
        await text(mine, "large")
    with pytest.raises(TooLarge):
        await mine.read(ME, FileReadParams(path="large", limit=1025))
    assert (await mine.read(ME, FileReadParams(path="large", limit=1024))).next_offset == 1024
    with pytest.raises(TooLarge):
        await written(mine, "new", "x" * 1025)
    await written(mine, "new", "x" * 1000)
    with pytest.raises(TooLarge):
        await written(mine, "new", "x" * 25, append=True)
    assert (tmp_path / "workspace/new").stat().st_size == 1000


async def test_a_folder_is_listed_by_name(mine: Files, home: Path) -> None:
    for name in ("b", "a", "sub/c", "sub/.hidden"):
        await written(mine, name)
    (home / "to").symlink_to("a")
    listing = await mine.list(ME, FileListParams())
    assert [(entry.name, entry.type) for entry in listing.entries] == [
        ("a", "file"),
        ("b", "file"),
        ("sub", "directory"),
        ("to", "link"),
    ]
    assert not listing.truncated
    assert await listed(mine, recursive=True) == ["/a", "/b", "/sub", "/sub/.hidden", "/sub/c", "/to"]
    cut = await mine.list(ME, FileListParams(recursive=True, limit=3))
    assert len(cut.entries) == 3 and cut.truncated


async def test_names_that_are_no_utf_8_are_listed_all_the_same(mine: Files, home: Path) -> None:
    with open(os.fsencode(home) + b"/a\xff", "wb"):  # noqa: PTH123
        pass
    assert await listed(mine) == ["/a\ufffd"]


async def test_deleting_removes_files_and_empty_folders_and_whole_ones_when_told(mine: Files, home: Path) -> None:
    for name in ("a", "full/x", "full/deep/er/y"):
        await written(mine, name)
    (home / "empty").mkdir()
    (home / "full/out").symlink_to("/etc")
    for path in ("/a", "/empty"):
        assert (await mine.delete(ME, FileDeleteParams(path=path))).deleted
    with pytest.raises(Conflict, match="not empty"):
        await mine.delete(ME, FileDeleteParams(path="full"))
    await mine.delete(ME, FileDeleteParams(path="full", recursive=True))
    assert await listed(mine) == [] and Path("/etc/passwd").exists()
    with pytest.raises(NotFound):
        await mine.delete(ME, FileDeleteParams(path="full", recursive=True))


async def test_moving_replaces_nothing_unless_told(mine: Files, home: Path) -> None:
    await written(mine, "a", "new")
    await written(mine, "b", "old")
    with pytest.raises(Conflict, match="already"):
        await mine.move(ME, FileMoveParams(source="a", to="b"))
    assert await text(mine, "b") == "old"
    await mine.move(ME, FileMoveParams(source="a", to="b", overwrite=True))
    await mine.move(ME, FileMoveParams(source="b", to="new/folder/c"))
    assert await listed(mine, recursive=True) == ["/new", "/new/folder", "/new/folder/c"]
    with pytest.raises(NotFound):
        await mine.move(ME, FileMoveParams(source="b", to="c"))
    with pytest.raises(Conflict):
        await written(mine, "file")
        await mine.move(ME, FileMoveParams(source="file", to="new", overwrite=True))


@pytest.mark.parametrize("to", ["new/inside", "new"])
async def test_a_folder_is_not_moved_into_itself(mine: Files, to: str) -> None:
    await written(mine, "new/x")
    with pytest.raises((InvalidRequest, Conflict)):
        await mine.move(ME, FileMoveParams(source="new", to=to))
    assert await listed(mine, recursive=True) == ["/new", "/new/x"]


@pytest.mark.parametrize("path", ["/", "", ".", "//"])
async def test_the_workspace_itself_stays(mine: Files, path: str) -> None:
    with pytest.raises(InvalidRequest):
        await mine.delete(ME, FileDeleteParams(path=path, recursive=True))
    with pytest.raises(InvalidRequest):
        await mine.move(ME, FileMoveParams(source=path, to="x"))
    with pytest.raises(InvalidRequest):
        await written(mine, path)


async def test_errors_say_what_is_wrong(mine: Files, home: Path) -> None:
    await written(mine, "file")
    (home / "folder").mkdir()
    for path in ("none", "none/x", "file/x"):
        with pytest.raises(NotFound) as missing:
            await text(mine, path)
        assert missing.value.field == "path"
    with pytest.raises(InvalidRequest, match="folder"):
        await text(mine, "folder")
    with pytest.raises(InvalidRequest, match="folder"):
        await written(mine, "folder")
    with pytest.raises(NotFound):
        await written(mine, "new/x", create_parents=False)
    with pytest.raises(NotFound):
        await listed(mine, "file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_what_the_system_forbids_is_forbidden(mine: Files, home: Path) -> None:
    (home / "secret").write_text("x")
    (home / "secret").chmod(0)
    with pytest.raises(Forbidden):
        await text(mine, "secret")


async def test_a_full_disk_leaves_the_old_content_and_nothing_else(mine: Files, home: Path) -> None:
    await written(mine, "a", "old")
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))
    try:
        for append in (False, True):
            with pytest.raises(Unavailable):
                await written(mine, "a", "x" * 100, append=append)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [(entry.name, entry.read_text()) for entry in home.iterdir()] == [("a", "old")]


async def test_users_have_workspaces_of_their_own(mine: Files, tmp_path: Path) -> None:
    await mine.write("ada", FileWriteParams(path="x", content="ada's"))
    await mine.write("eve", FileWriteParams(path="x", content="eve's"))
    assert (await mine.read("ada", FileReadParams(path="x"))).content == "ada's"
    with pytest.raises(NotFound):
        await text(mine, "x")
    assert (tmp_path / "workspaces" / folder_name("ada") / "x").read_text() == "ada's"
    assert stat.S_IMODE((tmp_path / "workspaces" / folder_name("ada")).stat().st_mode) == 0o700


def test_no_user_is_another_ones_folder() -> None:
    names = ["a", "A", "../a", "a/b", "..", ".", "a" * 100, "a" * 99 + "b", "é", "%2E", "a\\b"]
    folders = [folder_name(name) for name in names]
    assert len({folder.casefold() for folder in folders}) == len(names)
    assert all("/" not in folder and not folder.startswith(".") and len(folder) < 200 for folder in folders)


async def test_an_attachment_is_text_of_a_bounded_size(mine: Files, home: Path) -> None:
    await written(mine, "notes.md", "text")
    (home / "large").write_bytes(b"x" * (1024 * 1024 + 1))
    assert await mine.attachment(ME, "/notes.md") == "text"
    with pytest.raises(TooLarge):
        await mine.attachment(ME, "large")

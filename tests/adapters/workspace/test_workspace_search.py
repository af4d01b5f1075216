import os
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.domain.files import Files, FileSettings
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.protocol.file import FileSearchParams, FilesFound
from tests.support.workspace import files

ME = "owner"


@pytest.fixture
def mine(tmp_path: Path) -> Files:
    home = tmp_path / "workspace"
    for name, content in {
        "a.md": "# One\nneedle here\n",
        "src/b.py": "import re\r\nNEEDLE = 1\r\n\nneedle()\n",
        "src/deep/c.py": "nothing\n",
        "src/deep/d.txt": "x" * 3000 + " needle 针 " + "y" * 3000,
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content.encode())
    (home / "bin").write_bytes(b"\x00needle")
    (home / "out").symlink_to("/etc")
    return files(tmp_path, settings=FileSettings(search_seconds=5))


async def found(mine: Files, pattern: str, **more: object) -> FilesFound:
    with anyio.fail_after(20):
        return await mine.search(ME, FileSearchParams(pattern=pattern, **more))  # type: ignore[arg-type]


def paths(result: FilesFound) -> list[str]:
    return [hit.path for hit in result.results]


async def test_names_are_found_in_all_folders_below(mine: Files) -> None:
    assert paths(await found(mine, "*.py")) == ["/src/b.py", "/src/deep/c.py"]
    assert paths(await found(mine, "*.py", path="/src/deep")) == ["/src/deep/c.py"]
    assert paths(await found(mine, "deep/*", path="src")) == ["/src/deep/c.py", "/src/deep/d.txt"]
    assert paths(await found(mine, "dee?")) == ["/src/deep"]
    assert (await found(mine, "*.none")).total == 0


async def test_links_are_found_and_not_followed(mine: Files) -> None:
    result = await found(mine, "{out,passwd}")
    assert [(hit.path, hit.type) for hit in result.results] == [("/out", "link")]
    assert paths(await found(mine, "*", content="root:")) == []


async def test_lines_are_found_with_their_numbers(mine: Files) -> None:
    result = await found(mine, "*", content="needle")
    assert [(hit.path, hit.line) for hit in result.results] == [("/a.md", 2), ("/src/b.py", 4), ("/src/deep/d.txt", 1)]
    assert result.results[0].text == "needle here" and len(result.results[2].text or "") == 500


async def test_a_regular_expression_is_looked_for_line_by_line(mine: Files) -> None:
    result = await found(mine, "*.py", content=r"^(?i:needle)\b", regex=True)
    assert [(hit.path, hit.line, hit.text) for hit in result.results] == [
        ("/src/b.py", 2, "NEEDLE = 1"),
        ("/src/b.py", 4, "needle()"),
    ]
    assert [hit.line for hit in (await found(mine, "*.txt", content="针", regex=True)).results] == [1]


async def test_what_is_no_regular_expression_is_said_to_be_none(mine: Files) -> None:
    with pytest.raises(InvalidRequest, match="not a valid regular expression") as wrong:
        await found(mine, "*", content="(", regex=True)
    assert wrong.value.field == "content"
    with pytest.raises(InvalidRequest):
        await found(mine, "*", regex=True)


async def test_results_are_bounded_and_it_is_said(mine: Files) -> None:
    result = await found(mine, "*", limit=2)
    assert result.total == len(result.results) == 2 and result.truncated
    assert not (await found(mine, "*.md", limit=1)).truncated


async def test_a_folder_that_is_not_there_is_not_found(mine: Files) -> None:
    with pytest.raises(NotFound):
        await found(mine, "*", path="/none")


def opened_in(folder: Path) -> list[str]:
    """What this process has open in a folder, where the system tells."""
    found: list[str] = []
    for number in os.listdir("/proc/self/fd") if Path("/proc/self/fd").exists() else ():  # noqa: PTH208
        with suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{number}"))  # noqa: PTH115
    return [path for path in found if Path(path).is_relative_to(folder)]


@pytest.mark.parametrize("content", [None, "x", "regex"])
async def test_a_search_can_be_given_up_and_leaves_nothing_open(
    mine: Files, tmp_path: Path, content: str | None
) -> None:
    for number in range(1000):
        (tmp_path / "workspace/src" / f"{number}.py").write_text("x\n" * 20)
    await found(mine, "*.none", content="x", regex=True)
    for delay in (0.0, 0.001, 0.005, 0.01, 0.02, 0.03, 0.05):
        with anyio.move_on_after(delay):
            await found(mine, "*", content=content, regex=content == "regex")
    assert opened_in(tmp_path) == []

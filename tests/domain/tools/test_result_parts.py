"""Long results that are parts of files: what a model is given of them leads on to the rest, and loses nothing."""

import base64
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.adapters.workspace.local import KeptResults
from openclaw_rpc.domain.tools.files import FileTools, ToolFiles
from openclaw_rpc.domain.tools.results import MAX_RESULT, Results, shortened
from openclaw_rpc.protocol.file import FileWriteParams
from tests.support.tools import Lines, Source, ToolWorld, Workspace
from tests.support.workspace import files


def world(root: Path) -> ToolWorld:
    own, kept = files(root), KeptResults(root / "results")
    lines = "".join(f"{number}\n" for number in range(60_000))
    made = ToolWorld(FileTools(own, kept), Source().add("shell", result={"stdout": lines, "stderr": "", "exitCode": 0}))
    made.tools._results = Results(ToolFiles(own, kept), Lines())  # pyright: ignore[reportPrivateUsage]
    return made


async def read_on(made: ToolWorld, path: str, **params: Any) -> list[str]:
    """All pieces of a file, as a model reads them one after the other."""
    pieces: list[str] = []
    offset: int | None = 0
    while offset is not None:
        result = await made.use("file_read", {"path": path, "offset": offset, **params})
        assert len(msgspec.json.encode(result)) <= 4 * MAX_RESULT
        pieces.append(result["content"])
        offset = result.get("nextOffset")
    return pieces


async def test_a_kept_result_is_read_in_pieces_and_never_kept_again(tmp_path: Path) -> None:
    made = world(tmp_path)
    note = (await made.use("shell"))["stdout"]
    path = note.partition("the whole is in ")[2].partition(")")[0]
    pieces = await read_on(made, path)
    assert len(pieces) > 5
    assert "".join(pieces) == "".join(f"{number}\n" for number in range(60_000))
    assert len(list((tmp_path / "results").rglob("*.txt"))) == 1
    assert not list((tmp_path / "workspace").rglob("*.txt"))


async def test_another_session_does_not_read_it_and_it_goes_with_its_own(tmp_path: Path) -> None:
    made = world(tmp_path)
    path = (await made.use("shell"))["stdout"].partition("the whole is in ")[2].partition(")")[0]
    other = ToolWorld(FileTools(files(tmp_path), KeptResults(tmp_path / "results")))
    context = msgspec.structs.replace(made.context(), session_id="another", run_id="run_9")
    try:
        await other.tools.use("file_read", {"path": path}, context, "c")
        raise AssertionError("it was read")
    except Exception as error:
        assert "there is no" in str(error) or "not" in str(error)
    await KeptResults(tmp_path / "results").forget(made.context().session_id)
    assert not list((tmp_path / "results").rglob("*.txt"))


async def test_a_file_is_read_to_its_end_whatever_is_in_it(tmp_path: Path) -> None:
    made = world(tmp_path)
    text = "".join(f"{number} \u5b57\U0001f600\t\\\n" for number in range(9_000))
    own = files(tmp_path)
    await own.write(made.context().user, FileWriteParams(path="/x.txt", content=text))
    assert "".join(await read_on(made, "/x.txt")) == text
    encoded = await read_on(made, "/x.txt", encoding="base64")
    assert b"".join(map(base64.b64decode, encoded)).decode() == text


@given(st.text(max_size=3000), st.integers(200, 1000))
def test_a_shortened_text_keeps_its_ends_and_its_bound(text: str, limit: int) -> None:
    if len(text) <= limit:
        return
    short = shortened(text, limit, "note")
    assert len(short) <= limit
    head, _, tail = short.partition("\n… (cut: ")
    assert text.startswith(head) and text.endswith(tail.partition(") …\n")[2])


VALUES = st.text(max_size=3000) | st.integers() | st.lists(st.text(max_size=900))


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=6))
async def test_whatever_an_object_holds_what_is_given_of_it_is_bounded(result: dict[str, Any]) -> None:
    kept = Workspace()
    given_ = await Results(kept, Lines(), 3000).bounded("x", result, ToolWorld().context(), "call")
    text = given_ if isinstance(given_, str) else msgspec.json.encode(given_).decode()
    assert len(text) <= max(3000, 0)

"""The tools for files, commands and the web: what models are told, and that they do what the rows do."""

from pathlib import Path
from typing import Any

import pytest

from openclaw_rpc.adapters.workspace.local import KeptResults
from openclaw_rpc.domain.tools.base import Tool
from openclaw_rpc.domain.tools.commands import CommandTools
from openclaw_rpc.domain.tools.files import FileTools, ToolFiles
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.domain.tools.web import WebTools
from openclaw_rpc.domain.web import Web
from openclaw_rpc.protocol import command, file, web
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.protocol.file import FileWriteParams
from tests.support.jobs import Shell
from tests.support.web import fetching, serving
from tests.support.workspace import files

RUN = RunContext(
    run_id="r", session_id="s", session_key="k", user="ada", scopes=frozenset(Scope), agent_id="default", message="hi"
)


async def tools(root: Path) -> dict[str, Tool]:
    async with fetching("127.0.0.1") as fetcher:
        shell = Shell(root, "none")
        sources = (FileTools(files(root)), CommandTools(shell.commands, shell.background), WebTools(Web(fetcher)))
        return {tool.spec.name: tool for source in sources for tool in await source.tools(RUN)}


async def use(found: dict[str, Tool], name: str, **params: Any) -> Any:
    return await found[name].run(params, RUN)


async def test_their_names_and_dangers_are_those_of_the_rows(tmp_path: Path) -> None:
    # Rows that need no policy of their own are tools all the same.
    rows = {row.tool or row.name.replace(".", "_"): row for row in (*file.METHODS, *command.METHODS, *web.METHODS)}
    del rows["command_list"]
    found = await tools(tmp_path)
    assert set(found) == set(rows)
    for name, tool in found.items():
        assert tool.dangerous == rows[name].dangerous, name
        assert tool.spec.description and tool.spec.parameters["type"] == "object"
        assert tool.spec.parameters["additionalProperties"] is False
    assert {name for name, tool in found.items() if tool.dangerous} == {
        "file_write",
        "file_edit",
        "file_delete",
        "file_move",
        "shell",
        "command_start",
        "web_fetch",
    }
    assert set(found["shell"].spec.parameters["properties"]) == {"command", "cwd", "timeout", "env", "stdin"}


async def test_a_file_is_written_read_found_moved_and_deleted_in_the_users_own_workspace(tmp_path: Path) -> None:
    found = await tools(tmp_path)
    assert await use(found, "file_write", path="a/x.md", content="hello") == {
        "path": "/a/x.md",
        "size": 5,
        "created": True,
    }
    assert (await use(found, "file_write", path="a/x.md", content="hello you"))["created"] is False
    assert (await use(found, "file_read", path="/a/x.md"))["content"] == "hello you"
    assert (await use(found, "file_search", pattern="*.md", content="you"))["results"][0]["line"] == 1
    assert await use(found, "file_move", **{"from": "a/x.md", "to": "y.md"}) == {"from": "/a/x.md", "to": "/y.md"}
    assert [entry["path"] for entry in (await use(found, "file_list"))["entries"]] == ["/a", "/y.md"]
    assert (await use(found, "shell", command="cat y.md; exit 2"))["exitCode"] == 2
    assert await use(found, "file_delete", path="y.md") == {"path": "/y.md", "deleted": True}
    assert not list((tmp_path / "workspace").iterdir())


async def test_arguments_that_do_not_fit_are_named(tmp_path: Path) -> None:
    found = await tools(tmp_path)
    with pytest.raises(InvalidRequest) as wrong:
        await use(found, "file_read", path="x", offset=-1)
    assert wrong.value.field == "offset"
    with pytest.raises(InvalidRequest):
        await use(found, "shell", command="ls", shell="bash")


async def test_a_page_is_fetched(tmp_path: Path) -> None:
    async with serving() as port, fetching("127.0.0.1") as fetcher:
        (tool,) = await WebTools(Web(fetcher)).tools(RUN)
        assert (await tool.run({"url": f"http://127.0.0.1:{port}/"}, RUN))["text"] == "the internal secret"


async def test_long_results_and_attachments_are_the_users_files(tmp_path: Path) -> None:
    own = files(tmp_path)
    kept = ToolFiles(own, KeptResults(tmp_path / "results"))
    path = await kept.spill(RUN, "call-1.txt", "long")
    assert Path(path).read_text() == "long"
    assert str(tmp_path / "results") in path
    await own.write(RUN.user, FileWriteParams(path="/notes.txt", content="mine"))
    assert await kept.read_attachment("/notes.txt", RUN) == "mine"
    with pytest.raises(NotFound) as missing:
        await kept.read_attachment("none", RUN)
    assert missing.value.field == "attachments"

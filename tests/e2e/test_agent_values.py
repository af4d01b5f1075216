"""Values as models and pages write them: paths, line ends, half characters."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.files import clean, within
from openclaw_rpc.protocol.errors import InvalidRequest
from tests.support.agent import World, world
from tests.support.obedient import call


@pytest.fixture(scope="module")
async def agent() -> AsyncGenerator[World]:
    async with world(security={"sandbox": "none"}) as made:
        yield made


async def invoke(agent: World, name: str, **params: Any) -> Any:
    return (await agent.client.result("tool.invoke", name=name, params=params))["result"]


async def test_a_path_of_the_shell_is_that_file_to_the_tools_for_files(agent: World) -> None:
    home = (await invoke(agent, "shell", command="pwd"))["stdout"].strip()
    for path, seen in ((f"{home}/a.txt", "a.txt"), ("~/t.txt", "t.txt"), (f"{home}/sub/b.txt", "sub/b.txt")):
        written = await agent.use(call("file_write", path=path, content="there"))
        assert written["result"]["path"] == f"/{seen}"
        assert (await invoke(agent, "shell", command=f"cat '{seen}' ~/'{seen}'"))["stdout"] == "therethere"
        assert (await agent.use(call("file_read", path=path)))["result"]["content"] == "there"
    assert not list(agent.workspace.glob("**/workspace*"))


NAME = st.text("abc.-é", min_size=1, max_size=8).filter(lambda name: bool(name.strip(".")))
NAMES = st.lists(NAME, min_size=1, max_size=4)


@given(NAMES)
def test_every_absolute_path_below_the_root_is_the_relative_one(names: list[str]) -> None:
    root, relative = "/home/of/somebody", "/".join(names)
    assert within(root, f"{root}/{relative}") == within(root, f"~/{relative}") == clean(relative)
    assert within(root, root) == within(root, "~") == clean("/")


@pytest.mark.parametrize("path", ["/home/of/../of/somebody/x", "~/../x", "/home/of/somebody/../x"])
def test_no_spelling_of_the_root_climbs_out(path: str) -> None:
    try:
        parts = within("/home/of/somebody", path)
    except InvalidRequest:
        return
    assert ".." not in parts


async def test_lines_are_found_whatever_ends_them(agent: World) -> None:
    for name, end in (("unix", "\n"), ("windows", "\r\n")):
        (agent.workspace / f"c-{name}.txt").write_bytes(f"foo{end}bar{end}".encode())
        found = await invoke(agent, "file_search", pattern=f"c-{name}.txt", content="^bar$", regex=True)
        assert [(one["line"], one["text"]) for one in found["results"]] == [(2, "bar")], name


async def test_half_a_character_in_what_a_model_writes_is_a_mark_and_no_failure(agent: World) -> None:
    used = await agent.use('[[tool:file_write {"path": "half.txt", "content": "a\\ud83d"}]]')
    assert used["result"]["path"] == "/half.txt"
    assert (agent.workspace / "half.txt").read_text() == "a\ufffd"

"""Without any model, every tool is used by slash commands; their list is that of `tool.list`."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple

import pytest

from tests.support.agent import World, key
from tests.support.browser import MISSING
from tests.support.gateway import gateway, settings
from tests.support.obedient import Obedient, obedient_model

HTML = "<title>Tea</title><h1>Earl Grey</h1><input id='q'><button onclick=\"document.title = 'clicked'\">Go</button>"


class Command(NamedTuple):
    """A line that somebody types, and what the answer shows. ``before`` are lines that have to be typed first."""

    line: str
    shown: str
    before: Sequence[str] = ()


OPEN = ("/browser_navigate {page}",)
COMMANDS = {
    "file_read": Command("/file_read kept.txt", "kept as it is"),
    "file_write": Command("/file_write path=new.txt content=some tea", "/new.txt"),
    "file_edit": Command(
        "/file_edit path=tea.txt old=green new=black", "changes: 1", ("/file_write path=tea.txt content=green",)
    ),
    "file_list": Command("/file_list", "kept.txt"),
    "file_search": Command("/file_search *.txt", "kept.txt"),
    "file_delete": Command("/file_delete gone.txt", "deleted: true", ("/file_write path=gone.txt content=x",)),
    "file_move": Command("/file_move from=old.txt to=moved.txt", "moved.txt", ("/file_write path=old.txt content=x",)),
    "shell": Command("/shell echo $((6 * 7)) teas", "42 teas"),
    "command_start": Command("/command_start echo tea", "running"),
    "web_fetch": Command("/web_fetch {page}", "Earl Grey"),
    "memory_store": Command("/memory_store Tea is drunk at four.", "stored: true"),
    "memory_search": Command("/memory_search Zebulon", "a dog", ("/memory_store Zebulon is a dog.",)),
    "browser_navigate": Command("/browser_navigate {page}", "Tea"),
    "browser_snapshot": Command("/browser_snapshot", "Earl Grey", OPEN),
    "browser_screenshot": Command("/browser_screenshot", "image/png", OPEN),
    "browser_execute": Command("/browser_execute document.title + ' time'", "Tea time", OPEN),
    "browser_click": Command("/browser_click button", "clicked", OPEN),
    "browser_type": Command("/browser_type selector=#q text=green", "Tea", OPEN),
    "task_create": Command("/task_create name=tea message=Put the kettle on after=20m", "tea"),
    "task_list": Command("/task_list", "tasks"),
}


class Offline(World):
    """A gateway without a model, and a page to look at."""

    async def type(self, line: str, page: str, session: str) -> tuple[dict[str, Any], str]:
        """Type a line: the data of the final event, and what is shown."""
        text, done = await self.client.chat(line.format(page=page), sessionKey=session, seconds=40)
        return done["data"], text


@pytest.fixture(scope="module")
async def page() -> AsyncGenerator[str]:
    async with obedient_model() as server:
        yield server.publish("tea", HTML)


@pytest.fixture(scope="module")
async def offline() -> AsyncGenerator[Offline]:
    async with gateway(settings()) as served, served.connect() as client:
        made = Offline(served, Obedient(), client)
        (made.workspace / "kept.txt").write_text("kept as it is")
        yield made


async def test_there_is_a_command_for_every_tool(offline: Offline) -> None:
    listed = {one["name"] for one in (await offline.client.result("tool.list"))["tools"]}
    # Which task or command is meant, only its id tells.
    assert listed == {*COMMANDS, "task_delete", "command_output", "command_stop"}


async def test_help_names_them_all(offline: Offline, page: str) -> None:
    _, text = await offline.type("/help", page, key())
    for name in COMMANDS:
        assert f"/{name}" in text
    tools = [line for line in text.splitlines() if line.startswith("- `/") and "_" in line.split("`")[1]]
    assert [line for line in tools if not line.endswith((".", "…"))] == []


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_tool_is_used_by_its_slash_command(offline: Offline, page: str, name: str) -> None:
    command, session = COMMANDS[name], key()
    if name.startswith("browser_") and MISSING:
        done, text = await offline.type(command.line, page, session)
        assert "install" in text
        return
    for line in command.before:
        done, _ = await offline.type(line, page, session)
        assert "error" not in offline.results(done["runId"])[0]
    done, text = await offline.type(command.line, page, session)
    assert done["finishReason"] == "stop"
    (result,) = offline.results(done["runId"])
    assert (result["tool"], result.get("error")) == (name, None)
    assert command.shown in text


async def test_what_fails_says_why(offline: Offline, page: str) -> None:
    done, text = await offline.type("/file_read nowhere.txt", page, key())
    assert "nowhere.txt" in text
    assert "error" in offline.results(done["runId"])[0]


async def test_a_command_may_give_its_arguments_as_json(offline: Offline, page: str) -> None:
    line = '/file_write {{"path": "json.txt", "content": "a = b"}}'
    await offline.type(line, page, key())
    assert (offline.workspace / "json.txt").read_text() == "a = b"


async def test_the_offline_agent_waits_for_a_human_like_any_other() -> None:
    config = settings() | {"security": {"policies": {"shell": "ask"}, "approval_seconds": 30}}
    async with gateway(config) as served, served.connect() as client:
        accepted = await client.result("chat.run", message="/shell touch done.txt", sessionKey=key())
        asked = await client.event("tool.approval", runId=accepted["runId"])
        assert not (served.app.paths.workspace / "done.txt").exists()
        await client.result("tool.approve", approvalId=asked["data"]["approvalId"])
        await client.event("chat.done", runId=accepted["runId"])
        assert (served.app.paths.workspace / "done.txt").exists()

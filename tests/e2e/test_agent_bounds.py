"""What ends a tool, and what a tool may return: through a whole gateway, with real processes."""

import json
import re
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import uuid4

import anyio
import pytest

from tests.support.agent import World, key, world
from tests.support.browser import needs_browser
from tests.support.gateway import gateway, settings
from tests.support.obedient import call, obedient_model

BOUND = 0.25
"""Seconds in which an abort has to end a tool, children too."""
SLACK = 2.0
"""What a busy machine may add to it."""

COMMANDS = {
    "one process": "exec sleep {0}",
    "a child": "sleep {0}; true",
    "a child in the background": "sleep {0} & wait",
    "one that ignores SIGTERM": "trap '' TERM HUP INT; while :; do sleep {0}; done",
    "a child that ignores SIGTERM": "sh -c \"trap '' TERM; sleep {0} & while :; do wait; done\" & wait",
    "one that left its session": "setsid sh -c 'sleep {0} & sleep {0}' & wait",
    "many": "for i in 1 2 3 4 5 6 7 8; do sleep {0} & done; wait",
}


@pytest.fixture(scope="module")
async def agent() -> AsyncGenerator[World]:
    async with world() as made:
        yield made


def alive(mark: str) -> list[int]:
    """The processes, on the whole machine, whose command line has that in it, apart from shells that only name it."""
    found: list[int] = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                words = (path / "cmdline").read_bytes().split(b"\0")
                state = (path / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if mark.encode() in words and state != "Z":
                found.append(int(path.name))
    return found


async def running(mark: str) -> None:
    """Return once a process with that mark runs."""
    with anyio.fail_after(30):
        while not alive(mark):
            await anyio.lowlevel.checkpoint()


def marked() -> str:
    """A number of seconds that nobody else sleeps for."""
    return f"{1000 + uuid4().int % 10**9 / 10**6:.6f}"


async def begin(agent: World, command: str, **options: int) -> tuple[str, str]:
    """A run whose shell is at work: the run's id, and the mark of its processes."""
    mark = marked()
    line = command.format(mark)
    run_id = await agent.start(f"[[say:This will take a while.]] {call('shell', command=line)}", options=options)
    await running(mark)
    return run_id, mark


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
async def test_an_abort_ends_a_running_command_and_its_children(agent: World, command: str) -> None:
    run_id, mark = await begin(agent, command)
    began = time.monotonic()
    aborted = await agent.client.result("chat.abort", runId=run_id)
    passed = time.monotonic() - began
    assert alive(mark) == []
    assert passed < BOUND + SLACK
    assert aborted == {"runId": run_id, "aborted": True, "status": "aborted"}


async def test_an_aborted_run_has_one_final_event_and_keeps_what_it_said(agent: World) -> None:
    run_id, _ = await begin(agent, "sleep {0}")
    await agent.client.result("chat.abort", runId=run_id)
    await agent.client.result("agent.list")
    (done,) = agent.told(run_id, "chat.done")
    assert done["finishReason"] == "aborted"
    assert agent.client.text(run_id) == "This will take a while."
    state = await agent.client.result("chat.wait", runId=run_id)
    assert (state["status"], state["response"]) == ("aborted", "This will take a while.")
    history = (await agent.client.result("chat.history", sessionKey=state["sessionKey"]))["messages"]
    assert [(m["role"], m["content"]) for m in history[1:]] == [("assistant", "This will take a while.")]
    assert (await agent.audited(tool="shell"))[-2:] == [("shell", "begun"), ("shell", "cancelled")]


async def test_an_abort_ends_calls_that_run_side_by_side(agent: World) -> None:
    page = agent.model.meeting(key(), 3)
    run_id = await agent.start(call("web_fetch", url=page) * 2)
    await agent.client.event("tool.call", runId=run_id)
    began = time.monotonic()
    await agent.client.result("chat.abort", runId=run_id)
    assert time.monotonic() - began < BOUND + SLACK


async def test_after_an_abort_the_session_goes_on(agent: World) -> None:
    session = key()
    mark = marked()
    accepted = await agent.client.result("chat.run", message=call("shell", command=f"sleep {mark}"), sessionKey=session)
    await running(mark)
    queued = await agent.client.result("chat.run", message="and then?", sessionKey=session)
    assert queued["status"] == "queued"
    await agent.client.result("chat.abort", runId=accepted["runId"])
    done = await agent.client.event("chat.done", runId=queued["runId"])
    assert done["data"]["finishReason"] == "stop"


async def test_a_run_whose_time_is_up_ends_its_tool(agent: World) -> None:
    run_id, mark = await begin(agent, COMMANDS["a child that ignores SIGTERM"], timeoutMs=4000)
    done = (await agent.client.event("chat.done", runId=run_id))["data"]
    assert alive(mark) == []
    assert (done["finishReason"], done["error"]["code"]) == ("error", "timeout")
    assert "4 s" in done["error"]["message"]
    state = await agent.client.result("chat.wait", runId=run_id)
    assert state["response"] == "This will take a while."
    assert 3900 <= state["durationMs"] < 4000 + 1000 * (BOUND + SLACK)


async def test_a_commands_own_time_is_a_result_and_the_run_goes_on(agent: World) -> None:
    mark = marked()
    result = await agent.use(call("shell", command=f"echo so far; sleep {mark}", timeout=2000))
    assert alive(mark) == []
    assert result["result"]["timedOut"]
    assert result["result"]["stdout"] == "so far\n"


async def test_a_session_that_is_deleted_takes_its_tools_along(agent: World) -> None:
    run_id, mark = await begin(agent, "sleep {0}")
    state = await agent.client.result("chat.wait", runId=run_id, timeoutMs=1)
    await agent.client.result("session.delete", sessionKey=state["sessionKey"])
    assert alive(mark) == []


async def test_a_gateway_that_stops_ends_its_tools(tmp_path: Path) -> None:
    mark = marked()
    async with obedient_model() as model:
        async with gateway(settings(model.url, shutdown_seconds=0), tmp_path) as served, served.connect() as client:
            session = key()
            run = await client.result("chat.run", message=call("shell", command=f"sleep {mark}"), sessionKey=session)
            await running(mark)
        assert alive(mark) == []
        async with gateway(settings(model.url), tmp_path) as served, served.connect() as client:
            assert (await client.result("chat.wait", runId=run["runId"]))["status"] == "interrupted"


def whole_of(text: str) -> str:
    """The path of the file that a text of a result is kept in whole."""
    found = re.search(r"\(cut: \d+ characters in all; the whole is in (\S+)\)", text)
    assert found, text
    return found[1]


async def test_a_long_result_is_cut_and_kept_whole_as_a_file(agent: World) -> None:
    session, whole = key(), "".join(f"{number}\n" for number in range(1, 20_001))
    done = await agent.run(call("shell", command="seq 1 20000"), sessionKey=session)
    (result,) = agent.results(done["runId"])
    told = [m["content"] for m in agent.model.requests[-1]["messages"] if m["role"] == "tool"]
    assert [json.loads(one) for one in told] == [result["result"]]
    assert len(told[0]) <= 32_000
    text = result["result"]["stdout"]
    assert text.startswith("1\n2\n")
    assert text.endswith("\n19999\n20000\n")
    assert result["result"]["exitCode"] == 0
    kept = whole_of(text)
    read = await agent.use(call("shell", command=f"cksum < {kept}"), sessionKey=session)
    bare = await agent.client.result("command.execute", command="seq 1 20000 | cksum")
    assert read["result"]["stdout"] == bare["stdout"]
    assert Path(kept).read_text() == whole
    assert not list(agent.workspace.rglob("*.txt"))


async def test_an_agent_reads_on_in_the_file_that_a_long_result_is_kept_in(agent: World) -> None:
    session = key()
    long = await agent.use(call("shell", command="seq 1 20000"), sessionKey=session)
    kept = call("file_read", path=whole_of(long["result"]["stdout"]), offset=60_000, limit=100)
    read = await agent.use(kept, sessionKey=session)
    assert len(read["result"]["content"]) == 100
    elsewhere = await agent.use(kept, sessionKey=key())
    assert "there is no" in str(elsewhere)


async def test_a_result_that_just_fits_is_not_cut(agent: World) -> None:
    (agent.workspace / "fits.txt").write_text("x" * 31_000)
    result = await agent.use(call("file_read", path="fits.txt"))
    assert len(result["result"]["content"]) == 31_000


async def test_a_long_result_that_can_not_be_kept_is_cut_all_the_same() -> None:
    async with world() as agent:
        (agent.served.app.paths.state / "results").write_text("in the way")
        result = await agent.use(call("web_fetch", url=agent.model.publish("long", "word " * 20_000)))
        assert "; the rest could not be kept) …" in str(result)
        assert len(str(result)) < 40_000


async def test_whoever_uses_a_tool_directly_gets_the_whole(agent: World) -> None:
    used = await agent.client.result("tool.invoke", name="shell", params={"command": "seq 1 20000"})
    assert used["result"]["stdout"].endswith("\n19999\n20000\n")
    assert used["durationMs"] >= 0


async def test_output_without_end_is_stopped(agent: World) -> None:
    result = await agent.use(call("shell", command="yes", timeout=20_000))
    assert (result["result"]["truncated"], result["result"]["stoppedBy"]) == (True, "output")
    whole = Path(whole_of(result["result"]["stdout"])).read_text()
    assert len(whole) > 32_000
    assert set(whole.splitlines()[:100]) == {"y"}


@needs_browser
async def test_a_picture_is_a_file_that_the_model_is_told_of_and_shown(agent: World) -> None:
    url = agent.model.publish("red", "<body style='background: red'><h1>Red</h1>")
    await agent.client.result("browser.open", url=url)
    result = (await agent.use(call("browser_screenshot")))["result"]
    assert result["width"] > 0
    told, shown = (message["content"] for message in agent.model.requests[-1]["messages"][-2:])
    assert "width" in told
    assert len(told) < 1000
    assert shown[1]["image_url"]["url"].startswith("data:image/png;base64,iVBORw0KGgo")
    kept = await agent.client.result("file.read", path=result["path"], encoding="base64")
    assert kept["content"].startswith("iVBORw0KGgo")

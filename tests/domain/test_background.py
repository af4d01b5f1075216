"""Commands in the background, run for real: what is read of them, and what ends them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import anyio
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain import background
from openclaw_rpc.domain.background import ENDED_KEPT, MERGED, Starter, Written
from openclaw_rpc.domain.commands import CommandLimits, CommandRules
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.protocol.chat import ChatDoneEvent, Usage, chat_done
from openclaw_rpc.protocol.command import CommandOutput, CommandOutputParams, CommandStartParams, OutputStream
from openclaw_rpc.protocol.errors import Forbidden, NotFound, Unavailable
from openclaw_rpc.protocol.session import SessionGoneEvent, session_deleted
from tests.support.jobs import Shell, gone, there

ADA = Starter("ada", "run_1", "s_1", "demo")
STREAMS: tuple[OutputStream, ...] = get_args(OutputStream)
NONE = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)


class World(Shell):
    """Commands in the background of a workspace, served."""

    async def start(self, line: str, starter: Starter = ADA, *, keep: bool = False, timeout: int = 60_000) -> str:
        params = CommandStartParams(command=line, keep=keep, timeout=timeout)
        return (await self.background.start(starter, params)).command_id

    async def read(self, command_id: str, cursor: int = 0, *, wait: int = 0, limit: int = 20_000) -> CommandOutput:
        params = CommandOutputParams(command_id=command_id, cursor=cursor, wait=wait, limit=limit)
        return await self.background.output("ada", params)

    async def to_its_end(self, command_id: str) -> CommandOutput:
        """All that it writes, read piece by piece."""
        said, cursor = {"stdout": "", "stderr": ""}, 0
        with anyio.fail_after(20):
            while True:
                piece = await self.read(command_id, cursor, wait=10_000, limit=1000)
                said = {"stdout": said["stdout"] + piece.stdout, "stderr": said["stderr"] + piece.stderr}
                cursor = piece.cursor
                if not piece.running and not piece.more:
                    return msgspec.structs.replace(piece, **said)


@asynccontextmanager
async def served(world: World) -> AsyncGenerator[World]:
    async with anyio.create_task_group() as group:
        group.start_soon(world.background.serve)
        await anyio.wait_all_tasks_blocked()
        yield world
        group.cancel_scope.cancel()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    async with served(World(tmp_path, "none")) as made:
        yield made


async def test_what_it_writes_is_read_from_the_cursor_on_while_it_runs(world: World) -> None:
    command_id = await world.start("echo one; until [ -e go ]; do sleep 0.02; done; echo two >&2; exit 3")
    first = await world.read(command_id, wait=10_000)
    assert (first.stdout, first.stderr, first.cursor, first.running) == ("one\n", "", 4, True)
    assert (await world("touch go", user="ada")).exit_code == 0
    second = await world.read(command_id, first.cursor, wait=10_000)
    assert (second.stdout, second.stderr, second.cursor) == ("", "two\n", 8)
    assert (await world.to_its_end(command_id)).exit_code == 3


async def test_reading_waits_for_something_new_and_no_longer_than_it_is_told(world: World) -> None:
    command_id = await world.start("exec sleep 600")
    nothing = await world.read(command_id, wait=20)
    assert (nothing.stdout, nothing.cursor, nothing.running) == ("", 0, True)
    await world.background.stop("ada", command_id)


async def test_a_long_output_comes_whole_by_its_cursors_and_its_end_by_a_negative_one(world: World) -> None:
    command_id = await world.start("seq 1 2000; exit 3")
    whole = await world.to_its_end(command_id)
    assert whole.stdout == "".join(f"{number}\n" for number in range(1, 2001))
    assert (whole.exit_code, whole.stopped_by, whole.error) == (3, None, None)
    assert (await world.read(command_id, -10)).stdout == "1999\n2000\n"


async def test_one_that_writes_without_end_goes_on_and_the_last_of_it_is_kept(world: World) -> None:
    command_id = await world.start("yes")
    with anyio.fail_after(20):
        while (seen := await world.read(command_id, -10)).cursor < 1_500_000:
            await world.read(command_id, seen.cursor, wait=5_000)
    kept = await world.read(command_id, 0)
    limit = world.settings.command_limits.output_bytes
    assert kept.running and kept.missed > 0 and kept.cursor - kept.missed == 20_000 <= limit
    assert (await world.background.stop("ada", command_id)).stopped_by == "stop"


async def test_stopping_ends_all_that_it_started_and_what_it_wrote_stays(world: World) -> None:
    command_id = await world.start("echo up; (exec -a bg-child sleep 600) & exec -a bg-child sleep 600")
    await world.read(command_id, wait=10_000)
    await there("bg-child")
    stopped = await world.background.stop("ada", command_id)
    await gone("bg-child")
    assert (stopped.running, stopped.exit_code, stopped.stopped_by) == (False, -1, "stop")
    assert (await world.read(command_id)).stdout == "up\n"
    assert await world.background.stop("ada", command_id) == stopped


async def test_it_ends_with_its_run_unless_it_is_kept_and_then_with_its_session(world: World) -> None:
    command_id, kept = await world.start("exec sleep 600"), await world.start("exec sleep 600", keep=True)
    theirs = await world.start("exec sleep 600", Starter("ada", "run_2", "s_1", "demo"))
    data = ChatDoneEvent(session_key="demo", run_id="run_1", finish_reason="stop", usage=NONE)
    world.background.hear(Published(chat_done, data, "ada", "s_1", "run_1"))
    assert (await world.to_its_end(command_id)).stopped_by == "run"
    assert [one.running for one in world.background.list("ada")] == [False, True, True]
    world.background.hear(Published(session_deleted, SessionGoneEvent(session_key="demo"), "ada", "s_1"))
    assert [(await world.to_its_end(one)).stopped_by for one in (kept, theirs)] == ["session", "session"]


async def test_what_a_client_starts_belongs_to_no_run(world: World) -> None:
    command_id = await world.start("exec sleep 600", Starter("ada"))
    data = ChatDoneEvent(session_key="demo", run_id="run_1", finish_reason="stop", usage=NONE)
    world.background.hear(Published(chat_done, data, "ada", "s_1", "run_1"))
    world.background.hear(Published(session_deleted, SessionGoneEvent(session_key="demo"), "ada", "s_1"))
    assert (await world.read(command_id)).running


async def test_it_ends_in_its_time_and_with_the_gateway(tmp_path: Path) -> None:
    async with served(World(tmp_path, "none")) as world:
        command_id = await world.start("exec sleep 600", timeout=50)
        assert (await world.to_its_end(command_id)).stopped_by == "timeout"
        await world.start("exec -a bg-served sleep 600", keep=True)
        await there("bg-served")
    await gone("bg-served")
    with pytest.raises(Unavailable):
        await world.start("true")


async def test_so_many_go_on_and_no_more_and_none_holds_up_those_that_are_waited_for(world: World) -> None:
    world.settings = type(world.settings)(sandbox="none", command_limits=CommandLimits(background=20))
    ids = [await world.start("exec sleep 600") for _ in range(20)]
    with pytest.raises(Unavailable, match="stop one first") as refused:
        await world.start("true")
    assert refused.value.reason == "too_many"
    assert (await world("echo now")).stdout == "now\n"
    assert (await world.background.start(Starter("eve"), CommandStartParams(command="true"))).running
    await world.background.stop("ada", ids[0])
    assert await world.start("true")


async def test_the_bound_of_all_users_holds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "MAX_RUNNING", 2)
    for user in ("ada", "eve"):
        await world.start("exec sleep 600", Starter(user))
    with pytest.raises(Unavailable):
        await world.start("true", Starter("bob"))


async def test_nobody_reads_or_ends_anothers(world: World) -> None:
    command_id = await world.start("exec sleep 600", Starter("eve"))
    mine = await world.start("exec sleep 600")
    with pytest.raises(NotFound, match=f"there are: {mine}$"):
        await world.read(command_id)
    with pytest.raises(NotFound):
        await world.background.stop("ada", command_id)
    assert [one.command_id for one in world.background.list("ada")] == [mine]


async def test_of_those_that_ended_the_newest_can_be_read(world: World) -> None:
    ids = [await world.start(f"echo {number}") for number in range(ENDED_KEPT + 3)]
    for command_id in ids:
        if command_id in {one.command_id for one in world.background.list("ada")}:
            await world.to_its_end(command_id)
    await world.start("true")
    left = [one.command_id for one in world.background.list("ada")]
    assert left[:-1] == ids[-ENDED_KEPT:]


async def test_the_lists_of_programs_hold_for_it(world: World) -> None:
    world.settings = type(world.settings)(sandbox="none", commands=CommandRules(deny=["curl"]))
    with pytest.raises(Forbidden):
        await world.start("curl x")


async def test_what_can_not_be_run_is_refused_or_says_why(world: World) -> None:
    with pytest.raises(NotFound) as missing:
        await world.background.start(ADA, CommandStartParams(command="true", cwd="/none"))
    assert missing.value.field == "cwd"


async def test_one_that_could_not_be_started_says_why(tmp_path: Path) -> None:
    async with served(World(tmp_path, "none", find=lambda program: None)) as world:
        world.settings = type(world.settings)(sandbox="bubblewrap")
        ended = await world.to_its_end(await world.start("true"))
        assert "bwrap" in (ended.error or "") and ended.exit_code is None


PIECES = st.lists(st.tuples(st.sampled_from(STREAMS), st.text(min_size=1, max_size=30)), max_size=30)


@given(PIECES, st.integers(1, 60), st.integers(1, 40), st.integers(-80, 0))
def test_whatever_is_written_readers_get_the_last_of_it_once(
    pieces: list[tuple[OutputStream, str]], kept: int, limit: int, back: int
) -> None:
    written = Written(kept)
    for stream, text in pieces:
        written.add(stream, text)
    everything = [(stream, char) for stream, text in pieces for char in text]
    there = written.end - written.begin
    assert written.end == len(everything) and min(kept, len(everything)) <= there < kept + 30 + MERGED
    cursor, found, lost = 0, {"stdout": "", "stderr": ""}, 0
    while cursor < written.end:
        texts, until, missed = written.read(cursor, limit)
        assert until > cursor and sum(map(len, texts.values())) == until - cursor - missed <= limit
        found = {stream: found[stream] + texts[stream] for stream in STREAMS}
        cursor, lost = until, lost + missed
    assert lost == len(everything) - there
    last = everything[lost:]
    assert found == {stream: "".join(char for one, char in last if one == stream) for stream in STREAMS}
    texts, until, missed = written.read(back or -1, limit)
    assert missed == 0 and sum(map(len, texts.values())) <= min(limit, -(back or -1))

"""What becomes of runs whose process died."""

import anyio
import pytest

from openclaw_rpc.protocol.chat import RunOptions
from openclaw_rpc.protocol.errors import Unavailable
from tests.domain.test_runs import ADA, World


async def test_runs_that_the_last_process_left_behind_are_interrupted_once() -> None:
    first = World()
    first.talker.go = anyio.Event()
    async with first.runs.serving():
        running = await first.start("a")
        waiting = await first.start("b")
        await anyio.wait_all_tasks_blocked()
        await first.streams.keep_owed()
        frozen = first.disk
        before = (await first.sessions.find(ADA, "main")).epoch
        second = World(frozen)
        async with second.runs.serving():
            for run_id, said in ((running.run_id, "one two"), (waiting.run_id, "")):
                state = await second.runs.wait(ADA, run_id, 5000)
                assert (state.status, state.finish_reason, state.response) == ("interrupted", "interrupted", said)
            session = await second.sessions.find(ADA, "main")
            assert session.epoch != before
            events = await frozen.events(session.id, 0, 100)
            told = [one.run_id for one in events if one.type == "chat.done" or b'"role":"user"' in one.data]
            assert sorted(told, key=str) == sorted([running.run_id, waiting.run_id] * 2), "questions and ends, once"
            third = World(frozen)
            async with third.runs.serving():
                assert len(await frozen.events(session.id, 0, 100)) == len(events)
            history = await second.sessions.history(ADA, "main", 10, None)
            assert [(m.role, m.content, m.status) for m in history.messages] == [
                ("user", "a", "complete"), ("assistant", "one two", "interrupted"), ("user", "b", "complete"),
            ]  # fmt: skip
        first.talker.go.set()


async def test_runs_that_used_no_tool_begin_again_where_they_are_to_be_retried() -> None:
    first = World()
    first.settings.on_crash = "retry"
    first.talker.go = anyio.Event()
    async with first.runs.serving():
        running = await first.start("a")
        waiting = await first.start("b", options=RunOptions(max_tokens=7))
        await anyio.wait_all_tasks_blocked()
        await first.streams.keep_owed()
        second = World(first.disk)
        second.settings.on_crash = "retry"
        async with second.runs.serving():
            session = await second.sessions.find(ADA, "main")
            second.listen(session)
            assert (second.runs.running, second.runs.queued) == (0, 2)
            await second.runs.resume()
            for run_id in (running.run_id, waiting.run_id):
                state = await second.runs.wait(ADA, run_id, 5000)
                assert (state.status, state.response) == ("completed", "one two")
                assert second.finals(run_id) == ["stop"]
            assert [prompt.max_tokens for prompt in second.talker.prompts] == [None, 7]
            history = await second.sessions.history(ADA, "main", 10, None)
            assert [(m.role, m.content) for m in history.messages] == [
                ("user", "a"), ("assistant", "one two"), ("user", "b"), ("assistant", "one two"),
            ]  # fmt: skip
            events = await first.disk.events(session.id, 0, 100)
            asked = [one.run_id for one in events if one.type == "chat.message" and b'"role":"user"' in one.data]
            assert asked == [running.run_id, waiting.run_id], "each question is told once"
            kept = await first.disk.find_run(running.run_id)
            assert kept is not None
            assert kept.asked is None
        first.talker.go.set()


async def test_what_cannot_be_kept_of_a_dead_run_is_not_told_and_told_once_it_can() -> None:
    first = World()
    first.talker.go = anyio.Event()
    async with first.runs.serving():
        run = await first.start("a")
        await anyio.wait_all_tasks_blocked()
        await first.streams.keep_owed()
        second = World(first.disk)
        session = await second.sessions.find(ADA, "main")
        left = await first.disk.unfinished_runs()
        second.listen(session)
        second.disk.full = {"commit"}
        with pytest.raises(Unavailable):
            await second.runs.recover(session, left)
        assert second.finals(run.run_id) == []
        second.disk.full = set()
        await second.runs.recover(session, await first.disk.unfinished_runs())
        assert second.finals(run.run_id) == ["interrupted"]
        first.talker.go.set()

"""A client that loses its line at random, and comes back with the last event it saw, misses and repeats nothing."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from tests.support.gateway import TestGateway, gateway
from tests.support.gateway import settings as config_of
from tests.support.upstream import Upstream
from tests.support.watching import Watcher

LASTING = ["chat.message", "chat.started", "chat.message", "chat.done"]
LOOSE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

WORDS = strategies.integers(1, 12)
PAUSE = strategies.sampled_from([0, 1, 2])
VISIT = strategies.tuples(
    strategies.sampled_from(["socket", "stream"]),
    strategies.one_of(strategies.integers(0, 6), strategies.integers(0, 30)),
    strategies.sampled_from([0, 0, 0.001, 0.004]),
)
"""A door, how many events are seen before the line is cut, and how long the client stays away (s)."""
PLAN = strategies.tuples(
    strategies.lists(strategies.tuples(WORDS, PAUSE), min_size=1, max_size=3), strategies.lists(VISIT, max_size=6)
)


def said(words: int) -> str:
    return "".join(f"w{at} " for at in range(words))


async def begin(served: TestGateway, session: str, runs: list[tuple[int, int]]) -> tuple[str, dict[str, str]]:
    """Let runs begin, from a socket that is closed at once: the epoch, and what each will say."""
    wanted: dict[str, str] = {}
    epoch = ""
    async with served.connect() as client:
        for words, pause in runs:
            accepted = await client.result("chat.run", message=f"[[slow:{words},{pause}]]", sessionKey=session)
            wanted[accepted["runId"]] = said(words)
            epoch = accepted["epoch"]
    return epoch, wanted


async def watch(served: TestGateway, watcher: Watcher, runs: set[str], visits: list[tuple[str, int, float]]) -> None:
    for door, most, away in [*visits, ("socket", None, 0)]:
        if door == "socket":
            await watcher.by_socket(served, runs, most)
        else:
            await watcher.by_stream(served, runs, most)
        if runs <= watcher.ended():
            return
        await anyio.sleep(away)


def everything_once(watcher: Watcher, wanted: dict[str, str]) -> None:
    for run_id, text in wanted.items():
        assert watcher.text(run_id) == text
        assert watcher.lasting(run_id) == LASTING


@settings(max_examples=80, deadline=None, suppress_health_check=LOOSE)
@given(plan=PLAN)
async def test_a_client_that_comes_back_gets_everything_once(
    served: TestGateway, plan: tuple[list[tuple[int, int]], list[tuple[str, int, float]]]
) -> None:
    runs, visits = plan
    session = uuid4().hex
    epoch, wanted = await begin(served, session, runs)
    watcher = Watcher(session, epoch)
    await watch(served, watcher, set(wanted), visits)
    everything_once(watcher, wanted)


@pytest.fixture(scope="module")
async def forgetful(upstream: Upstream) -> AsyncGenerator[TestGateway]:
    """A gateway that lets a stream go as soon as it may."""
    async with gateway(config_of(upstream.url)) as served:
        served.app.streams.idle_streams = 1
        yield served


@settings(max_examples=50, deadline=None, suppress_health_check=LOOSE)
@given(plan=PLAN)
async def test_the_same_where_memory_holds_next_to_nothing(
    forgetful: TestGateway, plan: tuple[list[tuple[int, int]], list[tuple[str, int, float]]]
) -> None:
    runs, visits = plan
    session = uuid4().hex
    epoch, wanted = await begin(forgetful, session, runs)
    watcher = Watcher(session, epoch)
    await watch(forgetful, watcher, set(wanted), visits)
    everything_once(watcher, wanted)
    # Once more from the start, long after: the disk has it all.
    async with forgetful.connect() as client:
        await client.result("session.create")
    again = Watcher(session, epoch)
    await watch(forgetful, again, set(wanted), [])
    everything_once(again, wanted)


@settings(max_examples=20, deadline=None, suppress_health_check=LOOSE)
@given(
    words=strategies.integers(2, 20),
    seen=strategies.lists(strategies.integers(0, 12), min_size=1, max_size=3),
    grace=strategies.sampled_from([0, 2]),
)
async def test_a_graceful_restart_loses_and_repeats_nothing(
    upstream: Upstream, words: int, seen: list[int], grace: float
) -> None:
    config = config_of(upstream.url, shutdown_seconds=grace)
    session = "main"
    with tempfile.TemporaryDirectory(prefix="openclaw-test-") as home:
        watcher: Watcher | None = None
        wanted: dict[str, str] = {}
        state: dict[str, Any] = {}
        for most in [*seen, None]:
            async with gateway(config, Path(home)) as served:
                epoch, begun = await begin(served, session, [(words, 1)])
                wanted |= begun
                watcher = watcher or Watcher(session, epoch)
                assert epoch == watcher.epoch, "a graceful restart goes on in the same history"
                await watcher.by_socket(served, set(wanted), most)
                if most is None:
                    state = {run_id: await _state(served, run_id) for run_id in wanted}
        assert watcher is not None
        for run_id, text in wanted.items():
            whole = state[run_id]["status"] == "completed"
            assert whole or (grace == 0 and state[run_id]["status"] == "interrupted")
            assert watcher.text(run_id) == (state[run_id].get("response") or "")
            assert text.startswith(watcher.text(run_id))
            assert not whole or watcher.text(run_id) == text
            assert watcher.lasting(run_id).count("chat.done") == 1


async def _state(served: TestGateway, run_id: str) -> Any:
    async with served.connect() as client:
        return await client.result("chat.wait", runId=run_id)


@settings(max_examples=50, deadline=None, suppress_health_check=LOOSE)
@given(words=strategies.integers(1, 30), pause=PAUSE, away=strategies.sampled_from([0, 0.002, 0.005, 0.01, 0.02]))
async def test_a_snapshot_and_what_comes_after_it_are_the_whole(
    served: TestGateway, words: int, pause: int, away: float
) -> None:
    """What a client does after `resync`: the live text of `session.get`, then the events behind its seq."""
    session = uuid4().hex
    _, wanted = await begin(served, session, [(words, pause)])
    (run_id, text), *_ = wanted.items()
    await anyio.sleep(away)
    async with served.connect() as client:
        gone = await client.result("event.subscribe", sessionKey=session, after={"epoch": "e_gone", "seq": 3})
        assert gone["resync"] is True
        await client.result("event.unsubscribe")
        detail = await client.result("session.get", sessionKey=session)
        live = {run["runId"]: run["text"] for run in detail.get("live", [])}
        shown = live.get(run_id) or "".join(
            message["content"] for message in detail["messages"] if message["role"] == "assistant"
        )
        watcher = Watcher(session, detail["epoch"], detail["seq"])
    if live:
        await watch(served, watcher, set(wanted), [])
    assert shown + watcher.text(run_id) == text


async def test_a_run_is_resumed_alone_as_well(served: TestGateway) -> None:
    async with AsyncExitStack() as stack:
        session = uuid4().hex
        first = await stack.enter_async_context(served.connect())
        accepted = await first.result("chat.run", message="[[slow:20,3]]", sessionKey=session)
        await first.result("chat.run", message="behind", sessionKey=session)
        for _ in range(4):
            await first.event("chat.delta", runId=accepted["runId"])
        first.socket.transport.abort()
        second = await stack.enter_async_context(served.connect())
        after = {"epoch": accepted["epoch"], "seq": first.told(accepted["runId"])[-1]["seq"]}
        await second.result("event.subscribe", runId=accepted["runId"], after=after)
        await second.event("chat.done", runId=accepted["runId"])
        assert first.text(accepted["runId"]) + second.text(accepted["runId"]) == said(20)
        await second.result("agent.list")
        assert {frame["data"]["runId"] for frame in second.seen if "seq" in frame} == {accepted["runId"]}


async def test_a_history_that_was_reset_is_said_to_be_gone(served: TestGateway) -> None:
    session = uuid4().hex
    async with served.connect() as client:
        accepted = await client.result("chat.run", message="hi", sessionKey=session)
        done = await client.event("chat.done")
        await client.result("session.reset", sessionKey=session)
        for seq in (0, 1, done["seq"]):
            after = {"epoch": accepted["epoch"], "seq": seq}
            answer = await client.result("event.subscribe", sessionKey=session, after=after)
            assert answer["resync"] is True
            assert answer["epoch"] != accepted["epoch"]
        detail = await client.result("session.get", sessionKey=session)
        assert (detail["epoch"], detail["messages"]) == (answer["epoch"], [])
        _, again = await client.chat("anew", sessionKey=session)
        assert again["epoch"] == detail["epoch"]
        assert again["seq"] > detail["seq"]

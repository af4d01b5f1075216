"""Nodes of one gateway that die, stand still or lose an engine: nothing acknowledged is lost, nothing is told twice."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.lowlevel
import anyio.to_thread
import asyncpg
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.support import postgres, redis
from tests.support.gateway import TOKEN, Client, gateway, settings
from tests.support.process import START_SECONDS, GatewayProcess, gateway_process
from tests.support.redis import Server
from tests.support.upstream import Upstream

pytestmark = [postgres.INSTALLED, redis.INSTALLED, pytest.mark.timeout(120)]

LEASE = 1.5
WRITES = '[[tool:file_write {"path":"note.txt","content":"x"}]]'


@pytest.fixture
async def shared() -> AsyncGenerator[dict[str, Any]]:
    async with postgres.database() as url:
        yield {"storage": {"url": url}, "bus": {"url": redis.shared().url, "prefix": redis.prefix()}}


@pytest.fixture
def own() -> Generator[Server]:
    with redis.server() as made:
        yield made


def config(upstream: Upstream, shared: dict[str, Any], node: str, lease: float = LEASE) -> dict[str, Any]:
    return {**settings(upstream.url), **shared, "cluster": {"node": node, "lease_seconds": lease}}


@asynccontextmanager
async def client_of(process: GatewayProcess) -> AsyncGenerator[Client]:
    async with connect(
        process.ws_url + "/", additional_headers={"Authorization": f"Bearer {TOKEN}"}, proxy=None, max_queue=None
    ) as socket:
        yield Client(socket)


@asynccontextmanager
async def nodes(
    upstream: Upstream, shared: dict[str, Any], tmp_path: Path, *names: str, **more: Any
) -> AsyncGenerator[list[GatewayProcess]]:
    async with AsyncExitStack() as stack:
        made: list[GatewayProcess] = []
        for name in names:
            (tmp_path / name).mkdir()
            chosen = {**config(upstream, shared, name), **more}
            made.append(await stack.enter_async_context(gateway_process(chosen, tmp_path / name)))
        yield made


async def test_the_run_of_a_node_that_is_killed_is_ended_by_another_which_does_those_that_waited(
    upstream: Upstream, shared: dict[str, Any], tmp_path: Path
) -> None:
    async with nodes(upstream, shared, tmp_path, "a", "b") as (a, b), client_of(b) as on_b:
        async with client_of(a) as on_a:
            await on_a.result("session.create", sessionKey="one")
            run = await on_a.result("chat.run", sessionKey="one", message="[[slow:500,20]]")
            for at in range(3):
                await on_a.result("chat.run", sessionKey="one", message=f"[[raw:later {at}]]")
            await on_b.result("event.subscribe", sessionKey="one", after={"epoch": run["epoch"], "seq": run["seq"]})
            await on_b.event("chat.delta", runId=run["runId"])
            await a.kill()
        with anyio.fail_after(5):
            done = await on_b.event("chat.done", runId=run["runId"])
        assert done["data"]["finishReason"] == "interrupted"
        assert done["epoch"] != run["epoch"], "nobody resumes over what a crash took"
        told = [frame for frame in on_b.seen if frame.get("epoch") == run["epoch"]]
        assert [frame["seq"] for frame in told] == list(range(told[0]["seq"], told[-1]["seq"] + 1))
        text, done = await on_b.chat("[[raw:goes on]]", sessionKey="one")
        assert (text, done["data"]["finishReason"]) == ("goes on", "stop")
        history = (await on_b.result("chat.history", sessionKey="one"))["messages"]
        said = [each["content"] for each in history if each["role"] == "assistant"]
        assert said[-4:] == ["later 0", "later 1", "later 2", "goes on"]
        status = {node["node"]: node["status"] for node in (await on_b.result("system.status"))["nodes"]}
        assert status == {"a": "dead", "b": "ready"}


async def test_a_run_that_used_no_tool_begins_again_on_another_node_where_it_is_to_be_retried(
    upstream: Upstream, shared: dict[str, Any], tmp_path: Path
) -> None:
    retry = {"runs": {"on_crash": "retry"}, "security": {"policies": {"file_write": "ask"}}}
    async with (
        nodes(upstream, shared, tmp_path, "a", "b", **retry) as (a, b),
        client_of(b) as on_b,
        client_of(b) as other,
    ):
        async with client_of(a) as on_a:
            run = await on_a.result("chat.run", sessionKey="one", message="[[slow:80,20]]", idempotencyKey="k")
            begin = {"epoch": run["epoch"], "seq": run["seq"]}
            await on_b.result("event.subscribe", sessionKey="one", after=begin)
            await on_b.event("chat.delta", runId=run["runId"])
            acts = await on_a.result("chat.run", sessionKey="two", message=WRITES)
            await other.result("event.subscribe", sessionKey="two")
            await on_a.event("tool.approval", runId=acts["runId"])
            await a.kill()
        with anyio.fail_after(5):
            again = await on_b.event("chat.started", runId=run["runId"])
            while again["epoch"] == run["epoch"]:
                again = await on_b.event("chat.started", runId=run["runId"])
        done = await on_b.event("chat.done", runId=run["runId"])
        assert done["data"]["finishReason"] == "stop"
        assert done["epoch"] == again["epoch"] != run["epoch"]
        ended = await other.event("chat.done", runId=acts["runId"])
        assert ended["data"]["finishReason"] == "interrupted", "it may have acted"
        whole = "".join(f"w{at} " for at in range(80))
        state = await on_b.result("chat.wait", runId=run["runId"])
        assert state["response"].strip() == whole.strip()
        deltas = on_b.told(run["runId"], "chat.delta")
        told = "".join(frame["data"]["delta"] for frame in deltas if frame["epoch"] == done["epoch"])
        assert told.strip() == whole.strip()
        history = (await on_b.result("chat.history", sessionKey="one"))["messages"]
        assert [each["content"].strip() for each in history] == ["[[slow:80,20]]", whole.strip()]
        repeated = await on_b.result("chat.run", sessionKey="one", message="[[slow:80,20]]", idempotencyKey="k")
        assert (repeated["runId"], repeated["repeated"]) == (run["runId"], True)


async def test_what_waits_at_a_node_that_stops_is_done_by_another(
    upstream: Upstream, shared: dict[str, Any], tmp_path: Path
) -> None:
    async with nodes(upstream, shared, tmp_path, "a", "b") as (a, b), client_of(b) as on_b, client_of(a) as on_a:
        run = await on_a.result("chat.run", sessionKey="one", message="[[slow:60,20]]")
        await on_a.event("chat.delta", runId=run["runId"])
        waits = await on_a.result("chat.run", sessionKey="one", message="[[raw:later]]")
        assert waits["status"] == "queued"
        a.ask_to_stop()
        state = await on_b.result("chat.wait", runId=waits["runId"])
        assert (state["status"], state["response"]) == ("completed", "later")
        assert (await on_b.result("chat.wait", runId=run["runId"]))["status"] == "completed"


async def pause(a: GatewayProcess, on_b: Client) -> None:
    """Stop a node, and let it go on before its lease is over."""
    a.send(signal.SIGSTOP)
    with anyio.fail_after(LEASE):
        while True:
            listed = (await on_b.result("system.status"))["nodes"]
            if max(node["beatMs"] for node in listed) > LEASE * 300:
                break
            await anyio.sleep(0.02)
    a.send(signal.SIGCONT)


async def test_a_node_that_stood_still_says_and_keeps_nothing_more_and_begins_anew(
    upstream: Upstream, shared: dict[str, Any], tmp_path: Path
) -> None:
    async with nodes(upstream, shared, tmp_path, "a", "b") as (a, b), client_of(b) as on_b, client_of(a) as on_a:
        short = await on_a.result("chat.run", sessionKey="one", message="[[slow:40,20]]")
        await on_a.event("chat.delta", runId=short["runId"])
        await pause(a, on_b)
        assert (await on_a.event("chat.done", runId=short["runId"]))["data"]["finishReason"] == "stop"
        run = await on_a.result("chat.run", sessionKey="one", message="[[slow:500,20]]")
        await on_a.event("chat.delta", runId=run["runId"])
        await on_b.result("event.subscribe", sessionKey="one")
        a.send(signal.SIGSTOP)
        with anyio.fail_after(5):
            await on_b.event("chat.done", runId=run["runId"])
        kept = await on_b.result("chat.history", sessionKey="one")
        a.send(signal.SIGCONT)
        late: list[Any] = []
        with anyio.fail_after(5), pytest.raises(ConnectionClosed):
            while True:
                late.append(json.loads(await on_a.socket.recv()))
        seqs = [frame["seq"] for frame in on_a.seen + late if frame.get("epoch") == run["epoch"]]
        assert seqs == sorted(set(seqs))
        assert not any(frame.get("type") == "chat.done" for frame in late)
        assert await on_b.result("chat.history", sessionKey="one") == kept
        with anyio.fail_after(START_SECONDS):
            while not await says_something(a):
                await anyio.lowlevel.checkpoint()
        assert await ready(on_b) == ["b", "a"]


TRACES: Final = ("sessions", "messages", "runs", "events", "usage", "deliveries", "claims")
"""The tables in which a run leaves something."""
BLOCKED: Final = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'events'::regclass)"


async def test_a_node_that_stood_still_inside_a_write_of_its_run_keeps_nothing_of_it(
    upstream: Upstream, shared: dict[str, Any], tmp_path: Path
) -> None:
    async with (
        nodes(upstream, shared, tmp_path, "a", "b") as (a, b),
        client_of(b) as on_b,
        client_of(a) as on_a,
        connection(shared) as database,
    ):
        run = await on_a.result("chat.run", sessionKey="one", message="[[slow:2000,20]]")
        waits = await on_a.result("chat.run", sessionKey="one", message="[[raw:later]]")
        await on_b.result("event.subscribe", sessionKey="one")
        await on_a.event("chat.delta", runId=run["runId"])
        # What the run said is just being written, and the node will not hear how that went.
        async with database.transaction():
            await database.execute("LOCK TABLE events IN EXCLUSIVE MODE")
            with anyio.fail_after(5):
                while not await database.fetchval(BLOCKED):
                    await anyio.lowlevel.checkpoint()
            a.send(signal.SIGSTOP)
        with anyio.fail_after(LEASE + 5):
            done = await on_b.event("chat.done", runId=run["runId"])
            assert done["data"]["finishReason"] == "interrupted"
            await on_b.event("chat.done", runId=waits["runId"])
        kept = await everything(database)
        # It goes on writing before it could hear by a beat that it is dead.
        async with database.transaction():
            await database.execute("LOCK TABLE nodes IN SHARE MODE")
            a.send(signal.SIGCONT)
            with anyio.fail_after(5):
                await on_a.socket.wait_closed()
            assert await everything(database) == kept
        with anyio.fail_after(START_SECONDS):
            while await ready(on_b) != ["b", "a"]:
                await anyio.lowlevel.checkpoint()
        assert await everything(database) == kept


@asynccontextmanager
async def connection(shared: dict[str, Any]) -> AsyncGenerator[Any]:
    """A connection of the test's own to the nodes' database."""
    made: Any = await asyncpg.connect(shared["storage"]["url"])
    try:
        yield made
    finally:
        await made.close()


async def everything(database: Any) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that runs leave."""
    rows = {table: await database.fetch(f"SELECT * FROM {table} ORDER BY 1") for table in TRACES}
    return {table: [tuple(row.values()) for row in found] for table, found in rows.items()}


async def ready(client: Client) -> list[str]:
    """The nodes that are alive, the oldest first."""
    listed = (await client.result("system.status"))["nodes"]
    return [node["node"] for node in listed if node["status"] == "ready"]


async def says_something(process: GatewayProcess) -> bool:
    """Whether a node is there and has the session of another one answered."""
    try:
        async with client_of(process) as client:
            text, _ = await client.chat("[[raw:here again]]", sessionKey="one")
    except OSError:
        await anyio.sleep(0.05)
        return False
    return text == "here again"


async def test_while_redis_is_away_runs_go_on_and_watchers_elsewhere_miss_nothing(
    upstream: Upstream, shared: dict[str, Any], own: Server
) -> None:
    shared["bus"]["url"] = own.url
    # Both are in this process: one that is late must not be taken for dead by the other.
    async with (
        gateway(config(upstream, shared, "a", 20)) as a,
        gateway(config(upstream, shared, "b", 20)) as b,
        a.connect() as on_a,
        b.connect() as on_b,
    ):
        run = await on_a.result("chat.run", sessionKey="one", message="[[slow:150,20]]")
        await on_b.result("event.subscribe", runId=run["runId"], after={"epoch": run["epoch"], "seq": run["seq"]})
        await on_b.event("chat.delta", runId=run["runId"])
        await anyio.to_thread.run_sync(own.stop)
        async with a.http("GET", "/readyz") as response:
            assert response.status == 200
        detail = await on_b.result("session.get", sessionKey="one")
        assert [live["runId"] for live in detail["live"]] == [run["runId"]], (
            "it was asked of the run's node all the same"
        )
        done = await on_a.event("chat.done", runId=run["runId"])
        assert done["data"]["finishReason"] == "stop"
        with anyio.fail_after(3):
            await on_b.event("chat.done", runId=run["runId"])
        assert on_b.text(run["runId"]) == on_a.text(run["runId"]) == "".join(f"w{at} " for at in range(150))
        await anyio.to_thread.run_sync(own.start)
        with anyio.fail_after(5):
            while (await readiness(a), await readiness(b)) != ("ready", "ready"):
                await anyio.lowlevel.checkpoint()
        text, _ = await on_b.chat("[[raw:again]]", sessionKey="one")
        assert text == "again"


async def readiness(served: Any) -> str:
    async with served.http("GET", "/readyz") as response:
        return (await response.json())["status"]

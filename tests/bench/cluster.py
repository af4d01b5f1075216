"""What several processes cost that are one gateway: a delta that is watched elsewhere, turns that two of them share.

Of the engines the CPU is told beside it. All are asked in turns, so that the machine's moods hit each of them.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from websockets.asyncio.client import ClientConnection

from tests.bench.agent import call, served
from tests.bench.measure import Process, Row, model_server
from tests.bench.storage import Cost, backends
from tests.bench.ws import open_sockets
from tests.support import postgres, redis

ROUNDS: Final = 7
"""The first of which only warms up."""
STREAMS: Final = 8
WORDS, WORD_MS = 200, 10
"""How long an answer is that is watched, and how far its deltas are apart."""
TURNS: Final = 96
AT_ONCE: Final = 8
REST_SECONDS: Final = 5


class Node(NamedTuple):
    """A process of a gateway, and its clients."""

    process: Process
    clients: Sequence[ClientConnection]


class Cluster:
    """Nodes of one gateway, or one process on SQLite, and what serves them."""

    def __init__(self, nodes: Sequence[Node], database: str | None, bus: redis.Server | None) -> None:
        self.nodes = nodes
        self._database = database
        self._bus = bus
        self._numbers = itertools.count(1)

    def session(self) -> str:
        """A key that nobody used yet."""
        return f"s{next(self._numbers)}"

    async def cost(self, work: Callable[[Cluster], Awaitable[int]]) -> Cost:
        """Microseconds of CPU of the nodes together, and of the engines, for each thing that the work did."""
        before, engines = self._gateways(), self._engines()
        done = await work(self)
        return Cost((self._gateways() - before) * 1e6 / done, (self._engines() - engines) * 1e6 / done)

    def _gateways(self) -> float:
        return sum(node.process.cpu() for node in self.nodes)

    def _engines(self) -> float:
        bus = Process(self._bus.process).cpu() if self._bus is not None else 0.0
        return bus + backends(self._database)


async def begin(cluster: Cluster) -> None:
    """Make the sessions that are watched the first node's."""
    for at in range(STREAMS):
        await call(cluster.nodes[0].clients[0], "session.create", {"sessionKey": f"watched-{at}"})


async def watched(cluster: Cluster) -> int:
    """Runs that the first node does and the last one's clients ask for and hear: how many deltas were told."""

    async def watch(client: ClientConnection, key: str) -> int:
        params = {"message": f"[[slow:{WORDS},{WORD_MS}]]", "sessionKey": key}
        await client.send(json.dumps({"id": 1, "method": "chat.run", "params": params}))
        return await finished(client)

    clients = cluster.nodes[-1].clients
    return sum(await asyncio.gather(*(watch(client, f"watched-{at}") for at, client in enumerate(clients))))


async def at_rest(cluster: Cluster) -> int:
    """Nothing at all for a while: for how many seconds the nodes had nothing to do, together."""
    await asyncio.sleep(REST_SECONDS)
    return REST_SECONDS * len(cluster.nodes)


async def finished(client: ClientConnection) -> int:
    """Hear a run to its end: how many deltas it told."""
    told = 0
    while True:
        frame = json.loads(await client.recv())
        assert "error" not in frame, frame
        told += frame.get("type") == "chat.delta"
        if frame.get("type") == "chat.done":
            return told


async def shared(cluster: Cluster) -> int:
    """Turns, each in a session of its own, asked of all nodes alike."""

    async def some(client: ClientConnection) -> None:
        for _ in range(TURNS // AT_ONCE):
            params = {"message": "how are you", "sessionKey": cluster.session()}
            await client.send(json.dumps({"id": 1, "method": "chat.run", "params": params}))
            await finished(client)

    each = AT_ONCE // len(cluster.nodes)
    await asyncio.gather(*(some(client) for node in cluster.nodes for client in node.clients[:each]))
    return TURNS


@asynccontextmanager
async def clustered(count: int, upstream: int, bus: redis.Server) -> AsyncGenerator[Cluster]:
    """So many nodes on PostgreSQL and Redis, with nothing kept."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(postgres.database())
        prefix = redis.prefix()
        nodes: list[Node] = []
        for at in range(count):
            sections = {
                "storage": {"url": url},
                "bus": {"url": bus.url, "prefix": prefix},
                "cluster": {"node": f"n{at}"},
            }
            nodes.append(await _node(stack, upstream, **sections))
        yield Cluster(nodes, url.rpartition("/")[2], bus)


@asynccontextmanager
async def alone(upstream: int) -> AsyncGenerator[Cluster]:
    """One process on SQLite."""
    async with AsyncExitStack() as stack:
        yield Cluster([await _node(stack, upstream)], None, None)


async def _node(stack: AsyncExitStack, upstream: int, **sections: Any) -> Node:
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openclaw-bench-")))
    process, client = await stack.enter_async_context(served(home, upstream, **sections))
    clients = await open_sockets(stack, int(client.remote_address[1]), STREAMS, greeted=True)
    return Node(process, clients)


async def costs(among: dict[str, Cluster], work: Callable[[Cluster], Awaitable[int]]) -> dict[str, Cost]:
    """What it costs each of them: the middle of some rounds in turns."""
    taken: dict[str, list[Cost]] = {which: [] for which in among}
    for _ in range(ROUNDS):
        for which, cluster in among.items():
            taken[which].append(await cluster.cost(work))
    return {which: Cost(*map(statistics.median, zip(*each[1:], strict=True))) for which, each in taken.items()}


async def measure() -> list[Row]:
    """Both, where the engines are installed."""
    if not postgres.PROGRAMS or not redis.PROGRAM:
        return []
    async with AsyncExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        bus = stack.enter_context(redis.server())
        one = await stack.enter_async_context(alone(upstream))
        single = await stack.enter_async_context(clustered(1, upstream, bus))
        two = await stack.enter_async_context(clustered(2, upstream, bus))
        for cluster in (one, single, two):
            await begin(cluster)
        rest = {name: await each.cost(at_rest) for name, each in (("SQLite", one), ("two nodes", two))}
        told = await costs({"SQLite": one, "one node": single, "two nodes": two}, watched)
        turns = await costs({"one node": single, "two nodes": two}, shared)
    here, there = told["SQLite"].gateway, told["two nodes"].gateway
    by_one, by_two = turns["one node"], turns["two nodes"]
    return [
        *(Row(f"at rest, a second and process: {name}", cost.gateway / 1e3, "ms") for name, cost in rest.items()),
        Row("a delta to a watcher: one process on SQLite", here, "us"),
        Row("a delta to a watcher on another node / SQLite", there / here, "x", 2.0),
        Row("a delta to a watcher on the same node / SQLite", told["one node"].gateway / here, "x", 1.3),
        Row("a delta to a watcher on another node: the engines'", told["two nodes"].engine, "us"),
        Row("a turn, one node", by_one.gateway, "us"),
        Row("a turn, two nodes together / one node", by_two.gateway / by_one.gateway, "x", 1.1),
        Row("a turn, one node: the engines' own", by_one.engine, "us"),
        Row("a turn, two nodes: the engines' own", by_two.engine, "us"),
    ]

"""What a stored turn costs on PostgreSQL beside SQLite, and what sessions cost that are only kept.

Of PostgreSQL the gateway's CPU is told, and beside it that of the processes that serve it there. All gateways are asked
in turns, so that the machine's moods hit each of them.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from websockets.asyncio.client import ClientConnection

from tests.bench.agent import call, served
from tests.bench.measure import Process, Row, model_server
from tests.bench.ws import open_sockets
from tests.support import postgres
from tests.support.many import fill_postgres, fill_sqlite

FEW: Final = 1_000
AT_ONCE: Final = 8
ROUNDS: Final = 7
"""The first of which only warms up."""
ACTS: Final = 64
"""How many of each act a round has: in all rounds together no more than there are sessions of the few."""
ENGINES: Final = ("SQLite", "PostgreSQL")


class Cost(NamedTuple):
    """Milliseconds of CPU that an act takes: the gateway's, and what serves it has."""

    gateway: float
    engine: float


class Storage:
    """A gateway that keeps a number of sessions, and its clients."""

    def __init__(self, process: Process, clients: Sequence[ClientConnection], database: str | None) -> None:
        self.epoch = ""
        self._process = process
        self._clients = clients
        self._database = database
        self._numbers = itertools.count(2)

    def session(self) -> str:
        """One that nobody asked for yet."""
        return f"main{next(self._numbers)}"

    async def cost(self, act: Callable[[Storage, ClientConnection], Awaitable[None]], at_once: int) -> Cost:
        """What an act costs that is done many times, some at once."""

        async def some(client: ClientConnection) -> None:
            for _ in range(ACTS // at_once):
                await act(self, client)

        before, engine = self._process.cpu(), backends(self._database)
        await asyncio.gather(*(some(client) for client in self._clients[:at_once]))
        return Cost((self._process.cpu() - before) * 1e3 / ACTS, (backends(self._database) - engine) * 1e3 / ACTS)


def backends(database: str | None) -> float:
    """Seconds of CPU of the processes that serve a database of PostgreSQL: they bear its name."""
    if database is None:
        return 0.0
    found = 0.0
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if f" {database} ".encode() in place.read_bytes():
                found += int((place.parent / "schedstat").read_text().split()[0]) / 1e9
    return found


async def turn(storage: Storage, client: ClientConnection) -> None:
    """A message in a session that is kept, and its answer."""
    key = storage.session()
    await client.send(
        json.dumps({"id": 1, "method": "chat.run", "params": {"message": "how are you", "sessionKey": key}})
    )
    await _event(client, "chat.done")


async def resume(storage: Storage, client: ClientConnection) -> None:
    """A client that comes back to a session, and is told all that happened there."""
    key = storage.session()
    after = {"epoch": storage.epoch, "seq": 0}
    await client.send(json.dumps({"id": 1, "method": "event.subscribe", "params": {"sessionKey": key, "after": after}}))
    await _event(client, "chat.done")
    await call(client, "event.unsubscribe", {"sessionKey": key})


async def page(storage: Storage, client: ClientConnection) -> None:
    """The sessions that were used last."""
    found = await call(client, "session.list", {"limit": 50})
    assert len(found["sessions"]) == 50


async def _event(client: ClientConnection, name: str) -> None:
    while True:
        frame = json.loads(await client.recv())
        assert "error" not in frame, frame
        if frame.get("type") == name:
            return


@asynccontextmanager
async def filled(url: str | None, count: int, upstream: int) -> AsyncGenerator[Storage]:
    """A gateway that keeps ``count`` sessions, in the PostgreSQL database of that address or in a file."""
    sections = {"storage": {"url": url}} if url else {}
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openclaw-bench-")))
        async with served(home, upstream, **sections) as (_, client):
            await client.send(
                json.dumps({"id": 1, "method": "chat.run", "params": {"message": "hello there", "sessionKey": "main"}})
            )
            await _event(client, "chat.done")
        if url:
            await fill_postgres(url, count)
        else:
            await asyncio.to_thread(fill_sqlite, home / "state" / "gateway.db", count)
        process, client = await stack.enter_async_context(served(home, upstream, **sections))
        port = int(client.remote_address[1])
        clients = [client, *await open_sockets(stack, port, AT_ONCE - 1, greeted=True)]
        storage = Storage(process, clients, url.rpartition("/")[2] if url else None)
        storage.epoch = (await call(client, "session.get", {"sessionKey": "main"}))["epoch"]
        yield storage


@asynccontextmanager
async def storages(*counts: int) -> AsyncGenerator[dict[tuple[str, int], Storage]]:
    """A gateway on each engine that is installed for each number of sessions."""
    async with AsyncExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        found: dict[tuple[str, int], Storage] = {}
        for engine, count in itertools.product(ENGINES if postgres.PROGRAMS else ENGINES[:1], counts):
            url = await stack.enter_async_context(postgres.database()) if engine == "PostgreSQL" else None
            found[engine, count] = await stack.enter_async_context(filled(url, count, upstream))
        yield found


async def costs(
    among: dict[tuple[str, int], Storage], act: Callable[[Storage, ClientConnection], Awaitable[None]], at_once: int
) -> dict[tuple[str, int], Cost]:
    """What an act costs each of them: the middle of some rounds in turns."""
    taken: dict[tuple[str, int], list[Cost]] = {which: [] for which in among}
    for _ in range(ROUNDS):
        for which, storage in among.items():
            taken[which].append(await storage.cost(act, at_once))
    return {which: Cost(*map(statistics.median, zip(*costs[1:], strict=True))) for which, costs in taken.items()}


async def measure() -> list[Row]:
    """A stored turn on each engine, one at a time and some at once."""
    rows: list[Row] = []
    async with storages(FEW) as there:
        for at_once in (1, AT_ONCE):
            how = f"a stored turn, {at_once} at once" if at_once > 1 else "a stored turn, one at a time"
            told = await costs(there, turn, at_once)
            rows += [Row(f"{how}: {engine}", cost.gateway, "ms") for (engine, _), cost in told.items()]
            if len(told) > 1:
                one, other = (told[engine, FEW] for engine in ENGINES)
                rows.append(Row(f"{how}: PostgreSQL / SQLite", other.gateway / one.gateway, "x", 2.0))
                rows.append(Row(f"{how}: PostgreSQL's own", other.engine, "ms"))
    return rows

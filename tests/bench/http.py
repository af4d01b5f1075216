"""What OpenAI's door costs: a completion, a streamed event, and how much later the first token comes.

Each beside a bare aiohttp relay, and the first token beside the model's server asked directly, in turns, so that the
machine's moods hit all of them.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any

import aiohttp

from tests.bench.measure import TOKEN, Process, Row, free_port, gateway, model_server, running

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
COMPLETIONS = 400
AT_ONCE = 16
EVENTS = 400
STREAMS = 16
ROUNDS = 5
FIRSTS = 60
OTHERS = 63
PAUSE_MS = 40


def asking(text: str, *, stream: bool = False) -> dict[str, Any]:
    return {"model": "scripted", "stream": stream, "messages": [{"role": "user", "content": text}]}


class Server:
    """Somebody who answers completions: the gateway, the bare relay, or the model's server itself."""

    def __init__(self, session: aiohttp.ClientSession, port: int, process: Process) -> None:
        self.process = process
        self._session = session
        self._url = f"http://127.0.0.1:{port}/v1/chat/completions"

    async def ask(self, body: dict[str, Any]) -> bytes:
        async with self._session.post(self._url, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()

    async def first(self) -> float:
        """Milliseconds until the first word of a stream."""
        began = time.perf_counter()
        async with self._session.post(self._url, json=asking("[[slow:2,0]]", stream=True)) as answer:
            data = b""
            while b"w0" not in data:
                data += await answer.content.readany()
            took = time.perf_counter() - began
            await answer.read()
        return took * 1000

    async def many(self, count: int, body: dict[str, Any], at_once: int = AT_ONCE) -> float:
        """Microseconds of CPU an answer, several at once."""

        async def some() -> None:
            for _ in range(count // at_once):
                await self.ask(body)

        before = self.process.cpu()
        await asyncio.gather(*(some() for _ in range(at_once)))
        return (self.process.cpu() - before) * 1e6 / count

    async def events(self) -> float:
        """Microseconds of CPU an event of a stream, those of its beginning and end taken off."""
        short = await self.many(STREAMS, asking("[[slow:1,0]]", stream=True))
        long = await self.many(STREAMS, asking(f"[[slow:{EVENTS + 1},0]]", stream=True))
        return (long - short) / EVENTS


@contextmanager
def bare_relay(upstream: int) -> Generator[tuple[Process, int]]:
    """The bare relay in a process of its own: the process, and its port."""
    port = free_port()
    options = ("--port", str(port), "--upstream", f"http://127.0.0.1:{upstream}/v1")
    with running("-W", "ignore", "-m", "tests.bench.bare_relay", *options, port=port) as process:
        yield process, port


@asynccontextmanager
async def others(server: Server, count: int):
    """So many streams beside, a word every 40 ms."""

    async def talk() -> None:
        while True:
            with suppress(aiohttp.ClientError):
                await server.ask(asking(f"[[slow:50,{PAUSE_MS}]]", stream=True))

    tasks = [asyncio.create_task(talk()) for _ in range(count)]
    try:
        await asyncio.sleep(0.5 if count else 0)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def first_token(server: Server, direct: Server, beside: int) -> float:
    """By how many milliseconds the first token comes later than from the model's server itself."""
    async with others(server, beside):
        for _ in range(5):
            await server.first()
            await direct.first()
        pairs = [(await server.first(), await direct.first()) for _ in range(FIRSTS)]
    return statistics.median(late for late, _ in pairs) - statistics.median(early for _, early in pairs)


async def measure() -> list[Row]:
    with ExitStack() as stack:
        model, model_port = stack.enter_context(model_server())
        served, gateway_port = stack.enter_context(gateway(model_port))
        bare_process, bare_port = stack.enter_context(bare_relay(model_port))
        async with aiohttp.ClientSession(headers=HEADERS, connector=aiohttp.TCPConnector(limit=0)) as session:
            ours = Server(session, gateway_port, served)
            bare = Server(session, bare_port, bare_process)
            direct = Server(session, model_port, model)
            return await _rows(ours, bare, direct)


async def _rows(ours: Server, bare: Server, direct: Server) -> list[Row]:
    plain: dict[Server, list[float]] = {ours: [], bare: []}
    event: dict[Server, list[float]] = {ours: [], bare: []}
    for server in plain:
        await server.many(COMPLETIONS // 2, asking("Hello there"))
    for _ in range(ROUNDS):
        for server, costs in plain.items():
            costs.append(await server.many(COMPLETIONS, asking("Hello there")))
        for server, costs in event.items():
            costs.append(await server.events())
    return [
        Row("completion, CPU", statistics.median(plain[ours]), "us", 600),
        Row("completion, CPU, bare relay", statistics.median(plain[bare]), "us"),
        Row("streamed event, CPU", statistics.median(event[ours]), "us", 12),
        Row("streamed event, CPU, bare relay", statistics.median(event[bare]), "us"),
        Row("first token later than direct, 1 stream", await first_token(ours, direct, 0), "ms", 1.5),
        Row("first token later, bare relay", await first_token(bare, direct, 0), "ms"),
        Row("first token later than direct, 64 streams", await first_token(ours, direct, OTHERS), "ms", 1.5),
        Row("first token later, bare relay, 64 streams", await first_token(bare, direct, OTHERS), "ms"),
    ]

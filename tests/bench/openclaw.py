"""What OpenClaw's protocol costs: a turn beside the same in our own, a health call beside their gateway."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from anyio import to_thread
from websockets.asyncio.client import ClientConnection, connect

from tests.bench.agent import TOOL, call, served
from tests.bench.agent import turn as own_turn
from tests.bench.measure import TOKEN, Build, Process, Row, free_port, gateway, model_server, running
from tests.openclaw import clients

TURNS = 40
ROUNDS = 15
WARM = 30
HEALTH_CALLS = 5
CLIENT = {"id": "cli", "version": "1", "platform": "linux", "mode": "cli"}


async def ask(socket: ClientConnection, method: str, **params: Any) -> Any:
    """Call a method of version 4."""
    await socket.send(json.dumps({"type": "req", "id": method, "method": method, "params": params}))
    return await awaited(socket, lambda frame: frame.get("id") == method)


async def awaited(socket: ClientConnection, wanted: Callable[[Any], bool]) -> Any:
    """The next such frame."""
    while not wanted(frame := json.loads(await socket.recv())):
        pass
    return frame


async def turn(socket: ClientConnection, name: str) -> None:
    """A message that makes the model use a tool, until its end."""
    sent = {"sessionKey": f"agent:main:{name}", "message": TOOL, "idempotencyKey": name}
    await socket.send(json.dumps({"type": "req", "id": "1", "method": "chat.send", "params": sent}))
    end = await awaited(
        socket, lambda frame: frame.get("event") == "chat" and frame["payload"]["state"] not in ("delta", "status")
    )
    assert end["payload"]["state"] == "final", end


async def turns() -> list[Row]:
    """Both protocols by turns; the ratio of each round's CPU, and of them the one in the middle."""
    ratios: list[float] = []
    with ExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="openclaw-bench-"))
        async with served(Path(home), upstream) as (process, ours):
            await call(ours, "file.write", {"path": "notes.txt", "content": "likes coffee, black"})
            host, port = ours.remote_address[:2]
            async with connect(f"ws://{host}:{port}/", user_agent_header=None, proxy=None) as theirs:
                await theirs.recv()
                hello = await ask(
                    theirs, "connect", minProtocol=4, maxProtocol=4, client=CLIENT, auth={"token": TOKEN},
                    caps=["tool-events"],
                )  # fmt: skip
                assert hello["ok"], hello
                for round_ in range(-1, ROUNDS):
                    taken: list[float] = []
                    for over, name in ((partial(own_turn, ours, TOOL), "own"), (partial(turn, theirs), "v4")):
                        before = process.cpu()
                        for at in range(WARM if round_ < 0 else TURNS):
                            await over(f"{name}-{round_ * TURNS + at}")
                        taken.append(process.cpu() - before)
                    if round_ >= 0:
                        ratios.append(taken[1] / taken[0])
    return [Row("a turn with a tool of OpenClaw's, beside our own", statistics.median(ratios), "x", 1.5)]


@contextmanager
def their_gateway() -> Generator[tuple[Process, int]]:
    """OpenClaw's own gateway, as `npm` has it."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="openclaw-bench-") as home:
        env = clients.environment(Path(home))
        chosen = {"gateway": {"mode": "local", "port": port, "bind": "loopback", "auth": {"token": TOKEN}}}
        (Path(home) / ".openclaw" / "openclaw.json").write_text(json.dumps(chosen))
        command = clients.command("gateway", "--port", str(port))
        with running(*command[1:], port=port, env=env, build=Build(Path(home), command[0])) as process:
            yield process, port


def asked_by_their_cli(process: Process, port: int) -> float:
    """The CPU in ms that a gateway spends for `gateway call health` of their command line."""
    with tempfile.TemporaryDirectory(prefix="openclaw-bench-") as home:
        env = clients.environment(Path(home), f"ws://127.0.0.1:{port}", TOKEN)
        clients.run(env, "gateway", "call", "health", "--json")
        before = process.cpu()
        for _ in range(HEALTH_CALLS):
            clients.run(env, "gateway", "call", "health", "--json")
        return (process.cpu() - before) / HEALTH_CALLS * 1e3


def health() -> list[Row]:
    """The same call of the same program at both gateways."""
    with gateway() as (process, port):
        ours = asked_by_their_cli(process, port)
    with their_gateway() as (process, port):
        theirs = asked_by_their_cli(process, port)
    return [
        Row("their CLI's health call, our gateway", ours, "ms"),
        Row("their CLI's health call, their gateway", theirs, "ms"),
        Row("the first beside the second", ours / theirs, "x", 1 / 20),
    ]


async def measure() -> list[Row]:
    """Both; the second where OpenClaw's own programs are installed."""
    rows = await turns()
    if clients.MISSING:
        print(f"openclaw: no health call is measured: {clients.MISSING}", flush=True)
        return rows
    return [*rows, *await to_thread.run_sync(health)]

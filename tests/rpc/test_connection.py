"""A connection that ends: what becomes of its calls."""

import json
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.dialects.sockets.jsonrpc import JsonRpc
from openclaw_rpc.domain.principals import owner
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.rpc.bind import bind
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.connection import Connection
from openclaw_rpc.rpc.dispatcher import Dispatcher
from tests.rpc.test_dispatcher import World as Kernel

ROW = table.by_name()["agent.list"]
CALL = json.dumps({"id": 1, "method": ROW.name}).encode()


class World:
    """A connection to a dispatcher of one row, whose handler waits at a gate."""

    def __init__(self, *, shielded: bool) -> None:
        self.writable = True
        self.frames: list[bytes] = []
        self.steps: list[str] = []
        self.gate = anyio.Event()
        kernel = Kernel(self.handle)
        dispatcher = Dispatcher({ROW.name: bind(ROW, self.handle, shielded=shielded)}, kernel, kernel, kernel)
        self.connection = Connection(
            owner("gateway"),
            dispatcher,
            JsonRpc(),
            self,
            MemoryBus(),
            max_in_flight=2,
            outbox_bytes=1000,
            cut=lambda: self.steps.append("cut"),
        )

    def write(self, frames: list[bytes]) -> None:
        self.frames += frames

    async def handle(self, params: Empty, call: Call) -> Any:
        self.steps.append("begun")
        call.after_answer(lambda: self.steps.append("answered"))
        try:
            await self.gate.wait()
            self.steps.append("done")
        except BaseException:
            self.steps.append("cancelled")
            raise
        return []

    async def rest(self) -> None:
        """Let everything happen that can."""
        await anyio.wait_all_tasks_blocked()
        await anyio.wait_all_tasks_blocked()


@pytest.mark.parametrize("frame", [CALL, b"[" + CALL + b"]"], ids=["call", "batch"])
async def test_what_is_whole_goes_on_when_its_connection_ends(frame: bytes) -> None:
    world = World(shielded=True)
    world.connection.receive(frame)
    await world.rest()
    world.connection.close()
    world.gate.set()
    await world.rest()
    assert sorted(world.steps) == ["answered", "begun", "done"]
    assert world.frames == []


@pytest.mark.parametrize("frame", [CALL, b"[" + CALL + b"]"], ids=["call", "batch"])
async def test_what_is_not_whole_ends_with_its_connection(frame: bytes) -> None:
    world = World(shielded=False)
    world.connection.receive(frame)
    await world.rest()
    world.connection.close()
    await world.rest()
    assert world.steps == ["begun", "cancelled", "answered"]
    assert world.frames == []


@pytest.mark.parametrize("shielded", [True, False])
async def test_calls_under_way_are_bounded_and_an_answered_one_makes_room(shielded: bool) -> None:
    world = World(shielded=shielded)
    for _ in range(3):
        world.connection.receive(CALL)
    await world.rest()
    (refusal,) = [json.loads(frame) for frame in world.frames]
    assert refusal["error"]["data"]["reason"] == "in_flight"
    world.gate.set()
    await world.rest()
    world.connection.receive(CALL)
    await world.rest()
    assert [json.loads(frame)["result"] for frame in world.frames[1:]] == [[], [], []]


class Odd:
    """Answers what no JSON can hold."""

    def __init__(self, answer: Any) -> None:
        self.frames: list[bytes] = []
        self.writable = True
        kernel = Kernel(self.wait)
        rows = {"agent.list": bind(ROW, self.wait), "task.list": bind(table.by_name()["task.list"], self.place)}
        self.answer = answer
        self.connection = Connection(
            owner("gateway"),
            Dispatcher(rows, kernel, kernel, kernel),
            JsonRpc(),
            self,
            MemoryBus(),
            max_in_flight=9,
            outbox_bytes=1000,
            cut=lambda: None,
        )

    def write(self, frames: list[bytes]) -> None:
        self.frames += frames

    async def wait(self, params: Empty, call: Call) -> Any:
        return self.answer

    def place(self, params: Empty, call: Call) -> Any:
        return {"fine": True}


@pytest.mark.parametrize("answer", ["half \ud83d", {"x": object()}], ids=["surrogate", "object"])
async def test_what_no_json_can_hold_is_an_error_to_its_call_alone(answer: Any) -> None:
    world = Odd(answer)
    world.connection.receive(CALL)
    world.connection.receive(b'[{"id": 2, "method": "agent.list"}, {"id": 3, "method": "task.list"}]')
    with anyio.fail_after(5):
        while len(world.frames) < 2:
            await anyio.lowlevel.checkpoint()
    one, batch = map(json.loads, world.frames)
    assert (one["id"], one["error"]["data"]["code"]) == (1, "internal_error")
    assert {each["id"]: "result" in each for each in batch} == {2: False, 3: True}

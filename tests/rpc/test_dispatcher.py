"""The dispatcher: what is carried out whole though its caller goes away, and what is told of faults."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from openclaw_rpc.domain.principals import Principal, owner
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.base import Empty, Rate
from openclaw_rpc.protocol.errors import Forbidden, InternalError, InvalidRequest, MethodNotFound, NotFound
from openclaw_rpc.rpc.bind import TableMismatch, bind, join
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.dispatcher import Dispatcher

ROW = table.by_name()["agent.list"]


class World:
    """A dispatcher with one row; ``handler`` is what answers it."""

    def __init__(self, handler: Any, *, shielded: bool = False) -> None:
        self.done: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self.taken: list[Rate] = []
        self.dispatcher = Dispatcher({ROW.name: bind(ROW, handler, shielded=shielded)}, self, self, self)

    def take(self, principal: Principal, rate: Rate) -> None:
        self.taken.append(rate)

    def call_done(self, method: str, outcome: str) -> None:
        self.done.append((method, outcome))

    def call_failed(self, method: str, error: Exception, call: Call) -> None:
        self.faults.append(repr(error))

    @asynccontextmanager
    async def around(
        self, principal: Principal, tool: str, params: Any, pin: str | None, *, dangerous: bool
    ) -> AsyncGenerator[None]:
        yield

    async def ask(self, principal: Principal | None = None) -> Any:
        return await self.dispatcher.ask(ROW.name, Empty(), Call(principal or owner("gateway")))


async def test_what_is_whole_goes_on_when_its_caller_is_cancelled() -> None:
    steps: list[str] = []
    gate = anyio.Event()

    async def handler(params: Empty, call: Call) -> Any:
        steps.append("begun")
        await gate.wait()
        steps.append("done")

    world = World(handler, shielded=True)
    task = asyncio.ensure_future(world.ask())
    await anyio.wait_all_tasks_blocked()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gc.collect()
    gate.set()
    await anyio.wait_all_tasks_blocked()
    assert steps == ["begun", "done"]


async def test_what_is_not_whole_ends_with_its_caller() -> None:
    gate, ended = anyio.Event(), anyio.Event()

    async def handler(params: Empty, call: Call) -> Any:
        try:
            await gate.wait()
        finally:
            ended.set()

    task = asyncio.ensure_future(World(handler).ask())
    await anyio.wait_all_tasks_blocked()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


@pytest.mark.parametrize(("error", "faults"), [(NotFound("gone"), []), (ValueError("odd"), ["ValueError('odd')"])])
async def test_what_fails_when_its_caller_is_gone_is_written_down_where_it_is_a_fault(
    error: Exception, faults: list[str]
) -> None:
    gate = anyio.Event()

    async def handler(params: Empty, call: Call) -> Any:
        await gate.wait()
        raise error

    world = World(handler, shielded=True)
    unheard: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    task = asyncio.ensure_future(world.ask())
    await anyio.wait_all_tasks_blocked()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    await anyio.wait_all_tasks_blocked()
    await anyio.lowlevel.checkpoint()
    gc.collect()
    asyncio.get_running_loop().set_exception_handler(None)
    assert world.faults == faults
    assert unheard == []


async def test_a_fault_is_an_internal_error_that_tells_nothing() -> None:
    async def handler(params: Empty, call: Call) -> Any:
        raise RuntimeError("secret details")

    world = World(handler)
    with pytest.raises(InternalError) as told:
        await world.ask()
    assert "secret" not in told.value.message
    assert world.faults == ["RuntimeError('secret details')"]
    assert world.done == [(ROW.name, "internal_error")]


async def test_an_error_is_counted_once() -> None:
    async def handler(params: Empty, call: Call) -> Any:
        raise NotFound("gone")

    world = World(handler)
    with pytest.raises(NotFound):
        await world.ask()
    assert world.done == [(ROW.name, "not_found")]


async def test_who_lacks_the_scope_draws_from_no_bucket() -> None:
    def handler(params: Empty, call: Call) -> Any:
        return "answer"

    world = World(handler)
    with pytest.raises(Forbidden):
        await world.ask(Principal("owner", "t", frozenset()))
    assert world.taken == []
    assert await world.ask() == "answer"
    assert world.taken == [Rate.REQUESTS]


def test_params_that_are_no_json_or_do_not_fit_are_told_by_field() -> None:
    world = World(lambda params, call: None)
    bound = world.dispatcher.row(ROW.name)
    for params in (b"{", b'{"x": 1}', b"[]", b"\xff"):
        with pytest.raises(InvalidRequest):
            world.dispatcher.call(bound, params, Call(owner("gateway")))
    with pytest.raises(MethodNotFound):
        world.dispatcher.row("no.such")


async def test_what_waits_for_the_answer_happens_once_and_at_once_where_it_comes_late() -> None:
    call = Call(owner("gateway"))
    happened: list[int] = []
    call.after_answer(lambda: happened.append(1))
    assert happened == []
    call.answered()
    call.answered()
    assert happened == [1]
    call.after_answer(lambda: happened.append(2))
    assert happened == [1, 2]


class OneRow:
    """A namespace with the handlers that it is given."""

    def __init__(self, *bound: Any) -> None:
        self._bound = bound

    def bound(self) -> Any:
        return self._bound


def list_(params: Empty, call: Call) -> Any:
    return None


def other(params: Empty, call: Call) -> Any:
    return None


def test_table_and_handlers_that_differ_refuse_to_start() -> None:
    rows = {ROW.name: ROW}
    assert join(rows, [OneRow(bind(ROW, list_))])[ROW.name].method is ROW
    for namespaces, words in (
        ([], "no handler for agent.list"),
        ([OneRow(bind(ROW, list_), bind(ROW, list_))], "two handlers"),
        ([OneRow(bind(ROW, other))], "called other"),
        ([OneRow(bind(table.by_name()["model.list"], list_))], "no row"),
    ):
        with pytest.raises(TableMismatch, match=words):
            join(rows, namespaces)

"""Who comes first goes first, also when others give up."""

import anyio
import pytest

from openclaw_rpc.domain.runs.order import Order


async def test_those_of_one_key_go_in_the_order_they_came() -> None:
    order, went = Order(), list[int]()

    async def go(number: int) -> None:
        await order.enter("key")
        went.append(number)
        await anyio.lowlevel.checkpoint()
        went.append(number)
        order.leave("key")

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(go, number)
                await anyio.lowlevel.checkpoint()
    assert went == [number for number in range(5) for _ in range(2)]


async def test_another_key_waits_for_nobody() -> None:
    order = Order()
    await order.enter("one")
    with anyio.fail_after(5):
        await order.enter("two")


@pytest.mark.parametrize("too_late", [False, True], ids=["before its turn", "as its turn comes"])
async def test_one_who_gives_up_holds_nobody_up(too_late: bool) -> None:
    order, went = Order(), list[str]()
    await order.enter("key")

    async def go(name: str) -> None:
        await order.enter("key")
        went.append(name)
        order.leave("key")

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as impatient:
                    impatient.start_soon(go, "impatient")
                    await anyio.wait_all_tasks_blocked()
                    group.start_soon(go, "patient")
                    await anyio.wait_all_tasks_blocked()
                    if too_late:
                        order.leave("key")
                    scope.cancel()
            if not too_late:
                order.leave("key")
        await order.enter("key")
    assert went[-1] == "patient"
    assert too_late or went == ["patient"]

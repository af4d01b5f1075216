"""Each bus against what every bus must do."""

import pytest

from openclaw_rpc.adapters.bus.conformance import CHECKS, Check
from openclaw_rpc.adapters.bus.memory import MemoryBus
from tests.support import redis
from tests.support.nodes import Across, Node, linked, until_linked


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_bus_within_a_process(check: Check) -> None:
    await check(MemoryBus())


@redis.INSTALLED
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_bus_of_several_nodes_on_one_of_them(check: Check) -> None:
    async with linked(redis.shared(), redis.prefix(), "1") as link:
        await check(Node(link).bus.everywhere)


@redis.INSTALLED
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_bus_of_several_nodes_from_one_to_another(check: Check) -> None:
    prefix = redis.prefix()
    async with linked(redis.shared(), prefix, "1") as first, linked(redis.shared(), prefix, "2") as second:
        speaker, hearer = Node(first), Node(second)
        await until_linked(first, second)
        await check(Across(speaker, hearer))

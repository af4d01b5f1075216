"""Each bus against what every bus must do."""

import pytest

from openclaw_rpc.adapters.bus.conformance import CHECKS, Check
from openclaw_rpc.adapters.bus.memory import MemoryBus


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_bus_within_a_process(check: Check) -> None:
    await check(MemoryBus())

"""A short campaign; `make cluster` is a long one."""

from pathlib import Path

import anyio
import pytest

from tests.cluster.campaign import campaign
from tests.support import postgres, redis

pytestmark = [postgres.INSTALLED, redis.INSTALLED, pytest.mark.timeout(150)]


async def test_nothing_is_lost_twice_or_out_of_order_while_nodes_and_engines_come_and_go(tmp_path: Path) -> None:
    with anyio.fail_after(140):
        found = await campaign(tmp_path, seed=3, nodes=2, streams=6, faults=["kill", "silent", "redis"])
    assert found.done == {"kill": 1, "silent": 1, "redis": 1}
    assert len(found.asked) >= 6
    assert not found.faults

"""A few kills; `python -m tests.crash --kills 200` does many."""

from pathlib import Path

import anyio
import pytest

from tests.crash.deliveries import kill_deliveries
from tests.crash.kills import kill


@pytest.mark.timeout(120)
async def test_nothing_acknowledged_is_lost_when_the_gateway_is_killed(tmp_path: Path) -> None:
    with anyio.fail_after(100):
        found = await kill(5, tmp_path, seed=7)
    assert found.kills == 5
    assert found.accepted >= 5
    assert not found.faults
    assert "Traceback" not in (tmp_path / "stderr.txt").read_text()


@pytest.mark.timeout(150)
async def test_nothing_that_is_to_be_sent_is_lost_or_said_twice_when_the_gateway_is_killed(tmp_path: Path) -> None:
    with anyio.fail_after(140):
        found = await kill_deliveries(3, tmp_path, seed=7, webhooks=120, messages=60)
    assert found.kills == 3
    assert found.webhooks >= 20
    assert found.sent >= 10
    assert found.times >= 3
    assert not found.faults
    assert "Traceback" not in (tmp_path / "stderr.txt").read_text()

"""A few kills; `python -m tests.crash --kills 200` does many."""

from pathlib import Path

import anyio
import pytest

from tests.crash.kills import kill


@pytest.mark.timeout(120)
async def test_nothing_acknowledged_is_lost_when_the_gateway_is_killed(tmp_path: Path) -> None:
    with anyio.fail_after(100):
        found = await kill(5, tmp_path, seed=7)
    assert found.kills == 5
    assert found.accepted >= 5
    assert not found.faults
    assert "Traceback" not in (tmp_path / "stderr.txt").read_text()

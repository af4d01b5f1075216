"""A slice of what `python -m tests.fuzz.http` asks."""

from collections.abc import Callable

import pytest

from tests.fuzz.http import run

CASES = 5000
CPU_SECONDS = 200.0
"""Several times what it takes: a gateway that became slow ends the test before its time limit does."""


@pytest.mark.timeout(300)
async def test_no_request_breaks_the_gateway_or_its_description(record_property: Callable[[str, object], None]) -> None:
    report = await run(CASES, cpu=CPU_SECONDS)
    record_property("cases", report.cases)
    print(report)
    assert not report.faults, report
    assert report.cases == CASES, "the gateway took too long for all of them"
    assert {200, 400, 404} <= report.statuses.keys()

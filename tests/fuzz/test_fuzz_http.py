"""A slice of what `python -m tests.fuzz.http` asks."""

from collections.abc import Callable

from tests.fuzz.http import run

CASES = 600
SECONDS = 60.0
"""On a slow machine fewer are asked."""


async def test_no_request_breaks_the_gateway_or_its_description(record_property: Callable[[str, object], None]) -> None:
    report = await run(CASES, seconds=SECONDS)
    record_property("cases", report.cases)
    print(report)
    assert not report.faults, report
    assert report.cases > SECONDS, "not even one a second was answered"
    assert {200, 400, 404} <= report.statuses.keys()

"""A slice of what `python -m tests.fuzz.bodies` sends."""

import pytest

from tests.fuzz.bodies import run


@pytest.mark.timeout(120)
async def test_no_body_and_no_answer_of_a_model_fails_the_gateway() -> None:
    report = await run(600, seed=7)
    assert not report.faults, report
    assert report.cases > 500
    assert {200, 400, 415} <= report.statuses.keys()

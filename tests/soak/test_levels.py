"""A soak finds what grows, and nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from xml.etree import ElementTree

import pytest

from tests.soak.chart import chart
from tests.soak.levels import SLACK, Sample, judged

FLAT = Sample(0, memory=90_000_000, descriptors=40, threads=9, database=20_000_000, memories=3_000_000, logs=700_000)
NAMES = [field.name for field in fields(Sample) if field.name != "at"]


def over_time(name: str, growth: float) -> list[Sample]:
    """An hour, in which one thing grows by a share of itself a minute."""
    value = getattr(FLAT, name)
    return [replace(FLAT, at=60.0 * minute, **{name: round(value * (1 + growth * minute))}) for minute in range(60)]


def test_everything_is_judged() -> None:
    assert set(SLACK) == set(NAMES) == {one.name for one in judged([FLAT] * 9)}


def test_what_stays_level_is_fine() -> None:
    assert all(one.ok for one in judged([FLAT] * 60))


def test_what_grows_at_first_alone_is_fine() -> None:
    start = [replace(FLAT, memory=FLAT.memory // 2, database=0)] * 20
    assert all(one.ok for one in judged([*start, *[FLAT] * 40]))


@pytest.mark.parametrize("name", NAMES)
def test_what_grows_all_the_time_is_found(name: str) -> None:
    grown = judged(over_time(name, 0.2))
    assert [one.name for one in grown if not one.ok] == [name]


def test_the_chart_is_an_image_with_a_curve_for_each() -> None:
    root = ElementTree.fromstring(chart(over_time("memory", 0.01)))
    assert len(root.findall("{http://www.w3.org/2000/svg}polyline")) == len(NAMES)

"""Whether what was measured levels off: the last third of the time against the middle one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import mean

MIB = 1024 * 1024


@dataclass(frozen=True)
class Sample:
    """What the gateway took at a moment: seconds since the start, bytes, numbers."""

    at: float
    memory: int
    descriptors: int
    threads: int
    database: int
    memories: int
    logs: int


SLACK: dict[str, tuple[float, float]] = {
    "memory": (0.03, 2 * MIB),
    "descriptors": (0.05, 3),
    "threads": (0, 1),
    "database": (0.10, MIB),
    "memories": (0.25, MIB),
    "logs": (0.25, MIB),
}
"""By how much the last third may be above the middle one: a share of it, and so much besides."""


@dataclass(frozen=True)
class Verdict:
    """One thing that was measured, as means of the middle and the last third."""

    name: str
    middle: float
    last: float
    allowed: float

    @property
    def ok(self) -> bool:
        """Whether it levels off."""
        return self.last <= self.allowed


def judged(samples: Sequence[Sample]) -> list[Verdict]:
    """Each thing that was measured."""
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    found: list[Verdict] = []
    for field in fields(Sample):
        if field.name in SLACK:
            share, more = SLACK[field.name]
            before = mean(getattr(one, field.name) for one in middle)
            after = mean(getattr(one, field.name) for one in last)
            found.append(Verdict(field.name, before, after, before * (1 + share) + more))
    return found

"""Whether work grows as its input does: the CPU of one size beside that of four times as much."""

from __future__ import annotations

import time
from collections.abc import Callable

NOISE = 0.05
"""Seconds of CPU that tell nothing."""


def grows_evenly(work: Callable[[int], object], size: int) -> bool:
    """Whether four times as much costs no more than some eight times the CPU, and not the sixteen of a square."""
    return _cpu(work, size * 4) <= 8 * _cpu(work, size) + NOISE


def _cpu(work: Callable[[int], object], size: int) -> float:
    """The least of three tries, in seconds of this thread."""
    taken: list[float] = []
    for _ in range(3):
        began = time.thread_time()
        work(size)
        taken.append(time.thread_time() - began)
    return min(taken)

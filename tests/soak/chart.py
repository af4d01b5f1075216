"""The chart of a soak: a curve for each thing that was measured, in one SVG file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from tests.soak.levels import Sample

WIDTH, HEIGHT, LEFT, TOP, GAP = 860, 110, 110, 24, 44


def chart(samples: Sequence[Sample]) -> str:
    """All curves below one another, each from 0 to a little above its greatest value."""
    names = [field.name for field in fields(Sample) if field.name != "at"]
    whole = TOP + len(names) * (HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 40} {whole}" font-family="sans-serif" '
        'font-size="12"><rect width="100%" height="100%" fill="white"/>'
    ]
    for at, name in enumerate(names):
        parts.append(_curve(samples, name, TOP + at * (HEIGHT + GAP)))
    return "\n".join([*parts, "</svg>\n"])


def _curve(samples: Sequence[Sample], name: str, top: int) -> str:
    values = [getattr(one, name) for one in samples]
    most = max(*values, 1) * 1.1
    end = samples[-1].at or 1
    points = " ".join(
        f"{LEFT + WIDTH * one.at / end:.1f},{top + HEIGHT - HEIGHT * value / most:.1f}"
        for one, value in zip(samples, values, strict=True)
    )
    bottom = top + HEIGHT
    return (
        f'<text x="{LEFT}" y="{top - 6}" font-weight="bold">{name}</text>'
        f'<text x="{LEFT - 6}" y="{top + 10}" text-anchor="end">{_shown(most)}</text>'
        f'<text x="{LEFT - 6}" y="{bottom}" text-anchor="end">0</text>'
        f'<text x="{LEFT + WIDTH}" y="{bottom + 14}" text-anchor="end">{end:.0f} s, last {_shown(values[-1])}</text>'
        f'<path d="M{LEFT},{top}V{bottom}H{LEFT + WIDTH}" fill="none" stroke="#999"/>'
        f'<polyline points="{points}" fill="none" stroke="#0a58ca" stroke-width="1.5"/>'
    )


def _shown(value: float) -> str:
    """A number as people read it."""
    for unit, size in (("MiB", 1024 * 1024), ("KiB", 1024)):
        if value >= 10 * size:
            return f"{value / size:.0f} {unit}"
    return f"{value:.0f}"

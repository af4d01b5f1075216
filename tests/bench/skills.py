"""What installed skills cost: a turn with 970 of them, as a ratio of one with none, and after a pause too.

Two gateways, one with the skills, answer in turns; each round gives a ratio, and the one in the middle counts.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from tests.bench.agent import call, question, served, turn
from tests.bench.measure import Process, Row, model_server

SKILLS: Final = 970
TURNS: Final = 25
ROUNDS: Final = 21
PAUSES: Final = 21
PAUSE_SECONDS: Final = 3.0
"""Longer than the folder of skills is trusted to be as it was."""
LIMIT: Final = 1.05

Answer = Callable[[], Awaitable[None]]


def _install(home: Path) -> None:
    chance = random.Random(3)
    for number in range(SKILLS):
        folder = home / "skills" / f"skill-{number}"
        folder.mkdir(parents=True)
        words = " ".join(f"word{chance.randrange(5000)}" for _ in range(30))
        front = f"---\nname: skill-{number}\ndescription: Use it when somebody speaks of {words}.\n---\n"
        (folder / "SKILL.md").write_text(front + "Do as it says.\n" * 40)


async def _cpu(process: Process, answer: Answer, count: int) -> float:
    before = process.cpu()
    for _ in range(count):
        await answer()
    return process.cpu() - before


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


async def measure() -> list[Row]:
    """Both ratios."""
    chance = random.Random(5)
    async with AsyncExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        sides: list[tuple[Process, Answer]] = []
        for skills in (False, True):
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openclaw-bench-")))
            if skills:
                _install(home)
            process, socket = await stack.enter_async_context(served(home, upstream))
            await call(socket, "file.write", {"path": "notes.txt", "content": "likes coffee, black"})
            found = await call(socket, "skill.list", {})
            assert found["total"] == SKILLS * skills, found["total"]
            asked = iter(range(1_000_000))

            async def answer(socket: object = socket, asked: object = asked) -> None:
                await turn(socket, question(chance), f"turn-{next(asked)}")  # type: ignore[arg-type]

            for _ in range(30):
                await answer()
            sides.append((process, answer))
        (bare, without), (full, with_skills) = sides
        busy: list[float] = []
        for round_ in range(ROUNDS):
            # Who begins changes: what comes first finds another machine than what comes second.
            spent = {}
            for side in (0, 1) if round_ % 2 else (1, 0):
                spent[side] = await _cpu(*sides[side], TURNS)
            busy.append(spent[1] / spent[0])
        alone: list[float] = []
        together: list[float] = []
        for _ in range(PAUSES):
            # A look through the folder may follow each turn, in the background; it is over by the next.
            await asyncio.sleep(PAUSE_SECONDS)
            together.append(await _cpu(full, with_skills, 1))
            alone.append(await _cpu(bare, without, 1))
    return [
        Row(f"a turn with {SKILLS} skills, of one with none", _middle(busy), "x", LIMIT),
        Row("the same after a pause", _middle(together) / _middle(alone), "x", LIMIT),
    ]

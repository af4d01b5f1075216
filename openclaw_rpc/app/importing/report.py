"""What an import did, thing by thing."""

from __future__ import annotations

from typing import Any, Literal, cast

import msgspec

Outcome = Literal["imported", "there already", "left out"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing: its kind and name, what became of it, and more of it or why. Never holds a secret."""

    kind: str
    name: str
    outcome: Outcome
    detail: str = ""


class Report(msgspec.Struct, kw_only=True):
    """All things in the order they were met. With ``dry_run`` nothing was written: ``imported`` would be."""

    home: str
    dry_run: bool
    items: list[Item] = []

    def add(self, kind: str, name: str, outcome: Outcome, detail: str = "") -> None:
        """Note one thing."""
        self.items.append(Item(kind=kind, name=name, outcome=outcome, detail=detail))


def table(value: Any) -> dict[str, Any]:
    """An object of somebody else's JSON; an empty one where it is something else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def rows(value: Any) -> list[Any]:
    """A list of somebody else's JSON; an empty one where it is something else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def text(value: Any) -> str:
    """A text of somebody else's JSON; an empty one where it is something else."""
    return value if isinstance(value, str) else ""

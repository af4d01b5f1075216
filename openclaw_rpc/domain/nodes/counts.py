"""Connections, failed sign-ins and budgets that hold for all nodes together: each tells the others what it counts.

While they can't hear each other, each of them counts for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from openclaw_rpc.domain.budgets import Budgets, Used
from openclaw_rpc.domain.guessing import Guesses, Kind
from openclaw_rpc.domain.nodes.wire import BudgetUse, PlacesTaken, SignInFailure, Wire


class Open(Protocol):
    """What principals have open here."""

    changed: Callable[[str, int], None] | None
    elsewhere: Callable[[str], int]

    @property
    def counts(self) -> dict[str, int]:
        """How many each has."""
        ...


class SharedCounts:
    """What this node counts, among what others count. ``lives`` says of a node whether it does."""

    def __init__(
        self, wire: Wire, places: Open, guesses: Guesses, budgets: Budgets, lives: Callable[[int], bool]
    ) -> None:
        self._wire = wire
        self._places = places
        self._guesses = guesses
        self._budgets = budgets
        self._lives = lives
        self._open: dict[str, dict[str, int]] = {}
        """By node and principal: how many connections."""
        places.changed, places.elsewhere = self._took, self._elsewhere
        guesses.told = self._failed
        budgets.changed = self._spent
        wire.on(PlacesTaken, self._take)
        wire.on(SignInFailure, lambda message: guesses.count(message.address, message.kind))
        wire.on(BudgetUse, self._use)
        wire.on_joined(self._join)
        wire.on_greeted(self._greeted)

    def forget(self, node: str) -> None:
        """A node is gone, and with it all that it had open, and held."""
        self._open.pop(node, None)
        self._budgets.hold_theirs(node, ())

    def _elsewhere(self, key: str) -> int:
        return sum(taken.get(key, 0) for taken in self._open.values()) if self._wire.answers else 0

    def _took(self, key: str, count: int) -> None:
        self._wire.send(None, PlacesTaken(self._wire.node, {key: count}))

    def _take(self, message: PlacesTaken) -> None:
        if not self._lives(int(message.node)):
            return
        taken = self._open.setdefault(message.node, {})
        if message.whole:
            taken.clear()
        for key, count in message.taken.items():
            if count:
                taken[key] = count
            else:
                taken.pop(key, None)

    def _failed(self, address: str, kind: Kind) -> None:
        self._wire.send(None, SignInFailure(self._wire.node, address, kind))

    def _spent(self, used: Used | None) -> None:
        if self._budgets.active:
            spent = [] if used is None else [used]
            self._wire.send(None, BudgetUse(self._wire.node, self._budgets.held, spent))

    def _use(self, message: BudgetUse) -> None:
        if self._lives(int(message.node)):
            self._budgets.hold_theirs(message.node, message.held)
        for who, tokens, cost in message.spent:
            self._budgets.charge(who, tokens, cost)

    def _join(self) -> None:
        self._budgets.read_again()
        self._tell_all(None)

    def _greeted(self, node: str) -> None:
        # What it spent while nobody heard it is in the ledger.
        self._budgets.read_again()
        self._tell_all(node)

    def _tell_all(self, node: str | None) -> None:
        self._wire.send(node, PlacesTaken(self._wire.node, self._places.counts, whole=True))
        self._wire.send(node, BudgetUse(self._wire.node, self._budgets.held))

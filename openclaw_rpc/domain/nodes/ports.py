"""What nodes of one gateway need of the outside to speak to each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class NodeLink(Protocol):
    """Carries messages between the nodes of a gateway, at once or never: what it loses, nobody is told of.

    Whoever sends counts on nothing: what matters is kept in the store, and looked up there.
    """

    @property
    def answers(self) -> bool:
        """Whether it works, as far as is known: this node hears its own messages."""
        ...

    def send(self, node: str | None, message: bytes) -> None:
        """Send a message to a node, or to all others. Does not wait."""
        ...

    def listen(self, hear: Callable[[bytes], None], joined: Callable[[], None]) -> None:
        """Have every message heard that comes for this node; both must not wait.

        ``joined`` is called whenever the link is there again: what was sent before may have been missed.
        """
        ...

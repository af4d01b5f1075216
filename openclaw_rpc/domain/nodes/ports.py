"""What nodes of one gateway need of the outside to speak to each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

from openclaw_rpc.domain.records import RunRecord, SessionRecord


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


class NodeState(msgspec.Struct, kw_only=True, frozen=True):
    """What a node says of itself with each beat. ``started_at`` is ISO 8601 in UTC."""

    version: str
    started_at: str
    status: Literal["ready", "draining"]
    runs_running: int = 0
    runs_queued: int = 0
    connections: int = 0


class NodeSeen(msgspec.Struct, kw_only=True, frozen=True):
    """A node as the store knows it. ``silent``: seconds since its last beat, by the store's own clock.

    One that is not ``living`` was taken for dead, or left, within the last hour. ``letters``: whether others left
    something for it.
    """

    number: int
    name: str
    state: NodeState
    silent: float
    lease: float
    living: bool
    letters: bool

    @property
    def status(self) -> Literal["ready", "draining", "dead"]:
        """How it is, in a word."""
        return self.state.status if self.living else "dead"


class NotMember(Exception):
    """This node is none of the gateway's any more: the others took it for dead."""


class NameTaken(Exception):
    """A node of that name is alive."""


class Claimed(NamedTuple):
    """What came of claiming a session: how it stands, whose it is now, and whether it was another's before."""

    session: SessionRecord
    owner: int
    fresh: bool


class StreamPosition(NamedTuple):
    """How far a session's events are kept; its ``epoch`` began after the number ``began``."""

    epoch: str
    seq: int
    began: int


class NodeStore(Protocol):
    """Which nodes there are, and which of them each session belongs to.

    A node's number is given out once. What it writes by that number is kept only as long as nobody took it for dead.
    Every method may raise ``Unavailable`` where the store is away.
    """

    fenced: Callable[[], None]
    """Called when it is found, at a write, that others took this node for dead."""

    changed: Callable[[str], None]
    """Called when this node changed a document of that kind, which others may have in memory."""

    async def join(self, name: str, lease: float, state: NodeState) -> int:
        """Become a node: its number. Silent for longer than ``lease`` seconds, it is dead.

        Raises:
            NameTaken: a node of that name is alive.
        """
        ...

    async def beat(self, state: NodeState) -> list[NodeSeen]:
        """Say that this node is alive, and see all.

        Raises:
            NotMember: it was taken for dead.
        """
        ...

    async def bury(self, number: int) -> bool:
        """Take a node for dead that has been silent for longer than its lease: nothing that it writes is kept any more.

        Its sessions are nobody's. False where it was not so silent after all, or somebody else did it.
        """
        ...

    async def adopt(self) -> list[str]:
        """Make the sessions this node's that have a run which nobody is at; the ids of all its own with open runs."""
        ...

    async def leave(self) -> None:
        """Be a node no more; done by itself when the store is closed, after the last write."""
        ...

    async def claim(self, session_id: str) -> Claimed | None:
        """Make a session this node's where it is nobody's; None where there is no such session."""
        ...

    async def unfinished(self, session_id: str) -> list[RunRecord]:
        """The runs of a session that have not ended, the oldest first."""
        ...

    async def active(self, session_ids: Sequence[str]) -> dict[str, str]:
        """Of sessions that have runs which have not ended, the id of the oldest of them."""
        ...

    async def post(self, node: int, message: bytes) -> None:
        """Leave a message for another node, which collects it by itself."""
        ...

    async def letters(self) -> list[bytes]:
        """Take the messages that were left for this node, the oldest first."""
        ...

    async def positions(self, session_ids: Sequence[str]) -> dict[str, StreamPosition]:
        """How far the events of sessions are kept; those that are gone are missing."""
        ...

"""What the nodes of a gateway tell each other: typed messages over a link, each taken by whoever knows its kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from openclaw_rpc.domain.budgets import Who
from openclaw_rpc.domain.guessing import Kind
from openclaw_rpc.domain.nodes.ports import NodeLink
from openclaw_rpc.protocol.base import Rate


class RelayedEvent(msgspec.Struct, frozen=True, array_like=True):
    """An event on its way to another node; ``data`` is its row's struct."""

    name: str
    data: msgspec.Raw
    user: str
    session_id: str
    run_id: str | None
    epoch: str
    seq: int


class RelayedEvents(msgspec.Struct, frozen=True, tag="events"):
    """Events that somebody on the other node may want to hear, in the order in which they were told."""

    node: str
    told: list[RelayedEvent]


class Interests(msgspec.Struct, frozen=True, tag="wants"):
    """What somebody on a node listens to beyond its own sessions; ``whole``: this, and nothing else."""

    node: str
    more: Sequence[tuple[str, str]] = ()
    less: Sequence[tuple[str, str]] = ()
    whole: bool = False


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """A node can be reached (again), and does not know what the others told."""

    node: str


class Changed(msgspec.Struct, frozen=True, tag="changed"):
    """A node changed documents of a kind: who has them in memory reads them again."""

    node: str
    kind: str


class LimitUse(msgspec.Struct, frozen=True, tag="drawn"):
    """Calls that a node let in: whose, of which kind, and how many."""

    node: str
    told: list[tuple[str, Rate, int]]


class SignInFailure(msgspec.Struct, frozen=True, tag="guess"):
    """A sign-in that failed at a node."""

    node: str
    address: str
    kind: Kind


class PlacesTaken(msgspec.Struct, frozen=True, tag="places"):
    """How many connections a node has open of each principal; ``whole``: of no others any."""

    node: str
    taken: dict[str, int]
    whole: bool = False


class BudgetUse(msgspec.Struct, frozen=True, tag="spent"):
    """What a node has just spent, and all that it holds for requests under way: (who, tokens, cost)."""

    node: str
    held: list[tuple[Who, int, float]]
    spent: list[tuple[Who, int, float]] = []


class CallRequest(msgspec.Struct, frozen=True, tag="ask"):
    """Something that another node is to do, once, however often it is asked under that ``id``."""

    node: str
    id: str
    what: str
    body: bytes
    letter: bool = False
    """Whether it was left in the store, since the link was away: so is the answer."""


class CallTaken(msgspec.Struct, frozen=True, tag="taken"):
    """What was asked is being done."""

    id: str


class CallAnswer(msgspec.Struct, frozen=True, tag="answer"):
    """What came of it: the result, or an error by the name of its class."""

    id: str
    body: bytes = b""
    kind: str | None = None
    message: str = ""
    details: dict[str, Any] = {}


Counts = LimitUse | SignInFailure | PlacesTaken | BudgetUse
Message = RelayedEvents | Interests | Hello | Changed | Counts | CallRequest | CallTaken | CallAnswer
M = TypeVar("M")

_DECODER = msgspec.msgpack.Decoder(Message)


class Wire:
    """The messages of a link. Nothing here waits."""

    def __init__(self, link: NodeLink, node: str) -> None:
        self.node = node
        self._link = link
        self._handlers: dict[type, Callable[[Any], None]] = {}
        self._joined: list[Callable[[], None]] = []
        self._greeted: list[Callable[[str], None]] = []
        self.post: Callable[[str, bytes], None] = _nobody
        """Leaves a message for a node in the store: what must arrive while the link is away."""
        link.listen(self.hear, self._when_joined)

    @property
    def answers(self) -> bool:
        """Whether the link works, as far as is known."""
        return self._link.answers

    def on(self, kind: type[M], handler: Callable[[M], None]) -> None:
        """Have the messages of a kind taken."""
        self._handlers[kind] = handler

    def on_joined(self, handler: Callable[[], None]) -> None:
        """Have it done whenever the link is there again."""
        self._joined.append(handler)

    def on_greeted(self, handler: Callable[[str], None]) -> None:
        """Have it done for each node that does not know what this one told before."""
        self._greeted.append(handler)
        self.on(Hello, self._when_greeted)

    def _when_greeted(self, message: Hello) -> None:
        for handler in self._greeted:
            handler(message.node)

    def send(self, node: str | None, message: Message) -> None:
        """Send a message to a node, or to all others."""
        self._link.send(node, msgspec.msgpack.encode(message))

    def deliver(self, node: str, message: CallRequest | CallTaken | CallAnswer, *, letter: bool = False) -> None:
        """Send a message to a node, by the store where the link is away, or as a ``letter``."""
        if self._link.answers and not letter:
            self.send(node, message)
        else:
            if isinstance(message, CallRequest):
                message = msgspec.structs.replace(message, letter=True)
            self.post(node, msgspec.msgpack.encode(message))

    def hear(self, raw: bytes) -> None:
        """Take a message that came for this node."""
        message: Message = _DECODER.decode(raw)
        handler = self._handlers.get(type(message))
        # What is for all comes back to whoever sent it.
        if handler is not None and getattr(message, "node", None) != self.node:
            handler(message)

    def _when_joined(self) -> None:
        for handler in self._joined:
            handler()


def _nobody(_node: str, _message: bytes) -> None:
    """There is no store."""

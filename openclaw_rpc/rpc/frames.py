"""What the kernel asks of a dialect: frames read into calls and plans, and how answers and events are written.

A plan is a generator without I/O. It yields the calls of the table that it needs and is sent their results; what it
returns is the answer. `rpc.connection` drives those of sockets, `transports.http.rest` those of requests.
"""

from collections.abc import Generator, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from msgspec import Raw

from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.protocol.method import Method

Id = Any
"""What an answer is recognised by: the client's own id, or what the dialect remembers a request by."""


class Ask(NamedTuple):
    """A call that a plan needs. Where ``run_id`` is given, a client that goes away meanwhile aborts that run.

    ``trusted`` on a socket: it belongs to what was allowed already, and needs no scope of its own.
    """

    method: Method[Any, Any]
    params: msgspec.Struct
    run_id: str | None = None
    trusted: bool = False


class Answer(NamedTuple):
    """An answer that a socket's plan gives before it goes on; what its calls caused begins, and is told, from then on.

    ``rest``: how many seconds later that is, for a client that is not ready for it at once.
    """

    value: Any
    rest: float = 0.0


SocketPlan = Generator[Ask | Answer, Any, Any]


class Request(msgspec.Struct, frozen=True, gc=False):
    """A call of one row, as it came: ``notify`` where nobody waits for an answer."""

    method: str
    params: Raw
    id: Id
    notify: bool


class Planned(msgspec.Struct, frozen=True):
    """What a frame asks for where it is more than a call of one row. ``method`` is the dialect's name for it.

    The first call of the plan is counted against the limits, none where ``counted`` is false.
    """

    method: str
    plan: SocketPlan
    id: Id = None
    notify: bool = False
    counted: bool = True


class Refused(msgspec.Struct, frozen=True):
    """A piece of a frame that can't be done, and what its sender is told."""

    error: GatewayError
    id: Id


class Frame(msgspec.Struct, frozen=True):
    """What a frame holds; it may be nothing. A batch, of requests alone, is answered by a batch."""

    calls: Sequence[Request | Planned | Refused]
    batch: bool = False


class SpelledEvent(NamedTuple):
    """An event as a dialect spells it: data that becomes JSON (a text is taken as it is), and a name.

    ``place``, letters, digits and ``.-_``, goes into the id of a server-sent event (WHATWG HTML, 9.2), for a spelling
    that must know more than an event's number to go on behind it. Of several for one event of the table, the last
    stands behind that event, those before it behind the event before.
    """

    data: Any
    event: str | None = None
    place: str = ""


class Spelling(Protocol):
    """What a dialect calls the events of the table. One of a single connection may remember what it told."""

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        """An event of the table, as the dialect has it: none where it has no such thing, or several."""
        ...


class Framing(Protocol):
    """How what was spelled is written to a connection.

    Frames that were written for one connection serve all others of the same ``kind``; where that is empty, what is
    written depends on what was written before, and is for one connection alone.
    """

    @property
    def bounded(self) -> bool:
        """Whether events and pages of lists are cut to what common clients take (`domain.sizes.LARGEST`)."""
        ...

    @property
    def kind(self) -> str:
        """The name of this way to write, or nothing."""
        ...

    def frames(self, told: Iterable[SpelledEvent], epoch: str = "", seq: int = 0) -> Sequence[bytes]:
        """The frames of one event, with its place in its session's stream where it has one."""
        ...


class Dialect(Spelling, Framing, Protocol):
    """What is spoken over one connection; made for it, so that it may remember what was said."""

    def read(self, data: bytes) -> Frame:
        """What a frame asks for. What is wrong with it is part of the answer, never raised."""
        ...

    def answer(self, call: Request | Planned, value: Any) -> bytes:
        """The answer to a call; an empty one is not sent."""
        ...

    def refuse(self, call_id: Id, error: GatewayError) -> bytes:
        """The answer to a call that failed."""
        ...

    def batch(self, answers: Sequence[bytes]) -> bytes:
        """The answers to a batch."""
        ...

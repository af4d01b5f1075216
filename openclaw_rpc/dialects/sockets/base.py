"""What a dialect of sockets is made of beside what the kernel asks of it: who may speak it, and the way in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.protocol.event import ConnectedEvent
from openclaw_rpc.rpc.frames import Dialect


class OpeningRequest(NamedTuple):
    """What the opening request of a socket tells. ``credential``: it holds one, right or wrong.

    ``open``: authentication is switched off, and everybody is let in.
    """

    path: str
    subprotocols: Sequence[str]
    credential: bool
    origin: str | None
    user_agent: str | None
    open: bool = False


class Device(NamedTuple):
    """A device that proved to hold its key: ``id`` is of the key, the others are what it says of itself."""

    id: str
    name: str | None = None
    platform: str | None = None
    client: str | None = None


class Proof(NamedTuple):
    """Who a client says it is, in its first frame: a token, a password, or nothing.

    ``either``: each of the two may be a token or the password.
    """

    token: str | None = None
    password: str | None = None
    either: bool = False
    device: Device | None = None


class Welcome(NamedTuple):
    """What a client may be told first; ``uptime`` and ``heartbeat_seconds`` in s.

    ``device_token``: what its device may show in place of its token next time.
    """

    greeting: ConnectedEvent
    max_message_bytes: int
    outbox_bytes: int
    heartbeat_seconds: float
    uptime: float
    device_token: str | None = None


class Bounds(NamedTuple):
    """What a socket may send: bytes of a frame before and after it is known whose it is; None is the gateway's own.

    ``seconds``: how long its client may take to say who it is.
    """

    first_bytes: int | None = None
    bytes: int | None = None
    seconds: float | None = None


class SocketDialect(Dialect, Protocol):
    """What one socket speaks, from its opening request on; made for it where it remembers something."""

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the handshake agrees to (RFC 6455, 1.9)."""
        ...

    @property
    def late(self) -> bool:
        """Whether a client without a credential in its opening request is let in, to say who it is in a frame."""
        ...

    @property
    def first_frame(self) -> bool:
        """Whether its first frame alone says who a client is, whatever the opening request holds."""
        ...

    @property
    def guards(self) -> bool:
        """Whether it refuses by itself what a client did not ask to be allowed, so that its calls may do all that the
        client's token allows.
        """
        ...

    @property
    def bounds(self) -> Bounds:
        """What the socket may send."""
        ...

    @property
    def close_codes(self) -> Mapping[int, int]:
        """The dialect's own close codes, by the gateway's."""
        ...

    def open(self) -> Sequence[bytes]:
        """What the gateway says before it knows who is there."""
        ...

    def proof(self, data: bytes) -> Proof:
        """Who the first frame of a late client says it is.

        Raises:
            GatewayError: it does not say so.
        """
        ...

    def turn_away(self, error: GatewayError) -> Sequence[bytes]:
        """What a late client is told that is not let in."""
        ...

    def grant(self, scopes: frozenset[Scope]) -> frozenset[Scope]:
        """Which of the scopes that the client's token has are given to this connection."""
        ...

    def greet(self, welcome: Welcome) -> Sequence[bytes]:
        """What a client is told first once it is known."""
        ...


Choose = Callable[[OpeningRequest], SocketDialect | None]
"""The dialect of a socket with such an opening request, where it is this one that it speaks."""


def choose(head: OpeningRequest, dialects: Sequence[Choose]) -> SocketDialect | None:
    """What a socket speaks: the first dialect that claims it; None where there is none at that path."""
    for claim in dialects:
        if (dialect := claim(head)) is not None:
            return dialect
    return None

"""One call on its way: who calls, through which connection, and what happens once it is answered."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from openclaw_rpc.domain.events.published import EventListener, Published
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.protocol.method import Event
from openclaw_rpc.rpc.subscriptions import Subscriptions

_log = logging.getLogger(__name__)


class Peer(EventListener, Protocol):
    """A connection that can follow streams: what handlers may do with the other side of a socket."""

    subscriptions: Subscriptions
    """What it follows."""

    def push(self, event: Published) -> None:
        """Send an event that was told before."""
        ...

    def send(self, row: Event[Any], data: Any) -> None:
        """Send an event that belongs to this connection alone."""
        ...


class Carrier(Protocol):
    """Where a relayed answer goes as bytes: the body of an HTTP answer."""

    async def write(self, data: bytes) -> None:
        """Write whole server-sent events; waits while the client is behind."""
        ...


class Attempt(NamedTuple):
    """What tells a request from others, and whether its client says that it sends it again."""

    digest: bytes
    again: bool


class Call:
    """What a handler is given beside its params."""

    __slots__ = ("_after", "_answered", "attempt", "carrier", "peer", "pin", "principal", "request_id")

    def __init__(
        self,
        principal: Principal,
        peer: Peer | None = None,
        *,
        request_id: str = "",
        pin: str | None = None,
        carrier: Carrier | None = None,
        attempt: Attempt | None = None,
    ) -> None:
        self.principal = principal
        self.peer = peer
        self.carrier = carrier
        self.attempt = attempt
        self.request_id = request_id
        self.pin = pin
        self._after: list[Callable[[], None]] = []
        self._answered = False

    def after_answer(self, action: Callable[[], None]) -> None:
        """Do something once the answer is on its way, or can't be sent any more.

        The answer to a call precedes every event that the call causes; what causes events waits here. Where the
        caller went away before the call was carried out, nothing is waited for.
        """
        if self._answered:
            action()
        else:
            self._after.append(action)

    def answered(self) -> None:
        """Do what waited for the answer; what fails of it is logged. Whoever dispatched the call calls this once."""
        self._answered = True
        if self._after:
            actions, self._after = self._after, []
            for action in actions:
                try:
                    action()
                except Exception:
                    # The others must not wait for ever: a run among them would keep its session.
                    _log.exception("what waited for an answer failed, of request %s", self.request_id)

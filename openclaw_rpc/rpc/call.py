"""One call on its way: who calls, through which connection, and what happens once it is answered."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from openclaw_rpc.domain.auth import Principal
from openclaw_rpc.domain.published import Listener, Published
from openclaw_rpc.domain.streams import Stream
from openclaw_rpc.protocol.base import Topic


class Peer(Listener, Protocol):
    """A connection that can follow streams: what handlers may do with the other side of a socket."""

    def follow(self, stream: Stream, run_id: str | None) -> None:
        """Hear all events of a stream from now on, or of one run of it."""
        ...

    def unfollow(self, session_id: str, run_id: str | None) -> bool:
        """Hear them no longer; whether they were heard."""
        ...

    def follow_topics(self, topics: Sequence[Topic], user: str | None) -> None:
        """Hear topics: of one user, or of everybody's where ``user`` is None."""
        ...

    def unfollow_topics(self, topics: Sequence[Topic]) -> int:
        """Hear topics no longer; how many were heard."""
        ...

    def unfollow_all(self) -> int:
        """Hear nothing any more; how many subscriptions there were."""
        ...

    def push(self, event: Published) -> None:
        """Send an event that was told before."""
        ...

    def send(self, event: str, data: Any) -> None:
        """Send an event that belongs to this connection alone."""
        ...


class Call:
    """What a handler is given beside its params."""

    __slots__ = ("_after", "peer", "pin", "principal", "request_id")

    def __init__(
        self, principal: Principal, peer: Peer | None = None, *, request_id: str = "", pin: str | None = None
    ) -> None:
        self.principal = principal
        self.peer = peer
        self.request_id = request_id
        self.pin = pin
        self._after: list[Callable[[], None]] | None = None

    def after_answer(self, action: Callable[[], None]) -> None:
        """Do something once the answer is on its way, or can't be sent any more.

        The answer to a call precedes every event that the call causes; what causes events waits here.
        """
        if self._after is None:
            self._after = []
        self._after.append(action)

    def answered(self) -> None:
        """Do what waited for the answer. Whoever dispatched the call calls this exactly once."""
        if self._after is not None:
            for action in self._after:
                action()
            self._after = None

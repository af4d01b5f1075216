"""Where all that happens is told, and whoever wants to know of it hears it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from openclaw_rpc.domain.events.published import EventListener, Published
from openclaw_rpc.protocol.base import Topic
from openclaw_rpc.protocol.method import Event

Unsubscribe = Callable[[], None]


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events: all that is given must fit. ``names`` are rows' names; an event of no user is everybody's."""

    session_id: str | None = None
    run_id: str | None = None
    topic: Topic | None = None
    names: frozenset[str] = frozenset()
    user: str | None = None

    def fits(self, event: Published) -> bool:
        """Whether an event is one of these."""
        return (
            (self.session_id is None or event.session_id == self.session_id)
            and (self.run_id is None or event.run_id == self.run_id)
            and (self.topic is None or event.row.topic is self.topic)
            and (not self.names or event.row.name in self.names)
            and (self.user is None or not event.user or event.user == self.user)
        )


EVERYTHING = Filter()


class Bus(Protocol):
    """Tells events to those who subscribed, each of them once, in the order in which they are published.

    A listener whose subscriptions overlap hears an event once. One that fails is logged, and keeps no other from
    hearing. What is published before a subscription begins, or after it ended, is not heard.
    """

    def publish(self, event: Published) -> None:
        """Tell an event. Does not wait."""
        ...

    def subscribe(self, which: Filter, listener: EventListener) -> Unsubscribe:
        """Have a listener hear events; what is answered ends that, and does nothing when called again."""
        ...

    def wanted(self, row: Event[Any], session_id: str = "") -> bool:
        """Whether anybody may hear such an event now: where not, it need not be made."""
        ...

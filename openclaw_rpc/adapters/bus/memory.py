"""The bus within one process."""

from __future__ import annotations

from typing import Any

from openclaw_rpc.domain.events.bus import EVERYTHING, Filter, Unsubscribe
from openclaw_rpc.domain.events.published import EventListener, Published
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.log import log_line
from openclaw_rpc.protocol.method import Event

Key = tuple[str, str]
"""What a filter is looked up by: a kind of condition, and its value."""
_Filters = tuple[Filter, ...]
"""What of a listener's subscriptions their key does not say; ``EVERYTHING`` stands first."""
_ALL: Key = ("all", "")


class MemoryBus:
    """Listeners by what they ask for, so that an event costs one loop over those that hear it."""

    def __init__(self, log: Log | None = None) -> None:
        self._log = log
        self._listeners: dict[Key, dict[EventListener, _Filters]] = {}

    def publish(self, event: Published) -> None:
        """See :class:`~openclaw_rpc.domain.events.bus.Bus`."""
        groups = self._groups(event.row, event.session_id)
        if len(groups) == 1:
            for listener, filters in tuple(groups[0].items()):
                if filters[0] is EVERYTHING or _fit(filters, event):
                    self._tell(listener, event)
        elif groups:
            heard: set[EventListener] = set()
            for listener, filters in [pair for group in groups for pair in group.items()]:
                if listener not in heard and (filters[0] is EVERYTHING or _fit(filters, event)):
                    heard.add(listener)
                    self._tell(listener, event)

    def subscribe(self, which: Filter, listener: EventListener) -> Unsubscribe:
        """See :class:`~openclaw_rpc.domain.events.bus.Bus`."""
        keys = keys_of(which)
        # What a key says already need not be asked of each event.
        rest = EVERYTHING if which in (Filter(session_id=which.session_id), Filter(names=which.names)) else which
        for key in keys:
            group = self._listeners.setdefault(key, {})
            group[listener] = tuple(sorted((*group.get(listener, ()), rest), key=lambda one: one is not EVERYTHING))

        def unsubscribe() -> None:
            while keys:
                self._remove(keys.pop(), rest, listener)

        return unsubscribe

    def wanted(self, row: Event[Any], session_id: str = "") -> bool:
        """See :class:`~openclaw_rpc.domain.events.bus.Bus`."""
        return bool(self._groups(row, session_id))

    def followed(self, session_id: str) -> bool:
        """Whether anybody listens to just that session."""
        return ("session", session_id) in self._listeners

    def _remove(self, key: Key, which: Filter, listener: EventListener) -> None:
        group = self._listeners[key]
        filters = list(group[listener])
        filters.remove(which)
        if filters:
            group[listener] = tuple(filters)
            return
        del group[listener]
        if not group:
            del self._listeners[key]

    def _groups(self, row: Event[Any], session_id: str) -> list[dict[EventListener, _Filters]]:
        listeners = self._listeners
        return [group for key in keys_for(row, session_id) if (group := listeners.get(key))]

    def _tell(self, listener: EventListener, event: Published) -> None:
        try:
            listener.hear(event)
        except Exception:
            # Of a log line's listener no line is logged: it would fail at that one as well, for ever.
            if self._log is not None and event.row is not log_line:
                self._log.error("an event could not be heard", event_name=event.row.name, exc_info=True)


def _fit(filters: _Filters, event: Published) -> bool:
    return any(which.fits(event) for which in filters)


def keys_for(row: Event[Any], session_id: str) -> list[Key]:
    """By what those who hear such an event may be looked up."""
    keys = [("name", row.name), _ALL]
    if session_id:
        keys.append(("session", session_id))
    if row.topic is not None:
        keys.append(("topic", row.topic))
    return keys


def keys_of(which: Filter) -> list[Key]:
    """Where a filter is looked up: by the first of its conditions that leaves few events."""
    if which.session_id is not None:
        return [("session", which.session_id)]
    if which.names:
        return [("name", name) for name in sorted(which.names)]
    if which.topic is not None:
        return [("topic", which.topic)]
    return [_ALL]

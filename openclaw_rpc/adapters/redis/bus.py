"""The bus of several nodes: what one of them tells, whoever wants it hears on all of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from openclaw_rpc.adapters.bus.memory import Key, MemoryBus, keys_for, keys_of
from openclaw_rpc.domain.events.bus import Bus, Filter, Unsubscribe
from openclaw_rpc.domain.events.published import EventListener, Published
from openclaw_rpc.domain.nodes.wire import Hello, Interests, RelayedEvent, RelayedEvents, Wire
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.method import Event

TOGETHER_SECONDS: Final = 0.02
"""How far apart events are sent to other nodes: those in between wait for each other."""


class RedisBus:
    """A bus whose listeners hear what is told on this node; ``everywhere`` has them hear the other nodes, too.

    What is told here goes to the nodes that said they want it, and costs nothing where none does. ``arrived`` takes
    what others tell; ``ours`` says of a session that only this node tells its events.
    """

    def __init__(self, local: MemoryBus, wire: Wire, rows: Mapping[str, Event[Any]], log: Log | None = None) -> None:
        self.remote = MemoryBus(log)
        """Where those listen who hear other nodes, too."""
        self.everywhere: Bus = _Everywhere(self)
        self.arrived: Callable[[Published], None] = self.remote.publish
        self.ours: Callable[[str], bool] = _no
        self.held: Callable[[], bool] = _never
        """Whether nothing may be told just now; it is told by `release`."""
        self._late: list[Published] = []
        self.local = local
        self._wire = wire
        self._rows = rows
        self._wanted: dict[Key, set[str]] = {}
        """By what is wanted, the other nodes that want it."""
        self._wants: Counter[Key] = Counter()
        """What is wanted here, and by how many."""
        self._outgoing: dict[str, list[RelayedEvent]] = {}
        self._sent = float("-inf")
        wire.on(RelayedEvents, self.hear)
        wire.on(Interests, self._learn)
        wire.on_greeted(self._tell_wants)
        wire.on_joined(self._join)

    def publish(self, event: Published) -> None:
        """See :class:`~openclaw_rpc.domain.events.bus.Bus`."""
        if not event.seq and (self._late or self.held()):
            # What has a number is held by its stream.
            self._late.append(event)
            return
        self.local.publish(event)
        if self._wanted:
            self._forward(event)

    def release(self) -> None:
        """Tell what was held."""
        late, self._late = self._late, []
        for event in late:
            self.publish(event)

    def subscribe(self, which: Filter, listener: EventListener) -> Unsubscribe:
        """Have a listener hear this node's events."""
        return self.local.subscribe(which, listener)

    def wanted(self, row: Event[Any], session_id: str = "") -> bool:
        """See :class:`~openclaw_rpc.domain.events.bus.Bus`."""
        return self.local.wanted(row, session_id) or bool(self._takers(row, session_id))

    def forget(self, node: str) -> None:
        """A node is gone: nothing is sent to it any more."""
        for key in [key for key, nodes in self._wanted.items() if node in nodes]:
            self._unlearn(node, key)

    # ---- what is told here ----

    def _takers(self, row: Event[Any], session_id: str) -> set[str]:
        takers: set[str] = set()
        for key in keys_for(row, session_id):
            takers |= self._wanted.get(key, set())
        return takers

    def _forward(self, event: Published) -> None:
        nodes = self._takers(event.row, event.session_id)
        if not nodes:
            return
        told = RelayedEvent(
            event.row.name,
            msgspec.Raw(msgspec.msgpack.encode(event.data)),
            event.user,
            event.session_id,
            event.run_id,
            event.epoch,
            event.seq,
        )
        if not self._outgoing:
            # The first at once; what is told soon after it goes out together, since a message costs more than an event.
            loop = asyncio.get_running_loop()
            loop.call_at(max(loop.time(), self._sent + TOGETHER_SECONDS), self._flush)
        for node in nodes:
            self._outgoing.setdefault(node, []).append(told)

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, {}
        self._sent = asyncio.get_running_loop().time()
        for node, told in outgoing.items():
            self._wire.send(node, RelayedEvents(self._wire.node, told))

    # ---- what others tell, and want ----

    def hear(self, message: RelayedEvents) -> None:
        """Take what another node tells."""
        for told in message.told:
            row = self._rows.get(told.name)
            if row is not None:  # a node of another version may know more
                data = _decoder(row.data).decode(told.data)
                self.arrived(Published(row, data, told.user, told.session_id, told.run_id, told.epoch, told.seq))

    def _learn(self, message: Interests) -> None:
        if message.whole:
            self.forget(message.node)
        for key in message.more:
            self._wanted.setdefault(key, set()).add(message.node)
        for key in message.less:
            self._unlearn(message.node, key)

    def _unlearn(self, node: str, key: Key) -> None:
        nodes = self._wanted.get(key)
        if nodes is not None:
            nodes.discard(node)
            if not nodes:
                del self._wanted[key]

    def _join(self) -> None:
        self._wire.send(None, Hello(self._wire.node))
        self._tell_wants(None)

    def _tell_wants(self, node: str | None) -> None:
        self._wire.send(node, Interests(self._wire.node, more=tuple(self._wants), whole=True))

    def want(self, keys: Sequence[Key]) -> Unsubscribe:
        """Be sent what is looked up by these keys, until what is answered is called; all but our own sessions."""
        mine = [key for key in keys if key[0] != "session" or not self.ours(key[1])]
        new = [key for key in mine if self._wants[key] == 0]
        self._wants.update(mine)
        if new:
            self._wire.send(None, Interests(self._wire.node, more=new))

        def unwant() -> None:
            dropped: list[Key] = []
            while mine:
                key = mine.pop()
                self._wants[key] -= 1
                if not self._wants[key]:
                    del self._wants[key]
                    dropped.append(key)
            if dropped:
                self._wire.send(None, Interests(self._wire.node, less=dropped))

        return unwant


class _Everywhere:
    """The same bus for those who hear all nodes."""

    def __init__(self, bus: RedisBus) -> None:
        self._bus = bus

    def publish(self, event: Published) -> None:
        self._bus.publish(event)

    def subscribe(self, which: Filter, listener: EventListener) -> Unsubscribe:
        bus = self._bus
        ends = (
            bus.local.subscribe(which, listener),
            bus.remote.subscribe(which, listener),
            bus.want(keys_of(which)),
        )

        def unsubscribe() -> None:
            for end in ends:
                end()

        return unsubscribe

    def wanted(self, row: Event[Any], session_id: str = "") -> bool:
        return self._bus.wanted(row, session_id) or self._bus.remote.wanted(row, session_id)


@cache
def _decoder(data: type[Any]) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(data)


def _no(_session_id: str) -> bool:
    return False


def _never() -> bool:
    return False

"""Sessions of other nodes that somebody here follows: each of their events once, in order, whatever gets lost.

Other nodes send what they tell; the numbers say what is missing, and the store has it. So a lost message, a pause of
the link and a node that died are one case.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import anyio

from openclaw_rpc.domain.events.bus import Unsubscribe
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.events.replay import Replayer
from openclaw_rpc.domain.events.stream import Stream
from openclaw_rpc.domain.events.streams import PAGE, Streams
from openclaw_rpc.domain.nodes.ports import NodeStore, StreamPosition
from openclaw_rpc.domain.ports import Log, Store
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.protocol.errors import GatewayError

LOOK_SECONDS: Final = 1.0
"""How often it is asked how far the sessions are kept that somebody here follows."""
BEHIND_SECONDS: Final = 0.1
"""The same, of one of which something is missing."""
IDLE_SECONDS: Final = 5.0
"""How long a session is followed that nobody here listens to any more."""
REACH_SECONDS: Final = 2.0
"""How long an event is waited for that somebody has heard elsewhere: its node keeps it within half a second."""
MOST_WAITING: Final = 10_000
"""How many events may wait for one that is missing; the store has them as well."""


class Hearers(Protocol):
    """Those on this node who hear other nodes' events."""

    def publish(self, event: Published) -> None:
        """Tell them an event."""
        ...

    def followed(self, session_id: str) -> bool:
        """Whether one of them listens to just that session."""
        ...


class _Mirror:
    def __init__(self, stream: Stream, unwant: Unsubscribe) -> None:
        self.stream = stream
        self.unwant = unwant
        self.waiting: deque[Published] = deque()
        """Events that came before one that is missing."""
        self.needed = anyio.current_time()


class Mirrors:
    """``want`` has other nodes send a session's events."""

    def __init__(
        self,
        store: Store,
        nodes: NodeStore,
        streams: Streams,
        replayer: Replayer,
        hearers: Hearers,
        want: Callable[[Sequence[tuple[str, str]]], Unsubscribe],
        log: Log,
    ) -> None:
        self._store = store
        self._nodes = nodes
        self._streams = streams
        self._replayer = replayer
        self._hearers = hearers
        self._want = want
        self._log = log
        self._mirrors: dict[str, _Mirror] = {}
        self._wake = anyio.Event()

    def watch(self, session: SessionRecord) -> Stream:
        """The stream of another node's session, which is followed from now on for as long as somebody listens."""
        mirror = self._mirrors.get(session.id)
        if mirror is None:
            unwant = self._want([("session", session.id)])
            self._streams.drop(session.id)
            stream = self._streams.of(session)
            stream.holders += 1
            mirror = self._mirrors[session.id] = _Mirror(stream, unwant)
            self._wake.set()
        mirror.needed = anyio.current_time()
        return mirror.stream

    async def reached(self, session: SessionRecord, after: int) -> Stream:
        """As `watch`, once the stream is where the store is, and as far as a number that somebody has heard of."""
        stream = self.watch(session)
        await self._look([session.id])
        with anyio.move_on_after(REACH_SECONDS):
            while (mirror := self._mirrors.get(session.id)) is not None and mirror.stream.seq < after:
                await anyio.sleep(BEHIND_SECONDS / 2)
                await self._look([session.id])
        return stream

    def arrived(self, event: Published) -> None:
        """Take what another node told."""
        mirror = self._mirrors.get(event.session_id)
        if mirror is None or not event.seq:
            self._hearers.publish(event)
            return
        stream = mirror.stream
        if event.epoch == stream.epoch and event.seq <= stream.seq:
            return
        if event.epoch == stream.epoch and event.seq == stream.seq + 1 and not mirror.waiting:
            self._tell(stream, event)
            return
        if len(mirror.waiting) == MOST_WAITING:
            mirror.waiting.clear()
        mirror.waiting.append(event)
        self._wake.set()

    def _tell(self, stream: Stream, event: Published) -> None:
        stream.mirror(event)
        self._hearers.publish(event)

    async def finish(self, session_id: str) -> None:
        """A session is ours from now on: what others told of it is told to its end here, and followed no longer."""
        mirror = self._mirrors.get(session_id)
        if mirror is not None:
            position = (await self._nodes.positions([session_id])).get(session_id)
            if position is not None:
                await self._heal(mirror, position)
            self._end(session_id)

    def _end(self, session_id: str) -> None:
        mirror = self._mirrors.pop(session_id, None)
        if mirror is not None:
            mirror.unwant()
            mirror.stream.holders -= 1
            self._streams.drop(session_id)

    async def serve(self) -> None:
        """Find what is missing, until cancelled."""
        looked = 0.0
        while True:
            behind = any(mirror.waiting for mirror in self._mirrors.values())
            with anyio.move_on_after(BEHIND_SECONDS if behind else LOOK_SECONDS):
                await self._wake.wait()
            self._wake = anyio.Event()
            now = anyio.current_time()
            everything = now - looked >= LOOK_SECONDS
            if everything:
                looked = now
                self._forget_idle(now)
            chosen = [each for each, mirror in self._mirrors.items() if everything or mirror.waiting]
            if chosen:
                try:
                    await self._look(chosen)
                except GatewayError as error:
                    self._log.warning("other nodes' events can't be looked up", error=error.message)
                    await anyio.sleep(BEHIND_SECONDS)
            if behind:
                # What is missing is kept by its node within half a second: asking all the time would not help.
                await anyio.sleep(BEHIND_SECONDS / 2)

    def _forget_idle(self, now: float) -> None:
        for session_id, mirror in list(self._mirrors.items()):
            if self._hearers.followed(session_id):
                mirror.needed = now
            elif now - mirror.needed > IDLE_SECONDS:
                self._end(session_id)

    async def _look(self, session_ids: Sequence[str]) -> None:
        positions = await self._nodes.positions(session_ids)
        for session_id in session_ids:
            mirror, position = self._mirrors.get(session_id), positions.get(session_id)
            if mirror is None:
                continue
            if position is None:
                self._end(session_id)
            else:
                await self._heal(mirror, position)

    async def _heal(self, mirror: _Mirror, position: StreamPosition) -> None:
        """Tell what the store has and was not heard, then what waited for it."""
        stream = mirror.stream
        if position.epoch != stream.epoch:
            stream.restart(position.epoch)
            stream.seq = position.began
        while stream.seq < position.seq:
            records = await self._store.events(stream.session_id, stream.seq, PAGE)
            if stream.epoch != position.epoch:
                return
            for record in records:
                for event in self._replayer.again(record, stream.user, stream.epoch, stream.seq, position.seq):
                    if event.seq > stream.seq:
                        event.kept = True
                        self._tell(stream, event)
            # What is neither there nor comes any more is not waited for.
            stream.seq = max(stream.seq, min(records[-1].seq, position.seq) if records else position.seq)
        stream.trim(position.seq)
        waiting, mirror.waiting = mirror.waiting, deque()
        for event in waiting:
            # Those of another epoch are older than what the store said just now.
            if event.epoch == stream.epoch:
                self.arrived(event)

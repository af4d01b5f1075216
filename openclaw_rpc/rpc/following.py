"""How a peer comes to hear a stream: with the answer first, then what it missed, then what comes."""

from collections.abc import Awaitable, Callable

from openclaw_rpc.domain.events.bus import Bus, Filter
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.events.stream import Stream
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.protocol.event import Position, Subscribed
from openclaw_rpc.rpc.call import Call, Peer


def peer_of(call: Call) -> Peer:
    """The connection that a call came through.

    Raises:
        InvalidRequest: it came through none that can be sent events.
    """
    if call.peer is None:
        raise InvalidRequest("events can be followed only over a WebSocket or an event stream", reason="no_stream")
    return call.peer


class Gathering:
    """Hears a stream in place of a peer whose answer is still on its way, but for what the peer hears already."""

    def __init__(self, peer: Peer) -> None:
        self.events: list[Published] = []
        self._peer = peer

    def hear(self, event: Published) -> None:
        """Take an event."""
        if not self._peer.subscriptions.fit(event):
            self.events.append(event)


class Following:
    """Subscribes peers to streams. ``stream_of`` finds them where not all sessions are this process's."""

    def __init__(
        self,
        store: Store,
        streams: Streams,
        bus: Bus,
        stream_of: Callable[[SessionRecord, int], Awaitable[Stream]] | None = None,
    ) -> None:
        self._stream_of = stream_of
        self._store = store
        self._streams = streams
        self._bus = bus

    async def follow(
        self, call: Call, session: SessionRecord, run_id: str | None, after: Position | None, *, again: bool = True
    ) -> Subscribed:
        """Let the caller hear a session, or one run of it, from a position on.

        ``again`` is false where a peer that hears it already is not to be told again what it missed.
        """
        peer = peer_of(call)
        if self._stream_of is None:
            stream = self._streams.of(session)
        else:
            stream = await self._stream_of(session, 0 if after is None else after.seq)
        # Keeps the stream in memory while its history is read.
        stream.holders += 1
        try:
            missed = await self._streams.since(stream, after.epoch, after.seq) if after is not None else []
        finally:
            stream.holders -= 1
        gathering = Gathering(peer)
        unsubscribe = self._bus.subscribe(Filter(session_id=session.id, run_id=run_id), gathering)

        def begin() -> None:
            unsubscribe()
            fresh = peer.subscriptions.follow(session.id, run_id)
            for event in [*(missed if missed and (fresh or again) else ()), *gathering.events]:
                if run_id is None or event.run_id == run_id:
                    peer.push(event)

        call.after_answer(begin)
        return Subscribed(epoch=stream.epoch, seq=stream.head, resync=missed is None)

    async def session_of(self, run: RunRecord) -> SessionRecord:
        """The session of a run that may have ended.

        Raises:
            NotFound: it was deleted.
        """
        session = await self._store.find_session(run.user, run.session_key)
        if session is None or session.id != run.session_id:
            raise NotFound(f"there is no run {run.id!r}", field="runId")
        return session

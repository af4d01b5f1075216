"""How a run comes in: its message is on disk, in a session that was there or is new."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from openclaw_rpc.domain.events.change import Beside, Change
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.kept import Unsure
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.domain.runs.drafts import Draft, Drafts, asked_for, refuse_beyond
from openclaw_rpc.domain.runs.elsewhere import Elsewhere
from openclaw_rpc.domain.runs.lanes import Lanes
from openclaw_rpc.domain.runs.live import LiveRun
from openclaw_rpc.domain.runs.order import Order
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.protocol.chat import ChatRunParams
from openclaw_rpc.protocol.errors import BudgetExceeded, KeyReused, NotFound, SessionExists

SESSIONS_KNOWN: Final = 4096
"""Of how many sessions it is remembered that they are there."""


class Admission:
    """Lets runs in. Whether a session is new is decided here alone.

    A message to a session that nobody wrote to lately is taken as the first of a new one, without asking the store:
    mostly it is, and where not, the store says so in the write that would have made the session.
    """

    def __init__(
        self,
        store: Store,
        streams: Streams,
        sessions: Sessions,
        drafts: Drafts,
        lanes: Lanes,
        afford: Callable[[LiveRun], Awaitable[None]],
        unsure: Callable[[Draft, Awaitable[RunRecord | None]], None],
    ) -> None:
        self.elsewhere: Elsewhere | None = None
        """The other processes, where there are some."""
        self._store = store
        self._streams = streams
        self._sessions = sessions
        self._drafts = drafts
        self._lanes = lanes
        self._afford = afford
        self._unsure = unsure
        self._order = Order()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def admit(
        self, principal: Principal, params: ChatRunParams, pin: str | None, beside: Beside | None
    ) -> Draft | RunRecord:
        """Let a run in, or answer the one that its idempotency key stands for.

        Raises:
            HeldElsewhere: the session is another node's.
            AlreadyClaimed: what is kept beside it claims something that was taken before.
            NotFound: no such agent. Conflict: the session is busy. KeyReused: the key belongs to other params.
            Unavailable: too many runs wait, or the gateway is stopping. Forbidden: the token is for other sessions, or
            for less than the params ask for. BudgetExceeded: it can't be afforded.
        """
        refuse_beyond(principal, params)
        self._lanes.refuse_when_full()
        if params.session_key is None:
            return await self._keep(await self._drafts.draw_up(principal, params, pin, None), beside)
        # In the order they came, whatever has to be looked up for each.
        place = principal.user, params.session_key
        await self._order.enter(place)
        try:
            session = await self._find(principal, params.session_key) if place in self._known else None
            draft = await self._drafts.draw_up(principal, params, pin, session)
            try:
                admitted = await self._keep(draft, beside)
            except SessionExists:
                # It was there, though not known to be, or another call made it meanwhile.
                self._streams.drop(draft.live.session.id)
                session = await self._find(principal, params.session_key)
                admitted = await self._keep(await self._drafts.draw_up(principal, params, pin, session), beside)
            self._know(place)
            return admitted
        finally:
            self._order.leave(place)

    async def _find(self, principal: Principal, key: str) -> SessionRecord | None:
        try:
            session = await self._sessions.find(principal, key)
            return session if self.elsewhere is None else await self.elsewhere.take(session)
        except NotFound:
            return None

    def _know(self, place: tuple[str, str]) -> None:
        self._known[place] = None
        self._known.move_to_end(place)
        if len(self._known) > SESSIONS_KNOWN:
            self._known.popitem(last=False)

    async def _keep(self, draft: Draft, beside: Beside | None) -> Draft | RunRecord:
        """Take a place in the session's lane, then put the run on disk."""
        live, lanes = draft.live, self._lanes
        try:
            await self._afford(live)
        except BudgetExceeded:
            # What was let in before is answered, whatever is left by now.
            record, key = live.record, live.record.idempotency_key
            earlier = await self._store.find_repeated(record.user, key, record.created_at) if key is not None else None
            if earlier is None:
                raise
            return _same(earlier, live.record)
        lanes.refuse_when_full(live)
        lanes.enter(live)
        try:
            if lanes.settings.on_crash == "retry" or (self.elsewhere is not None and lanes.waits(live)):
                live.record.asked = asked_for(live.principal, live.params)
            change = Change(session=live.session, run=live.record, messages=draft.messages)
            if beside is not None:
                live.record.reply = beside.reply
                change.claims, change.documents = beside.claims, beside.documents
            kept = await self._store.admit(change, of_anybody=draft.of_anybody)
        except Unsure as error:
            # It keeps its place: it may be on disk, and then it has to come to its end.
            self._unsure(draft, error.outcome)
            raise
        except BaseException:
            lanes.leave(live)
            raise
        if kept.id == live.record.id:
            if self.elsewhere is not None:
                self.elsewhere.made(live.session.id)
            return draft
        lanes.leave(live)
        return _same(kept, live.record)


def _same(kept: RunRecord, asked: RunRecord) -> RunRecord:
    """The run that an idempotency key stands for, where it was asked for with the same params."""
    if kept.fingerprint != asked.fingerprint:
        raise KeyReused("the idempotency key was used with other params", field="idempotencyKey", reason="reused")
    return kept

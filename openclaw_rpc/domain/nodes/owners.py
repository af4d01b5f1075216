"""Whose each session is: of all nodes one numbers its events and does its runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import anyio

from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.nodes.membership import Membership
from openclaw_rpc.domain.nodes.mirrors import Mirrors
from openclaw_rpc.domain.nodes.ports import Claimed, NodeStore
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.domain.runs.elsewhere import HeldElsewhere
from openclaw_rpc.domain.runs.order import Order
from openclaw_rpc.protocol.errors import GatewayError, NotFound

TOGETHER: Final = 64
"""How many sessions of a dead node are settled side by side: what each waits for is the disk."""
MOST_KNOWN: Final = 100_000
"""Of how many sessions it is remembered that they are ours; the store knows of the others."""


class Owners:
    """A session that is nobody's is of the node that is asked for it first, until that node is gone.

    ``recover`` settles the runs of a session that its node left behind; ``unsettled`` is called where that broke off:
    it has to be adopted once more.
    """

    def __init__(
        self,
        store: NodeStore,
        membership: Membership,
        streams: Streams,
        mirrors: Mirrors,
        recover: Callable[[SessionRecord, Sequence[RunRecord]], Awaitable[None]],
        is_live: Callable[[str], bool],
        unsettled: Callable[[], None],
    ) -> None:
        self._store = store
        self._membership = membership
        self._streams = streams
        self._mirrors = mirrors
        self._recover = recover
        self._is_live = is_live
        self._unsettled = unsettled
        self._order = Order()
        self._mine: OrderedDict[str, None] = OrderedDict()

    def ours(self, session_id: str) -> bool:
        """Whether a session is known to be this node's."""
        return session_id in self._mine

    def made(self, session_id: str) -> None:
        """This node made a session, which so is its own."""
        self._mine[session_id] = None
        self._mine.move_to_end(session_id)
        if len(self._mine) > MOST_KNOWN:
            self._mine.popitem(last=False)

    async def active(self, session_ids: Sequence[str]) -> dict[str, str]:
        """Which sessions of other nodes have a run that has not ended: its id.

        Raises:
            Unavailable: the store is away.
        """
        theirs = [session_id for session_id in session_ids if session_id not in self._mine]
        return await self._store.active(theirs) if theirs and self._membership.others else {}

    async def take(self, session: SessionRecord) -> SessionRecord:
        """Make a session ours, if it is nobody's: how it stands now.

        Raises:
            HeldElsewhere: it is another node's. NotFound: it was deleted.
        """
        if session.id in self._mine:
            self._mine.move_to_end(session.id)
            return session
        return await self._take(session.id, session.key)

    async def _take(self, session_id: str, key: str) -> SessionRecord:
        await self._order.enter(session_id)
        try:
            claimed = await self._store.claim(session_id)
            if claimed is None:
                raise NotFound(f"there is no session {key!r}", field="sessionKey")
            if claimed.owner != self._membership.number:
                raise HeldElsewhere(claimed.owner, claimed.session)
            return await self._settle(claimed)
        finally:
            self._order.leave(session_id)

    async def _settle(self, claimed: Claimed) -> SessionRecord:
        """Come to know a session that is ours by now, and do what its last node left undone."""
        session_id = claimed.session.id
        try:
            left = [run for run in await self._store.unfinished(session_id) if not self._is_live(run.id)]
            # What is known of it may be from a time when others told its events.
            await self._mirrors.finish(session_id)
            if claimed.fresh or left:
                self._streams.drop(session_id)
            if left:
                await self._recover(claimed.session, left)
                claimed = await self._store.claim(session_id) or claimed
        except (GatewayError, anyio.get_cancelled_exc_class()):
            # Whoever asked may not come again, and those runs have nobody else.
            self._unsettled()
            raise
        self.made(session_id)
        return claimed.session

    async def adopt(self) -> None:
        """Take over the sessions that have runs which nobody is at, and end those.

        Raises:
            Unavailable: the store is away.
        """
        failed: list[Exception] = []
        places = anyio.Semaphore(TOGETHER)

        async def take(session_id: str) -> None:
            async with places:
                try:
                    await self._take(session_id, session_id)
                except NotFound:
                    pass
                except Exception as error:
                    failed.append(error)  # no reason for the others to wait

        async with anyio.create_task_group() as group:
            for session_id in await self._store.adopt():
                if session_id not in self._mine:
                    group.start_soon(take, session_id)
        if failed:
            raise failed[0]

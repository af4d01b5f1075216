"""Responses that are under way at another node of the gateway: what is asked of them is asked there."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from openclaw_rpc.domain.nodes.calls import NodeCalls, NodeGone
from openclaw_rpc.domain.responses.ports import ResponseStore
from openclaw_rpc.services.responses import Responses

WAIT_SECONDS: Final = 0.4
"""How long a node waits for further events before it answers that there are none."""
EVENTS: Final = "response.events"


class _Ask(msgspec.Struct, frozen=True):
    response_id: str
    after: int


class _Events(msgspec.Struct, frozen=True):
    written: bytes
    live: bool


class RemoteResponses:
    """The port :class:`~openclaw_rpc.services.responses.ResponsesElsewhere`. ``own`` is this node's number."""

    def __init__(self, store: ResponseStore, calls: NodeCalls, own: int) -> None:
        self._store = store
        self._calls = calls
        self._own = own

    def serve(self, responses: Responses) -> None:
        """Tell other nodes the events of these, and find theirs."""
        responses.elsewhere = self

        async def events(body: bytes) -> bytes:
            asked = msgspec.msgpack.decode(body, type=_Ask)
            live = responses.live(asked.response_id)
            written = b"" if live is None else await live.some(asked.after, WAIT_SECONDS)
            return msgspec.msgpack.encode(_Events(written, live is not None))

        self._calls.does(EVENTS, events)

    async def holder(self, response_id: str) -> int | None:
        """See the port."""
        node = await self._store.holder(response_id)
        return None if node == self._own else node

    async def events(self, response_id: str, after: int) -> AsyncGenerator[bytes]:
        """See the port."""
        node = await self.holder(response_id)
        while node is not None:
            try:
                answer = await self._calls.ask(node, EVENTS, msgspec.msgpack.encode(_Ask(response_id, after)))
            except NodeGone:
                return
            found = msgspec.msgpack.decode(answer, type=_Events)
            if found.written:
                yield found.written
                after += found.written.count(b"\n\n")
            elif not found.live:
                return

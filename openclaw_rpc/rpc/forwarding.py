"""Calls about a session that another node has: they are carried out there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from openclaw_rpc.domain.nodes.calls import NodeCalls, NodeGone
from openclaw_rpc.domain.nodes.membership import Membership
from openclaw_rpc.domain.nodes.remote import RemoteRuns
from openclaw_rpc.domain.principals import Caller
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tools.approvals import Approvals
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.method import Method
from openclaw_rpc.protocol.response import ResponseBody
from openclaw_rpc.rpc.bind import AnyBound
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.dispatcher import NOT_ELSEWHERE, Dispatcher

AT_ITS_NODE: Final = frozenset(
    {
        *("session.get", "session.delete", "session.reset", "session.fork", "session.compact"),
        *("chat.history", "chat.inject"),
    }
)
"""What needs all that a session's node knows of it. Runs find their way by themselves."""
OF_RESPONSES: Final = frozenset({"response.get", "response.cancel", "response.delete", "response.items"})
"""What is asked of the node at which a response is under way."""
DECISIONS: Final = frozenset({"tool.approve", "tool.deny"})
"""What is decided by the node whose run waits for it."""
OF_THE_LEADER: Final = frozenset(
    {f"channel.{verb}" for verb in ("list", "status", "enable", "disable", "install", "remove")}
)
"""What is asked of the node that runs the channels."""
MEMORISED: Final = frozenset({"task", "webhook", "device"})
"""Namespaces whose documents, of a kind of that name, every node has in memory."""
ONCE: Final = frozenset({"chat.inject", "session.fork", "session.compact"})
"""What must not be asked of another node where one that died may have done it."""


class _Forwarded(msgspec.Struct, frozen=True):
    caller: Caller
    method: str
    params: msgspec.Raw
    pin: str | None
    request_id: str


class Forwarding:
    """Hands calls to the node that has their session, and answers those that others hand on.

    ``look_again`` reads documents of a kind anew, ``holder`` finds the other node that has a response.
    """

    def __init__(
        self,
        remote: RemoteRuns,
        sessions: Sessions,
        approvals: Approvals,
        asking: NodeCalls,
        look_again: Callable[[str], Awaitable[None]],
        holder: Callable[[str], Awaitable[int | None]],
        membership: Membership,
    ) -> None:
        self._membership = membership
        self._holder = holder
        self._look_again = look_again
        self._approvals = approvals
        self._remote = remote
        self._sessions = sessions
        self._asking = asking

    def serve(self, dispatcher: Dispatcher) -> None:
        """Have the calls of a dispatcher handed on, and those of other nodes carried out by it."""
        dispatcher.forwarding = self

        async def do(body: bytes) -> bytes:
            asked = msgspec.msgpack.decode(body, type=_Forwarded)
            bound = dispatcher.row(asked.method)
            call = Call(asked.caller.principal(), pin=asked.pin, request_id=asked.request_id)
            params = msgspec.msgpack.decode(asked.params, type=bound.method.params)
            try:
                # Guarded where it came in.
                outcome = dispatcher.handle(bound, params, call)
                # As JSON: what is written already is a part of it as it is.
                return msgspec.json.encode(await outcome if bound.is_async else outcome)
            finally:
                call.answered()

        self._asking.does("call", do)

    async def answer(self, bound: AnyBound, params: Any, call: Call) -> Any:
        """See :class:`~openclaw_rpc.rpc.dispatcher.Forwarder`."""
        method = bound.method
        if method.namespace in MEMORISED:
            # What another node has just acknowledged counts here, too.
            await self._look_again(method.namespace)
            return NOT_ELSEWHERE
        if method.name in OF_THE_LEADER:
            node = self._membership.leader
            return await self._at(None if node == self._membership.number else node, method, params, call)
        if method.name in OF_RESPONSES:
            return await self._at(await self._holder(params.response_id), method, params, call)
        if method.name in DECISIONS:
            info = await self._approvals.elsewhere(call.principal, params.approval_id)
            key = None if info is None else info.session_key
        else:
            key = params.session_key if method.name in AT_ITS_NODE else None
        session = None if key is None else await self._session(call, key)
        if session is None:
            return NOT_ELSEWHERE
        answer = await self._remote.reach(
            session, "call", _body(method.name, params, call), again=method.name not in ONCE
        )
        return NOT_ELSEWHERE if answer is None else msgspec.json.decode(answer, type=method.result)

    async def _at(self, node: int | None, method: Method[Any, Any], params: Any, call: Call) -> Any:
        if node is None:
            return NOT_ELSEWHERE
        try:
            answer = await self._asking.ask(node, "call", _body(method.name, params, call))
        except NodeGone:
            # What is kept, and known here, is what there is.
            return NOT_ELSEWHERE
        if method.result is not ResponseBody:
            return msgspec.json.decode(answer, type=method.result)
        # msgspec reads no Raw that may be missing.
        return ResponseBody(**msgspec.json.decode(answer, type=dict[str, msgspec.Raw]))

    async def _session(self, call: Call, key: str) -> SessionRecord | None:
        try:
            return await self._sessions.find(call.principal, key)
        except NotFound:
            return None


def _body(method: str, params: Any, call: Call) -> bytes:
    """A call as it goes to another node."""
    raw = msgspec.Raw(msgspec.msgpack.encode(params))
    return msgspec.msgpack.encode(_Forwarded(Caller.of(call.principal), method, raw, call.pin, call.request_id))

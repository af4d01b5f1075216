"""What is done with a session is done by the node that has it: here it is asked for, there it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import msgspec

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.events.change import Beside
from openclaw_rpc.domain.nodes.calls import NodeCalls
from openclaw_rpc.domain.nodes.mirrors import Mirrors
from openclaw_rpc.domain.nodes.owners import Owners
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.principals import Caller, Principal
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.domain.runs.elsewhere import HeldElsewhere
from openclaw_rpc.protocol.chat import ChatRunParams, RunAborted, RunAccepted, RunState
from openclaw_rpc.protocol.errors import Unavailable

if TYPE_CHECKING:
    from openclaw_rpc.domain.runs.service import Runs

T = TypeVar("T")

REACH_SECONDS: Final = 10.0
"""How long a session is waited for whose node died, until another has it."""
PAUSE_SECONDS: Final = 0.25
STOPPING: Final = "stopping"
GONE: Final = frozenset({"node", STOPPING})
"""Why a node refuses what its session's next one can do."""


class _Start(msgspec.Struct, frozen=True):
    caller: Caller
    params: ChatRunParams
    pin: str | None
    beside: Beside | None


class _OfRun(msgspec.Struct, frozen=True):
    caller: Caller
    run_id: str
    timeout_ms: int | None = None


class RemoteRuns:
    """The port :class:`~openclaw_rpc.domain.runs.elsewhere.Elsewhere`."""

    def __init__(self, store: Store, owners: Owners, mirrors: Mirrors, asking: NodeCalls) -> None:
        self._store = store
        self._owners = owners
        self._mirrors = mirrors
        self._asking = asking
        self._runs: Runs | None = None

    def serve(self, runs: Runs) -> None:
        """Do what other nodes ask for with these runs."""
        self._runs = runs
        self._asking.does("start", self._do_start)
        self._asking.does("abort", self._do_abort)
        self._asking.does("wait", self._do_wait)

    async def take(self, session: SessionRecord) -> SessionRecord:
        """See the port."""
        return await self._owners.take(session)

    def made(self, session_id: str) -> None:
        """See the port."""
        self._owners.made(session_id)

    async def reach(self, session: SessionRecord, what: str, body: bytes, *, again: bool = True) -> bytes | None:
        """Have something done by the node that has a session; None where that is this one.

        ``again``: what a node that died may have done already may be asked of its successor.

        Raises:
            NodeGone: the node can't be reached. GatewayError: it failed there.
        """
        deadline = anyio.current_time() + REACH_SECONDS
        while True:
            try:
                await self._owners.take(session)
            except HeldElsewhere as there:
                try:
                    return await self._asking.ask(there.node, what, body)
                except Unavailable as error:
                    gone = error.reason in GONE and (again or error.reason == STOPPING)
                    if not gone or anyio.current_time() > deadline:
                        raise
                    await anyio.sleep(PAUSE_SECONDS)
            else:
                return None

    async def start(
        self,
        session: SessionRecord,
        principal: Principal,
        params: ChatRunParams,
        pin: str | None,
        beside: Beside | None,
    ) -> tuple[RunAccepted, Callable[[], None]]:
        """See the port. Under a key of its own, so that it is one run whatever becomes of the node."""
        if params.idempotency_key is None:
            params = msgspec.structs.replace(params, idempotency_key=new_id("asked"))
        self._mirrors.watch(session)
        body = msgspec.msgpack.encode(_Start(Caller.of(principal), params, pin, beside))
        answer = await self.reach(session, "start", body)
        if answer is None:
            return await self._own.start(principal, params, pin, beside=beside)
        return msgspec.msgpack.decode(answer, type=RunAccepted), _nothing

    async def abort(self, principal: Principal, run: RunRecord) -> RunAborted | None:
        """See the port."""
        return await self._of_run("abort", principal, run, None, RunAborted)

    async def wait(self, principal: Principal, run: RunRecord, timeout_ms: int | None) -> RunState | None:
        """See the port."""
        return await self._of_run("wait", principal, run, timeout_ms, RunState)

    async def _of_run(
        self, what: str, principal: Principal, run: RunRecord, timeout_ms: int | None, result: type[T]
    ) -> T | None:
        session = await self._store.find_session(run.user, run.session_key)
        if session is None or session.id != run.session_id:
            return None
        body = msgspec.msgpack.encode(_OfRun(Caller.of(principal), run.id, timeout_ms))
        answer = await self.reach(session, what, body)
        return None if answer is None else msgspec.msgpack.decode(answer, type=result)

    @property
    def _own(self) -> Runs:
        assert self._runs is not None  # noqa: S101 - joined where the gateway is assembled
        return self._runs

    async def _do_start(self, body: bytes) -> bytes:
        asked = msgspec.msgpack.decode(body, type=_Start)
        accepted, release = await self._own.start(
            asked.caller.principal(), asked.params, asked.pin, beside=asked.beside
        )
        release()
        return msgspec.msgpack.encode(accepted)

    async def _do_abort(self, body: bytes) -> bytes:
        asked = msgspec.msgpack.decode(body, type=_OfRun)
        return _encoded(await self._own.abort(asked.caller.principal(), asked.run_id))

    async def _do_wait(self, body: bytes) -> bytes:
        asked = msgspec.msgpack.decode(body, type=_OfRun)
        return _encoded(await self._own.wait(asked.caller.principal(), asked.run_id, asked.timeout_ms))


def _encoded(result: Any) -> bytes:
    return msgspec.msgpack.encode(result)


def _nothing() -> None:
    """The other node let it begin."""

"""Which session a run belongs to, found out here where no door makes the calls that its plan needs."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from openclaw_rpc.dialects.rest import Ask
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.sessions import Later, Sessions
from openclaw_rpc.protocol import session
from openclaw_rpc.protocol.errors import GatewayError

T = TypeVar("T")


class Placing:
    """Makes the calls about sessions that plans yield (see `dialects.openai.conversations`)."""

    def __init__(self, sessions: Sessions, runs: Runs) -> None:
        self._sessions = sessions
        self._runs = runs

    async def drive(self, principal: Principal, plan: Generator[Ask, Any, T]) -> T:
        """Make a plan's calls, and answer what it comes to. What they cause is told at the end.

        Raises:
            GatewayError: a call failed, and the plan made nothing of it.
        """
        caused: list[Callable[[], None]] = []
        try:
            ask = next(plan)
            while True:
                try:
                    result = await self._call(principal, ask, caused.append)
                except GatewayError as error:
                    ask = plan.throw(error)
                else:
                    ask = plan.send(result)
        except StopIteration as end:
            return end.value
        finally:
            for tell in caused:
                tell()

    async def _call(self, principal: Principal, ask: Ask, later: Later) -> Any:
        params: Any = ask.params
        if ask.method is session.get:
            return await self._sessions.detail(principal, params.session_key, params.limit, self._runs.live)
        if ask.method is session.list_:
            return await self._sessions.list(principal, params, self._runs.live)
        if ask.method is session.fork:
            return await self._sessions.fork(principal, params, later)
        if ask.method is session.reset:
            return await self._sessions.reset(principal, params.session_key, self._runs.stop_session, later)
        raise AssertionError(f"a plan of sessions asks for {ask.method.name}")

"""Whatever runs beside the requests: started by name, watched, and started again when it fails."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self

import anyio
from anyio.abc import TaskGroup

from openclaw_rpc.domain.backoff import backoff
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.errors import GatewayError, Unavailable
from openclaw_rpc.protocol.system import ChoreState, ChoreStatus

Work = Callable[[], Awaitable[None]]
"""Runs until it is cancelled, or until it has nothing more to do."""

FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 60.0
"""Seconds before a chore that failed is started again: the first time, and at the most. A chore that worked for
the longest delay begins anew with the first one."""


class Chores:
    """The gateway's background work. No exception of a chore reaches the rest of the gateway.

    An exception is logged with its traceback and counted; the chore is then started again, ever later. What is away
    is not the chore's fault: then it is tried again as soon as the first time.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._chores: dict[str, _Chore] = {}
        self._group: TaskGroup = anyio.create_task_group()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._group.cancel_scope.cancel()
        return await self._group.__aexit__(kind, error, trace)

    def start(self, name: str, work: Work) -> None:
        """Start a chore, and keep it going until the gateway stops.

        Raises:
            ValueError: one of that name is at work.
        """
        known = self._chores.get(name)
        if known is not None and known.state != "done":
            raise ValueError(f"there is a chore called {name!r} already")
        chore = self._chores[name] = known or _Chore()
        self._group.start_soon(self._keep, name, chore, work)

    @property
    def names(self) -> frozenset[str]:
        """Every chore that was started."""
        return frozenset(self._chores)

    def failures(self) -> dict[str, int]:
        """How often each one failed since the gateway started."""
        return {name: chore.failures for name, chore in self._chores.items()}

    def status(self) -> dict[str, ChoreStatus]:
        """How each one is."""
        return {
            name: ChoreStatus(state=chore.state, failures=chore.failures, error=chore.error)
            for name, chore in sorted(self._chores.items())
        }

    async def _keep(self, name: str, chore: _Chore, work: Work) -> None:
        delays = backoff(FIRST_DELAY, LONGEST_DELAY)
        while True:
            chore.state, began = "running", time.monotonic()
            try:
                await work()
            except Exception as error:
                chore.failures += 1
                chore.error = error.message if isinstance(error, GatewayError) else type(error).__name__
                chore.state = "waiting"
                if time.monotonic() - began > LONGEST_DELAY or isinstance(error, Unavailable):
                    delays = backoff(FIRST_DELAY, LONGEST_DELAY)
                delay = next(delays)
                self._log.error(
                    "a chore failed",
                    chore=name,
                    failures=chore.failures,
                    again_in=delay,
                    error=repr(error),
                    exc_info=True,
                )
                await anyio.sleep(delay)
            else:
                chore.state = "done"
                return


class _Chore:
    """``error``: what it failed with the last time."""

    def __init__(self) -> None:
        self.state: ChoreState = "running"
        self.failures = 0
        self.error: str | None = None

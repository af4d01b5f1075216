"""Turns with an agent, one after the other in a session."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Protocol

from openclaw import OpenClawError
from openclaw_rpc.cli.connecting import spoken, whole
from openclaw_rpc.protocol import tool

if TYPE_CHECKING:
    from openclaw import AsyncOpenClawClient, AsyncRun, Event
    from openclaw_rpc.cli.target import GatewayTarget

ENDED_WELL = {"stop": 0, "length": 0, "aborted": 130}


class View(Protocol):
    """Who shows what happens."""

    def begin(self) -> None:
        """Something was asked; from now on it is waited for."""
        ...

    def show(self, event: Event) -> None:
        """Show one event of a run, in its turn."""
        ...

    def note(self, text: str) -> None:
        """Something by the way, on a line of its own."""
        ...

    def end(self) -> None:
        """It is waited for no more."""
        ...


class ApprovalHandler(Protocol):
    """Who sees to the calls that wait for a human."""

    def ask(self, info: dict[str, Any]) -> None:
        """A call waits."""
        ...

    def decided(self, data: dict[str, Any]) -> None:
        """A call waits no more."""
        ...


class ChatTurns:
    """A session's turns. ``params`` are those of `chat.run` that stay the same from turn to turn."""

    def __init__(
        self,
        target: GatewayTarget,
        client: AsyncOpenClawClient,
        view: View,
        approvals: ApprovalHandler,
        params: dict[str, Any],
    ) -> None:
        self._target = target
        self.client = client
        self.view = view
        self.approvals = approvals
        self.params = params
        self._run: AsyncRun | None = None
        self._stopping = False
        self.busy = False

    @property
    def session_key(self) -> str | None:
        """The session; there is none before the first turn where nobody named one."""
        return self.params.get("sessionKey")

    async def ask(self, text: str, attachments: Sequence[dict[str, Any]] = ()) -> int:
        """One turn, shown as it comes. Returns 0, 1 where it ended in an error, 130 where it was stopped.

        Raises:
            CliError: the gateway refused, or can't be reached any more.
        """
        asked: dict[str, Any] = {"sessionKey": f"cli-{token_hex(6)}", **self.params, "message": text}
        if attachments:
            asked["attachments"] = list(attachments)
        self.busy, self._stopping = True, False
        self.view.begin()
        try:
            with spoken(self._target, self.client):
                self._run = self.client.run(asked, None)
                self.params["sessionKey"] = (await self._run.started())["sessionKey"]
                return await self._follow(self._run)
        finally:
            self.busy = False
            self.view.end()

    async def _follow(self, run: AsyncRun) -> int:
        reason = None
        async for event in whole(run):
            self.view.show(event)
            if event.type == tool.tool_approval.name:
                self.approvals.ask(event.data)
            elif event.type == tool.tool_decided.name:
                self.approvals.decided(event.data)
            reason = event.data.get("finishReason")
        return ENDED_WELL.get(str(reason), 1)

    @property
    def stopping(self) -> bool:
        """Whether the run was told to stop and has not ended yet."""
        return self.busy and self._stopping

    def stop(self) -> bool:
        """Tell the run to stop; False where it has not begun, and can't be told."""
        run = self._run
        if not self.busy or run is None or run.run_id is None:
            return False
        self._stopping = True
        self.client.connection.spawn(self._abort(run.run_id))
        return True

    async def _abort(self, run_id: str) -> None:
        with suppress(OpenClawError):  # the run has ended, or its end comes after the reconnection
            await self.client.chat.abort(run_id=run_id)

"""Methods that do what a dangerous tool does: the same policies, the same PIN, the same audit log."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.tools.audit import Actor, Auditor
from openclaw_rpc.domain.tools.pin import PinGuard
from openclaw_rpc.domain.tools.policy import Policies
from openclaw_rpc.protocol.errors import Forbidden


class DirectGuard:
    """Stands around the handler of a method, for instance `command.execute`, that is a tool under another name."""

    def __init__(self, policies: Policies, pins: PinGuard, auditor: Auditor) -> None:
        self._policies = policies
        self._pins = pins
        self._auditor = auditor

    @asynccontextmanager
    async def around(
        self, principal: Principal, tool: str, params: msgspec.Struct, pin: str | None, *, dangerous: bool
    ) -> AsyncGenerator[None]:
        """Let a call pass that may act as ``tool``, and write down what it does where it is dangerous.

        Raises:
            Forbidden: a policy denies the tool (``denied_by_policy``), or the PIN stops it, as `PinGuard.require` says.
            Unavailable: it could not be recorded; it must not act.
        """
        actor, plain = Actor.of_principal(principal), _plain(params)
        if self._policies.decide(tool, dangerous=dangerous).policy == "deny":
            await self._auditor.note("denied", actor, tool, plain, reason="policy")
            raise Forbidden(f"a policy denies {tool}", reason="denied_by_policy")
        await self._pins.require(principal, tool, pin)
        if not dangerous:
            yield
            return
        async with self._auditor.act(actor, tool, plain):
            yield


def _plain(params: msgspec.Struct) -> Any:
    return {name: value for name, value in msgspec.to_builtins(params).items() if name != "pin"}

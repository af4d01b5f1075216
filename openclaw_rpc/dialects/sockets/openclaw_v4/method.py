"""A row of version 4: what a method takes, and the plan that answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from openclaw_rpc.dialects.sockets.openclaw_v4.connect import ClientInfo
from openclaw_rpc.dialects.sockets.openclaw_v4.events import Events
from openclaw_rpc.dialects.sockets.openclaw_v4.names import READ
from openclaw_rpc.rpc.frames import SocketPlan


class OpenClawPeer(Protocol):
    """What a plan knows of the connection that asks."""

    events: Events
    keys: dict[str, str]
    """Keys of the table, by the whole keys that the client used."""
    followed: set[str]
    """Sessions of the table that this connection hears."""
    past: dict[str, str]
    """Runs that this connection began, by the client's names."""
    client: ClientInfo | None
    conn_id: str
    began: float


class Open(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Params; fields that are not known are passed over, since newer clients send more."""


class Row(msgspec.Struct, frozen=True):
    """A method, and the scope that a client must have asked for; what its token allows, the rows behind it say.

    What a screen asks for when it opens is not ``counted`` against a token's calls a minute.
    """

    params: type[Any]
    plan: Callable[[OpenClawPeer, Any], SocketPlan]
    scope: str = READ
    counted: bool = False


SENT: Any = object()
"""What a plan returns whose answer was sent before."""


def fixed(answer: Callable[[], Any], scope: str = READ) -> Row:
    """A method of something that this gateway has none of: an empty answer of the right shape."""

    def plan(peer: OpenClawPeer, params: Open) -> SocketPlan:
        return answer()
        yield  # a plan is a generator, even one that needs no call

    return Row(Open, plan, scope)

"""`system.*` and `rpc.*`: the join of the gateway's own rows and what it knows of itself."""

from collections.abc import Callable, Mapping
from typing import Any

from openclaw_rpc import __version__
from openclaw_rpc.protocol import system
from openclaw_rpc.protocol.base import Empty, JsonObject
from openclaw_rpc.protocol.method import Method
from openclaw_rpc.protocol.system import MethodInfo, MethodList, SystemStatus
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class SystemMethods:
    """Describes the gateway."""

    def __init__(self, status: Callable[[], SystemStatus], table: Mapping[str, Method[Any, Any]], url: str) -> None:
        self._status = status
        self._table = table
        self._url = url
        self._document: JsonObject | None = None

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(system.status, self.status),
            bind(system.methods, self.methods),
            bind(system.discover, self.discover),
        )

    def status(self, params: Empty, call: Call) -> SystemStatus:
        """The state of the gateway."""
        return self._status()

    def methods(self, params: Empty, call: Call) -> MethodList:
        """All rows."""
        return MethodList(methods=[_info(row) for row in self._table.values()])

    def discover(self, params: Empty, call: Call) -> JsonObject:
        """The OpenRPC document; built when it is first asked for."""
        if self._document is None:
            from openclaw_rpc.dialects.openrpc import openrpc

            self._document = openrpc(tuple(self._table.values()), __version__, url=self._url)
        return self._document


def _info(row: Method[Any, Any]) -> MethodInfo:
    return MethodInfo(
        name=row.name,
        doc=row.doc,
        scope=row.scope.value,
        rate=row.rate.value,
        emits=[event.name for event in row.emits],
        errors=[error.code for error in row.errors],
    )

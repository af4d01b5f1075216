"""The join of a row and its handler, typed: a handler that does not fit its row does not type-check."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from openclaw_rpc.protocol.method import Method
from openclaw_rpc.rpc.call import Call

P = TypeVar("P", bound=msgspec.Struct)
R = TypeVar("R")


class Bound(Generic[P, R]):
    """A row with its handler, and the decoder of its params, built once: at the first call.

    ``shielded``: once begun it is carried out, even if the caller goes away meanwhile.
    """

    def __init__(
        self, method: Method[P, R], handler: Callable[[P, Call], R | Awaitable[R]], *, shielded: bool = False
    ) -> None:
        self.method = method
        self.handler = handler
        self.shielded = shielded
        self.is_async = inspect.iscoroutinefunction(handler)

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[P]:
        """Decodes its params."""
        return msgspec.json.Decoder(self.method.params)


AnyBound = Bound[Any, Any]


class Namespace(Protocol):
    """The handlers of one namespace: a class a file in `methods/`."""

    def bound(self) -> tuple[AnyBound, ...]:
        """Its rows, each with its handler."""
        ...


def bind(
    method: Method[P, R], handler: Callable[[P, Call], R | Awaitable[R]], *, shielded: bool = False
) -> Bound[P, R]:
    """Join a row and the function that answers it. A plain function is called in place, a coroutine as a task.

    With ``shielded`` a coroutine is not cancelled half-way when its caller goes away: for what takes several steps, of
    which none must be missing.
    """
    return Bound(method, handler, shielded=shielded)


class TableMismatch(Exception):
    """The table and the handlers differ: the gateway refuses to start."""


def join(table: Mapping[str, Method[Any, Any]], namespaces: Iterable[Namespace]) -> dict[str, AnyBound]:
    """All rows with their handlers, by name.

    Raises:
        TableMismatch: a row has no handler or two, a handler no row, or a handler another name than its row.
    """
    joined: dict[str, AnyBound] = {}
    for namespace in namespaces:
        for bound in namespace.bound():
            name = bound.method.name
            if name in joined:
                raise TableMismatch(f"{name} has two handlers")
            if table.get(name) is not bound.method:
                raise TableMismatch(f"{name} has a handler but no row in the table")
            handler_name = getattr(bound.handler, "__name__", "").rstrip("_")
            if handler_name != bound.method.verb:
                raise TableMismatch(f"{name} is handled by a function called {handler_name}")
            if bound.method.tool is not None and not bound.is_async:
                raise TableMismatch(f"{name} stands for a tool, whose guard may wait: its handler must be async")
            joined[name] = bound
    missing = sorted(set(table) - set(joined))
    if missing:
        raise TableMismatch(f"no handler for {', '.join(missing)}")
    return joined

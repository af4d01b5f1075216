"""Spans of what a run, its requests to models and its tools do, where tracing is configured.

Names and attributes are those of OpenTelemetry's conventions for generative AI. What is said is in none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from types import TracebackType
from typing import Final, Protocol, Self

from openclaw_rpc.protocol.errors import GatewayError

Attributes = Mapping[str, str | int | float | bool | Sequence[str] | None]
"""What is known of a span; what is None is left out."""

INCOMING: Final[ContextVar[str | None]] = ContextVar("traceparent", default=None)
"""The `traceparent` that came with the request that is being answered (W3C Trace Context)."""


class Span(Protocol):
    """Something that goes on, and what is below whatever begins meanwhile in its task."""

    def note(self, attributes: Attributes) -> None:
        """Say more of it."""
        ...

    def end(self, error: str | None = None) -> None:
        """It is over. ``error`` says in a word why it failed."""
        ...


class Tracer(Protocol):
    """Takes spans."""

    def begin(self, name: str, attributes: Attributes, *, client: bool, root: bool, parent: str | None) -> Span:
        """Something begins, below what goes on in this task; see `Tracing.open`."""
        ...

    def traceparent(self) -> str | None:
        """What goes on in this task, as a `traceparent`."""
        ...


class _Nothing:
    """A span that nobody takes."""

    def note(self, attributes: Attributes) -> None: ...

    def end(self, error: str | None = None) -> None: ...


NOTHING: Final[Span] = _Nothing()


class Open:
    """A span as a context; an exception that leaves it makes it a failed one."""

    __slots__ = ("_span",)

    def __init__(self, span: Span) -> None:
        self._span = span

    def note(self, attributes: Attributes) -> None:
        """See `Span.note`."""
        self._span.note(attributes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._span.end(None if kind is None else error.code if isinstance(error, GatewayError) else kind.__name__)


NO_SPAN: Final = Open(NOTHING)


class Tracing:
    """The way to the tracer, where there is one; else nothing is recorded, at next to no cost."""

    def __init__(self, tracer: Tracer | None = None) -> None:
        self._tracer = tracer

    @property
    def active(self) -> bool:
        """Whether anybody takes spans: where not, their attributes need not be found out."""
        return self._tracer is not None

    def open(
        self,
        name: str,
        attributes: Attributes,
        *,
        client: bool = False,
        root: bool = False,
        parent: str | None = None,
    ) -> Open:
        """Begin a span, below what goes on in this task or, with ``root`` or where nothing does, below ``parent``.

        ``client``: it is a request to another system.
        """
        if self._tracer is None:
            return NO_SPAN
        return Open(self._tracer.begin(name, attributes, client=client, root=root, parent=parent))

    def traceparent(self) -> str | None:
        """What is sent along with a request to another system."""
        return self._tracer.traceparent() if self._tracer is not None else None

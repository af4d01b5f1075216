"""What a dialect of REST is made of: endpoints, each a pure plan of calls, and how answers are spelled.

A plan is a generator. It yields the calls of the table that it needs and is sent their results; what it returns is
the answer. It does no I/O: `transports.http.rest` drives it, and a test can.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import msgspec

from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest
from openclaw_rpc.protocol.event import Position
from openclaw_rpc.protocol.method import Method
from openclaw_rpc.protocol.validation import checked

AnyMethod = Method[Any, Any]


class Ask(NamedTuple):
    """A call that a plan needs."""

    method: AnyMethod
    params: msgspec.Struct


class Resume(NamedTuple):
    """Where a stream broke off: the run it was about ("" for a session's stream), and the last event seen."""

    run_id: str
    after: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """A request, decoded. ``body`` and ``query`` are the endpoint's structs; header names are in lower case."""

    path: Mapping[str, str]
    query: Any
    body: Any
    raw: bytes
    headers: Mapping[str, str]
    resume: Resume | None = None

    @property
    def idempotency_key(self) -> str | None:
        """The header ``Idempotency-Key``."""
        return self.headers.get("idempotency-key")

    @property
    def wants_stream(self) -> bool:
        """Whether the client asks for server-sent events rather than JSON."""
        return "text/event-stream" in self.headers.get("accept", "")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: JSON-like data, or bytes that are sent as they are."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Sse(NamedTuple):
    """A server-sent event (WHATWG HTML, 9.2): its data as JSON, or as the text that it is."""

    data: Any
    event: str | None = None


class Spelling(Protocol):
    """How a stream is written: made for one stream, so that it may remember what it wrote."""

    numbered: bool
    """Whether events carry an id to resume at."""

    def open(self) -> Iterable[Sse]:
        """What is written first."""
        ...

    def tell(self, name: str, data: Any) -> Iterable[Sse]:
        """An event of the table, as the dialect has it; nothing where it has no such thing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """An answer that is a stream: the events of a run, up to its end, or those of a session, for ever.

    ``after``: only what came since; where that can't be had, the stream says so and goes on. ``bound``: when the
    client goes away, the run is aborted, since the request is the run.
    """

    spelling: Spelling
    run_id: str | None = None
    session_key: str | None = None
    after: Position | None = None
    bound: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Plan = Generator[Ask, Any, Reply | Follow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A verb and a path template, and what happens there. ``body``, ``query`` and ``answer`` are structs, for
    decoding and for the OpenAPI document; ``calls`` the rows it needs, the first of which sets scope and rate.
    """

    verb: str
    path: str
    plan: Callable[[Inputs], Plan]
    doc: str
    calls: tuple[AnyMethod, ...]
    body: type[Any] | None = None
    query: type[Any] | None = None
    answer: type[Any] | None = None
    statuses: tuple[int, ...] = (200,)
    streams: bool = False
    accepts: str = "application/json"


class Dialect(Protocol):
    """One reference's way to spell the table over HTTP."""

    name: str
    prefixes: tuple[str, ...]
    """What its paths begin with; errors of a path are spelled by the dialect with the longest that fits."""
    endpoints: tuple[Endpoint, ...]

    def error(self, error: GatewayError) -> Any:
        """An error, as the body of an answer."""
        ...


def dialect_of(path: str, dialects: Sequence[Dialect]) -> Dialect:
    """The dialect of a path, known or not. One dialect has the prefix ``/``."""
    return max(dialects, key=lambda dialect: max((len(p) for p in dialect.prefixes if path.startswith(p)), default=-1))


def direct(
    verb: str,
    path: str,
    method: AnyMethod,
    *,
    names: Mapping[str, str] | None = None,
    shape: Callable[[Any], Any] | None = None,
    status: int = 200,
    answer: type[Any] | None = None,
) -> Endpoint:
    """An endpoint that is one call: path, query and body together are its params.

    ``names`` maps the path's and the query's names to the row's fields where they differ; ``shape`` spells the result.
    """
    renamed = names or {}

    def plan(inputs: Inputs) -> Plan:
        given: dict[str, Any] = dict(inputs.body or {})
        texts: dict[str, Any] = {**(inputs.query or {}), **inputs.path}
        given |= {renamed.get(name, name): value for name, value in texts.items()}
        result = yield Ask(method, checked(given, method.params, method.name, texts=bool(texts)))
        return Reply(shape(result) if shape else result, status)

    return Endpoint(
        verb=verb,
        path=path,
        plan=plan,
        doc=method.doc,
        calls=(method,),
        body=dict if verb in ("POST", "PUT", "PATCH") else None,
        query=dict,
        answer=answer or (method.result if shape is None else None),
        statuses=(status,),
    )


def required(value: Any, name: str) -> Any:
    """A value that a body must have.

    Raises:
        InvalidRequest: it has none; ``field`` is its name.
    """
    if value is None:
        raise InvalidRequest(f"{name} is missing", field=name, reason="missing")
    return value

"""What a dialect of REST is made of: endpoints, each a pure plan of calls, and how answers are spelled.

A plan is a generator. It yields the calls of the table that it needs and is sent their results; what it returns is
the answer. It does no I/O: `transports.http.rest` drives it, and a test can.
"""

import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from openclaw_rpc.protocol.chat import RunAccepted
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest
from openclaw_rpc.protocol.event import Position
from openclaw_rpc.protocol.method import Method
from openclaw_rpc.protocol.validation import checked
from openclaw_rpc.rpc.frames import Ask, SpelledEvent, Spelling

AnyMethod = Method[Any, Any]
MAX_KEY = 255
_FIELD_NAME = re.compile(r"\w+")


class Resume(NamedTuple):
    """Where a stream broke off: the run it was about ("" for a session's stream), and the last event seen.

    ``place`` is what the stream's spelling put beside that event's number, see `SpelledEvent`.
    """

    run_id: str
    after: Position
    place: str = ""


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """A request, decoded. ``body`` and ``query`` are the endpoint's structs; header names are in lower case.

    ``begun``: the run that it began when it was sent before, by what its client says.
    """

    path: Mapping[str, str]
    query: Any
    body: Any
    raw: bytes
    headers: Mapping[str, str]
    resume: Resume | None = None
    begun: RunAccepted | None = None

    @property
    def idempotency_key(self) -> str | None:
        """The header ``Idempotency-Key``.

        Raises:
            InvalidRequest: it is empty or too long.
        """
        key = self.headers.get("idempotency-key")
        if key is not None and not 0 < len(key) <= MAX_KEY:
            reason = f"1 to {MAX_KEY} characters"
            raise InvalidRequest(f"Idempotency-Key must have {reason}", field="Idempotency-Key", reason=reason)
        return key

    @property
    def wants_stream(self) -> bool:
        """Whether the client asks for server-sent events rather than JSON."""
        return "text/event-stream" in self.headers.get("accept", "")


class Reply(msgspec.Struct, frozen=True):
    """An answer: JSON-like data, or bytes that are sent as they are."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])


class StreamSpelling(Spelling, Protocol):
    """How a stream of server-sent events is written: made for one stream, so that it may remember what it wrote."""

    numbered: bool
    """Whether events carry an id to resume at."""

    def open(self) -> Iterable[SpelledEvent]:
        """What is written first."""
        ...


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is a stream: the events of a run, up to its end, or those of a session, for ever.

    ``after``: only what came since; where that can't be had, the stream says so and goes on. ``resumed``: the client
    was here before, and the run may have ended. ``bound``: when the client goes away, the run is aborted, since the
    request is the run.
    """

    spelling: StreamSpelling
    run_id: str | None = None
    session_key: str | None = None
    after: Position | None = None
    resumed: bool = False
    bound: bool = False
    headers: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])


class Translation(Protocol):
    """How a relayed stream is written: made for one stream. Bytes are whole server-sent events."""

    def feed(self, events: bytes) -> bytes:
        """Events as the client is to get them."""
        ...

    def end(self) -> bytes:
        """What is written last."""
        ...

    def fault(self, error: GatewayError) -> bytes:
        """An error after the stream has begun."""
        ...


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is a stream which a call carries through as bytes; a client that goes away ends the call."""

    ask: Ask
    translation: Translation
    headers: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])


class Left(NamedTuple):
    """How many calls a client has left: of ``limit`` a minute, ``remaining``, all again in ``reset`` seconds."""

    limit: int
    remaining: int
    reset: float


class ResponseStyle(Protocol):
    """How an endpoint spells its errors, and the headers of its answers."""

    def refusal(self, error: GatewayError) -> Reply:
        """An error as a whole answer."""
        ...

    def headers(self, left: Left, seconds: float) -> Mapping[str, str]:
        """Headers of every answer; ``seconds`` since the request came."""
        ...


Plan = Generator[Ask, Any, Reply | Follow | Relay]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A verb and a path template, and what happens there.

    ``body``, ``query`` and ``answer`` are structs, for decoding and for the OpenAPI document, ``answers`` those of
    statuses that have another; ``calls`` the rows it needs, the first of which sets scope and rate. ``fields`` says
    how the dialect calls the rows' fields, for errors that name one. ``params``: path, query and body together are
    the params of the first row, whose fields ``names`` gives to names of the path and the query. ``media``: what an
    answer that is no stream may be. ``end_user``: requests may be made for people below the token's user; what the body
    calls them.
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
    answers: Mapping[int, type[Any]] = msgspec.field(default_factory=dict[int, type[Any]])
    streams: bool = False
    accepts: str = "application/json"
    media: tuple[str, ...] = ("application/json",)
    style: ResponseStyle | None = None
    fields: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    params: bool = False
    names: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    end_user: "Callable[[Inputs], str | None] | None" = None

    def own(self, error: GatewayError) -> GatewayError:
        """An error of a plan, its field under the dialect's name."""
        if error.field and self.fields:
            head = _FIELD_NAME.match(error.field)
            if head is not None and head[0] in self.fields:
                error.field = self.fields[head[0]] + error.field[head.end() :]
        return error


class RestDialect(Protocol):
    """One reference's way to spell the table over HTTP."""

    name: str
    about: str
    """What its endpoints are for, for a newcomer."""
    prefixes: tuple[str, ...]
    """What its paths begin with; errors of a path are spelled by the dialect with the longest that fits."""
    endpoints: tuple[Endpoint, ...]

    def error(self, error: GatewayError) -> Any:
        """An error, as the body of an answer."""
        ...


def dialect_of(path: str, dialects: Sequence[RestDialect]) -> RestDialect:
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
    fields: Mapping[str, str] | None = None,
) -> Endpoint:
    """An endpoint that is one call: path, query and body together are its params.

    ``names`` maps the path's and the query's names to the row's fields where they differ; ``shape`` spells the result,
    and ``answer`` is what it is then; ``fields`` as in `Endpoint`.
    """
    renamed = names or {}

    def plan(inputs: Inputs) -> Plan:
        given: dict[str, Any] = dict(inputs.body or {})
        texts: dict[str, Any] = {**(inputs.query or {}), **inputs.path}
        without_pin(texts)
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
        fields={**{row: ours for ours, row in renamed.items()}, **(fields or {})},
        params=True,
        names=renamed,
    )


def without_pin(query: Mapping[str, Any]) -> Mapping[str, Any]:
    """A query that holds no PIN: URLs are written down by whoever they pass.

    Raises:
        InvalidRequest: it does.
    """
    if "pin" in query:
        reason = "must not stand in a URL: send the header X-OpenClaw-Pin"
        raise InvalidRequest(f"pin {reason}", field="pin", reason=reason)
    return query


def required(value: Any, name: str) -> Any:
    """A value that a body must have.

    Raises:
        InvalidRequest: it has none; ``field`` is its name.
    """
    if value is None:
        raise InvalidRequest(f"{name} is missing", field=name, reason="missing")
    return value

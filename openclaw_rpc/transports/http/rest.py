"""Walks the dialects' endpoints: a request becomes a plan's inputs, the plan's calls go to the dispatcher."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from openclaw_rpc.dialects.openai.conversations import NAMING_HEADERS
from openclaw_rpc.dialects.rest import (
    Ask,
    Endpoint,
    Follow,
    Inputs,
    Left,
    Plan,
    Relay,
    Reply,
    RestDialect,
    dialect_of,
)
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.limits import RateLimiter
from openclaw_rpc.protocol import chat
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, NotFound, Timeout, Unavailable, error_of
from openclaw_rpc.protocol.validation import checked, decoded, mended
from openclaw_rpc.rpc.call import Attempt, Call
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.people import People
from openclaw_rpc.transports.http.relay import carry
from openclaw_rpc.transports.http.replies import respond
from openclaw_rpc.transports.http.request import HttpRequest, UnsupportedType
from openclaw_rpc.transports.http.routing import Route
from openclaw_rpc.transports.http.sse import resume_of
from openclaw_rpc.transports.http.streaming import EventBody
from openclaw_rpc.transports.places import Places

CREDENTIALS = ("token", "password")
PIN_HEADER = "X-OpenClaw-Pin"
SPARE_MS = 500
BEGUN_KEPT = 1000
RETRY_HEADER = "x-stainless-retry-count"
READ_ENCODINGS = ("", "identity", "gzip", "deflate")


class _Driven(NamedTuple):
    """What a plan came to; whether it began a run, whether a call of it was counted, and for which request."""

    outcome: Reply | Follow | Relay
    began: bool
    counted: bool
    attempt: Attempt | None


class RestDoor:
    """The endpoints of all dialects, as routes of the HTTP door."""

    def __init__(
        self,
        dialects: Iterable[RestDialect],
        dispatcher: Dispatcher,
        limiter: RateLimiter,
        bus: Bus,
        places: Places,
        outbox_bytes: Callable[[], int],
        request_seconds: Callable[[], float] = lambda: 300.0,
        people: People | None = None,
    ) -> None:
        self._dialects = tuple(dialects)
        self._dispatcher = dispatcher
        self._limiter = limiter
        self._bus = bus
        self.slow_peers = 0
        """How many streams were cut since their reader did not keep up."""
        self._places = places
        self._people = people or People()
        self._bodies: set[EventBody] = set()
        self._stopping = False
        self._begun: OrderedDict[tuple[str, bytes], chat.RunAccepted] = OrderedDict()
        """The runs that requests began lately, by who asked and what: an SDK sends the same again where it failed."""
        self._outbox_bytes = outbox_bytes
        self._request_seconds = request_seconds

    def routes(self) -> Iterable[Route]:
        """A route for every endpoint."""
        for dialect in self._dialects:
            for endpoint in dialect.endpoints:
                timeout = None if endpoint.streams else -1
                yield Route(endpoint.verb, endpoint.path, self._handler(endpoint), timeout=timeout, info=endpoint)

    def stop(self, busy: Callable[[str], bool]) -> None:
        """The gateway stops: event streams that nothing is to come over end at once, and no more are begun.

        ``busy`` says whether a run is at work, or waits, in the session of that id.
        """
        self._stopping = True
        for body in self._bodies:
            if not any(map(busy, body.sessions)):
                body.end()

    def end_streams(self) -> None:
        """End the other event streams too: all runs have ended."""
        for body in self._bodies:
            body.end()

    def spell(self, path: str, error: GatewayError) -> bytes:
        """An error as the dialect of a path spells it, whether there is such a path or not."""
        return msgspec.json.encode(dialect_of(path, self._dialects).error(error))

    def refusal(self, path: str, status: int, code: str, message: str) -> bytes:
        """The same for what is refused before it is known to be HTTP."""
        return self.spell(path, error_of(code, message))

    def _handler(self, endpoint: Endpoint) -> Callable[[HttpRequest], Any]:
        async def handle(request: HttpRequest) -> web.StreamResponse:
            return await self._answer(endpoint, request)

        return handle

    async def _answer(self, endpoint: Endpoint, request: HttpRequest) -> web.StreamResponse:
        began = time.monotonic()

        def sign() -> None:
            self._sign(endpoint, request, time.monotonic() - began)

        try:
            driven = await self._planned(endpoint, request)
            outcome = driven.outcome
            if isinstance(outcome, Relay):
                with self._places.taken(request.principal, counts=False):
                    return await carry(
                        outcome, request, self._dispatcher, sign, counted=driven.counted, attempt=driven.attempt
                    )
            # A stream's head goes out while it is answered.
            sign()
            if isinstance(outcome, Follow):
                return await self._stream(outcome, endpoint, request, began=driven.began)
            return respond(outcome, request)
        except GatewayError as error:
            sign()
            if endpoint.style is None or request.started:
                raise
            return respond(endpoint.style.refusal(error), request)

    def _sign(self, endpoint: Endpoint, request: HttpRequest, seconds: float) -> None:
        """Say how many calls are left, and what else the endpoint's dialect says of an answer."""
        quota = self._limiter.peek(request.principal, endpoint.calls[0].rate)
        extra = request.extra
        extra["X-RateLimit-Limit"] = str(quota.limit)
        extra["X-RateLimit-Remaining"] = str(quota.remaining)
        extra["X-RateLimit-Reset"] = str(quota.reset)
        if endpoint.style is not None:
            left = Left(quota.limit, quota.remaining, max(0.0, quota.reset - time.time()))
            extra.update(endpoint.style.headers(left, seconds))

    async def _planned(self, endpoint: Endpoint, request: HttpRequest) -> _Driven:
        """Read a request and make the calls of its plan, within the time that a request may take."""
        seconds = self._request_seconds()
        deadline = time.monotonic() + seconds
        # The door has a limit for all that is no stream.
        limit = asyncio.timeout(seconds if endpoint.streams else None)
        try:
            async with limit:
                inputs = await read(endpoint, request)
                if endpoint.end_user is not None:
                    request.principal = self._people.of(request.principal, inputs.headers, endpoint.end_user(inputs))
                call = Call(
                    request.principal,
                    request_id=request.id,
                    pin=request.headers.get(PIN_HEADER),
                    attempt=_attempt(endpoint, inputs),
                )
                if (begun := await self._begun_before(call)) is not None:
                    inputs = msgspec.structs.replace(inputs, begun=begun)
                try:
                    return await self._drive(endpoint.plan(inputs), call, deadline)
                except GatewayError as error:
                    raise endpoint.own(error) from None
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise Timeout(f"the request took longer than {seconds:g} s") from error

    async def _drive(self, plan: Plan, call: Call, deadline: float) -> _Driven:
        """Make a plan's calls, one after the other; only the first is counted, since the client asked once."""
        counted, began = False, False
        try:
            ask = next(plan)
            while True:
                began = began or ask.method is chat.run
                trusted = ask.trusted or (began and ask.method is chat.wait)
                try:
                    result = await self._ask(_in_time(ask, deadline), call, count=not counted, trusted=trusted)
                    if ask.method is chat.run:
                        self._remember(call, result)
                except GatewayError as error:
                    ask = plan.throw(error)
                else:
                    ask = plan.send(result)
                finally:
                    # An answer of the table is one only for the plan; what waits for it may happen now.
                    call.answered()
                counted = counted or not ask.trusted
        except StopIteration as end:
            return _Driven(end.value, began, counted, call.attempt)

    def _remember(self, call: Call, accepted: chat.RunAccepted) -> None:
        self._begun[_key(call)] = accepted
        while len(self._begun) > BEGUN_KEPT:
            self._begun.popitem(last=False)

    async def _begun_before(self, call: Call) -> chat.RunAccepted | None:
        """The run that the same request began before, where its SDK says that it sends it again."""
        known = self._begun.get(_key(call)) if call.attempt is not None and call.attempt.again else None
        if known is None:
            return None
        wait = Ask(chat.wait, chat.ChatWaitParams(run_id=known.run_id, timeout_ms=1))
        try:
            state: chat.RunState = await self._ask(wait, call, count=False, trusted=True)
        except NotFound:  # deleted since
            return None
        # One that ended with its first request, whose client went away, has nothing to tell.
        return None if state.status in ("aborted", "interrupted") else known

    async def _ask(self, ask: Ask, call: Call, *, count: bool, trusted: bool) -> Any:
        try:
            return await self._dispatcher.ask(ask.method.name, ask.params, call, count=count, trusted=trusted)
        except asyncio.CancelledError:
            if ask.run_id is not None:
                await self._abort(ask.run_id, call)
            raise

    async def _abort(self, run_id: str, call: Call) -> None:
        """The client is gone, and the run was its request."""
        params = chat.ChatAbortParams(run_id=run_id)
        abort = self._dispatcher.ask(chat.abort.name, params, call, trusted=True)
        await asyncio.shield(asyncio.ensure_future(abort))

    def _count_slow(self) -> None:
        self.slow_peers += 1

    async def _stream(
        self, follow: Follow, endpoint: Endpoint, request: HttpRequest, *, began: bool
    ) -> web.StreamResponse:
        if not began:
            if self._stopping:
                raise Unavailable("the gateway is stopping", reason="stopping", retryAfter=5)
            # Whoever may ask for the stream may come back to it; that counts as asking.
            self._dispatcher.guard(self._dispatcher.row(endpoint.calls[0].name), request.principal)
            self._sign(endpoint, request, 0)
        call = Call(request.principal, request_id=request.id)
        body = EventBody(
            follow,
            request,
            self._dispatcher,
            self._bus,
            outbox_bytes=self._outbox_bytes(),
            slow=self._count_slow,
        )
        # A run that the request began ends by itself, and runs have a bound of their own.
        with self._places.taken(request.principal, counts=not began):
            self._bodies.add(body)
            try:
                return await body.answer(lambda run_id: self._abort(run_id, call))
            finally:
                self._bodies.discard(body)


def _attempt(endpoint: Endpoint, inputs: Inputs) -> Attempt:
    named = [inputs.headers.get(name, "") for name in NAMING_HEADERS]
    digest = hashlib.sha256(msgspec.json.encode([endpoint.path, *named]) + inputs.raw).digest()
    return Attempt(digest, inputs.headers.get(RETRY_HEADER, "0").strip() not in ("", "0"))


def _key(call: Call) -> tuple[str, bytes]:
    return f"{call.principal.limit_key}/{call.principal.user}", b"" if call.attempt is None else call.attempt.digest


def _in_time(ask: Ask, deadline: float) -> Ask:
    """A wait is cut so short that its answer, which names the run, comes before the request's own time is up."""
    if not isinstance(ask.params, chat.ChatWaitParams):
        return ask
    left = max(1, int((deadline - time.monotonic()) * 1000) - SPARE_MS)
    if (ask.params.timeout_ms or sys.maxsize) <= left:
        return ask
    return ask._replace(params=msgspec.structs.replace(ask.params, timeout_ms=left))


async def read(endpoint: Endpoint, request: HttpRequest) -> Inputs:
    """A request as its endpoint wants it.

    Raises:
        InvalidRequest: the body or the query is not of the endpoint's shape.
        TooLarge: the body is over the limit.
    """
    query: Any = {name: value for name, value in request.query.items() if name not in CREDENTIALS}
    if endpoint.query is not None and endpoint.query is not dict:
        query = checked(query, endpoint.query, "the query", texts=True)
    raw = b""
    body: Any = None
    if request.body_exists:
        _check_encoding(request)
        raw = await request.body()
    if endpoint.body is not None:
        if raw:
            _check_type(request, endpoint)
            _check_bytes(raw)
            raw = mended(raw)
            body = decoded(raw, endpoint.body, "the body")
        else:
            body = checked({}, endpoint.body, "the body")
    headers: Mapping[str, str] = {name.lower(): _text(value) for name, value in request.headers.items()}
    return Inputs(
        path=request.path_params,
        query=query,
        body=body,
        raw=raw,
        headers=headers,
        resume=resume_of(headers.get("last-event-id")),
    )


def _text(value: str) -> str:
    """A header's value; bytes that are no UTF-8, which aiohttp keeps as lone surrogates, are replaced."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _check_encoding(request: HttpRequest) -> None:
    packing = request.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in READ_ENCODINGS:
        raise UnsupportedType(
            f"a body that is encoded as {packing[:40]} is not read here; send it as it is, or with gzip or deflate",
            field="Content-Encoding",
            reason="unsupported",
        )


def _check_bytes(raw: bytes) -> None:
    """Refuse a body that is not UTF-8 as a whole, also where nobody would read those bytes (RFC 8259, 8.1)."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"the body is not UTF-8: the byte at {error.start} is not part of a character",
            field="body",
            reason="malformed",
        ) from None


def _check_type(request: HttpRequest, endpoint: Endpoint) -> None:
    kind = request.content_type
    if "Content-Type" in request.headers and kind != endpoint.accepts and not kind.endswith("+json"):
        raise UnsupportedType(
            f"the body must be {endpoint.accepts}, not {kind}", field="Content-Type", reason="unsupported"
        )

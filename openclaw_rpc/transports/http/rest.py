"""Walks the dialects' endpoints: a request becomes a plan's inputs, the plan's calls go to the dispatcher."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from openclaw_rpc.dialects.rest import (
    Ask,
    Dialect,
    Endpoint,
    Follow,
    Inputs,
    Left,
    Plan,
    Relay,
    Reply,
    dialect_of,
)
from openclaw_rpc.domain.limits import RateLimiter
from openclaw_rpc.domain.streams import Topics
from openclaw_rpc.protocol import chat, event
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, error_of
from openclaw_rpc.protocol.validation import checked, decoded
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.connection import Connection
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.transports.http.relay import carry
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route
from openclaw_rpc.transports.http.sse import KEEP_ALIVE, KEEP_ALIVE_SECONDS, SseCodec, SseSink, begin, resume_of

GZIP_BYTES = 16 * 1024
CREDENTIALS = ("token", "password")
PIN_HEADER = "X-OpenClaw-Pin"


class UnsupportedType(InvalidRequest):
    """The body is of a type that the path does not take (RFC 9110, 15.5.16)."""

    status = 415


class _Driven(NamedTuple):
    """What a plan came to; whether it began a run, and whether a call of it was counted."""

    outcome: Reply | Follow | Relay
    began: bool
    counted: bool


class RestDoor:
    """The endpoints of all dialects, as routes of the HTTP door."""

    def __init__(
        self,
        dialects: Iterable[Dialect],
        dispatcher: Dispatcher,
        limiter: RateLimiter,
        topics: Topics,
        outbox_bytes: Callable[[], int],
    ) -> None:
        self._dialects = tuple(dialects)
        self._dispatcher = dispatcher
        self._limiter = limiter
        self._topics = topics
        self._outbox_bytes = outbox_bytes

    def routes(self) -> Iterable[Route]:
        """A route for every endpoint."""
        for dialect in self._dialects:
            for endpoint in dialect.endpoints:
                timeout = None if endpoint.streams else -1
                yield Route(endpoint.verb, endpoint.path, self._handler(endpoint), timeout=timeout, info=endpoint)

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
            inputs = await read(endpoint, request)
            call = Call(request.principal, request_id=request.id, pin=request.headers.get(PIN_HEADER))
            driven = await self._drive(endpoint.plan(inputs), call)
            outcome = driven.outcome
            # A stream's head goes out while it is answered.
            sign()
            if isinstance(outcome, Follow):
                return await self._stream(outcome, request, trusted=driven.began)
            if isinstance(outcome, Relay):
                return await carry(outcome, request, self._dispatcher, counted=driven.counted)
            return respond(outcome, request)
        except GatewayError as error:
            sign()
            if endpoint.manners is None or request.started:
                raise
            return respond(endpoint.manners.refusal(error), request)

    def _sign(self, endpoint: Endpoint, request: HttpRequest, seconds: float) -> None:
        """Say how many calls are left, and what else the endpoint's dialect says of an answer."""
        quota = self._limiter.peek(request.principal, endpoint.calls[0].rate)
        extra = request.extra
        extra["X-RateLimit-Limit"] = str(quota.limit)
        extra["X-RateLimit-Remaining"] = str(quota.remaining)
        extra["X-RateLimit-Reset"] = str(quota.reset)
        if endpoint.manners is not None:
            left = Left(quota.limit, quota.remaining, max(0.0, quota.reset - time.time()))
            extra.update(endpoint.manners.headers(left, seconds))

    async def _drive(self, plan: Plan, call: Call) -> _Driven:
        """Make a plan's calls, one after the other; only the first is counted, since the client asked once."""
        counted, began = False, False
        try:
            ask = next(plan)
            while True:
                began = began or ask.method is chat.run
                trusted = began and ask.method is chat.wait
                try:
                    result = await self._ask(ask, call, count=not counted, trusted=trusted)
                except GatewayError as error:
                    ask = plan.throw(error)
                else:
                    ask = plan.send(result)
                finally:
                    # An answer of the table is one only for the plan; what waits for it may happen now.
                    call.answered()
                counted = True
        except StopIteration as end:
            return _Driven(end.value, began, counted)

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

    async def _stream(self, follow: Follow, request: HttpRequest, *, trusted: bool) -> web.StreamResponse:
        """Write a run's or a session's events until they end or the client goes away; the run goes on without it."""
        codec, sink = SseCodec(follow.spelling, follow.run_id or ""), SseSink()
        cut = asyncio.Event()
        peer = Connection(
            request.principal,
            self._dispatcher,
            codec,
            sink,
            self._topics,
            max_in_flight=1,
            outbox_bytes=self._outbox_bytes(),
            cut=cut.set,
        )
        followed = Call(request.principal, peer, request_id=request.id)
        try:
            params = event.EventSubscribeParams(
                run_id=follow.run_id, session_key=follow.session_key, after=follow.after
            )
            subscribed = await self._dispatcher.ask(
                event.subscribe.name, params, followed, count=False, trusted=trusted
            )
            response = await begin(request, dict(follow.headers))
            await response.write(codec.opening())
            if subscribed.resync:
                peer.send("resync", subscribed)
            followed.answered()
            await _write_all(response, peer, sink, codec, cut)
            return response
        finally:
            peer.close()
            if follow.bound and follow.run_id is not None and not codec.ended.is_set():
                await self._abort(follow.run_id, followed)


async def _write_all(
    response: web.StreamResponse, peer: Connection, sink: SseSink, codec: SseCodec, cut: asyncio.Event
) -> None:
    while not cut.is_set():
        data = await sink.take(KEEP_ALIVE_SECONDS)
        await response.write(data or KEEP_ALIVE)
        sink.writable = True
        peer.resumed()
        peer.flush()
        if codec.ended.is_set() and sink.writable:
            break
    await response.write_eof()


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
        raw = await request.body()
    if endpoint.body is not None:
        if raw:
            _check_type(request, endpoint)
            body = decoded(raw, endpoint.body, "the body")
        else:
            body = checked({}, endpoint.body, "the body")
    headers: Mapping[str, str] = {name.lower(): value for name, value in request.headers.items()}
    return Inputs(
        path=request.path_params,
        query=query,
        body=body,
        raw=raw,
        headers=headers,
        resume=resume_of(headers.get("last-event-id")),
    )


def _check_type(request: HttpRequest, endpoint: Endpoint) -> None:
    kind = request.content_type
    if "Content-Type" in request.headers and kind != endpoint.accepts and not kind.endswith("+json"):
        raise UnsupportedType(
            f"the body must be {endpoint.accepts}, not {kind}", field="Content-Type", reason="unsupported"
        )


def respond(reply: Reply, request: HttpRequest) -> web.Response:
    """An answer, with an ETag where the client may ask again, compressed where it is large."""
    raw = isinstance(reply.body, bytes)
    body: bytes = reply.body if raw else msgspec.json.encode(reply.body)
    headers = dict(reply.headers)
    if request.method in ("GET", "HEAD") and reply.status == 200:
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers["ETag"] = tag
        if tag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
    if reply.status == 204:
        return web.Response(status=204, headers=headers)
    headers.setdefault("Content-Type", "application/json; charset=utf-8")
    response = web.Response(body=body, status=reply.status, headers=headers)
    if len(body) >= GZIP_BYTES:
        response.enable_compression()
    return response

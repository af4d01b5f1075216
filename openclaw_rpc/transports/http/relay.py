"""An answer that is carried through as bytes: one write for all that one upstream read brought."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from openclaw_rpc.dialects.rest import Relay
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.rpc.call import Attempt, Call
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.sse import HEADERS, KEEP_ALIVE, KEEP_ALIVE_SECONDS


class RelayedBody:
    """The body of a relayed answer, as `rpc.call.Carrier` wants it. Its head goes out with its first bytes.

    While a model thinks, comments keep the connection alive: one timer looks after the whole answer.
    """

    def __init__(
        self, relay: Relay, request: HttpRequest, sign: Callable[[], None], keep_alive: float = KEEP_ALIVE_SECONDS
    ) -> None:
        self.response: web.StreamResponse | None = None
        self._relay = relay
        self._request = request
        self._sign = sign
        self._keep_alive = keep_alive
        self._loop = asyncio.get_running_loop()
        self._written = self._loop.time()
        self._lock = asyncio.Lock()
        self._pulse: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(keep_alive, self._look)

    async def write(self, data: bytes) -> None:
        """Write events as the dialect has them; waits while the client is behind."""
        data = self._relay.translation.feed(data)
        if data:
            await self._put(data)

    async def _put(self, data: bytes) -> None:
        self._written = self._loop.time()
        if self.response is None or self._pulse is not None:
            async with self._lock:
                await self._begun()
        if self.response is not None:
            await self.response.write(data)

    async def _begun(self) -> web.StreamResponse:
        if self.response is None:
            self._sign()
            response = web.StreamResponse(headers={**HEADERS, **self._relay.headers})
            await response.prepare(self._request)
            self.response = response
        return self.response

    def _look(self) -> None:
        silent = self._loop.time() - self._written
        if silent >= self._keep_alive:
            self._written += silent
            silent = 0.0
            self._pulse = self._loop.create_task(self._beat())
        self._timer = self._loop.call_later(self._keep_alive - silent, self._look)

    async def _beat(self) -> None:
        try:
            async with self._lock:
                await (await self._begun()).write(KEEP_ALIVE)
        except ConnectionError:
            pass  # the request's own task is told
        finally:
            self._pulse = None

    async def end(self, error: GatewayError | None) -> web.StreamResponse:
        """Write what is written last, or an error that came after the beginning."""
        translation = self._relay.translation
        last = translation.end() if error is None else translation.fault(error)
        response = await self._begun()
        if last:
            await response.write(last)
        await response.write_eof()
        return response

    def close(self) -> None:
        """Look after it no longer."""
        self._timer.cancel()
        if self._pulse is not None:
            self._pulse.cancel()


async def carry(
    relay: Relay,
    request: HttpRequest,
    dispatcher: Dispatcher,
    sign: Callable[[], None],
    *,
    counted: bool,
    attempt: Attempt | None = None,
    keep_alive: float = KEEP_ALIVE_SECONDS,
) -> web.StreamResponse:
    """Make the call that carries an answer through. ``sign`` adds the answer's headers, once they are known.

    Raises:
        GatewayError: before anything was written.
    """
    body = RelayedBody(relay, request, sign, keep_alive)
    call = Call(request.principal, request_id=request.id, carrier=body, attempt=attempt)
    try:
        try:
            await dispatcher.ask(relay.ask.method.name, relay.ask.params, call, count=not counted)
        except GatewayError as error:
            if body.response is None:
                raise
            return await body.end(error)
        return await body.end(None)
    finally:
        call.answered()
        body.close()

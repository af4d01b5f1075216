"""A request as the HTTP door's handlers see it: aiohttp's, with an id, the path's parameters and who asks."""

import asyncio
import os
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import HttpVersion11
from multidict import CIMultiDict

from openclaw_rpc.aiohttp_private import AbstractStreamWriter, RawRequestMessage, RequestHandler, StreamReader
from openclaw_rpc.domain.principals import Credentials, Principal
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Forbidden, InvalidRequest, TooLarge, Unauthorized
from openclaw_rpc.protocol.validation import mended
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.proxies import Seen

_SANE_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")


class UnsupportedType(InvalidRequest):
    """The body is of a type that the path does not take (RFC 9110, 15.5.16)."""

    status = 415


class HttpRequest(web.BaseRequest):
    """A request. ``id`` is answered as X-Request-Id; ``path_params`` are the template's, decoded.

    ``extra`` are headers that the answer gets, a streamed one too; ``started`` says that its head is on its way.
    """

    ATTRS = web.BaseRequest.ATTRS | {"id", "path_params", "extra", "started", "_seen", "_principal"}

    def __init__(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        payload_writer: AbstractStreamWriter,
        task: asyncio.Task[None],
        *,
        loop: asyncio.AbstractEventLoop,
        body_bytes: int,
    ) -> None:
        super().__init__(message, payload, protocol, payload_writer, task, loop, client_max_size=body_bytes)
        given = self.headers.get("X-Request-Id", "")
        self.id = given if _SANE_ID.fullmatch(given) else os.urandom(8).hex()
        self.path_params: Mapping[str, str] = {}
        self.extra: CIMultiDict[str] = CIMultiDict({"X-Request-Id": self.id})
        self.started = False
        self.revoked = False
        """Whether its token was revoked, or has expired, while it was answered."""
        self._seen: Seen | None = None
        self._principal: Principal | None = None

    @property
    def credentials(self) -> Credentials:
        """What the client showed, by header or, where it cannot set any, in the query."""
        headers, query = self.headers, self.query
        return Credentials.from_headers(
            headers.get("Authorization"), headers.get("X-OpenClaw-Password"), query.get("token"), query.get("password")
        )

    @property
    def seen(self) -> Seen:
        """How the client sees us; the door knows what proxies say."""
        return self._seen or Seen(self.secure)

    @seen.setter
    def seen(self, seen: Seen) -> None:
        self._seen = seen

    @property
    def principal(self) -> Principal:
        """Who asks; the door finds out before a handler that is not open.

        Raises:
            Unauthorized: the route is open, and nobody was asked.
        """
        if self._principal is None:
            raise Unauthorized("this needs a token")
        return self._principal

    @principal.setter
    def principal(self, principal: Principal) -> None:
        self._principal = principal

    @property
    def identified(self) -> bool:
        """Whether it is known who asks."""
        return self._principal is not None

    @property
    def keep_alive(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether another request may follow: not where the body was not read, or can't be."""
        read = not self.body_exists or (self.content.at_eof() and self.content.exception() is None)
        return super().keep_alive and read

    @property
    def bare_path(self) -> str:
        """The path as it was sent, still percent-encoded, without the query; the one to be logged."""
        return self.rel_url.raw_path

    async def body(self) -> bytes:
        """The whole body, decompressed; empty where there is none.

        Raises:
            TooLarge: it is larger than the door takes; ``details``: ``limit`` in bytes.
            InvalidRequest: it broke off, or is not encoded as the headers say.
        """
        limit = self.client_max_size
        if (self.content_length or 0) > limit:
            raise self._too_large(limit)
        if self.version == HttpVersion11 and self.headers.get("Expect", "").lower() == "100-continue":
            await self._continue()
        try:
            return await self.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise self._too_large(limit) from error
        except (web.RequestPayloadError, web.PayloadAccessError) as error:
            raise InvalidRequest("the request's body is malformed", field="body", reason="malformed") from error

    async def json(self, **_: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The body as JSON; None where it is empty.

        Raises:
            TooLarge: see `body`.
            InvalidRequest: it is no JSON, or nested too deep; ``field`` is ``body``, ``reason`` says why.
        """
        body = await self.body()
        if not body:
            return None
        try:
            return msgspec.json.decode(mended(body))
        except msgspec.DecodeError as error:
            raise InvalidRequest("the body is not JSON", field="body", reason=str(error)) from error
        except RecursionError as error:
            raise InvalidRequest("the body is nested too deeply", field="body", reason="nested too deeply") from error

    def need(self, *scopes: Scope) -> None:
        """Let pass who holds one of these scopes.

        Raises:
            Forbidden: the principal holds none of them.
        """
        if self.principal.sessions is not None or self.principal.scopes.isdisjoint(scopes):
            names = " or ".join(scopes)
            raise Forbidden(f"this needs the scope {names}", reason="scope")

    @staticmethod
    def _too_large(limit: int) -> TooLarge:
        return TooLarge(f"the body is larger than {limit} bytes", field="body", reason="too_large", limit=limit)

    async def _continue(self) -> None:
        """Ask for the body that the client holds back (RFC 9110, 10.1.1)."""
        await self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # The answer itself has not begun.
        self.writer.output_size = 0

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        """Called by aiohttp before a response's head goes out."""
        self.started = True
        response.headers["Server"] = "openclaw"
        for name, value in self.extra.items():
            if name == "Vary":
                response.headers.add(name, value)
            else:
                response.headers[name] = value

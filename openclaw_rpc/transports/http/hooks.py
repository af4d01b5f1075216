"""``/hooks/ID``: what chat platforms bring. The signature is the proof, so no token is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import msgspec

from openclaw_rpc.domain.channels.channel import ChannelFault, HookReply, HookRequest
from openclaw_rpc.protocol.errors import Forbidden, GatewayError, InvalidRequest, NotFound, Unauthorized, Unavailable
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import MethodNotAllowed, Route

Answer = Callable[[str, HookRequest], Awaitable[HookReply]]
REASONS: Final[dict[int, GatewayError]] = {
    400: InvalidRequest("the body is not what this channel takes", field="body", reason="malformed"),
    401: Unauthorized("the signature is missing or wrong"),
    403: Forbidden("the signature is missing or wrong", reason="signature"),
    404: NotFound("there is no such channel, or it is switched off"),
    405: MethodNotAllowed("this channel takes POST", allow="POST"),
    503: Unavailable("the channel is not connected", retryAfter=5),
}
"""What a refusal says where the channel has no words of its own."""


class HooksDoor:
    """Hands requests to the channel that they name."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def routes(self) -> Iterable[Route]:
        """GET, for a platform that tries the address; POST for what it brings."""
        yield Route("GET", "/hooks/{id}", self.hook, open=True)
        yield Route("POST", "/hooks/{id}", self.hook, open=True)

    async def hook(self, request: HttpRequest) -> web.Response:
        """2xx only when what it brought is on disk.

        Raises:
            GatewayError: the channel refused it, is off, or could not keep it.
        """
        given = HookRequest(
            method=request.method,
            headers={name.lower(): value for name, value in request.headers.items()},
            query=dict(request.query),
            body=await request.body(),
        )
        try:
            reply = await self._answer(request.path_params["id"], given)
        except ChannelFault as fault:
            raise Unavailable(str(fault), retryAfter=5) from None
        if reply.status >= 400 and reply.body is None:
            raise REASONS.get(reply.status, REASONS[400])
        if isinstance(reply.body, str):
            return web.Response(status=reply.status, text=reply.body)
        body = b"" if reply.body is None else msgspec.json.encode(reply.body)
        return web.Response(status=reply.status, body=body, content_type="application/json")

"""A gateway that says what a test tells it to, over a real WebSocket: for what a real one does too seldom."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

HELLO = {
    "type": "connected",
    "data": {"clientId": "c", "gatewayVersion": "0", "capabilities": [], "user": "owner", "scopes": []},
}


class RefusedError(Exception):
    """An error as the answer to a call."""

    def __init__(self, code: int, message: str, /, **data: Any) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message, "data": data}


class Peer:
    """One connection, seen from the gateway."""

    def __init__(self, socket: ServerConnection, number: int) -> None:
        self.number = number
        self._socket = socket

    async def event(self, type: str, data: dict[str, Any], seq: int | None = None, epoch: str | None = "e1") -> None:  # noqa: A002
        frame: dict[str, Any] = {"type": type, "data": data}
        if seq is not None:
            frame |= {"epoch": epoch, "seq": seq}
        await self._socket.send(json.dumps(frame))

    async def delta(self, text: str, seq: int, epoch: str = "e1") -> None:
        await self.event("chat.delta", {"sessionKey": "s", "runId": "r1", "delta": text}, seq, epoch)

    async def done(self, seq: int, reason: str = "stop", epoch: str = "e1", **more: Any) -> None:
        usage = {"promptTokens": 1, "completionTokens": 1, "totalTokens": 2}
        data = {"sessionKey": "s", "runId": "r1", "finishReason": reason, "usage": usage, **more}
        await self.event("chat.done", data, seq, epoch)

    async def close(self, code: int, reason: str) -> None:
        """Close with that code, as a gateway does that says why."""
        await self._socket.close(code, reason)

    async def drop(self) -> None:
        """Cut the connection without a closing handshake."""
        self._socket.transport.abort()
        await self._socket.wait_closed()


Handler = Callable[[Peer, dict[str, Any]], Awaitable[Any]]
"""Answers a call's params; what it does after its answer goes into the function it returns, if it returns one."""


class After:
    """A result, and what happens once it was sent."""

    def __init__(self, result: Any, then: Callable[[], Awaitable[None]]) -> None:
        self.result = result
        self.then = then


class ScriptedGateway:
    """Answers calls by the handlers of ``methods``; ``calls`` is what was asked, ``url`` where."""

    def __init__(self, methods: dict[str, Handler]) -> None:
        self.methods = methods
        self.calls: list[tuple[int, str, dict[str, Any]]] = []
        self.url = ""
        self._peers = 0

    async def _serve(self, socket: ServerConnection) -> None:
        self._peers += 1
        peer = Peer(socket, self._peers)
        try:
            await socket.send(json.dumps(HELLO))
            async for text in socket:
                await self._answer(socket, peer, json.loads(text))
        except ConnectionClosed:
            pass

    async def _answer(self, socket: ServerConnection, peer: Peer, frame: dict[str, Any]) -> None:
        self.calls.append((peer.number, frame["method"], frame["params"]))
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": frame["id"]}
        found: Any = None
        try:
            found = await self.methods[frame["method"]](peer, frame["params"])
            answer["result"] = found.result if isinstance(found, After) else found
        except RefusedError as refusal:
            answer["error"] = refusal.error
        await socket.send(json.dumps(answer))
        if isinstance(found, After):
            await found.then()


@asynccontextmanager
async def scripted_gateway(methods: dict[str, Handler]) -> AsyncIterator[ScriptedGateway]:
    """The gateway, listening on a free port of 127.0.0.1."""
    gateway = ScriptedGateway(methods)
    async with serve(gateway._serve, "127.0.0.1", 0) as server:
        gateway.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        yield gateway

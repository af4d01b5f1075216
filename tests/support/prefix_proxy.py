"""A reverse proxy that serves a gateway below a path of its own, as nginx does with `location /gw/`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

PREFIX = "/gw"


@asynccontextmanager
async def prefix_proxy(target: int) -> AsyncGenerator[str]:
    """Forward what is below the prefix to a port of 127.0.0.1: the prefix's address, without a slash at its end."""
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            under_way.add(task)
        try:
            await _forward(reader, writer, target)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            if task is not None:
                under_way.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{PREFIX}"
    finally:
        server.close()
        for task in list(under_way):
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: int) -> None:
    """One request, or one socket: what a client keeps open is asked to be closed behind its answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    verb, path, rest = head.split(b" ", 2)
    if not path.startswith(PREFIX.encode() + b"/"):
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    if b"upgrade: websocket" not in head.lower():
        rest = rest.replace(b"\r\n", b"\r\nConnection: close\r\n", 1).replace(b"\r\nConnection: keep-alive", b"")
    from_gateway, to_gateway = await asyncio.open_connection("127.0.0.1", target)
    to_gateway.write(b" ".join([verb, path.removeprefix(PREFIX.encode()), rest]))
    up = asyncio.create_task(_pump(reader, to_gateway))
    try:
        await _pump(from_gateway, writer)
    finally:
        up.cancel()
        await asyncio.gather(up, return_exceptions=True)
        to_gateway.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()

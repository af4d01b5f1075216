"""Peers that stop reading, and what the kernel knows of their connections: is one really gone?"""

from __future__ import annotations

import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from tests.support.gateway import TOKEN, Client, TestGateway

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc/net/tcp whether a connection is gone")
_STANDING = {"01", "08"}
"""ESTABLISHED, and CLOSE_WAIT: the peer has ended, we have not."""


def held(line: socket.socket) -> tuple[int, int]:
    """The ports of a loopback connection: ours and the gateway's. To be asked while it is open."""
    return line.getsockname()[1], line.getpeername()[1]


def is_held(ports: tuple[int, int]) -> bool:
    """Whether the gateway's end of a connection still stands."""
    ours, theirs = ports
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if (int(local.split(":")[1], 16), int(remote.split(":")[1], 16)) == (theirs, ours):
            return state in _STANDING
    return False


async def gone(ports: tuple[int, int], seconds: float = 30) -> None:
    """Wait until the gateway has let go of a connection that nobody here reads."""
    with anyio.fail_after(seconds):
        while is_held(ports):  # noqa: ASYNC110 — the kernel tells nobody
            await anyio.sleep(0.02)


@asynccontextmanager
async def reader_that_stops(
    served: TestGateway, session: str | None = None, *, token: str = TOKEN
) -> AsyncGenerator[Client]:
    """A client that follows a session, and reads nothing until it is asked to; its machine holds little for it."""
    host, port = served.app.addresses[0]
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect((host, port))
        line.setblocking(False)
        async with served.connect(token=token, sock=line, max_queue=1, ping_interval=None, compression=None) as client:
            if session is not None:
                await client.result("event.subscribe", sessionKey=session)
            yield client
            client.socket.transport.abort()


@asynccontextmanager
async def asking(served: TestGateway, request: bytes) -> AsyncGenerator[socket.socket]:
    """A connection that sends a request, waits for the answer to begin, and reads nothing of it."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(served.app.addresses[0])
        line.sendall(request)
        line.setblocking(False)
        with anyio.fail_after(30):
            await anyio.wait_readable(line)
        yield line


def post(path: str, body: bytes, token: str = TOKEN) -> bytes:
    """A request, as bytes."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

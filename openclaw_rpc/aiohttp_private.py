"""What is used of aiohttp that its documentation does not promise: all of it stands here, and a test names it.

`pyproject.toml` bounds aiohttp from above; `tests/test_aiohttp_private.py` fails first where a release changes it.
"""

from __future__ import annotations

import asyncio
from typing import cast

import aiohttp
import yarl
from aiohttp.abc import AbstractStreamWriter
from aiohttp.connector import Connection
from aiohttp.helpers import get_env_proxy_for_url
from aiohttp.http import RawRequestMessage, WebSocketReader
from aiohttp.streams import StreamReader
from aiohttp.web_exceptions import HTTPException, HTTPRequestEntityTooLarge
from aiohttp.web_protocol import PayloadAccessError, RequestHandler, RequestPayloadError
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import ContentCoding, Response, StreamResponse
from aiohttp.web_server import Server

__all__ = [
    "AbstractStreamWriter",
    "BaseRequest",
    "Connection",
    "ContentCoding",
    "HTTPException",
    "HTTPRequestEntityTooLarge",
    "PayloadAccessError",
    "RawRequestMessage",
    "RequestHandler",
    "RequestPayloadError",
    "Response",
    "Server",
    "StreamReader",
    "StreamResponse",
    "let_go",
    "open_connection",
    "proxy_for",
]


def proxy_for(url: yarl.URL) -> tuple[yarl.URL | None, aiohttp.BasicAuth | None]:
    """The proxy that the environment names for an address, and what it is told of us."""
    try:
        return get_env_proxy_for_url(url)
    except LookupError:
        return None, None


async def open_connection(
    connector: aiohttp.TCPConnector,
    url: yarl.URL,
    timeout: aiohttp.ClientTimeout,
    proxy: yarl.URL | None,
    proxy_auth: aiohttp.BasicAuth | None,
) -> Connection:
    """A connection to the server of an address, with names resolved, proxies passed and TLS spoken.

    Raises:
        aiohttp.ClientError: there is none to be had.
    """
    loop = asyncio.get_running_loop()
    asking = aiohttp.ClientRequest("GET", url, loop=loop, proxy=proxy, proxy_auth=proxy_auth)
    return await connector.connect(asking, [], timeout)


class _Tail:
    """Takes what aiohttp has buffered behind an upgrade's head."""

    def __init__(self) -> None:
        self.data = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        """Nothing is open."""


def let_go(http: RequestHandler) -> tuple[asyncio.Transport, bytes, bool]:
    """Take a connection out of aiohttp's hands: its transport, what was read of it, and whether writing is paused.

    Raises:
        ConnectionResetError: the client is gone.
    """
    transport = http.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client is gone")
    tail = _Tail()
    http.set_parser(cast(WebSocketReader, tail))
    paused = http.writing_paused
    # To aiohttp the connection is lost, and not its own to close; its task of this connection ends.
    http.transport = None
    http.connection_lost(None)
    return transport, tail.data, paused

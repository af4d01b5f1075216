"""The part of aiohttp's server that the doors stand on.

`aiohttp.web` brings applications, routes, files and a command line along: a twentieth of the start, for nothing.
"""

from openclaw_rpc.aiohttp_private import (
    BaseRequest,
    ContentCoding,
    HTTPException,
    HTTPRequestEntityTooLarge,
    PayloadAccessError,
    RequestPayloadError,
    Response,
    Server,
    StreamResponse,
)

__all__ = [
    "BaseRequest",
    "ContentCoding",
    "HTTPException",
    "HTTPRequestEntityTooLarge",
    "PayloadAccessError",
    "RequestPayloadError",
    "Response",
    "Server",
    "StreamResponse",
]

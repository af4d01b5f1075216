"""The part of aiohttp's server that the doors stand on.

`aiohttp.web` brings applications, routes, files and a command line along: a twentieth of the start, for nothing.
"""

from aiohttp.web_exceptions import HTTPException, HTTPRequestEntityTooLarge
from aiohttp.web_protocol import PayloadAccessError, RequestPayloadError
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import ContentCoding, Response, StreamResponse
from aiohttp.web_server import Server

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

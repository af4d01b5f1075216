"""Whole answers: with a tag where the client may ask again, compressed where they are large."""

import hashlib
from collections.abc import Mapping

import msgspec

from openclaw_rpc.dialects.rest import Reply
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.request import HttpRequest

GZIP_BYTES = 16 * 1024
JSON = "application/json; charset=utf-8"


def respond(reply: Reply, request: HttpRequest) -> web.Response:
    """A plan's answer, as HTTP."""
    body: bytes = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
    return whole(body, request, reply.headers, reply.status)


def whole(
    body: bytes, request: HttpRequest, headers: Mapping[str, str], status: int = 200, *, gzip_bytes: int = GZIP_BYTES
) -> web.Response:
    """An answer of these bytes; 304 without them where the client has them already (RFC 9110, 13.1.2).

    It is compressed from ``gzip_bytes`` on, where the client takes that.
    """
    sent = {"Content-Type": JSON, **headers}
    if request.method in ("GET", "HEAD") and status == 200:
        # Weak, since it is the same whether the answer goes out compressed or not.
        sent["ETag"] = tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        if _known(tag, request.headers.get("If-None-Match", "")):
            del sent["Content-Type"]
            return web.Response(status=304, headers=sent)
    if status == 204:
        return web.Response(status=204, headers=dict(headers))
    response = web.Response(body=body, status=status, headers=sent)
    if len(body) >= gzip_bytes:
        response.headers.add("Vary", "Accept-Encoding")
        if takes_gzip(request.headers.get("Accept-Encoding", "")):
            response.enable_compression(web.ContentCoding.gzip)
    return response


def _known(tag: str, header: str) -> bool:
    """Whether ``If-None-Match`` has that tag; weak and strong ones are the same here."""
    opaque = tag.removeprefix("W/")
    return any(given.strip().removeprefix("W/") in (opaque, "*") for given in header.split(","))


def takes_gzip(header: str) -> bool:
    """Whether ``Accept-Encoding`` allows gzip (RFC 9110, 12.5.3)."""
    for item in header.split(","):
        coding, _, weight = item.partition(";")
        if coding.strip().lower() in ("gzip", "x-gzip", "*"):
            return weight.replace(" ", "").lower().removeprefix("q=") not in ("0", "0.0", "0.00", "0.000")
    return False

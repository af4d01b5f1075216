"""Why the gateway closes a socket: one table, that says whether to come back (RFC 6455, 7.4)."""

from typing import NamedTuple


class CloseCode(NamedTuple):
    """A close code. ``reconnect`` tells a client whether to come back, ``meaning`` why it was closed."""

    code: int
    reason: str
    reconnect: bool
    meaning: str


GOING_AWAY = CloseCode(1001, "going away", True, "the gateway stops or restarts; come back with the last seq")
BAD_DATA = CloseCode(1007, "not UTF-8", False, "a text frame was not UTF-8")
TOO_BIG = CloseCode(1009, "message too big", False, "a message was larger than gateway.max_message_bytes")
INTERNAL = CloseCode(1011, "internal error", True, "the gateway failed")
UNAUTHORIZED = CloseCode(4001, "unauthorized", False, "the first message did not prove who the client is")
REVOKED = CloseCode(4002, "token no longer valid", False, "the token was revoked, or has expired")
AUTH_TIMEOUT = CloseCode(4003, "authentication timed out", True, "nothing came within gateway.auth_timeout_seconds")
SILENT = CloseCode(4007, "no answer to pings", True, "nothing came from the peer for 40 s, not even a pong")
SLOW = CloseCode(4008, "too slow", True, "more than gateway.outbox_bytes waited; come back with the last seq")
TOO_MANY = CloseCode(4029, "too many connections", True, "gateway.max_connections_per_principal; come back later")

CLOSE_CODES = (GOING_AWAY, BAD_DATA, TOO_BIG, INTERNAL, UNAUTHORIZED, REVOKED, AUTH_TIMEOUT, SILENT, SLOW, TOO_MANY)
"""Every code that the gateway closes with. Close codes of the peer's own choice are not among them."""

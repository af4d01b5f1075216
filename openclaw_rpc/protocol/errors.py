"""The errors of the table: one class a row, raised by the domain, spelled by each dialect."""

from typing import Any, ClassVar


class GatewayError(Exception):
    """What a caller is told when a call can't be answered.

    ``code`` is the name that HTTP and ``error.data.code`` share, ``rpc`` the JSON-RPC 2.0 code, ``status`` the HTTP
    status, ``retryable`` whether the same call may succeed later.
    """

    code: ClassVar[str]
    rpc: ClassVar[int]
    status: ClassVar[int]
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, field: str | None = None, reason: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.reason = reason
        self.details = details


class InvalidRequest(GatewayError):
    """The params are not what the row takes; ``field`` says which, ``reason`` why."""

    code, rpc, status = "invalid_request", -32602, 400


class InvalidFrame(InvalidRequest):
    """The frame is JSON, but not a call (JSON-RPC 2.0, 5.1)."""

    rpc = -32600


class ParseError(InvalidRequest):
    """The frame is not JSON, or too deep (JSON-RPC 2.0, 5.1)."""

    rpc = -32700


class Unauthorized(GatewayError):
    """Nobody we know: no token or password, a wrong, an expired or a revoked one."""

    code, rpc, status = "unauthorized", -32001, 401


class Forbidden(GatewayError):
    """Known, but not allowed; ``reason`` says what is missing."""

    code, rpc, status = "forbidden", -32003, 403


class NotFound(GatewayError):
    """There is no such thing, or it is another user's."""

    code, rpc, status = "not_found", -32004, 404


class MethodNotFound(NotFound):
    """The table has no such method (JSON-RPC 2.0, 5.1)."""

    rpc = -32601


class Timeout(GatewayError):
    """It took longer than the caller allowed; what was begun goes on."""

    code, rpc, status, retryable = "timeout", -32008, 408, True


class Conflict(GatewayError):
    """It exists already, or is in a state that forbids this."""

    code, rpc, status = "conflict", -32009, 409


class SessionExists(Conflict):
    """A session of that user has that key already."""


class AlreadyClaimed(Conflict):
    """It may be done only once, and was done or is being done already."""


class KeyReused(Conflict):
    """The idempotency key was used with other params."""

    status = 422


class TooLarge(GatewayError):
    """Larger than a limit that ``details`` names."""

    code, rpc, status = "too_large", -32013, 413


class RateLimited(GatewayError):
    """Over a rate limit; ``details``: ``limit``, ``remaining``, ``resetAt`` (epoch s) and ``retryAfter`` (s)."""

    code, rpc, status, retryable = "rate_limited", -32029, 429, True


class BudgetExceeded(GatewayError):
    """A budget has too little left; ``details``: ``budget`` (its name), ``limit``, ``used``, ``resetAt`` (epoch s)."""

    code, rpc, status = "budget_exceeded", -32030, 402


class InternalError(GatewayError):
    """A fault of the gateway; what went wrong is in its log under the request's id."""

    code, rpc, status = "internal_error", -32603, 500


class Unavailable(GatewayError):
    """Not now: starting, stopping, or too busy; ``details`` may hold ``retryAfter`` (s)."""

    code, rpc, status, retryable = "service_unavailable", -32050, 503, True


class ProviderError(GatewayError):
    """The model's server failed; the message names the provider and what to do."""

    code, rpc, status, retryable = "provider_error", -32060, 502, True


EVERYWHERE: tuple[type[GatewayError], ...] = (
    InvalidRequest,
    Unauthorized,
    Forbidden,
    RateLimited,
    InternalError,
    Unavailable,
)
"""Errors that any call may be answered with; a row lists only those of its own."""


def interrupted() -> Unavailable:
    """What was under way when the gateway stopped; the same may be asked again soon."""
    return Unavailable("the gateway stopped before this was done", reason="interrupted", retryAfter=5)


ERRORS: tuple[type[GatewayError], ...] = tuple(GatewayError.__subclasses__())
"""Every row of this table."""


def error_of(code: str, message: str, **details: Any) -> GatewayError:
    """The error row of that code as an exception; an `InternalError` where there is no such row."""
    rows: dict[str, type[GatewayError]] = {row.code: row for row in ERRORS}
    return rows.get(code, InternalError)(message, **details)

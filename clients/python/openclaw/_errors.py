"""What can go wrong. A token is in none of these."""

from __future__ import annotations

from typing import Any


class OpenClawError(Exception):
    """Whatever this package raises."""


class APIError(OpenClawError):
    """The gateway answered with an error.

    ``code`` is the name that all its doors share (`not_found`), ``field`` which field is wrong, ``reason`` what is
    wrong with it, ``retry_after`` how many seconds until another try is worth it, ``request_id`` what the gateway's log
    calls the request, ``status`` the HTTP status of a refused handshake, ``details`` all else that was said.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        field: str | None = None,
        reason: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.field = field
        self.reason = reason
        self.request_id = request_id
        self.retry_after = retry_after
        self.details = details or {}


class InvalidRequestError(APIError):
    """The params are not what the method takes; ``field`` says which, ``reason`` why."""


class UnauthorizedError(APIError):
    """No token or password, or a wrong, expired or revoked one."""


class ForbiddenError(APIError):
    """Known, but not allowed; ``reason`` says what is missing."""


class NotFoundError(APIError):
    """There is no such thing, or it is another user's."""


class RequestTimeoutError(APIError):
    """It took longer than was allowed; what was begun goes on."""


class ConflictError(APIError):
    """It exists already, or is in a state that forbids this."""


class TooLargeError(APIError):
    """Larger than a limit that ``details`` names."""


class RateLimitedError(APIError):
    """Over a rate limit: ``retry_after`` seconds until the next try."""


class BudgetExceededError(APIError):
    """A budget has too little left; ``details``: ``budget``, ``limit``, ``used``, ``resetAt`` (s since 1970)."""


class InternalServerError(APIError):
    """A fault of the gateway; its log knows more under ``request_id``."""


class ServiceUnavailableError(APIError):
    """Not now: starting, stopping, or too busy."""


class ProviderError(APIError):
    """The model's server failed."""


class ConnectionFailedError(OpenClawError):
    """The gateway can't be reached, or the connection was lost before the answer."""


class DeadlineError(OpenClawError):
    """There was no answer within this client's own time limit."""


class RunError(OpenClawError):
    """A run did not come to an answer.

    ``finish_reason`` is `error`, `aborted` or `interrupted`; ``error`` is ``{"code", "message"}`` where there is one.
    """

    def __init__(self, run_id: str, finish_reason: str, error: dict[str, Any] | None = None) -> None:
        super().__init__(str(error["message"]) if error else f"the run was {finish_reason}")
        self.run_id = run_id
        self.finish_reason = finish_reason
        self.error = error


_CLASSES: dict[str, type[APIError]] = {
    "invalid_request": InvalidRequestError,
    "unauthorized": UnauthorizedError,
    "forbidden": ForbiddenError,
    "not_found": NotFoundError,
    "timeout": RequestTimeoutError,
    "conflict": ConflictError,
    "too_large": TooLargeError,
    "rate_limited": RateLimitedError,
    "budget_exceeded": BudgetExceededError,
    "internal_error": InternalServerError,
    "service_unavailable": ServiceUnavailableError,
    "provider_error": ProviderError,
}


def api_error(code: str, message: str, **more: Any) -> APIError:
    """The error of that code."""
    return _CLASSES.get(code, APIError)(code, message, **more)


def error_of(body: dict[str, Any]) -> APIError:
    """The error of a JSON-RPC answer."""
    data = dict(body.get("data") or {})
    data |= data.pop("details", None) or {}
    code = str(data.pop("code", None) or body.get("code"))
    known = {name: data.pop(key, None) for name, key in _MEMBERS.items()}
    return api_error(code, str(body.get("message") or code), **known, details=data)


_MEMBERS = {"field": "field", "reason": "reason", "request_id": "requestId", "retry_after": "retryAfter"}


def refused(url: str, status: int) -> OpenClawError:
    """What a handshake that was answered with this HTTP status means."""
    if status == 401:
        return api_error("unauthorized", f"the gateway at {url} does not know this token", status=status)
    if status == 403:
        return api_error("forbidden", f"the gateway at {url} refuses this client", status=status)
    if status in (408, 429) or status >= 500:
        return ConnectionFailedError(f"the gateway at {url} takes no connection now (HTTP {status})")
    return OpenClawError(f"what listens at {url} is not a gateway (HTTP {status})")


def too_large(method: str, size: int, most: int) -> APIError:
    """A call that the gateway would not take: its frame has ``size`` bytes of at most ``most``."""
    message = f"{method} would take {size:,} bytes, and the gateway takes {most:,}"
    return api_error("too_large", message, details={"limit": most, "size": size})

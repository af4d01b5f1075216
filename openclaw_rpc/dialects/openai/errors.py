"""Errors and headers as OpenAI's API has them (platform.openai.com/docs/guides/error-codes), for its SDKs to act on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from openclaw_rpc.dialects.rest import Left, Reply
from openclaw_rpc.protocol.errors import (
    BudgetExceeded,
    Conflict,
    Forbidden,
    GatewayError,
    InvalidRequest,
    NotFound,
    ProviderError,
    RateLimited,
    TooLarge,
    Unauthorized,
)

_SLUG = re.compile(r"[a-z]+(_[a-z]+)*")
_TYPES: Mapping[int, str] = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
SPENT = "insufficient_quota"
"""The code, and the type, of an error that says that there is no money left."""
_CODES: Mapping[type[GatewayError], str] = {
    Unauthorized: "invalid_api_key",
    Forbidden: "permission_denied",
    RateLimited: "rate_limit_exceeded",
    BudgetExceeded: SPENT,
    Conflict: "conflict",
    TooLarge: "request_too_large",
}


def status_of(error: GatewayError) -> int:
    """An error's HTTP status: a model's server's own where it refused; 400 where a request is too long for a model."""
    if _is_too_long(error):
        return 400
    if isinstance(error, BudgetExceeded):
        return 429
    upstream: Any = error.details.get("upstreamStatus")
    return upstream if isinstance(upstream, int) and 400 <= upstream <= 599 else error.status


def _is_too_long(error: GatewayError) -> bool:
    """Whether a model has no room for a request, as its server said or was known before."""
    if isinstance(error, TooLarge):
        return error.reason == "too long for the model"
    return error.details.get("fault") == "too_long"


def spelled(error: GatewayError) -> Any:
    """An error as the body of an answer; a model's server's own error where it told one."""
    status = status_of(error)
    body = {"message": error.message, "type": _type(error, status), "param": error.field, "code": _code(error)}
    own: Any = error.details.get("upstreamError")
    if isinstance(own, dict):
        found = cast("dict[str, Any]", own)
        body["param"] = None
        body |= {name: value for name, value in found.items() if value is not None}
    elif isinstance(own, str) and own:
        body["message"] = own
    if _is_too_long(error):
        body["code"] = "context_length_exceeded"
    return {"error": body}


def _type(error: GatewayError, status: int) -> str:
    if isinstance(error, BudgetExceeded):
        return SPENT
    return _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")


def _code(error: GatewayError) -> str:
    for row, code in _CODES.items():
        if isinstance(error, row):
            return code
    if isinstance(error, NotFound):
        return "model_not_found" if error.field in ("model", "agentId") else "not_found"
    if isinstance(error, ProviderError):
        return {404: "model_not_found", 429: "rate_limit_exceeded"}.get(status_of(error), error.code)
    reason = error.reason or ""
    if isinstance(error, InvalidRequest):
        if "missing" in reason:
            return "missing_required_parameter"
        return reason if _SLUG.fullmatch(reason) else "invalid_value"
    return error.code


def event_of(error: GatewayError) -> bytes:
    """An error inside a stream of chunks. Nothing comes after it."""
    return b"data: " + msgspec.json.encode(spelled(error)) + b"\n\n"


class OpenAIStyle:
    """Headers that OpenAI's SDKs read."""

    def refusal(self, error: GatewayError) -> Reply:
        """An error, with how long to wait and whether to try again."""
        status = status_of(error)
        headers: dict[str, str] = {}
        after: Any = error.details.get("retryAfter")
        if isinstance(after, int | float):
            headers["Retry-After"] = f"{after:g}"
            headers["retry-after-ms"] = str(round(after * 1000))
        if status == 409 or "runId" in error.details or isinstance(error, BudgetExceeded):
            # The SDKs try again on any 409 and 429; what is in conflict here stays so, as does an empty purse. A run
            # that was begun may have acted.
            headers["x-should-retry"] = "false"
        if status >= 500 and error.details.get("fault") == "request":
            # The model's server can't do what was asked for, though it calls that a failure of its own.
            headers["x-should-retry"] = "false"
        return Reply(spelled(error), status, headers)

    def headers(self, left: Left, seconds: float) -> Mapping[str, str]:
        """What is left of the requests, and how long this one took."""
        return {
            "x-ratelimit-limit-requests": str(left.limit),
            "x-ratelimit-remaining-requests": str(left.remaining),
            "x-ratelimit-reset-requests": f"{left.reset:.3f}s",
            "openai-processing-ms": str(round(seconds * 1000)),
        }


STYLE = OpenAIStyle()

"""Errors as reference 002 writes them."""

from __future__ import annotations

from typing import Any

import msgspec

from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import GatewayError


class ApiErrorBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What went wrong. ``details.field`` and ``details.reason`` say what is wrong with a request.

    ``retryAfter``: when to try again, in s.
    """

    code: str
    message: str
    details: JsonObject = {}
    retry_after: float | None = None


class ApiError(msgspec.Struct, frozen=True, kw_only=True):
    """An error."""

    error: ApiErrorBody


def upper(error: GatewayError) -> ApiError:
    """An error of the table in the shape of 002."""
    details: dict[str, Any] = {name: value for name, value in error.details.items() if name != "retryAfter"}
    if error.field is not None:
        details["field"] = error.field
    if error.reason is not None:
        details["reason"] = error.reason
    return ApiError(
        error=ApiErrorBody(
            code=error.code.upper(),
            message=error.message,
            details=details,
            retry_after=error.details.get("retryAfter"),
        )
    )

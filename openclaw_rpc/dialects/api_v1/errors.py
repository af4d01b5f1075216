"""Errors as references 000 and 004 write them: flat, snake_case."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, Unauthorized

UNKNOWN = "Missing or invalid authentication token"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class FlatError(msgspec.Struct, frozen=True, kw_only=True):
    """An error. ``details.field`` and ``details.reason`` say what is wrong with a request."""

    error: str
    message: str
    status: int
    details: JsonObject


def fields_of(found: msgspec.Struct, kind: type[msgspec.Struct]) -> JsonObject:
    """Of a struct of the table the fields that the dialect has, too: a row may be given more."""
    return {name: getattr(found, name) for name in kind.__struct_fields__ if hasattr(found, name)}


def flat(error: GatewayError) -> FlatError:
    """An error of the table in the shape of 000."""
    details: JsonObject = {snake(name): value for name, value in error.details.items()}
    if error.field is not None:
        details["field"] = error.field
    if error.reason is not None:
        details["reason"] = error.reason
    if isinstance(reset := error.details.get("resetAt"), int):
        details["reset_at"] = datetime.fromtimestamp(reset, UTC).isoformat().replace("+00:00", "Z")
    return FlatError(
        error="bad_request" if isinstance(error, InvalidRequest) else error.code,
        message=UNKNOWN if isinstance(error, Unauthorized) else error.message,
        status=error.status,
        details=details,
    )


def snake(name: str) -> str:
    """A name of the table as 000 writes names."""
    return _HUMP.sub("_", name).lower()


def snaked(value: Any) -> Any:
    """A result's fields under 000's names, as deep as structs go; what clients stored themselves stays as it is."""
    if isinstance(value, msgspec.Struct):
        return {
            name: snaked(getattr(value, name)) for name in value.__struct_fields__ if getattr(value, name) is not None
        }
    if isinstance(value, list):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return [snaked(item) for item in items]
    return value

"""Turning what msgspec finds wrong into the error row that says which field, and why."""

from typing import Any, TypeVar

import msgspec

from openclaw_rpc.protocol.errors import InvalidRequest

T = TypeVar("T")


def invalid_params(error: msgspec.ValidationError, what: str) -> InvalidRequest:
    """What msgspec found wrong, with the field's path taken out of its message."""
    text = str(error)
    reason, _, path = text.partition(" - at `$")
    field = path.rstrip("`").lstrip(".") or None
    named = _named_field(reason)
    if named is not None:
        field = f"{field}.{named}" if field else named
    where = f" {field}" if field else ""
    return InvalidRequest(f"invalid params of {what}:{where}: {reason}", field=field, reason=reason)


def _named_field(reason: str) -> str | None:
    """The field in ``Object missing required field `x` `` and ``Object contains unknown field `x` ``."""
    head, tick, rest = reason.partition("`")
    return rest.partition("`")[0] if tick and head.endswith("field ") else None


def checked(value: Any, kind: type[T], what: str, *, texts: bool = False) -> T:
    """JSON-like data as a struct. With ``texts``, numbers and booleans may come as text, as in a query.

    Raises:
        InvalidRequest: it is none; ``field`` and ``reason`` say where and why.
    """
    try:
        return msgspec.convert(value, kind, strict=not texts)
    except msgspec.ValidationError as error:
        raise invalid_params(error, what) from None


def decoded(data: bytes, kind: type[T], what: str) -> T:
    """JSON as a struct.

    Raises:
        InvalidRequest: it is no JSON, or no such struct.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise invalid_params(error, what) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"the body is no JSON: {error}", field="body", reason=str(error)) from None

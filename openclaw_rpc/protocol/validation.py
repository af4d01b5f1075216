"""Turning what msgspec finds wrong into the error row that says which field, and why."""

import re
from typing import Any, Final, TypeVar, cast

import msgspec

from openclaw_rpc.protocol.errors import InvalidRequest

T = TypeVar("T")

_MOST_EXACT: Final = 2**53
# An escape at a time, so that a backslash that is one itself begins none.
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def whole_numbers(value: Any) -> Any:
    """The same, with 5 for 5.0: in JSON Schema an integer is any number without a fraction."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _MOST_EXACT else value
    if isinstance(value, dict):
        return {key: whole_numbers(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [whole_numbers(item) for item in cast("list[Any]", value)]
    return value


def whole_characters(data: bytes) -> bytes:
    """JSON with U+FFFD for each half of a character: JavaScript writes such, decoders refuse them (RFC 8259, 8.2)."""
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found[1] is not None else found[0], data)


def mended(data: bytes) -> bytes:
    """The same, where it has such halves at all."""
    return whole_characters(data) if b"\\ud" in data or b"\\uD" in data else data


def is_whole_number_wanted(error: msgspec.ValidationError) -> bool:
    """Whether a number with a point stands where an integer is expected."""
    return str(error).startswith("Expected `int") and "got `float`" in str(error)


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
        whole = whole_numbers(value) if is_whole_number_wanted(error) else value
        if whole == value and repr(whole) == repr(value):
            raise invalid_params(error, what) from None
    try:
        return msgspec.convert(whole, kind, strict=not texts)
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
        if not is_whole_number_wanted(error):
            raise invalid_params(error, what) from None
        return checked(plain(data), kind, what)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(error) from None


def plain(data: bytes | msgspec.Raw) -> Any:
    """JSON as plain values.

    Raises:
        InvalidRequest: it is no JSON, or a number in it is larger than any that is read.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(error) from None


def _not_json(error: Exception) -> InvalidRequest:
    return InvalidRequest(f"the body is not JSON: {error}", field="body", reason=str(error))

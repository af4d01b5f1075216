"""Params made up from their types: the least that a row takes."""

from typing import Any

import msgspec
from msgspec import inspect

from openclaw_rpc.protocol.table import AnyMethod


def least(row: AnyMethod, **given: Any) -> dict[str, Any]:
    """Params with all fields that must be there, and ``given`` in place of what would be made up."""
    made = _struct(inspect.type_info(row.params))
    return made | given


def fields_of(row: AnyMethod) -> dict[str, str]:
    """The params' fields: their names on the wire, and in Python."""
    return {field.encode_name: field.name for field in msgspec.structs.fields(row.params)}


def _struct(info: Any) -> dict[str, Any]:
    return {field.encode_name: _value(field.type) for field in info.fields if field.required}


def _value(info: Any) -> Any:  # noqa: PLR0911 — one a kind
    match info:
        case inspect.Metadata():
            return _value(info.type)
        case inspect.StrType():
            return _text(info.min_length or 1)
        case inspect.IntType() | inspect.FloatType():
            return info.ge if info.ge is not None else 1
        case inspect.BoolType():
            return False
        case inspect.LiteralType():
            return info.values[0]
        case inspect.EnumType():
            return next(iter(info.cls)).value
        case inspect.ListType():
            return [_value(info.item_type)] * (info.min_length or 0)
        case inspect.DictType():
            return {f"x{at}": 1 for at in range(info.min_length or 0)}
        case inspect.StructType():
            return _struct(info)
        case inspect.UnionType():
            return _value(info.types[0])
        case _:
            return {}


def _text(length: int) -> str:
    return ("x" * length)[: max(length, 1)]

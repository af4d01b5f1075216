"""Whether a model's arguments fit a tool's JSON Schema: what goes wrong in practice, in words that a model understands.

Of JSON Schema (draft 2020-12) it knows type, enum, const, required, properties, additionalProperties, items and the
limits of numbers, texts and lists. What it does not know it lets pass: a tool checks its arguments itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeGuard, cast

from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import InvalidRequest

MAX_DEPTH: Final = 32
_UNKNOWN: Final = object()


def check(tool: str, schema: JsonObject, params: JsonObject) -> None:
    """Refuse arguments that do not fit.

    Raises:
        InvalidRequest: ``field`` is the dotted path of the first that does not, ``reason`` says why.
    """
    fault = _fault(schema, params, "", 0)
    if fault is not None:
        field, reason = fault
        where = f" {field}" if field else ""
        raise InvalidRequest(f"{tool}:{where} {reason}", field=field or None, reason=reason)


Fault = tuple[str, str]


def _fault(schema: Any, value: Any, path: str, depth: int) -> Fault | None:
    """Where and why a value does not fit a schema; None where it does."""
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return (path, "is not allowed") if schema is False else None
    rules = cast("Mapping[str, Any]", schema)
    said = rules.get("type")
    kinds = cast("Sequence[Any]", said) if isinstance(said, list) else [] if said is None else [said]
    if kinds and not any(_is(value, kind) for kind in kinds):
        return path, f"must be {' or '.join(map(str, kinds))}, not {_kind(value)}"
    enum = rules.get("enum")
    if isinstance(enum, list) and not any(_same(value, item) for item in cast("list[Any]", enum)):
        return path, f"must be one of {', '.join(map(str, cast('list[Any]', enum)))}"[:500]
    if "const" in rules and not _same(value, rules["const"]):
        return path, f"must be {rules['const']}"[:500]
    if isinstance(value, dict):
        return _object_fault(rules, cast("JsonObject", value), path, depth)
    if isinstance(value, list):
        return _list_fault(rules, cast("list[Any]", value), path, depth)
    return _limit_fault(rules, value, path)


def _object_fault(rules: Mapping[str, Any], value: JsonObject, path: str, depth: int) -> Fault | None:
    properties = cast("Mapping[str, Any]", rules.get("properties") or {})
    for name in cast("Sequence[str]", rules.get("required") or ()):
        if name not in value:
            return _join(path, name), "is missing"
    others = rules.get("additionalProperties", True)
    for name, item in value.items():
        rule = properties.get(name, _UNKNOWN)
        if rule is _UNKNOWN and others is False:
            known = ", ".join(properties) or "none"
            return _join(path, name)[:200], f"is unknown; there are: {known}"
        fault = _fault(others if rule is _UNKNOWN else rule, item, _join(path, name), depth + 1)
        if fault is not None:
            return fault
    return None


def _list_fault(rules: Mapping[str, Any], value: list[Any], path: str, depth: int) -> Fault | None:
    least, most = rules.get("minItems"), rules.get("maxItems")
    if _number(least) and len(value) < least:
        return path, f"must have at least {least} items"
    if _number(most) and len(value) > most:
        return path, f"must have at most {most} items"
    for at, item in enumerate(value):
        fault = _fault(rules.get("items", True), item, f"{path}[{at}]", depth + 1)
        if fault is not None:
            return fault
    return None


def _limit_fault(rules: Mapping[str, Any], value: Any, path: str) -> Fault | None:
    if isinstance(value, str):
        least, most = rules.get("minLength"), rules.get("maxLength")
        if _number(least) and len(value) < least:
            return path, f"must have at least {least} characters"
        if _number(most) and len(value) > most:
            return path, f"must have at most {most} characters"
    elif _number(value):
        least, most = rules.get("minimum"), rules.get("maximum")
        if _number(least) and value < least:
            return path, f"must be at least {least}"
        if _number(most) and value > most:
            return path, f"must be at most {most}"
    return None


def _is(value: Any, kind: Any) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "number":
            return _number(value)
        case "integer":
            # 1.0 is an integer in JSON Schema, and models write it so.
            return _number(value) and (isinstance(value, int) or value.is_integer())
        case _:
            return True


def _number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(value: Any, other: Any) -> bool:
    """Equality as in JSON, where true is not 1."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _kind(value: Any) -> str:
    names = ("null", "boolean", "integer", "number", "string", "array", "object")
    return next((name for name in names if _is(value, name)), "something else")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

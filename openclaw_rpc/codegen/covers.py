"""Whether one JSON Schema takes all that another takes; for the keywords that msgspec writes."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, cast

from openclaw_rpc.dialects.schema import Json

Placed = tuple[Json, dict[str, Json]]
"""A schema, and the definitions its references point to."""

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("pattern", "format", "multipleOf", "contentEncoding", "uniqueItems")


class Side(Enum):
    """Which way a value goes: a new version may take more, and give no less."""

    TAKEN = "taken"
    GIVEN = "given"


def problems(old: Placed, new: Placed, side: Side) -> list[str]:
    """Why a client of ``old`` could not live with ``new``: a path (`.options.model`) and a sentence each."""
    return _compare(old, new, side, "", frozenset())


def _compare(old: Placed, new: Placed, side: Side, path: str, seen: frozenset[tuple[str, str]]) -> list[str]:
    pair = (str(old[0].get("$ref", "")), str(new[0].get("$ref", "")))
    if pair in seen:
        return []
    if any(pair):
        seen = seen | {pair}
    wide, narrow = (new, old) if side is Side.TAKEN else (old, new)
    found: list[str] = []
    for each in _alternatives(narrow):
        alike = [other for other in _alternatives(wide) if _alike(other[0], each[0])] or _alternatives(wide)
        pairs = [(each, other) if side is Side.TAKEN else (other, each) for other in alike]
        found.extend(min((_one(before, after, side, path, seen) for before, after in pairs), key=len))
    return list(dict.fromkeys(found))


def _alike(one: Json, other: Json) -> bool:
    """Whether two alternatives share a JSON type: only such a pair has differences worth telling."""
    kinds, others = _kinds(one), _kinds(other)
    return kinds is None or others is None or bool(kinds & others)


def _alternatives(placed: Placed) -> list[Placed]:
    schema, defs = placed
    if "$ref" in schema:
        return _alternatives((defs[str(schema["$ref"]).rpartition("/")[2]], defs))
    if "anyOf" in schema:
        return [each for part in schema["anyOf"] for each in _alternatives((part, defs))]
    return [placed]


def _one(old: Placed, new: Placed, side: Side, path: str, seen: frozenset[tuple[str, str]]) -> list[str]:
    """Compare two schemas that are neither references nor unions."""
    wide, narrow = (new[0], old[0]) if side is Side.TAKEN else (old[0], new[0])
    kinds, others = _kinds(wide), _kinds(narrow)
    if kinds is not None and (others is None or not others <= kinds):
        return [f"{path}: {_shown(old[0])} became {_shown(new[0])}"]
    return [
        *_words(old[0], new[0], side, path),
        *_limits(wide, narrow, old[0], new[0], path),
        *_fields(old, new, side, path, seen),
        *_parts(old, new, side, path, seen),
    ]


def _kinds(schema: Json) -> set[str] | None:
    """The JSON types that a schema takes; None for all of them."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values is not None:
        return {_kind(each) for each in values}
    word: str | None = schema.get("type")
    if word is None:
        return None
    return {"number", "integer"} if word == "number" else {word}


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case _:
            return "string"


def _shown(schema: Json) -> str:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return " | ".join(repr(each) for each in values) if values is not None else str(schema.get("type", "anything"))


def _words(old: Json, new: Json, side: Side, path: str) -> Iterator[str]:
    before = [old["const"]] if "const" in old else old.get("enum")
    after = [new["const"]] if "const" in new else new.get("enum")
    if side is Side.TAKEN and after is not None:
        if before is None:
            yield f"{path}: {_shown(old)} became {_shown(new)}"
        for each in before or ():
            if each not in after:
                yield f"{path}: {each!r} is no longer taken"
    if side is Side.GIVEN and before is not None and after is None:
        yield f"{path}: {_shown(old)} became {_shown(new)}"


def _limits(wide: Json, narrow: Json, old: Json, new: Json, path: str) -> Iterator[str]:
    tighter = [
        *(key for key in _LOWER if key in wide and (key not in narrow or wide[key] > narrow[key])),
        *(key for key in _UPPER if key in wide and (key not in narrow or wide[key] < narrow[key])),
        *(key for key in _EXACT if key in wide and wide[key] != narrow.get(key)),
    ]
    if "enum" not in narrow and "const" not in narrow:
        for key in tighter:
            yield f"{path}: {key} was {old.get(key, 'free')}, is {new.get(key, 'free')}"


def _fields(old: Placed, new: Placed, side: Side, path: str, seen: frozenset[tuple[str, str]]) -> Iterator[str]:
    before: Json = old[0].get("properties", {})
    after: Json = new[0].get("properties", {})
    wide, narrow = (new[0], old[0]) if side is Side.TAKEN else (old[0], new[0])
    for name, schema in before.items():
        if name not in after:
            yield f"{path}.{name}: the field is gone"
        else:
            yield from _compare((schema, old[1]), (after[name], new[1]), side, f"{path}.{name}", seen)
    always: list[str] = narrow.get("required", [])
    for name in wide.get("required", []):
        if name not in always and (side is Side.TAKEN or name in after):
            yield f"{path}.{name}: " + ("it became required" if side is Side.TAKEN else "it may be missing now")


def _parts(old: Placed, new: Placed, side: Side, path: str, seen: frozenset[tuple[str, str]]) -> Iterator[str]:
    """What arrays and maps hold; `true` or nothing is anything, `false` nothing."""
    for key, mark in (("items", "[]"), ("additionalProperties", "{}"), ("propertyNames", "{key}")):
        if key not in old[0] and key not in new[0]:
            continue
        before, after = old[0].get(key, True), new[0].get(key, True)
        if key == "additionalProperties" and ("properties" in old[0] or "properties" in new[0]):
            if side is Side.TAKEN and before is not False and after is False:
                yield f"{path}: it is closed to unknown fields"
            continue
        if before is False or after is False:
            continue
        yield from _compare((_whole(before), old[1]), (_whole(after), new[1]), side, path + mark, seen)
    places = zip(old[0].get("prefixItems", ()), new[0].get("prefixItems", ()), strict=False)
    for at, (first, second) in enumerate(places):
        yield from _compare((first, old[1]), (second, new[1]), side, f"{path}[{at}]", seen)


def _whole(schema: Any) -> Json:
    return cast("Json", schema) if isinstance(schema, dict) else {}

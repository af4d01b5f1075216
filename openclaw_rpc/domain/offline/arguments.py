"""A typed command's words as a tool's arguments, by the tool's JSON Schema."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from openclaw_rpc.domain.offline.texts import Language, say
from openclaw_rpc.protocol.base import JsonObject


class BadArgumentsError(ValueError):
    """The words don't fit the tool; the message says why, in the user's language."""


def arguments_of(name: str, schema: JsonObject, words: str, language: Language) -> JsonObject:
    """The arguments that ``words`` mean: JSON, ``key=value`` pairs, or a text for the only parameter needed.

    Raises:
        BadArgumentsError: they mean none of these, or leave out a required one.
    """
    words = words.strip()
    properties = cast("Mapping[str, JsonObject]", schema.get("properties") or {})
    required = cast("Sequence[str]", schema.get("required") or [])
    text = _text_parameter(properties, required)
    if words.startswith("{"):
        found = _json(name, words, language)
    elif not words:
        found = {}
    elif "=" in words and (text is None or words.partition("=")[0] in properties):
        found = _pairs(name, properties, words, language)
    elif text is not None:
        found = {text: words}
    else:
        fields = ", ".join(properties) or say(language, "nothing")
        raise BadArgumentsError(say(language, "plain_text", name=name, fields=fields))
    missing = [field for field in required if field not in found]
    if missing:
        raise BadArgumentsError(say(language, "missing", name=name, fields=", ".join(missing)))
    return found


def _json(name: str, words: str, language: Language) -> JsonObject:
    try:
        return msgspec.json.decode(words, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        reason = say(language, "not_object")
        raise BadArgumentsError(say(language, "bad_json", name=name, reason=reason)) from None


def _text_parameter(properties: Mapping[str, JsonObject], required: Sequence[str]) -> str | None:
    """The parameter that a plain text is meant for: the only one that is required, or that there is, if a string."""
    names = required or list(properties)
    return names[0] if len(names) == 1 and properties.get(names[0], {}).get("type") == "string" else None


def _pairs(name: str, properties: Mapping[str, JsonObject], words: str, language: Language) -> JsonObject:
    try:
        parts = shlex.split(words)
    except ValueError:
        raise BadArgumentsError(say(language, "bad_json", name=name, reason=say(language, "quote"))) from None
    found: JsonObject = {}
    last: str | None = None
    for part in parts:
        key, equals, value = part.partition("=")
        if equals and key in properties:
            found[key] = value
            last = key
        elif last is not None and not (equals and key.isidentifier()):
            found[last] += f" {part}"  # a value with spaces that was not quoted
        else:
            fields = ", ".join(properties) or say(language, "nothing")
            raise BadArgumentsError(say(language, "unnamed", name=name, field=key, fields=fields))
    return {key: _typed(name, key, properties[key], value, language) for key, value in found.items()}


def _typed(name: str, key: str, schema: JsonObject, value: str, language: Language) -> Any:
    kind = schema.get("type", "string")
    if kind == "string":
        return value
    types: Mapping[str, Any] = {
        "integer": int,
        "number": float,
        "boolean": bool,
        "array": list[Any],
        "object": dict[str, Any],
        "null": None,
    }
    if not isinstance(kind, str) or kind not in types:
        return value
    try:
        return msgspec.json.decode(value, type=types[kind])
    except (msgspec.DecodeError, RecursionError):
        if kind == "array":
            return value.split(",")
        raise BadArgumentsError(say(language, "bad_value", field=key, name=name, type=kind, value=value[:60])) from None

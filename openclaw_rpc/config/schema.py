"""`gateway.yaml` as a JSON Schema: for editors that complete and check it, and for the reference of its keys."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final, cast

import msgspec

from openclaw_rpc.config.decoding import ALIASES
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.dialects.schema import in_markdown
from openclaw_rpc.protocol.base import JsonObject

VARIABLE: Final = {"type": "string", "pattern": r"\$\{", "description": "`${NAME}`, a variable of the environment."}
_SCALARS: Final = ("integer", "number", "boolean")


def settings_schema() -> JsonObject:
    """What may stand in the file, in its own words alone."""
    return cast("JsonObject", in_markdown(msgspec.json.schema(Settings)))


def file_schema(version: str) -> JsonObject:
    """A schema (draft 2020-12) of the file as it is written: with other spellings of keys, and variables for values."""
    schema = settings_schema()
    defs: dict[str, JsonObject] = schema["$defs"]
    for path, name in ALIASES.items():
        properties = _struct_at(defs, path[:-1])["properties"]
        properties[path[-1]] = {**deepcopy(properties[name]), "deprecated": True}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"gateway.yaml of openclaw_rpc {version}",
        **cast("JsonObject", _with_variables(schema)),
    }


def _struct_at(defs: dict[str, JsonObject], path: tuple[str, ...]) -> JsonObject:
    found = defs[Settings.__name__]
    for key in path:
        found = defs[found["properties"][key]["$ref"].rpartition("/")[2]]
    return found


def _with_variables(schema: Any) -> Any:
    """The same schema; what is no text may be written as a variable that holds it."""
    if isinstance(schema, list):
        return [_with_variables(each) for each in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    members = cast("JsonObject", schema)
    if members.get("type") in _SCALARS or "enum" in members:
        about = {key: value for key, value in members.items() if key in ("description", "default", "deprecated")}
        bare = {key: value for key, value in members.items() if key not in about}
        return {**about, "anyOf": [bare, VARIABLE]}
    return {key: value if key == "default" else _with_variables(value) for key, value in members.items()}

"""The table's structs as TypeScript types, for clients."""

import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import cast

from openclaw_rpc.codegen.json_schema import frame_structs
from openclaw_rpc.dialects.schema import Json, error_data, schemas_of, table_types
from openclaw_rpc.protocol.table import AnyMethod, by_name, events

_SCALARS = MappingProxyType(
    {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}
)


def typescript(methods: Sequence[AnyMethod], version: str) -> str:
    """A declaration file: a type a struct, and the maps ``Methods`` and ``Events`` from names to types.

    Raises:
        ValueError: two rows or types have the same name, or a type has no spelling in TypeScript.
    """
    rows = by_name(methods)
    found = events(methods)
    schemas = schemas_of([*table_types(methods), *frame_structs()], "{name}")
    defs = {**schemas.defs, "ErrorData": error_data()}
    types = [_declaration(name, defs[name]) for name in sorted(defs)]
    answers = [
        f"{_comment(rows[name].doc, '  ')}  {json.dumps(name)}: "
        f"{{ params: {_type(schemas.refs[rows[name].params])}; result: {_type(schemas.refs[rows[name].result])} }};\n"
        for name in sorted(rows)
    ]
    data = [
        f"{_comment(found[name].doc, '  ')}  {json.dumps(name)}: {_type(schemas.refs[found[name].data])};\n"
        for name in sorted(found)
    ]
    head = f"// The API of openclaw_rpc {version}, generated from its method table: `make gen`, not by hand.\n"
    maps = [
        f"/** Every method: what it takes and what it answers. */\nexport interface Methods {{\n{''.join(answers)}}}\n",
        f"/** Every event: what it carries. */\nexport interface Events {{\n{''.join(data)}}}\n",
    ]
    return "\n".join([head, *types, *maps])


def _declaration(name: str, schema: Json) -> str:
    about = _comment(schema.get("description", ""), "")
    if schema.get("type") != "object" or not schema.get("properties"):
        return f"{about}export type {name} = {_type(schema)};\n"
    required: list[str] = schema.get("required", [])
    members = [
        f"{_comment(_about(part), '  ')}  {_key(key)}{'' if key in required else '?'}: {_type(part)};\n"
        for key, part in schema["properties"].items()
    ]
    return f"{about}export interface {name} {{\n{''.join(members)}}}\n"


def _about(schema: Json) -> str:
    found = [each["description"] for each in (schema, *schema.get("anyOf", ())) if "description" in each]
    return found[0] if found else ""


def _key(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


def _comment(text: str, indent: str) -> str:
    safe = " ".join(text.replace("*/", "* /").split())
    return f"{indent}/** {safe} */\n" if safe else ""


def _type(schema: Json) -> str:
    """A schema as a type expression; ``{name}`` is all that a reference holds here."""
    if "$ref" in schema:
        return str(schema["$ref"])
    if "enum" in schema:
        return " | ".join(json.dumps(each, ensure_ascii=False) for each in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    word: str = schema.get("type", "")
    if word in ("array", "object"):
        return _array(schema) if word == "array" else _object(schema)
    if word in _SCALARS:
        return _SCALARS[word]
    if not {"type", "allOf", "oneOf", "not"} & schema.keys():
        return "unknown"
    raise ValueError(f"no TypeScript for the schema {schema}")


def _array(schema: Json) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_type(each) for each in schema['prefixItems'])}]"
    return f"Array<{_type(schema.get('items', {}))}>"


def _object(schema: Json) -> str:
    rest = schema.get("additionalProperties", True)
    if rest is False:
        return "Record<string, never>"
    return f"Record<string, {_type(cast('Json', rest)) if isinstance(rest, dict) else 'unknown'}>"

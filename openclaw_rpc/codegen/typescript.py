"""The table's structs as TypeScript types, for clients."""

import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import cast

from openclaw_rpc.codegen.json_schema import frame_structs
from openclaw_rpc.dialects.schema import Json, Schemas, error_data, errors_of, schemas_of, table_types
from openclaw_rpc.protocol.table import AnyMethod, by_name, events

_SCALARS = MappingProxyType(
    {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}
)


_ENVELOPE = """\
/** An event as it comes; `epoch` and `seq` where it belongs to a stream that can be resumed. */
export interface EventEnvelope<T extends keyof Events> {
  type: T;
  data: Events[T];
  epoch?: string;
  seq?: number;
}

/** Any event, told apart by its `type`. */
export type GatewayEvent = { [T in keyof Events]: EventEnvelope<T> }[keyof Events];
"""


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
    answers = [_method(rows[name], schemas) for name in sorted(rows)]
    data = [
        f"{_comment(found[name].doc, '  ')}  {json.dumps(name)}: {_type(schemas.refs[found[name].data])};\n"
        for name in sorted(found)
    ]
    head = f"// The API of openclaw_rpc {version}, generated from its method table: `make gen`, not by hand.\n"
    maps = [
        f"/** Every method and its errors. */\nexport interface Methods {{\n{''.join(answers)}}}\n",
        f"/** Every event: what it carries. */\nexport interface Events {{\n{''.join(data)}}}\n",
        _ENVELOPE,
    ]
    return "\n".join([head, *types, *maps])


def _method(row: AnyMethod, schemas: Schemas) -> str:
    params, result = _type(schemas.refs[row.params]), _type(schemas.refs[row.result])
    errors = " | ".join(json.dumps(code) for code in sorted({each.code for each in errors_of(row)}))
    return (
        f"{_comment(row.doc, '  ')}  {json.dumps(row.name)}: {{\n"
        f"    params: {params};\n    result: {result};\n    errors: {errors};\n  }};\n"
    )


def _declaration(name: str, schema: Json) -> str:
    about = _comment(schema.get("description", ""), "")
    if schema.get("type") != "object" or not schema.get("properties"):
        return f"{about}export type {name} = {_type(schema)};\n"
    required: list[str] = schema.get("required", [])
    members = [_member(key, part, key in required) for key, part in schema["properties"].items()]
    return f"{about}export interface {name} {{\n{''.join(members)}}}\n"


def _member(name: str, schema: Json, required: bool) -> str:
    about = _comment(_about(schema) + _default(schema), "  ")
    return f"{about}  {_key(name)}{'' if required else '?'}: {_type(schema)};\n"


def _about(schema: Json) -> str:
    found = [each["description"] for each in (schema, *schema.get("anyOf", ())) if "description" in each]
    return found[0] if found else ""


def _default(schema: Json) -> str:
    """The value that a missing member stands for, where it says more than that there is none."""
    value = schema.get("default")
    return (
        "" if value is None or isinstance(value, list | dict) else f" @default {json.dumps(value, ensure_ascii=False)}"
    )


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

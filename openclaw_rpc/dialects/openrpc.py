"""The table as an OpenRPC document (spec.open-rpc.org, 1.3.2): what `rpc.discover` answers."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from openclaw_rpc.dialects.examples import params_of, result_of
from openclaw_rpc.dialects.schema import (
    Json,
    Schemas,
    error_classes,
    error_data,
    error_doc,
    error_row,
    errors_of,
    markdown,
    schemas_of,
    table_types,
    topic_of,
)
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.protocol.table import AnyEvent, AnyMethod, by_name, events

OPENRPC = "1.3.2"
_SCHEMAS = "#/components/schemas/"
_ERRORS = "#/components/errors/"


def openrpc(methods: Sequence[AnyMethod], version: str, *, url: str = "ws://127.0.0.1:18789/") -> Json:
    """The document, new at every call (some 20 ms of work: keep it).

    Besides what OpenRPC has: ``x-scope``, ``x-rate``, ``x-emits`` and ``x-errors`` at a method, ``x-events`` and
    ``x-errors`` at the root, to which they point by name.

    Args:
        methods: the table.
        version: the gateway's.
        url: where the gateway answers.

    Raises:
        ValueError: the table can't be described: two rows or types have the same name, or two errors of a row the same
            JSON-RPC code.
    """
    rows = by_name(methods)
    found = events(methods)
    schemas = schemas_of(table_types(methods), _SCHEMAS + "{name}")
    described = [_method(rows[name], schemas) for name in sorted(rows)]
    about_events = {name: _event(found[name], schemas) for name in sorted(found)}
    return {
        "openrpc": OPENRPC,
        "info": {
            "title": "openclaw_rpc",
            "version": version,
            "description": "The gateway's methods, as JSON-RPC 2.0 over a WebSocket. Params go by name.",
            "license": {"name": "MIT"},
        },
        "servers": [{"name": "gateway", "url": url}],
        "methods": described,
        "components": {
            "schemas": {**_used(schemas.defs, [described, about_events]), "ErrorData": error_data()},
            "errors": {each.__name__: _error(each) for each in error_classes()},
        },
        "x-events": about_events,
        "x-errors": {each.__name__: error_row(each) for each in error_classes()},
    }


def _method(row: AnyMethod, schemas: Schemas) -> Json:
    """A row: its params one by one, since OpenRPC names each."""
    struct = schemas.defs[row.params.__name__]
    required: list[str] = struct.get("required", [])
    params = [_descriptor(name, schema, name in required) for name, schema in struct["properties"].items()]
    about_params = f"\n\nParams: {struct['description']}" if params else ""
    result = schemas.refs[row.result]
    name = str(result.get("$ref", "result")).rpartition("/")[2]
    doc = markdown(row.doc)
    return {
        "name": row.name,
        "tags": [{"name": row.namespace}],
        "summary": doc.partition(". ")[0].rstrip("."),
        "description": doc + about_params,
        "paramStructure": "by-name",
        "params": params,
        "result": _descriptor(name, result, True),
        "examples": [_example(row)],
        "errors": [{"$ref": _ERRORS + each.__name__} for each in _one_per_code(row)],
        "x-scope": row.scope.value,
        "x-rate": row.rate.value,
        "x-emits": sorted(event.name for event in row.emits),
        "x-errors": sorted(each.__name__ for each in errors_of(row)),
    }


def _example(row: AnyMethod) -> Json:
    """A call and its answer."""
    params = [{"name": name, "value": value} for name, value in params_of(row).items()]
    return {"name": row.name, "params": params, "result": {"name": row.result.__name__, "value": result_of(row)}}


def _descriptor(name: str, schema: Json, required: bool) -> Json:
    about = _described(schema)
    return {"name": name, **({"description": about} if about else {}), "required": required, "schema": schema}


def _described(schema: Json) -> str | None:
    """A schema's description; that of its alternatives where it is optional."""
    found = [each["description"] for each in (schema, *schema.get("anyOf", ())) if "description" in each]
    return found[0] if found else None


def _one_per_code(row: AnyMethod) -> list[type[GatewayError]]:
    """OpenRPC wants a code once in a method: of a class and its subclass with the same code, the class stands."""
    kept: dict[int, type[GatewayError]] = {}
    for each in errors_of(row):
        other = kept.setdefault(each.rpc, each)
        if issubclass(other, each):
            kept[each.rpc] = each
        elif not issubclass(each, other):
            raise ValueError(f"{row.name}: {other.__name__} and {each.__name__} have the same code {each.rpc}")
    return list(kept.values())


def _error(error: type[GatewayError]) -> Json:
    return {"code": error.rpc, "message": error_doc(error), "data": {"code": error.code}}


def _event(event: AnyEvent, schemas: Schemas) -> Json:
    return {
        "description": markdown(event.doc),
        "lasting": event.lasting,
        "topic": topic_of(event),
        "data": schemas.refs[event.data],
    }


def _used(defs: dict[str, Json], roots: Iterable[Any]) -> dict[str, Json]:
    """The definitions that are referred to, from the roots or from each other (a row's params stand in the row)."""
    wanted: set[str] = set()
    waiting: list[Any] = list(roots)
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(cast("list[Any]", part))
        elif isinstance(part, dict):
            members = cast("Json", part)
            waiting.extend(members.values())
            name = str(members.get("$ref", "")).removeprefix(_SCHEMAS)
            if name in defs and name not in wanted:
                wanted.add(name)
                waiting.append(defs[name])
    return {name: schema for name, schema in defs.items() if name in wanted}

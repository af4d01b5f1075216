"""A release's table, frozen, and what must not have changed since."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from openclaw_rpc.codegen.covers import Side, problems
from openclaw_rpc.dialects.schema import Json, schemas_of, table_types, topic_of
from openclaw_rpc.protocol.table import AnyMethod, by_name, events

_TEXT = frozenset({"title", "description", "default", "examples"})


def frozen(methods: Sequence[AnyMethod], version: str) -> Json:
    """The table as a release froze it: names and types, without texts and defaults.

    Raises:
        ValueError: two rows or two types have the same name.
    """
    rows = by_name(methods)
    found = events(methods)
    schemas = schemas_of(table_types(methods), "#/$defs/{name}")
    return {
        "version": version,
        "methods": {
            name: {
                "params": schemas.refs[rows[name].params],
                "result": _bare(schemas.refs[rows[name].result]),
                "scope": rows[name].scope.value,
                "rate": rows[name].rate.value,
                "emits": sorted(event.name for event in rows[name].emits),
                "errors": sorted({each.code for each in rows[name].errors}),
            }
            for name in sorted(rows)
        },
        "events": {
            name: {
                "data": schemas.refs[found[name].data],
                "lasting": found[name].lasting,
                "topic": topic_of(found[name]),
            }
            for name in sorted(found)
        },
        "$defs": {name: _bare(schema) for name, schema in schemas.defs.items()},
    }


def broken(old: Json, new: Json) -> list[str]:
    """What a client of ``old`` would miss in ``new``, a sentence each; empty where ``new`` is a superset.

    Kept are: methods and the scope they need, events with their topic and their lasting; every field; what params take
    (no new required one, no type narrowed); what results and events promise (no field less sure to come, no type
    widened, except that a list of words may grow: a client must expect new words as it must expect new fields).
    """
    return [*_methods(old, new), *_events(old, new)]


def _methods(old: Json, new: Json) -> Iterator[str]:
    for name, before in old["methods"].items():
        after = new["methods"].get(name)
        if after is None:
            yield f"{name}: the method is gone"
            continue
        if after["scope"] != before["scope"]:
            yield f"{name}: it needs the scope {after['scope']}, it needed {before['scope']}"
        for event in before["emits"]:
            if event not in after["emits"]:
                yield f"{name}: it no longer emits {event}"
        for side, part in ((Side.TAKEN, "params"), (Side.GIVEN, "result")):
            for problem in problems((before[part], old["$defs"]), (after[part], new["$defs"]), side):
                yield f"{name}: {part}{problem}"


def _events(old: Json, new: Json) -> Iterator[str]:
    for name, before in old["events"].items():
        after = new["events"].get(name)
        if after is None:
            yield f"{name}: the event is gone"
            continue
        if before["lasting"] and not after["lasting"]:
            yield f"{name}: it no longer lasts"
        if before["topic"] not in (None, after["topic"]):
            yield f"{name}: it left the topic {before['topic']}"
        for problem in problems((before["data"], old["$defs"]), (after["data"], new["$defs"]), Side.GIVEN):
            yield f"{name}: data{problem}"


def _bare(schema: Any, *, named: bool = False) -> Any:
    """The schema without what changes no type; below ``properties`` keys are the fields' names, and stay (named)."""
    if isinstance(schema, dict):
        members = cast("Json", schema)
        return {
            key: _bare(value, named=key == "properties" and not named)
            for key, value in members.items()
            if named or key not in _TEXT
        }
    if isinstance(schema, list):
        return [_bare(each) for each in cast("list[Any]", schema)]
    return schema

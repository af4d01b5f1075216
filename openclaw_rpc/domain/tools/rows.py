"""Rows of the table as tools: a tool's parameters are its row's, so that nothing is said twice."""

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any, Final, TypeVar

import msgspec

from openclaw_rpc.domain.pictures import WithPictures
from openclaw_rpc.domain.tools.base import Tool
from openclaw_rpc.domain.tools.ports import RunContext, ToolSpec
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.method import Method
from openclaw_rpc.protocol.validation import checked

OUTSIDE: Final = frozenset({"web", "browser"})
"""Namespaces whose answers others wrote."""
P = TypeVar("P", bound=msgspec.Struct)
R = TypeVar("R")


def parameters_of(kind: type[msgspec.Struct], hidden: Iterable[str] = ()) -> JsonObject:
    """The JSON Schema of a struct as models are given it: one object, without the PIN and what is ``hidden``."""
    schema = msgspec.json.schema(kind)
    defs: JsonObject = schema.pop("$defs", {})
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    top: JsonObject = dict(defs.pop(name)) if name in defs else schema
    top.pop("title", None)
    top.pop("description", None)
    left_out = {"pin", *hidden}
    top["properties"] = {
        key: _without_null(value) for key, value in top.get("properties", {}).items() if key not in left_out
    }
    top["required"] = [key for key in top.get("required", ()) if key not in left_out]
    return top | ({"$defs": defs} if defs else {})


def _without_null(schema: JsonObject) -> JsonObject:
    """A field that may be left out, without the null that says so: models take it for a value."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1 or len(kinds) == len(schema["anyOf"]):
        return schema
    return {key: value for key, value in schema.items() if key not in ("anyOf", "default")} | kinds[0]


def tool_of(
    name: str,
    row: Method[P, R],
    act: Callable[[P, RunContext], Awaitable[R | WithPictures]],
    *,
    description: str | None = None,
    hidden: Collection[str] = (),
    dangerous: bool = False,
    parallel: bool = True,
    untimed: bool = False,
) -> Tool:
    """A tool that does what a row does, for the run's own user. ``description`` is the row's where none is given."""
    kind = row.params

    async def run(params: JsonObject, context: RunContext) -> Any:
        result = await act(checked(params, kind, name), context)
        return result if isinstance(result, WithPictures) else msgspec.to_builtins(result)

    spec = ToolSpec(
        name=name,
        description=description or row.doc,
        parameters=parameters_of(kind, hidden),
        parallel=parallel,
    )
    outside = row.name.partition(".")[0] in OUTSIDE
    # The row itself allows what is hidden.
    return Tool(spec=spec, run=run, dangerous=dangerous, strict=not hidden, untimed=untimed, outside=outside)

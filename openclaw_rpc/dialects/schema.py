"""What every descriptive document shares: the table's types as JSON Schema, and its errors."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from openclaw_rpc.protocol import errors
from openclaw_rpc.protocol.errors import EVERYWHERE, GatewayError
from openclaw_rpc.protocol.table import AnyEvent, AnyMethod, events

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Schemas:
    """Types as JSON Schema (draft 2020-12). Shared by all: don't change what is inside.

    ``refs`` has a schema for each type that was asked for (a reference where the type has a name), ``defs`` every named
    type they need, by name, sorted.
    """

    refs: dict[Any, Json]
    defs: dict[str, Json]


def table_types(methods: Iterable[AnyMethod]) -> list[Any]:
    """Every type that rows and their events name, each once, in the table's order."""
    rows = list(methods)
    named = [each for row in rows for each in (row.params, row.result)]
    return list(dict.fromkeys([*named, *(event.data for event in events(rows).values())]))


def schemas_of(types: Sequence[Any], template: str) -> Schemas:
    """The schemas of ``types``; ``template`` is how a reference is written, with ``{name}`` in it.

    Raises:
        ValueError: two types have the same name.
    """
    _refuse_namesakes(types)
    refs, defs = msgspec.json.schema_components(types, ref_template=template)
    marked = {name: cast("Json", in_markdown(defs[name])) for name in sorted(defs)}
    return Schemas({each: cast("Json", in_markdown(ref)) for each, ref in zip(types, refs, strict=True)}, marked)


def error_classes() -> tuple[type[GatewayError], ...]:
    """Every error row there is, by its class's name."""
    found = {
        each.__name__: each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, GatewayError) and each is not GatewayError
    }
    return tuple(found[name] for name in sorted(found))


def errors_of(method: AnyMethod) -> tuple[type[GatewayError], ...]:
    """All errors that a call of the method may be answered with, the row's own ones last."""
    return tuple(dict.fromkeys([*EVERYWHERE, *method.errors]))


def error_doc(error: type[GatewayError]) -> str:
    """What the error means, in Markdown."""
    return markdown(error.__doc__ or "")


def error_row(error: type[GatewayError]) -> Json:
    """An error as a value: how each wire names it, and whether to try again."""
    return {
        "code": error.code,
        "rpc": error.rpc,
        "status": error.status,
        "retryable": error.retryable,
        "description": error_doc(error),
    }


def error_data() -> Json:
    """The schema of an error's ``data``."""
    return {
        "title": "ErrorData",
        "description": "What went wrong, for programs. Errors may add members of their own, such as `retryAfter` (s).",
        "type": "object",
        "properties": {
            "code": {
                "description": "The error's code, as over HTTP.",
                "enum": sorted({each.code for each in error_classes()}),
            },
            "field": {"description": "Which field is wrong.", "type": "string"},
            "reason": {"description": "What is wrong with it, or what is missing.", "type": "string"},
        },
        "required": ["code"],
    }


def topic_of(event: AnyEvent) -> str | None:
    """The name of the event's topic, where it has one."""
    return event.topic.value if event.topic else None


def markdown(text: str) -> str:
    """A docstring's text as Markdown: double backticks become single ones, lines are joined within a paragraph."""
    paragraphs = text.replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs).strip()


def in_markdown(schema: Any) -> Any:
    """The same schema with its descriptions in Markdown (a property may be called ``description``: it is no text)."""
    if isinstance(schema, dict):
        members = cast("Json", schema)
        return {
            key: markdown(value) if key == "description" and isinstance(value, str) else in_markdown(value)
            for key, value in members.items()
        }
    if isinstance(schema, list):
        return [in_markdown(each) for each in cast("list[Any]", schema)]
    return schema


def _refuse_namesakes(types: Sequence[Any]) -> None:
    """Names are what clients see: msgspec would put module paths into them where two are the same."""
    known: dict[str, type] = {}
    for cls in named_types(types):
        other = known.setdefault(cls.__name__, cls)
        if other is not cls:
            first, second = sorted(f"{each.__module__}.{each.__qualname__}" for each in (cls, other))
            raise ValueError(f"two types of the table are called {cls.__name__}: {first} and {second}")


def named_types(types: Sequence[Any]) -> list[type]:
    """Every class with a name (struct, enumeration, …) that ``types`` are made of, each once."""
    found: dict[type, None] = {}
    for info in msgspec.inspect.multi_type_info(types):
        _walk(info, found)
    return list(found)


def _walk(info: msgspec.Struct, found: dict[type, None]) -> None:
    cls: object = getattr(info, "cls", None)
    if isinstance(cls, type):
        if cls in found:
            return
        found[cls] = None
    for part in _parts(info):
        _walk(part, found)


def _parts(info: msgspec.Struct) -> Iterator[msgspec.Struct]:
    for name in info.__struct_fields__:
        value: object = getattr(info, name)
        members = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
        for each in members:
            if isinstance(each, (msgspec.inspect.Type, msgspec.inspect.Field)):
                yield each

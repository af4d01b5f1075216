"""What a table must keep to before anything is made from it."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from openclaw_rpc.dialects.schema import named_types, table_types
from openclaw_rpc.protocol.table import AnyEvent, AnyMethod, by_name, events

_NAME = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-zA-Z0-9]*")


def refuse(methods: Sequence[AnyMethod]) -> None:
    """Raise ValueError, with every fault in its text, where rows can't be published as they are.

    Rows are called ``namespace.verb``, once each; one name means one event; each row, event and struct says what it is
    for; params refuse unknown fields, results and events don't; fields are camelCase on the wire.
    """
    by_name(methods)
    faults = [*_rows(methods), *_events(methods), *_structs(methods)]
    if faults:
        raise ValueError("\n".join(faults))


def _rows(methods: Sequence[AnyMethod]) -> Iterator[str]:
    for row in methods:
        if not _NAME.fullmatch(row.name):
            yield f"{row.name}: a method is called namespace.verb"
        if not row.doc.strip():
            yield f"{row.name}: its doc is empty"
        if not issubclass(row.params, msgspec.Struct):
            yield f"{row.name}: its params are not a struct"
        elif not row.params.__struct_config__.forbid_unknown_fields:
            yield f"{row.name}: {row.params.__name__} takes unknown fields, params must not"
        elif row.tool is not None and "pin" not in row.params.__struct_fields__:
            yield f"{row.name}: it stands for a tool, for which a PIN may be wanted: {row.params.__name__} has no pin"
        if _closed(row.result):
            yield f"{row.name}: {row.result.__name__} is closed to new fields, results must not be"


def _events(methods: Sequence[AnyMethod]) -> Iterator[str]:
    known: dict[str, AnyEvent] = {}
    for row in methods:
        for event in row.emits:
            if known.setdefault(event.name, event) != event:
                yield f"{row.name}: there is another event called {event.name}"
    for event in events(methods).values():
        if not event.doc.strip():
            yield f"{event.name}: its doc is empty"
        if _closed(event.data):
            yield f"{event.name}: {event.data.__name__} is closed to new fields, events must not be"


def _structs(methods: Sequence[AnyMethod]) -> Iterator[str]:
    for cls in named_types(table_types(methods)):
        if not (cls.__dict__.get("__doc__") or "").strip():
            yield f"{cls.__name__}: it has no docstring of its own"
        if issubclass(cls, msgspec.Struct):
            for name in cls.__struct_encode_fields__:
                if "_" in name:
                    yield f"{cls.__name__}.{name}: fields are camelCase"


def _closed(cls: object) -> bool:
    return isinstance(cls, type) and issubclass(cls, msgspec.Struct) and cls.__struct_config__.forbid_unknown_fields

"""The table's structs as one JSON Schema bundle (draft 2020-12)."""

from collections.abc import Sequence

import msgspec

from openclaw_rpc.dialects.schema import Json, error_data, schemas_of, table_types
from openclaw_rpc.protocol import frames
from openclaw_rpc.protocol.table import AnyMethod, by_name, events


def json_schema(methods: Sequence[AnyMethod], version: str) -> Json:
    """A bundle with every struct under ``$defs``, the frames included.

    ``x-methods`` says which of them a method takes and answers, ``x-events`` which an event carries, so that a client
    can check a message with `schema.json#/$defs/<name>` and nothing else.

    Raises:
        ValueError: two rows or two types have the same name.
    """
    rows = by_name(methods)
    found = events(methods)
    schemas = schemas_of([*table_types(methods), *frame_structs()], "#/$defs/{name}")
    defs = {**schemas.defs, "ErrorData": error_data()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "openclaw_rpc",
        "description": f"Everything that is said in the API of openclaw_rpc {version}; names stand under $defs.",
        "$defs": {name: defs[name] for name in sorted(defs)},
        "x-methods": {
            name: {"params": schemas.refs[rows[name].params], "result": schemas.refs[rows[name].result]}
            for name in sorted(rows)
        },
        "x-events": {name: schemas.refs[found[name].data] for name in sorted(found)},
    }


def frame_structs() -> list[type[msgspec.Struct]]:
    """The structs of `protocol/frames.py`."""
    return [
        each
        for each in vars(frames).values()
        if isinstance(each, type) and issubclass(each, msgspec.Struct) and each.__module__ == frames.__name__
    ]

"""What the clients get from the table: their types, and what they must know of methods and events."""

import json
from collections.abc import Sequence

from openclaw_rpc.codegen.python import python_methods, python_types
from openclaw_rpc.codegen.typescript import typescript
from openclaw_rpc.dialects.schema import topic_of
from openclaw_rpc.protocol.table import AnyMethod, by_name, events


def render_clients(methods: Sequence[AnyMethod], version: str) -> dict[str, str]:
    """Every generated file's text by its path below `clients/`. The same table always gives the same bytes."""
    return {
        "js/src/table.js": _table_js(methods),
        "js/types/api.d.mts": typescript(methods, version),
        "python/openclaw/_table.py": _table_py(methods),
        **{f"python/openclaw/types/{name}": text for name, text in python_types(methods).items()},
        **{f"python/openclaw/_methods/{name}": text for name, text in python_methods(methods).items()},
    }


def safe_methods(methods: Sequence[AnyMethod]) -> list[str]:
    """The methods that a client may call again when it does not know whether they were carried out."""
    return [name for name, row in sorted(by_name(methods).items()) if row.repeatable]


def topics(methods: Sequence[AnyMethod]) -> dict[str, str]:
    """The topic of each event that has one."""
    found = {name: topic_of(event) for name, event in sorted(events(methods).items())}
    return {name: topic for name, topic in found.items() if topic is not None}


def _table_js(methods: Sequence[AnyMethod]) -> str:
    names = "".join(f"  {json.dumps(name)},\n" for name in safe_methods(methods))
    pairs = "".join(f"  {json.dumps(name)}: {json.dumps(topic)},\n" for name, topic in topics(methods).items())
    return (
        "// Generated from the method table: `make gen`, not by hand.\n\n"
        "/** Methods that change nothing: one whose answer was lost may be called again. */\n"
        f"export const SAFE = new Set([\n{names}]);\n\n"
        "/** The topic under which an event is told. @type {Record<string, string>} */\n"
        f"export const TOPICS = {{\n{pairs}}};\n"
    )


def _table_py(methods: Sequence[AnyMethod]) -> str:
    names = "".join(f'        "{name}",\n' for name in safe_methods(methods))
    pairs = "".join(f'    "{name}": "{topic}",\n' for name, topic in topics(methods).items())
    return (
        '"""What the client must know of methods and events. Generated from the method table: `make gen`, not by '
        'hand."""\n\nSAFE = frozenset(\n    {\n'
        f'{names}    }}\n)\n"""Methods that change nothing: one whose answer was lost may be called again."""\n\n'
        f'TOPICS = {{\n{pairs}}}\n"""The topic under which an event is told."""\n'
    )

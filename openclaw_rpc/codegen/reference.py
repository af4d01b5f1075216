"""Reference pages of `openclaw_rpc/docs`: every key of `gateway.yaml`, every method, event and error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

from openclaw_rpc.config.schema import settings_schema
from openclaw_rpc.config.settings import RESTART
from openclaw_rpc.dialects.examples import params_of
from openclaw_rpc.dialects.schema import Json, error_classes, error_doc, errors_of, markdown
from openclaw_rpc.protocol.table import AnyMethod, by_name, events

_MADE = "<!-- Generated: `make gen`, not by hand. -->\n"


def render_docs(methods: Sequence[AnyMethod]) -> dict[str, str]:
    """Every page's text by its name."""
    return {"configuration.md": _configuration(), "methods.md": _methods(methods), "errors.md": _errors()}


def _configuration() -> str:
    schema = settings_schema()
    defs: dict[str, Json] = schema["$defs"]
    restart = {".".join(keys) for keys in RESTART}
    parts = [
        _MADE,
        "# Every key of gateway.yaml\n",
        "All keys have defaults: an empty file is valid. A good edit applies at once; what waits for a restart says "
        "so. `openclaw config check` names what is wrong, with its line; `openclaw config schema` prints this as a "
        "JSON Schema for editors. `NAME` stands for a name of your choice.\n",
    ]
    for name, part in defs["Settings"]["properties"].items():
        rows = list(_keys(part, name, defs, restart))
        parts.append(f"## {name}\n\n{part.get('description', '')}\n")
        parts.append("| key | type | default | what it is for |\n|---|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _keys(part: Json, path: str, defs: dict[str, Json], restart: set[str]) -> Iterator[str]:
    """A line for each key at or below a part of the settings."""
    found = _resolved(part, defs)
    if "properties" in found:
        for name, inner in found["properties"].items():
            yield from _keys(inner, f"{path}.{name}", defs, restart)
        return
    rest: Any = found.get("additionalProperties")
    inner = _resolved(cast("Json", rest), defs) if isinstance(rest, dict) else {}
    if "properties" in inner:
        yield from _keys(inner, f"{path}.NAME", defs, restart)
        return
    waits = any(path == each or path.startswith(f"{each}.") for each in restart)
    about = _described(part) + (" Waits for a restart." if waits else "")
    default = part.get("default", found.get("default"))
    shown = "" if default in (None, [], {}) else f"`{json.dumps(default, ensure_ascii=False)}`"
    yield f"| `{path}` | {_kind(found, defs)} | {shown} | {_cell(about)} |"


def _resolved(part: Json, defs: dict[str, Json]) -> Json:
    """What a part refers to; of something optional, the something."""
    if "anyOf" in part:
        rest = [each for each in part["anyOf"] if each.get("type") != "null"]
        return _resolved(rest[0], defs) if len(rest) == 1 else part
    if "$ref" in part:
        return defs[str(part["$ref"]).rpartition("/")[2]]
    return part


def _kind(part: Json, defs: dict[str, Json]) -> str:
    if "enum" in part:
        return ", ".join(f"`{each}`" for each in part["enum"])
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_kind(_resolved(each, defs), defs) for each in part["anyOf"]))
    kind: Any = part.get("type", "any")
    if kind == "array":
        return f"list of {_kind(_resolved(part.get('items', {}), defs), defs)}"
    if kind == "object":
        return "mapping"
    return {"string": "text", "integer": "number", "number": "number", "boolean": "true or false"}.get(kind, str(kind))


def _described(part: Json) -> str:
    found = [each["description"] for each in (part, *part.get("anyOf", ())) if "description" in each]
    return str(found[0]) if found else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _methods(methods: Sequence[AnyMethod]) -> str:
    rows, told = by_name(methods), events(methods)
    parts = [
        _MADE,
        "# Every method and event\n",
        "A method is called over the WebSocket as JSON-RPC 2.0. What it takes and answers in full is in "
        "`schemas/openrpc.json` and at `/docs/api` of a running gateway, where it can be tried.\n",
        "## Methods\n",
    ]
    for name in sorted(rows):
        row = rows[name]
        codes = ", ".join(f"`{code}`" for code in sorted({each.code for each in errors_of(row)}))
        emits = ", ".join(f"`{event.name}`" for event in row.emits)
        lines = [f"### {name}\n", f"{markdown(row.doc)}\n", f"Scope `{row.scope.value}`."]
        lines[-1] += f" Events: {emits}." if emits else ""
        lines += [f"Errors: {codes}.\n", f"```json\n{json.dumps(params_of(row), ensure_ascii=False)}\n```\n"]
        parts.append("\n".join(lines))
    parts.append("## Events\n\n| event | topic | what happened |\n|---|---|---|")
    for name in sorted(told):
        topic = told[name].topic
        parts.append(f"| `{name}` | {topic.value if topic else ''} | {_cell(markdown(told[name].doc))} |")
    return "\n".join(parts) + "\n"


def _errors() -> str:
    parts = [
        _MADE,
        "# Errors\n",
        "An error has the same code on every door, and each door spells it as its clients expect: JSON-RPC as "
        "`{code: NUMBER, message, data: {code, …}}`, `/v1/*` as OpenAI does, `/api/v1/*` and `/api/*` in their own "
        "shapes, with the HTTP status. The message names the field that is wrong, and why. *Again* says whether the "
        "same call may succeed later; `retryAfter` (or `Retry-After`) says when.\n",
        "| code | JSON-RPC | HTTP | again? | meaning |\n|---|---|---|---|---|",
    ]
    for each in sorted(error_classes(), key=lambda each: (each.code, each.status, each.rpc)):
        again = "yes" if each.retryable else "no"
        parts.append(f"| `{each.code}` | {each.rpc} | {each.status} | {again} | {_cell(error_doc(each))} |")
    return "\n".join(parts) + "\n"

"""All dialects of HTTP as an OpenAPI document (spec.openapis.org, 3.1.1): what `GET /openapi.json` answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from openclaw_rpc.dialects.openapi_parts import (
    EVENT,
    GUARDED,
    HEADERS,
    OPEN,
    PARAMETERS,
    SECURITY,
    UNAUTHORIZED,
    error_names,
    errors_answered,
    parameters_named,
    reason_of,
)
from openclaw_rpc.dialects.rest import Endpoint, RestDialect
from openclaw_rpc.dialects.schema import Json, Schemas, markdown, schemas_of

OPENAPI = "3.1.1"
_SCHEMAS = "#/components/schemas/"
_HOLE = re.compile(r"\{(\w+)(?::path)?\}")
_BODIES = ("POST", "PUT", "PATCH")


def openapi(dialects: Sequence[RestDialect], version: str, methods: Sequence[str] = ()) -> Json:
    """The document, new at every call (some 50 ms of work: keep it). The same dialects always give the same one.

    With ``methods`` it has one endpoint for each of these rows: so few that a model can use them as tools.

    ``x-calls`` at an operation names the methods behind it, ``x-scope`` the scope it needs, ``x-rate`` the bucket it
    draws from.

    Raises:
        ValueError: two endpoints are at the same place, or two types have the same name.
    """
    schemas = schemas_of(list(dict.fromkeys(_types(dialects))), _SCHEMAS + "{name}")
    paths: Json = {path: {"get": {**operation, "security": []}} for path, operation in OPEN.items() if not methods}
    wanted, chosen = set(methods), bool(methods)
    for dialect in dialects:
        for endpoint in dialect.endpoints:
            if chosen and (endpoint.calls[0].name not in wanted or endpoint.streams):
                continue
            wanted.discard(endpoint.calls[0].name)
            place: Json = paths.setdefault(_HOLE.sub(r"{\1}", endpoint.path), {})
            if endpoint.verb.lower() in place:
                raise ValueError(f"two endpoints are at {endpoint.verb} {endpoint.path}")
            place[endpoint.verb.lower()] = _Operation(dialect, endpoint, schemas).written()
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "openclaw_rpc",
            "version": version,
            "description": "The gateway over HTTP: the same methods in several dialects, told apart by their paths.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in SECURITY],
        "tags": [{"name": dialect.name, "description": markdown(dialect.about)} for dialect in dialects],
        "paths": paths,
        "components": {
            "schemas": _used(schemas.defs, paths),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        },
    }


def _types(dialects: Iterable[RestDialect]) -> Iterator[Any]:
    for dialect in dialects:
        yield from (fault for fault in (_fault(dialect),) if fault is not None)
        for endpoint in dialect.endpoints:
            if endpoint.params:
                yield endpoint.calls[0].params
            kinds = (endpoint.body, endpoint.query, endpoint.answer, *endpoint.answers.values())
            yield from (kind for kind in kinds if kind is not None)


def _fault(dialect: RestDialect) -> Any:
    """The struct of a dialect's errors, where it has one."""
    return getattr(dialect, "fault", None)


class _Operation:
    """An endpoint, being written down."""

    def __init__(self, dialect: RestDialect, endpoint: Endpoint, schemas: Schemas) -> None:
        self._dialect = dialect
        self._endpoint = endpoint
        self._schemas = schemas
        self._holes = _HOLE.findall(endpoint.path)

    def written(self) -> Json:
        endpoint = self._endpoint
        doc = markdown(endpoint.doc)
        first = endpoint.calls[0]
        operation: Json = {
            "operationId": _identifier(endpoint),
            "tags": [self._dialect.name],
            "summary": doc.partition(". ")[0].rstrip("."),
            "description": doc,
            "parameters": [*self._path(), *self._query(), *self._headers()],
            "responses": self._responses(),
            "x-calls": [call.name for call in endpoint.calls],
            "x-scope": first.scope.value,
            "x-rate": first.rate.value,
        }
        if (body := self._body()) is not None:
            operation["requestBody"] = body
        return operation

    def _property(self, hole: str) -> Json:
        """What stands in the path under a name."""
        if self._endpoint.params:
            name = self._endpoint.names.get(hole, hole)
            found = self._params()["properties"].get(name)
            if found is not None:
                return without_null(found)
        return {"type": "string", "minLength": 1}

    def _params(self) -> Json:
        return self._schemas.defs[self._endpoint.calls[0].params.__name__]

    def _path(self) -> Iterator[Json]:
        for hole in self._holes:
            yield {"name": hole, "in": "path", "required": True, "schema": self._property(hole)}

    def _query(self) -> Iterator[Json]:
        endpoint = self._endpoint
        if endpoint.params:
            if endpoint.verb in _BODIES:
                return
            struct, back = self._params(), {row: ours for ours, row in endpoint.names.items()}
        elif endpoint.query in (None, dict):
            return
        else:
            struct, back = self._schemas.defs[cast("type", endpoint.query).__name__], {}
        required: list[str] = struct.get("required", [])
        for name, schema in struct["properties"].items():
            ours = back.get(name, name)
            if ours not in (*self._holes, "pin"):
                plain = without_null(schema)
                about = {"description": plain.pop("description")} if "description" in plain else {}
                yield {"name": ours, "in": "query", **about, "required": name in required, "schema": plain}

    def _headers(self) -> list[Json]:
        return [{"$ref": f"#/components/parameters/{name}"} for name in parameters_named(self._endpoint)]

    def _body(self) -> Json | None:
        endpoint = self._endpoint
        if endpoint.body is None:
            return None
        if not endpoint.params:
            schema = self._schemas.refs[endpoint.body]
            required = bool(self._required(endpoint.body))
        else:
            given = {endpoint.names.get(hole, hole) for hole in self._holes}
            struct = self._params()
            if given & struct["properties"].keys():
                # A part of the params stands in the path.
                rest = {name: each for name, each in struct["properties"].items() if name not in given}
                needed = [name for name in struct.get("required", []) if name not in given]
                schema: Json = {**struct, "properties": rest, "required": needed}
                schema.pop("title", None)
                required = bool(needed)
            else:
                schema, required = self._schemas.refs[endpoint.calls[0].params], bool(struct.get("required"))
        return {"required": required, "content": {endpoint.accepts: {"schema": schema}}}

    def _required(self, kind: Any) -> list[str]:
        return self._schemas.defs.get(getattr(kind, "__name__", ""), {}).get("required", [])

    def _responses(self) -> Json:
        endpoint = self._endpoint
        answers: Json = {}
        for status in endpoint.statuses:
            kind = endpoint.answers.get(status, endpoint.answer)
            content: Json = {}
            if kind is not None:
                for media in endpoint.media:
                    json = media == "application/json"
                    schema = self._schemas.refs[kind] if json else {"contentMediaType": media}
                    content[media] = {"schema": schema}
            elif not endpoint.streams or endpoint.style is not None:
                content["application/json"] = {"schema": {}}
            if endpoint.streams and status == endpoint.statuses[0]:
                content["text/event-stream"] = {"schema": EVENT}
            answers[str(status)] = {"description": reason_of(status), "headers": GUARDED, "content": content}
        if endpoint.verb == "GET" and not endpoint.streams:
            answers["304"] = {"description": "It has not changed since the client got it.", "headers": GUARDED}
        for status, doc in errors_answered(endpoint).items():
            answers[str(status)] = self._error(doc, UNAUTHORIZED if status == 401 else GUARDED)
        if endpoint.style is not None:
            answers["default"] = self._error("What the model's server answered.", GUARDED)
        return answers

    def _error(self, doc: str, headers: Json) -> Json:
        fault = _fault(self._dialect)
        schema: Json = self._schemas.refs[fault] if fault is not None else error_names()
        return {"description": doc, "headers": headers, "content": {"application/json": {"schema": schema}}}


def without_null(schema: Json) -> Json:
    """A schema of what is there: in a path or a query nothing is null."""
    kept = {name: value for name, value in schema.items() if name != "anyOf"}
    if kept.get("default", ...) is None:
        del kept["default"]
    kinds = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(kinds) == 1:
        return {**kept, **kinds[0]}
    return kept | ({"anyOf": kinds} if kinds else {})


def _identifier(endpoint: Endpoint) -> str:
    words = re.findall(r"\w+", _HOLE.sub(r"by_\1", endpoint.path))
    return "_".join([endpoint.verb.lower(), *words])


def _used(defs: dict[str, Json], root: Any) -> dict[str, Json]:
    """The definitions that are referred to, from the paths or from each other."""
    wanted: set[str] = set()
    waiting: list[Any] = [root]
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

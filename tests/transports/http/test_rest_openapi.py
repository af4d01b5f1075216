"""`/openapi.json` describes what is answered, and `/docs/api` shows it and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from openclaw_rpc.dialects.api.dialect import Api
from openclaw_rpc.dialects.http import DIALECTS
from openclaw_rpc.dialects.openapi import openapi, without_null
from openclaw_rpc.dialects.rest import direct
from openclaw_rpc.protocol import errors, system
from openclaw_rpc.protocol.errors import GatewayError
from tests.support.rest import Rest, rest

DOCUMENT = json.loads(msgspec.json.encode(openapi(DIALECTS, "1.2.3")))


@pytest.fixture
async def client() -> AsyncGenerator[Rest]:
    async with rest() as found:
        yield found


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def check(schema: Any, value: Any) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


def operations() -> Iterator[tuple[str, str, Any]]:
    for path, place in DOCUMENT["paths"].items():
        for verb, operation in place.items():
            yield verb, path, operation


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    for reference in set(references(DOCUMENT)):
        part = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    used = {reference.rpartition("/")[2] for reference in references(DOCUMENT)}
    assert set(DOCUMENT["components"]["schemas"]) <= used


def test_every_endpoint_is_described_once() -> None:
    wanted = {(each.verb.lower(), re.sub(r":path}", "}", each.path)) for d in DIALECTS for each in d.endpoints}
    assert wanted <= {(verb, path) for verb, path, _ in operations()}
    identifiers = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(identifiers)) == len(identifiers)
    for _, path, operation in operations():
        holes = set(re.findall(r"{(\w+)}", path))
        named = [each["name"] for each in operation.get("parameters", []) if each.get("in") == "path"]
        assert set(named) == holes
        assert len(named) == len(holes)
        assert operation["summary"]
        assert not operation["summary"].endswith(".")


def test_the_same_dialects_make_the_same_bytes() -> None:
    assert msgspec.json.encode(openapi(DIALECTS, "1")) == msgspec.json.encode(openapi(DIALECTS, "1"))


def test_errors_are_as_they_are_described() -> None:
    found = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, GatewayError)]
    for dialect in DIALECTS:
        fault = getattr(dialect, "fault", None)
        if fault is None:
            continue
        for each in found:
            if each is not GatewayError:
                error = each("what", field="f", reason="r", limit=1, retryAfter=2, resetAt=3)
                value = json.loads(msgspec.json.encode(dialect.error(error)))
                check({"$ref": f"#/components/schemas/{fault.__name__}"}, value)


def test_two_endpoints_at_one_place_are_refused() -> None:
    class Twice(Api):
        endpoints = (direct("GET", "/x", system.status), direct("GET", "/x", system.status))

    with pytest.raises(ValueError, match="GET /x"):
        openapi((Twice(),), "1")


def test_a_query_has_no_null() -> None:
    schema = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}], "default": None}
    assert without_null(schema) == {"type": "string", "minLength": 1}
    assert without_null({"type": "integer", "default": 5}) == {"type": "integer", "default": 5}


async def test_the_document_is_open_and_cached(client: Rest) -> None:
    answer = await client.ask("GET", "/openapi.json", token=None)
    assert answer.status == 200
    assert answer.json["paths"] == DOCUMENT["paths"]
    assert b"test-token" not in answer.body
    known = {"If-None-Match": answer.headers["ETag"]}
    assert (await client.ask("GET", "/openapi.json", token=None, headers=known)).status == 304


async def test_answers_are_as_they_are_described(client: Rest) -> None:
    await client.good("POST", "/v1/agent/run", {"message": "x", "sessionKey": "s1"})
    await client.good("POST", "/api/memory", {"key": "k", "value": "x"}, 201)
    for verb, path, operation in operations():
        if verb != "get" or "browser" in path or path.endswith("/events"):
            continue
        where = re.sub(r"{(\w+)}", "s1", path)
        needed = [each for each in operation.get("parameters", []) if each.get("in") == "query" and each["required"]]
        query = "&".join(f"{each['name']}=x" for each in needed)
        answer = await client.ask("GET", where + (f"?{query}" if query else ""))
        answers = operation["responses"]
        response = answers[str(answer.status)] if str(answer.status) in answers else answers["default"]
        check(response["content"]["application/json"]["schema"], answer.json)


async def test_the_page_runs_its_own_script_and_loads_nothing_else(client: Rest) -> None:
    answer = await client.ask("GET", "/docs/api", token=None)
    page = answer.body.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert "innerHTML" not in page


async def test_a_few_methods_are_described_alone(client: Rest) -> None:
    answer = await client.ask("GET", "/openapi.json?methods=memory.search,file.list")
    assert answer.status == 200
    found = [operation["x-calls"][0] for place in answer.json["paths"].values() for operation in place.values()]
    assert sorted(found) == ["file.list", "memory.search"]
    schemas = answer.json["components"]["schemas"]
    assert {each.rpartition("/")[2] for each in references(answer.json["paths"])} <= set(schemas) | set(
        answer.json["components"]["parameters"]
    ) | set(answer.json["components"]["headers"])
    refused = await client.ask("GET", "/openapi.json?methods=memory.search,no.such")
    assert refused.status == 400
    assert "no.such" in refused.body.decode()

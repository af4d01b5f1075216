"""The documents that are made from the table: valid by their own standards, and complete."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft7Validator, Draft202012Validator, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from openclaw_rpc.codegen.json_schema import frame_structs, json_schema
from openclaw_rpc.dialects.asyncapi import asyncapi
from openclaw_rpc.dialects.examples import PARAMS, WORDS
from openclaw_rpc.dialects.openrpc import openrpc
from openclaw_rpc.dialects.schema import errors_of, named_types, table_types
from openclaw_rpc.protocol import chat, errors, frames, session
from openclaw_rpc.protocol.base import Result
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.protocol.table import METHODS, AnyMethod, events

META = Path(__file__).parent / "meta"
SCHEMA = json_schema(METHODS, "1.2.3")
OPENRPC = openrpc(METHODS, "1.2.3", url="ws://gateway.test:1/")
ASYNCAPI = asyncapi(METHODS, "1.2.3")
TYPES = named_types(table_types(METHODS))
STRUCTS = {each.__name__ for each in TYPES}


def meta(name: str) -> Draft7Validator:
    """A validator for documents; what the meta schemas say of JSON Schema is said by draft 7."""
    draft7 = Draft7Validator.META_SCHEMA
    reference = {"JSONSchemaObject": {"properties": {"$ref": {"type": "string", "format": "uri-reference"}}}}
    words = DRAFT7.create_resource({"anyOf": [draft7], "definitions": reference})
    registry: Registry[Any] = Registry().with_resources(
        (uri, words) for uri in ("https://meta.json-schema.tools", "https://meta.json-schema.tools/")
    )
    schema = json.loads((META / name).read_text(encoding="utf-8"))
    return Draft7Validator({**schema, "$schema": "http://json-schema.org/draft-07/schema#"}, registry=registry)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolve(document: Any, pointer: str) -> Any:
    assert pointer.startswith("#/")
    for step in pointer[2:].split("/"):
        document = document[step]
    return document


def check(name: str, message: Any) -> None:
    """Raise ValidationError where a message is not as the bundle's struct of that name."""
    resource = Resource.from_contents(SCHEMA)
    registry: Registry[Any] = Registry().with_resource("schema.json", resource)
    Draft202012Validator({"$ref": f"schema.json#/$defs/{name}"}, registry=registry).validate(message)


@pytest.mark.parametrize("document", [SCHEMA, OPENRPC, ASYNCAPI], ids=["schema", "openrpc", "asyncapi"])
def test_every_reference_in_a_document_leads_somewhere(document: Any) -> None:
    found = set(references(document))
    assert len(found) > 20
    for each in found:
        assert resolve(document, each) is not None


@pytest.mark.parametrize("row", METHODS, ids=lambda row: row.name)
def test_every_method_has_an_example_that_it_takes_and_answers(row: AnyMethod) -> None:
    (example,) = next(each for each in OPENRPC["methods"] if each["name"] == row.name)["examples"]
    params = {each["name"]: each["value"] for each in example["params"]}
    msgspec.json.decode(msgspec.json.encode(params), type=row.params)
    msgspec.json.decode(msgspec.json.encode(example["result"]["value"]), type=row.result)


def test_every_word_of_the_examples_is_a_fields() -> None:
    fields = {
        field.encode_name
        for each in TYPES
        if issubclass(each, msgspec.Struct)
        for field in msgspec.structs.fields(each)
    }
    assert {name.rpartition(".")[2] for name in WORDS} <= fields
    assert PARAMS.keys() <= {row.name for row in METHODS}


def test_the_bundle_is_valid_json_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_bundle_has_every_struct_of_the_table_and_every_frame() -> None:
    frames = {each.__name__ for each in frame_structs()}
    assert {"RequestFrame", "ResultFrame", "ErrorFrame", "EventFrame", "NotificationFrame"} <= frames
    assert set(SCHEMA["$defs"]) == STRUCTS | frames | {"ErrorData"}
    assert set(SCHEMA["x-methods"]) == {row.name for row in METHODS}
    assert set(SCHEMA["x-events"]) == set(events())


def test_every_struct_and_every_row_is_described() -> None:
    assert [name for name, schema in SCHEMA["$defs"].items() if not schema.get("description")] == []
    assert [row["name"] for row in OPENRPC["methods"] if not row["summary"]] == []


def test_what_msgspec_writes_is_what_the_bundle_says() -> None:
    usage = chat.Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)
    done = chat.ChatDoneEvent(session_key="s", run_id="r", finish_reason="stop", usage=usage)
    check("ChatDoneEvent", json.loads(msgspec.json.encode(done)))
    check("SessionGoneEvent", json.loads(msgspec.json.encode(session.SessionGoneEvent(session_key="s"))))
    error = frames.ErrorFrame(jsonrpc="2.0", error=frames.ErrorBody(-32004, "no", {"code": "not_found"}), id=None)
    check("ErrorFrame", json.loads(msgspec.json.encode(error)))


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"message": ""},
        {"message": "hi", "mesage": "hi"},
        {"message": "hi", "options": {"thinking": "hard"}},
        {"message": "hi", "options": {"temperature": 3}},
        {"message": "hi", "sessionKey": "a\nb"},
    ],
)
def test_params_that_the_gateway_refuses_the_bundle_refuses(params: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(params), type=chat.ChatRunParams)
    with pytest.raises(ValidationError):
        check("ChatRunParams", params)
    check("ChatRunParams", {"message": "hi", "options": {"thinking": "high", "temperature": 2}, "sessionKey": None})


def test_a_result_may_have_fields_that_the_bundle_does_not_know() -> None:
    check("RunAborted", {"runId": "r", "aborted": True, "status": "aborted", "since": "tomorrow"})
    with pytest.raises(ValidationError):
        check("RunAborted", {"runId": "r", "status": "aborted"})


def test_the_openrpc_document_is_valid() -> None:
    meta("openrpc-1.3.2.json").validate(OPENRPC)
    assert OPENRPC["info"]["version"] == "1.2.3"
    assert OPENRPC["servers"][0]["url"] == "ws://gateway.test:1/"


def test_the_openrpc_check_notices_a_wrong_document() -> None:
    broken = json.loads(json.dumps(OPENRPC))
    broken["methods"][0]["result"]["schema"] = 7
    with pytest.raises(ValidationError):
        meta("openrpc-1.3.2.json").validate(broken)


def test_the_openrpc_document_has_every_row_as_the_table_says() -> None:
    found = {row["name"]: row for row in OPENRPC["methods"]}
    assert set(found) == {row.name for row in METHODS}
    for row in METHODS:
        method = found[row.name]
        assert [each["name"] for each in method["params"]] == list(row.params.__struct_encode_fields__)
        assert (method["x-scope"], method["x-rate"]) == (row.scope, row.rate)
        assert method["x-emits"] == sorted(event.name for event in row.emits)
        if isinstance(row.result, type) and issubclass(row.result, Result):
            assert method["result"]["schema"] == {"$ref": f"#/components/schemas/{row.result.__name__}"}
    needed = {each["name"] for each in found["chat.run"]["params"] if each["required"]}
    assert needed == {"message"}
    assert set(OPENRPC["x-events"]) == set(events())


def test_every_error_class_is_in_the_openrpc_document() -> None:
    classes = {name: each for name, each in vars(errors).items() if isinstance(each, type) and each is not GatewayError}
    found = {name for name, each in classes.items() if issubclass(each, GatewayError)}
    assert len(found) > 10
    assert set(OPENRPC["components"]["errors"]) == set(OPENRPC["x-errors"]) == found
    for name in found:
        assert OPENRPC["components"]["errors"][name]["code"] == classes[name].rpc
        assert OPENRPC["x-errors"][name]["status"] == classes[name].status


def test_a_row_has_each_error_code_once_and_misses_none() -> None:
    found = {row["name"]: row for row in OPENRPC["methods"]}
    for row in METHODS:
        codes = [resolve(OPENRPC, each["$ref"])["code"] for each in found[row.name]["errors"]]
        assert len(codes) == len(set(codes))
        assert set(codes) == {each.rpc for each in errors_of(row)}
    assert {"Conflict", "KeyReused"} <= set(found["chat.run"]["x-errors"])


def test_the_asyncapi_document_is_valid() -> None:
    meta("asyncapi-3.0.0.json").validate(ASYNCAPI)


def test_the_asyncapi_check_notices_a_wrong_document() -> None:
    broken = json.loads(json.dumps(ASYNCAPI))
    broken["operations"]["root.chat.run"]["action"] = "publish"
    with pytest.raises(ValidationError):
        meta("asyncapi-3.0.0.json").validate(broken)


@pytest.mark.parametrize(
    ("channel", "address", "greeting"), [("root", "/", "connected"), ("ws", "/ws", "auth_success")]
)
def test_each_socket_path_has_every_call_and_its_own_greeting(channel: str, address: str, greeting: str) -> None:
    here = ASYNCAPI["channels"][channel]
    assert here["address"] == address
    assert greeting in {"connected", "auth_success"} & {name.removeprefix("event.") for name in here["messages"]}
    sent = {each["$ref"].rpartition("/")[2] for each in ASYNCAPI["operations"][f"{channel}.events"]["messages"]}
    assert sent == {f"event.{name}" for name in events() if name not in {"connected", "auth_success"} - {greeting}}
    assert ("auth" in here["messages"]) == (address == "/ws")
    for row in METHODS:
        operation = ASYNCAPI["operations"][f"{channel}.{row.name}"]
        assert operation["action"] == "receive"
        answers = {each["$ref"].rpartition("/")[2] for each in operation["reply"]["messages"]}
        assert answers == {f"result.{row.name}", "error"}
        used = [each["$ref"] for each in (*operation["messages"], *operation["reply"]["messages"])]
        assert all(each.startswith(f"#/channels/{channel}/messages/") for each in used)


def test_real_frames_are_as_the_asyncapi_document_says() -> None:
    registry: Registry[Any] = Registry().with_resource("a", DRAFT7.create_resource(ASYNCAPI))

    def validator(message: str) -> Draft7Validator:
        return Draft7Validator({"$ref": f"a#/components/messages/{message}/payload"}, registry=registry)

    call = {"jsonrpc": "2.0", "id": 1, "method": "chat.run", "params": {"message": "hi"}}
    validator("call.chat.run").validate(call)
    validator("call.system.status").validate({"method": "system.status"})
    for wrong in ({**call, "method": "chat.abort"}, {**call, "params": {}}, {"id": 1, "method": "chat.run"}):
        assert not validator("call.chat.run").is_valid(wrong)
    delta = chat.ChatDeltaEvent(session_key="s", run_id="r", delta="x")
    frame = msgspec.json.encode(frames.EventFrame(type="chat.delta", data=delta, epoch="e", seq=4))
    validator("event.chat.delta").validate(json.loads(frame))
    assert not validator("event.chat.done").is_valid(json.loads(frame))
    error = {"code": -32004, "message": "no such run", "data": {"code": "not_found"}}
    validator("error").validate({"jsonrpc": "2.0", "id": None, "error": error})
    assert not validator("error").is_valid({"jsonrpc": "2.0", "id": None, "error": {**error, "code": -1}})

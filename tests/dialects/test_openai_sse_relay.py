"""Chunks on their way to a client: as they came, but for the model's name and for usage that nobody asked for."""

import json

import pytest

from openclaw_rpc.dialects.openai.sse_relay import ClientChunks, as_events

USAGE = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
TEXT = b'{"choices": [{"index": 0, "delta": {"content": "a"}}]}'
COUNTED = json.dumps({"choices": [], "usage": USAGE}).encode()
MERGED = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": USAGE}).encode()


def told(chunks: ClientChunks, *payloads: bytes) -> list[bytes]:
    return [*chunks.told(payloads), *chunks.end()]


def test_what_needs_no_change_is_the_very_bytes() -> None:
    assert told(ClientChunks(model=None, wants_usage=True), TEXT, TEXT) == [TEXT, TEXT]
    assert as_events([TEXT, TEXT]) == b"data: " + TEXT + b"\n\ndata: " + TEXT + b"\n\n"


@pytest.mark.parametrize("payloads", [(TEXT, COUNTED), (TEXT, MERGED)])
def test_usage_comes_by_itself_and_only_to_whoever_asked(payloads: tuple[bytes, ...]) -> None:
    silent = [json.loads(chunk) for chunk in told(ClientChunks(model=None, wants_usage=False), *payloads)]
    assert all("usage" not in chunk for chunk in silent)
    wanting = [json.loads(chunk) for chunk in told(ClientChunks(model=None, wants_usage=True), *payloads)]
    assert [chunk.get("usage") for chunk in wanting][-1] == USAGE
    assert wanting[-1]["choices"] == []
    assert all("usage" not in chunk for chunk in wanting[:-1])


def test_a_text_that_speaks_of_usage_is_a_text() -> None:
    text = json.dumps({"choices": [{"index": 0, "delta": {"content": '"usage": {'}}]}).encode()
    assert told(ClientChunks(model=None, wants_usage=False), text) == [text]


def test_the_model_is_called_as_the_client_did() -> None:
    (chunk,) = told(ClientChunks(model="nick/name", wants_usage=False), b'{"model": "real", "choices": []}')
    assert json.loads(chunk)["model"] == "nick/name"

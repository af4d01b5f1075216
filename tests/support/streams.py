"""The table of streams: what servers send, and what every door makes of it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.support.raw_model import DONE, HEAD, call, called, delta, document, event, said

CHINESE = "你好😀"
A, B = '{"city":"A"}', '{"city":"B"}'
OPENAI = {**HEAD, "object": "chat.completion"}
USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 64},
    "completion_tokens_details": {"reasoning_tokens": 12},
}


class Row(NamedTuple):
    """A stream, and what it says: text, reasoning, calls as (name, arguments), why it ended, or a word of its error."""

    pieces: list[bytes]
    text: str = ""
    thinking: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    finish: str = "stop"
    error: str | None = None
    status: int = 502
    """The HTTP status of an error before the first word."""
    cached: int = 0


def whole(message: dict[str, Any], finish: str | None = "stop", **more: Any) -> list[bytes]:
    return document({**OPENAI, "choices": [{"index": 0, "message": message, "finish_reason": finish}], **more})


def spread(value: Any) -> bytes:
    """An event whose JSON stands on several lines."""
    return "".join(f"data: {line}\n" for line in json.dumps(value, indent=1).split("\n")).encode() + b"\n"


def cut(pieces: list[bytes], size: int) -> list[bytes]:
    data = b"".join(pieces)
    return [data[at : at + size] for at in range(0, len(data), size)]


FAILED = {"index": 0, "delta": {}, "finish_reason": "error", "error": {"message": "no room"}}
USUAL = [*said("First ", "second"), DONE]
WITHOUT_TYPE = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def typed(kind: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode()


STREAMS: dict[str, Row] = {
    "the usual": Row(USUAL, "First second"),
    "no end mark": Row(said("First ", "second"), "First second"),
    "no finish": Row([delta({"content": "First second"}), DONE], "First second"),
    "a mark": Row([b"\xef\xbb\xbf" + USUAL[0], *USUAL[1:]], "First second"),
    "bytes one by one": Row(cut([*said(CHINESE, "a"), DONE], 1), CHINESE + "a"),
    "carriage returns": Row([b"".join(USUAL).replace(b"\n", b"\r")], "First second"),
    "both": Row(cut([b"".join(USUAL).replace(b"\n", b"\r\n")], 7), "First second"),
    "several lines": Row(
        [spread({**HEAD, "choices": [{"index": 0, "delta": {"content": "Hi"}}]}), *said("!"), DONE],
        "Hi!",
    ),
    "without blank lines": Row([piece[:-1] for piece in USUAL], "First second"),
    "run together": Row([b"data: " + b"".join(piece[6:-2] for piece in USUAL[:-1]) + b"\n\n", DONE], "First second"),
    "comments and names": Row(
        [b": hello\n\n", *(b"event: message\nid: 7\nretry: 5\n" + piece for piece in USUAL)], "First second"
    ),
    "no spaces": Row([piece.replace(b"data: ", b"data:") for piece in USUAL], "First second"),
    "a spelling of its type": Row([typed("Text/Event-Stream;Charset=UTF-8"), *USUAL], "First second"),
    "the type of text": Row([typed("text/plain"), *USUAL], "First second"),
    "the type of json": Row([typed("application/json"), *USUAL], "First second"),
    "no type": Row([WITHOUT_TYPE, *USUAL], "First second"),
    "a document": Row(whole({"role": "assistant", "content": "First second"}), "First second"),
    "a document without an end": Row(whole({"content": "First second"}, None), "First second"),
    "choices null": Row([event({**HEAD, "choices": None}), *USUAL], "First second"),
    "choices missing": Row([event({**HEAD, "usage": USAGE}), *USUAL], "First second", cached=64),
    "no index": Row(
        [event({"choices": [{"delta": {"content": "First second"}}]}), delta({}, "stop"), DONE], "First second"
    ),
    "another answer": Row(
        [delta({"content": "Hi"}), event({"choices": [{"index": 1, "delta": {"content": "no"}}]}), *said("!"), DONE],
        "Hi!",
    ),
    "content null": Row([delta({"role": "assistant", "content": None}), *USUAL], "First second"),
    "parts": Row(
        [
            delta({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hmm"}]}]}),
            delta({"content": [{"type": "text", "text": "Ans"}, {"type": "text", "text": "wer."}]}),
            delta({}, "stop"),
            DONE,
        ],
        "Answer.",
        "hmm",
    ),
    "parts of a document": Row(whole({"content": [{"type": "text", "text": "Answer."}]}), "Answer."),
    "reasoning": Row([delta({"reasoning": "hmm"}), *said("Answer."), DONE], "Answer.", "hmm"),
    "reasoning_content": Row([delta({"reasoning_content": "hmm"}), *said("Answer."), DONE], "Answer.", "hmm"),
    "reasoning_details": Row(
        [delta({"reasoning_details": [{"type": "reasoning.text", "text": "hmm"}], "index": 0}), *said("Answer."), DONE],
        "Answer.",
        "hmm",
    ),
    "think tags": Row([*said("<thi", "nk>secret ", "plan</thi", "nk>\n\nAns", "wer."), DONE], "Answer.", "secret plan"),
    "think tags of a document": Row(whole({"content": "<think>secret plan</think>Answer."}), "Answer.", "secret plan"),
    "think tags later": Row([*said("Say ", "<think>", "."), DONE], "Say <think>."),
    "less than": Row([*said("<", "th>"), DONE], "<th>"),
    "half an emoji": Row(
        [
            b'data: {"choices":[{"index":0,"delta":{"content":"a\\ud83d"}}]}\n\n',
            b'data: {"choices":[{"index":0,"delta":{"content":"\\ude00b"}}]}\n\n',
            delta({}, "stop"),
            DONE,
        ],
        "a😀b",
    ),
    "half an emoji alone": Row(
        [b'data: {"choices":[{"index":0,"delta":{"content":"a\\ud83d"}}]}\n\n', delta({}, "stop"), DONE], "a\ufffd"
    ),
    "usage with an empty delta": Row([*said("Hi"), delta({}, usage=USAGE), DONE], "Hi", cached=64),
    "odd numbers": Row([*said("Hi"), event({**HEAD, "choices": [], "usage": {"prompt_tokens": 1e999}}), DONE], "Hi"),
    "a length": Row([*said("Hi", finish="length"), DONE], "Hi", finish="length"),
    "another word for a length": Row([*said("Hi", finish="MAX_TOKENS"), DONE], "Hi", finish="length"),
    "a filter": Row([*said("Hi", finish="content_filter"), DONE], "Hi", finish="content_filter"),
    "another word for a filter": Row([*said("Hi", finish="SAFETY"), DONE], "Hi", finish="content_filter"),
    "calls without an index": Row(
        called(call(None, "ca", "look", A), call(None, "cb", "look", B), finish="stop"),
        calls=(("look", A), ("look", B)),
        finish="tool_calls",
    ),
    "calls with one index": Row(
        called(call(0, "ca", "look", A), call(0, "cb", "look", B)),
        calls=(("look", A), ("look", B)),
        finish="tool_calls",
    ),
    "an index that is text": Row(
        called(call("0", "ca", "look", '{"city"'), call("0", None, None, ':"A"}')),
        calls=(("look", A),),
        finish="tool_calls",
    ),
    "an id in every piece": Row(
        called(call(0, "ca", "look", '{"city"'), call(0, "ca", "look", ':"A"}')),
        calls=(("look", A),),
        finish="tool_calls",
    ),
    "another id in every piece": Row(
        called(call(0, "c1", "look", '{"city"'), call(0, "c2", None, ':"A"}')),
        calls=(("look", A),),
        finish="tool_calls",
    ),
    "one id for two calls": Row(
        called(call(0, "same", "look", A), call(1, "same", "look", B)),
        calls=(("look", A), ("look", B)),
        finish="tool_calls",
    ),
    "no ids": Row(
        called(call(None, None, "look", A), call(None, None, "look", '{"city"'), call(None, None, None, ':"B"}')),
        calls=(("look", A), ("look", B)),
        finish="tool_calls",
    ),
    "arguments as an object": Row(
        called(call(0, "ca", "look", {"city": "A"})), calls=(("look", A),), finish="tool_calls"
    ),
    "calls of a document": Row(
        whole({"content": None, "tool_calls": [call(None, "ca", "look", {"city": "A"}), call(None, "cb", "look", B)]}),
        calls=(("look", A), ("look", B)),
        finish="tool_calls",
    ),
    "nothing": Row([DONE], error="nothing"),
    "nothing at all": Row([b""], error="before its first word"),
    "a role alone": Row([delta({"role": "assistant", "content": ""}), DONE], error="nothing"),
    "cut": Row([delta({"content": "Half an "}), delta({"content": "answ"})], "Half an answ", error="in the middle"),
    "cut in an event": Row([delta({"content": "Half"}), b'data: {"choi'], "Half", error="in the middle"),
    "an error as text": Row([event({"error": "overloaded"})], error="overloaded"),
    "an error first": Row(
        [event({"error": {"message": "Provider returned error", "code": 429}}), DONE],
        error="Provider returned error",
        status=429,
    ),
    "an error after a comment": Row(
        [b": ping\n\n", event({"error": {"message": "no room", "code": "503"}})], error="no room", status=503
    ),
    "a named error": Row([b'event: error\ndata: {"message":"no room"}\n\n'], error="no room"),
    "a named error that is text": Row([b"event: error\ndata: no room\n\n"], error="no room"),
    "an error in the middle": Row([delta({"content": "Hi"}), event({"error": "no room"})], "Hi", error="no room"),
    "an error in a choice": Row(
        [delta({"content": "Hi"}), event({"choices": [FAILED]})],
        "Hi",
        error="no room",
    ),
    "an error in a document": Row(
        document({"error": {"message": "Provider returned error", "code": 429}}),
        error="Provider returned error",
        status=429,
    ),
    "an error of another shape": Row(
        document({"object": "error", "message": "no room", "code": 400}), error="no room", status=400
    ),
    "a page": Row(document(b"<h1>hello</h1>", kind="text/html"), error="base_url"),
    "half a document": Row(document(b'{"choices": ['), error="not JSON"),
}  # fmt: skip

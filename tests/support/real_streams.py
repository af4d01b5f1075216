"""What real servers send: llama.cpp's own (as xllamacpp packages it), and LiteLLM before it."""

from __future__ import annotations

from typing import Any

from tests.support.raw_model import DONE, event
from tests.support.streams import Row

LLAMA: dict[str, Any] = {"created": 1795994650, "id": "chatcmpl-H0", "model": "tiny", "object": "chat.completion.chunk"}
TIMINGS = {"cache_n": 23, "prompt_n": 1, "prompt_ms": 0.5, "predicted_n": 2, "predicted_per_second": 6493.5}


def llama(delta: Any, finish: str | None = None, index: int = 0, **more: Any) -> bytes:
    """A chunk in llama.cpp's order of fields."""
    return event({"choices": [{"finish_reason": finish, "index": index, "delta": delta}], **LLAMA, **more})


def piece(arguments: str, **more: Any) -> bytes:
    function = {"arguments": arguments}
    if "name" in more:
        function["name"] = more.pop("name")
    return llama({"tool_calls": [{"index": 0, "function": function, **more}]})


BEGIN = llama({"role": "assistant", "content": None})
USAGE = {
    "completion_tokens": 2,
    "prompt_tokens": 24,
    "total_tokens": 26,
    "completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": 2},
    "prompt_tokens_details": {"cached_tokens": 23},
}
REAL_STREAMS: dict[str, Row] = {
    "llama": Row(
        [
            BEGIN, llama({"content": "W"}), llama({"content": "h"}), llama({}, "length", timings=TIMINGS),
            event({"choices": [], **LLAMA, "usage": USAGE, "timings": TIMINGS}), DONE,
        ],
        "Wh", finish="length", cached=23,
    ),
    "llama thinks": Row(
        [
            BEGIN, *(llama({"reasoning_content": letter}) for letter in ("W", "h", "😀", ".")),
            llama({"content": "Yes."}), llama({}, "stop", timings=TIMINGS), DONE,
        ],
        "Yes.", "Wh😀.",
    ),
    "llama answers twice": Row(
        [
            BEGIN, llama({"content": "W"}), llama({"role": "assistant", "content": None}, index=1),
            llama({"content": "A"}, index=1), llama({"content": "h"}), llama({}, "length", timings=TIMINGS),
            llama({"content": " "}, index=1), llama({}, "length", 1, timings=TIMINGS), DONE,
        ],
        "Wh", finish="length",
    ),
    "llama calls": Row(
        [
            BEGIN, piece("{", name="look", id="61Z4", type="function"), piece('"city"'), piece(":"), piece('"A"}'),
            llama({}, "tool_calls", timings=TIMINGS), DONE,
        ],
        calls=(("look", '{"city":"A"}'),), finish="tool_calls",
    ),
    "llama breaks a call off": Row(
        [
            BEGIN, piece("{", name="look", id="61Z4", type="function"), piece('"'), piece("c"), piece('"'),
            event({"error": {
                "code": 500, "type": "server_error",
                "message": "The model produced output that does not match the expected peg-native format",
            }}),
        ],
        text=" ", error="does not match the expected peg-native format",
    ),
    "llama with probabilities": Row(
        [
            BEGIN,
            event({"choices": [{
                "finish_reason": None, "index": 0, "delta": {"content": "N"},
                "logprobs": {"content": [{"id": 78, "token": "N", "bytes": [78], "logprob": -1.09}]},
            }], **LLAMA}),
            llama({}, "length", timings=TIMINGS), DONE,
        ],
        "N", finish="length",
    ),
    "litellm": Row(
        [
            event({**LLAMA, "choices": [{"index": 0, "delta": {"role": "assistant"}}]}),
            event({**LLAMA, "choices": [{"index": 0, "delta": {"content": "A"}}]}),
            event({**LLAMA, "choices": [{"finish_reason": "length", "index": 0, "delta": {}}]}),
            event({**LLAMA, "choices": [{"index": 0, "delta": {}}], "usage": USAGE}), DONE,
        ],
        "A", finish="length", cached=23,
    ),
}  # fmt: skip
"""`text=" "` of the call that breaks off: what came before its error was no word, and yet the answer had begun."""

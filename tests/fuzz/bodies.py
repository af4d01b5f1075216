"""Hostile bodies at OpenAI's doors, and hostile answers of a model's server: no failure is the gateway's own.

`python -m tests.fuzz.bodies --cases 5000 [--seed 1]`. Bytes that are not text, halves of characters, encodings, numbers
that no number holds, fields that are something else. Half of the cases have a model's server that behaves.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import re
import sys
import time
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import anyio

from tests.fuzz.frames import ODD
from tests.support.gateway import TOKEN, gateway, settings
from tests.support.raw_model import DONE, Answer, RawModel, call, delta, document, event, raw_model, said

SECONDS = 40.0
"""An answer that takes longer is a hang."""
AT_ONCE = 8
OURS = re.compile(rb"internal_error|its log says why")
"""What the gateway says of a failure of its own."""
FUNCTION: dict[str, Any] = {"name": "look", "description": "d", "parameters": {"type": "object", "properties": {}}}
CHAT: dict[str, Any] = {
    "model": "raw",
    "messages": [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "go"}, {"type": "image_url", "image_url": {"url": "x"}}]},
        {"role": "assistant", "content": None, "tool_calls": [call(None, "c1", "look", "{}")]},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "user", "content": "go on"},
    ],
    "stream": False, "stream_options": {"include_usage": True}, "tools": [{"type": "function", "function": FUNCTION}],
    "tool_choice": "auto", "temperature": 0.5, "max_tokens": 9, "stop": ["x"], "seed": 1, "n": 1, "user": "ada",
    "response_format": {"type": "json_object"}, "reasoning_effort": "low", "metadata": {"session_id": "s"},
    "functions": None, "function_call": None, "store": None,
}  # fmt: skip
RESPONSE: dict[str, Any] = {
    "model": "raw",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "go"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}", "namespace": None},
        {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
        {"type": "message", "role": "user", "content": "go on"},
    ],
    "instructions": "i", "stream": False, "previous_response_id": None, "conversation": "", "max_output_tokens": 9,
    "tools": [{"type": "function", **FUNCTION}, {"type": "namespace", "name": "n", "tools": [{"type": "custom"}]}],
    "tool_choice": "auto", "text": {"format": {"type": "text"}}, "reasoning": {"effort": "low"}, "store": True,
    "metadata": {"a": "b"}, "include": [], "top_logprobs": None, "truncation": "auto", "user": "ada",
    "background": None,
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": CHAT,
    "/v1/responses": RESPONSE,
    "/v1/completions": {"model": "raw", "prompt": ["go"], "stream": False, "max_tokens": 5, "suffix": None},
    "/v1/embeddings": {"model": "raw", "input": ["a", "b"], "encoding_format": "base64", "dimensions": 3},
    "/v1/conversations": {"items": [{"role": "user", "content": "hi"}], "metadata": {"a": "b"}},
    "/v1/conversations/{id}/items": {"items": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]},
    "/api/v1/message": {"channel": "api", "message": "go", "conversation_id": "s", "metadata": {}, "timeout_ms": 2000},
    "/api/sessions/s/messages": {"content": "go", "options": {"temperature": 0.5}, "metadata": {}, "timeoutMs": 2000},
    "/api/memory": {"key": "k", "value": "v"},
}  # fmt: skip
LITERALS = ("1e999", "-1e999", "NaN", "Infinity", "9" * 400, "0." + "0" * 400 + "1", "-0", "5.0", "1E400", "01", "0x1f")
TEXTS = (r"\ud800", r"\udc00x", r"\ud83d\ude00", r"\u0000", r"\ud83d", "\x7f", r"\uFFFF", "\u2028", "\ufeff")
TORN = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x00", b"\xef\xbb\xbf", b"caf\xe9")
HEADERS = (
    "X-Session-Id", "X-OpenWebUI-Chat-Id", "X-OpenWebUI-User-Id", "X-OpenClaw-Session-Key", "X-OpenWebUI-Task",
    "Idempotency-Key", "X-Stainless-Retry-Count", "Content-Type", "Accept", "Last-Event-ID", "X-OpenClaw-Pin",
)  # fmt: skip
VALUES = (
    "",
    " ",
    "\u00e9",
    "x" * 300,
    "\x7f",
    "-1",
    "1e9",
    "application/json; charset=utf-16",
    "text/plain",
    "a,b",
    "%00",
)
ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "raw",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi", "reasoning_content": "h"},
                 "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2,
              "prompt_tokens_details": {"cached_tokens": 1}},
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}],
}  # fmt: skip
CHUNK: dict[str, Any] = {
    "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "raw",
    "choices": [{"index": 0, "finish_reason": None, "delta": {"content": "x", "reasoning_content": "h", "tool_calls": [
        call(0, "c2", "file_list", '{"path":"/"}', extra_content={"google": {"thought_signature": "s"}})]}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}, "error": None,
}  # fmt: skip


@dataclass
class Report:
    """What came of it; ``faults`` hold the request."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter[int])
    faults: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        answers = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return "\n".join([f"{self.cases} bodies; answers: {answers}; {len(self.faults)} faults", *self.faults[:20]])


class Hostile:
    """Makes bodies and answers worse and worse. ``conversation`` is one that is there."""

    def __init__(self, seed: int, conversation: str = "c") -> None:
        self.random = random.Random(seed)
        self.conversation = conversation

    def written(self, value: Any) -> bytes:
        """Something as JSON with fields that are something else, numbers and texts that are hardly any, torn bytes."""
        worse = json.loads(json.dumps(value))
        for _ in range(self.random.choice((0, 1, 1, 2, 4))):
            worse = self._changed(worse)
        text = json.dumps(worse, ensure_ascii=self.random.random() < 0.5)
        if self.random.random() < 0.3:
            text = re.sub(r"(?<=: )\d+", lambda found: self._sometimes(found[0], LITERALS), text)
        if self.random.random() < 0.3:
            text = re.sub(r'(?<=")(?=[a-z ]+")', lambda _: self._sometimes("", TEXTS), text)
        data = text.encode("utf-8", "surrogatepass")
        if self.random.random() < 0.2:
            at = self.random.randrange(len(data) + 1)
            data = data[:at] + self.random.choice(TORN) + data[at + self.random.choice((0, 0, 1)) :]
        return data[: self.random.randrange(len(data) + 1)] if self.random.random() < 0.05 else data

    def _sometimes(self, usual: str, others: Sequence[str]) -> str:
        return self.random.choice(others) if self.random.random() < 0.2 else usual

    def _changed(self, value: Any) -> Any:
        """A copy with one thing in it changed."""
        if isinstance(value, (dict, list)) and value and self.random.random() < 0.75:
            keys: Any = (
                self.random.choice(list(value)) if isinstance(value, dict) else self.random.randrange(len(value))
            )
            if self.random.random() < 0.1:
                del value[keys]
            else:
                value[keys] = self._changed(value[keys])
            return value
        odd = self.random.choice(ODD)
        return json.loads(json.dumps(odd))

    def packed(self, data: bytes) -> tuple[bytes, str | None]:
        """A body and its encoding: mostly none, sometimes one that it does not have."""
        chance = self.random.random()
        if chance < 0.85:
            return data, None
        kind = self.random.choice(("gzip", "deflate", "br", "zstd", "identity", "x-nobody", "gzip, gzip", ""))
        if chance < 0.93:
            return {"gzip": gzip.compress(data, 1), "deflate": zlib.compress(data, 1)}.get(kind, data), kind
        return data, kind

    def headers(self) -> dict[str, str]:
        """A few, of odd values."""
        return {
            name: self.random.choice(VALUES)
            for name in self.random.sample(HEADERS, self.random.choice((0, 0, 0, 1, 2)))
        }

    def answer(self, body: dict[str, Any], steps: int) -> Answer:
        """What a model's server says that does not behave."""
        chance = self.random.random()
        if chance < 0.1:
            return document(self.written(ANSWER), self.random.choice((200, 201, 204, 302, 400, 404, 429, 500, 503)))
        if not body.get("stream"):
            return document(self.written(ANSWER))
        pieces = [b"data: " + self.written(CHUNK) + self.random.choice((b"\n\n", b"\r\n\r\n", b"\r\r", b"\n"))]
        if steps or self.random.random() < 0.5:
            pieces = [*said("a"), *pieces, delta({}, "stop"), event({"usage": self.random.choice(ODD)})]
        return [*pieces, DONE] if self.random.random() < 0.8 else pieces


def well_behaved(body: dict[str, Any], steps: int) -> Answer:
    """What a model's server says that behaves."""
    return [*said("hi"), DONE] if body.get("stream") else document(ANSWER)


async def _ask(session: aiohttp.ClientSession, url: str, hostile: Hostile, report: Report, *, behaves: bool) -> None:
    path = hostile.random.choice(list(BODIES))
    body = dict(BODIES[path])
    if "conversation" in body:
        body["conversation"] = hostile.conversation
    if hostile.random.random() < 0.5 and "stream" in body:
        body["stream"] = True
    if hostile.random.random() < 0.4 and "model" in body:
        body["model"] = "openclaw"
    data, packing = hostile.packed(hostile.written(body) if behaves else json.dumps(body).encode())
    headers = {"Content-Type": "application/json", "X-Stainless-Retry-Count": "0", **hostile.headers()}
    if packing is not None:
        headers["Content-Encoding"] = packing
    place = path.replace("{id}", hostile.conversation)
    asked = f"{place} {headers} {data!r}"
    try:
        async with asyncio.timeout(SECONDS), session.post(url + place, data=data, headers=headers) as answer:
            told = await answer.read()
    except TimeoutError:
        report.faults.append(f"no answer in {SECONDS:g} s\n{asked}")
        return
    except (aiohttp.ClientError, ValueError) as error:
        if not isinstance(error, ValueError):  # what no client can send
            report.faults.append(f"{error!r}\n{asked}")
        return
    report.cases += 1
    report.statuses[answer.status] += 1
    if (answer.status >= 500 and behaves) or OURS.search(told):
        report.faults.append(f"{answer.status} {told[:500]!r}\n{asked}")


async def run(cases: int, *, seed: int = 1) -> Report:
    """So many bodies at a gateway of its own, a few at once."""
    report = Report()
    async with raw_model({}) as model:
        config = settings(model.url)
        config["providers"]["primary"] |= {"model": "raw", "max_retries": 0}
        async with (
            gateway(config) as opened,
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session,
        ):
            async with session.post(f"{opened.url}/v1/conversations", json={}) as made:
                hostile = Hostile(seed, (await made.json())["id"])
            for behaves in (True, False):
                _answer_all(model, well_behaved if behaves else hostile.answer)
                await _many(
                    cases // 2, lambda behaves=behaves: _ask(session, opened.url, hostile, report, behaves=behaves)
                )
    return report


def _answer_all(model: RawModel, answer: Callable[[dict[str, Any], int], Answer]) -> None:
    """Have every request answered so, whatever it says."""

    def serve(body: dict[str, Any]) -> Answer:
        messages: Any = body.get("messages")
        steps = str(messages).count("'tool_calls'") if isinstance(messages, list) else 0
        return answer(body, steps)

    model.respond = serve


async def _many(cases: int, ask: Callable[[], Awaitable[None]]) -> None:
    left = iter(range(cases))

    async def some() -> None:
        for _ in left:
            await ask()

    async with anyio.create_task_group() as group:
        for _ in range(AT_ONCE):
            group.start_soon(some)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.bodies", description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int)
    args = parser.parse_args()
    seed = random.randrange(10**6) if args.seed is None else args.seed
    began = time.monotonic()
    report = anyio.run(lambda: run(args.cases, seed=seed))
    print(f"seed {seed}, {time.monotonic() - began:.0f} s: {report}")
    return int(bool(report.faults))


if __name__ == "__main__":
    sys.exit(main())

"""A model's server that answers with the very bytes it is given: what a message names as `[[S:NAME]]`."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.support.context import without_context

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
HEAD = {"id": "chatcmpl-u1", "object": "chat.completion.chunk", "created": 1700000000, "model": "raw"}
DONE = b"data: [DONE]\n\n"
Answer = Sequence[bytes]


def event(value: Any) -> bytes:
    """An event with that JSON."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def delta(value: Any = None, finish: str | None = None, **more: Any) -> bytes:
    """A chunk."""
    return event({**HEAD, "choices": [{"index": 0, "delta": value or {}, "finish_reason": finish}], **more})


def said(*texts: str, finish: str = "stop") -> list[bytes]:
    """The chunks of a usual answer, without its end."""
    return [
        delta({"role": "assistant", "content": ""}),
        *(delta({"content": text}) for text in texts),
        delta({}, finish),
    ]


def call(index: Any, call_id: Any, name: Any, arguments: Any, **more: Any) -> dict[str, Any]:
    """A piece of a tool call; None leaves a field out."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    found = {"index": index, "id": call_id, "type": "function", "function": function, **more}
    return {key: value for key, value in found.items() if value is not None}


def called(*pieces: dict[str, Any], finish: str = "tool_calls") -> list[bytes]:
    """The chunks of an answer that asks for tools, one piece a chunk."""
    return [*(delta({"tool_calls": [piece]}) for piece in pieces), delta({}, finish), DONE]


def document(value: Any, status: int = 200, kind: str = "application/json", **headers: str) -> list[bytes]:
    """A whole answer with its head."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    more = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    head += f"Connection: close\r\n{more}\r\n"
    return [head.encode() + body]


def text_of(content: Any) -> str:
    if isinstance(content, list):
        return " ".join(part.get("text") or "" for part in content if isinstance(part, dict))
    return content or ""


class RawModel:
    """What it answers by name: bytes, or a function of the request and of how many rounds of tools it has had.

    ``requests`` are the bodies that came, by that name.
    """

    def __init__(self, answers: dict[str, Answer | Callable[[dict[str, Any], int], Answer]]) -> None:
        self.answers = answers
        self.requests: dict[str, list[dict[str, Any]]] = {}
        self.models: Any = {
            "object": "list",
            "data": [{"id": "raw", "object": "model", "created": 1, "owned_by": "me"}],
        }
        self.lists: dict[str, Any] = {}
        """Lists of models at other paths."""
        self.url = ""
        self.respond = self._answer
        """What a request is answered with."""

    def _answer(self, body: dict[str, Any]) -> Answer:
        messages = body.get("messages") or []
        at = max((at for at, message in enumerate(messages) if message["role"] == "user"), default=0)
        names = re.findall(
            r"\[\[S:([\w -]+)\]\]", without_context(text_of(messages[at].get("content"))) if messages else ""
        )
        name = names[-1] if names else str(body.get("input", "default"))
        self.requests.setdefault(name, []).append(body)
        steps = sum(1 for message in messages[at:] if message["role"] == "assistant" and message.get("tool_calls"))
        found = self.answers.get(name, [*said("hello ", "there"), DONE])
        return found(body, steps) if callable(found) else found

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            size = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(size[1]) if size else 0)
            path = head.split()[1]
            pieces = (
                self.respond(json.loads(body))
                if head.startswith("POST")
                else document(self.lists.get(path, self.models))
            )
            if not pieces or not pieces[0].startswith(b"HTTP/"):
                pieces = [STREAM, *pieces]
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def raw_model(
    answers: dict[str, Answer | Callable[[dict[str, Any], int], Answer]],
) -> AsyncGenerator[RawModel]:
    """Such a server on a free port of 127.0.0.1."""
    model = RawModel(answers)
    server = await asyncio.start_server(model.serve, "127.0.0.1", 0, limit=1 << 26)
    model.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield model

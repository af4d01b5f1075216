"""A scripted OpenAI-compatible model server: `python -m tests.support.upstream --port 18999`, or in a test's own loop.

The last user message steers the answer; directives may be combined with text:

  plain text               "echo: <text>", word by word
  [[tool:NAME {json}]]     asks for that tool call; once a tool message follows, "tool said: <content>"
  [[tool-pieces:NAME {json}]]  the same, its arguments three characters a piece
  [[slow:N,MS]]            N words "w0 w1 …", MS milliseconds apart
  [[raw:TEXT]]             TEXT and nothing else
  [[pieces:N,SIZE]]        N pieces of SIZE characters
  [[think:TEXT]]           TEXT as reasoning_content first; [[think-as:FIELD]] names the field
  [[fail:STATUS]]          that status, each time; [[fail-once:STATUS]] the first time that text is seen
  [[retry-after:S]]        with a failure: this Retry-After; [[message:TEXT]] its message, [[code:C]] its code
  [[body:TEXT]] [[type:T]] with a failure, or alone: this body and content type
  [[location:URL]]         answers 302 to it
  [[hang]]                 no answer at all; [[hang-after:N]] N words, then silence
  [[cut:N]]                N words, then drops the connection; [[half]] cuts in the middle of a chunk
  [[garbage]]              a word, then a line that is not JSON; [[shape]] JSON of the wrong shape; [[utf8]] bad UTF-8
  [[huge:BYTES]]           a line of that many bytes, never ended
  [[error:TEXT]]           a word, then an error in the stream ([[code:C]]); [[error-first:TEXT]] without the word
  [[no-usage]] [[no-finish]] [[no-done]] [[usage-each]]  leaves it out, or repeats it in each piece
  [[crlf]] [[cr]] [[comments]] [[bytewise]] [[at-once]] [[named-events]] [[one-newline]]  the same answer, spelled so
  [[plain]]                JSON although a stream was asked for
  [[linger]]               does not close after the end
  [[refuse-field:NAME]]    400 as long as the body has that field
Usage: prompt tokens are the words of all messages, completion tokens the words of the answer.
"""

import argparse
import asyncio
import itertools
import json
import re
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.support.context import without_context

DIRECTIVE = re.compile(r"\[\[([a-z0-9-]+)(?::(.*?))?\]\]", re.DOTALL)
WORDS = re.compile(r"\S+\s*|\s+")


def text_of(content: Any) -> str:
    """The text of a message's content, whatever its form."""
    if isinstance(content, list):
        return " ".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content or ""


class Script:
    """What a request's last user message asks for."""

    def __init__(self, body: dict[str, Any]) -> None:
        messages = body.get("messages") or []
        said = [without_context(text_of(m.get("content"))) for m in messages if m.get("role") == "user"]
        self.text = said[-1] if said else ""
        self.found = {match[1]: match[2] or "" for match in DIRECTIVE.finditer(self.text)}
        self.prompt_tokens = sum(len(text_of(message.get("content")).split()) for message in messages)
        self.last = messages[-1] if messages else {}

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def number(self, name: str, default: float = 0) -> float:
        return float(self.found.get(name) or default)

    @property
    def tool(self) -> tuple[str, str] | None:
        asked = self.found.get("tool") or self.found.get("tool-pieces")
        if asked is None or self.last.get("role") == "tool":
            return None
        name, _, arguments = asked.partition(" ")
        return name, arguments or "{}"

    @property
    def words(self) -> list[str]:
        if self.tool:
            return []
        if self.last.get("role") == "tool":
            return WORDS.findall("tool said: " + text_of(self.last.get("content")))
        for name in ("cut", "hang-after"):
            if name in self.found:
                return [f"w{i} " for i in range(int(self.number(name, 3)))]
        if "slow" in self.found:
            return [f"w{i} " for i in range(int(self.found["slow"].partition(",")[0]))]
        if "pieces" in self.found:
            count, _, size = self.found["pieces"].partition(",")
            return ["x" * int(size)] * int(count)
        if "raw" in self.found:
            return WORDS.findall(self.found["raw"])
        return WORDS.findall("echo: " + DIRECTIVE.sub("", self.text).strip())

    @property
    def pause(self) -> float:
        return float(self.found["slow"].partition(",")[2] or 10) / 1000 if "slow" in self.found else 0


@web.middleware
async def understanding(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A request that makes no sense is the client's fault, as with any model's server."""
    try:
        return await handler(request)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return web.json_response(
            {"error": {"message": f"what is that? {error}", "type": "invalid_request_error"}}, status=400
        )


class Upstream:
    """The server, and what it saw. ``aborted`` counts streams that the client left, ``gone`` is set by the first."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.aborted = 0
        self.completed = 0
        self.connections: set[Any] = set()
        self.gone = asyncio.Event()
        self.reached = asyncio.Event()
        self.models: list[str] = ["scripted"]
        self.recordings: list[tuple[str, str, str, bytes]] = []
        self._seen: set[str] = set()
        self._ids = itertools.count(1)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[understanding], client_max_size=64 << 20)
        app.router.add_post("/v1/chat/completions", self.completions)
        app.router.add_post("/v1/embeddings", self.embeddings)
        app.router.add_post("/v1/audio/transcriptions", self.transcribe)
        app.router.add_get("/v1/models", self.list_models)
        app.router.add_get("/stats", self.stats)
        return app

    async def stats(self, _: web.Request) -> web.Response:
        return web.json_response({"requests": len(self.requests), "aborted": self.aborted, "completed": self.completed})

    async def list_models(self, request: web.Request) -> web.Response:
        self.headers.append(request.headers)
        data = [{"id": name, "object": "model", "created": 1707830400, "owned_by": "scripted"} for name in self.models]
        return web.json_response({"object": "list", "data": data})

    async def embeddings(self, request: web.Request) -> web.Response:
        body = await request.json()
        inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
        data = [
            {"object": "embedding", "index": i, "embedding": [float(len(str(item))), 1.0, 0.5]}
            for i, item in enumerate(inputs)
        ]
        usage = {"prompt_tokens": len(inputs), "total_tokens": len(inputs)}
        return web.json_response({"object": "list", "data": data, "model": body.get("model"), "usage": usage})

    async def transcribe(self, request: web.Request) -> web.Response:
        """What is said in a recording, which is a text here; `[[fail:STATUS]]` in it fails."""
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField) and request.charset is None
        if not file.filename.endswith((".ogg", ".m4a", ".mp3", ".wav", ".webm")):
            return web.json_response({"error": {"message": "Invalid file format."}}, status=400)
        data = file.file.read()
        self.recordings.append((str(form["model"]), file.filename, file.content_type, data))
        words = data.decode()
        if (failing := DIRECTIVE.search(words)) is not None:
            return web.json_response({"error": {"message": "no recording"}}, status=int(failing[2] or 400))
        return web.json_response({"text": f" {words}\n"})

    async def completions(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        self.headers.append(request.headers)
        self.connections.add(request.transport)
        self.reached.set()
        script = Script(body)
        try:
            if "hang" in script:
                await asyncio.sleep(3600)
            refused = self._refusal(script, body)
            if refused is not None:
                return refused
            if not body.get("stream") or "plain" in script:
                await asyncio.sleep(script.pause * len(script.words))
                return web.json_response(self._whole(script, body))
            answer = await self._stream(request, script, body)
        except (ConnectionError, asyncio.CancelledError):
            self.aborted += 1
            self.gone.set()
            raise
        self.completed += 1
        return answer

    def _refusal(self, script: Script, body: dict[str, Any]) -> web.Response | None:
        found = script.found
        if "location" in found:
            return web.Response(status=302, headers={"Location": found["location"]})
        status = int(found.get("fail") or 0)
        if "fail-once" in found and script.text not in self._seen:
            self._seen.add(script.text)
            status = int(found["fail-once"])
        message = found.get("message", f"scripted failure {status}")
        if found.get("refuse-field") in body:
            status, message = 400, found.get("message") or f"Unrecognized request argument: {found['refuse-field']}"
        if "body" in found or "type" in found:
            return web.Response(
                status=status or 200,
                body=found.get("body", "").encode(),
                headers={"Content-Type": found.get("type", "text/html")},
            )
        if not status:
            return None
        headers = {"Retry-After": found["retry-after"]} if "retry-after" in found else {}
        error = {"message": message, "type": "scripted", "param": None, "code": found.get("code", "scripted")}
        return web.json_response({"error": error}, status=status, headers=headers)

    def _head(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"id": f"chatcmpl-{next(self._ids)}", "created": 1707830400, "model": body.get("model")}

    def _usage(self, script: Script) -> dict[str, int]:
        completion = len(script.words) or 1
        return {
            "prompt_tokens": script.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": script.prompt_tokens + completion,
        }

    def _whole(self, script: Script, body: dict[str, Any]) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(script.words) or None}
        if script.tool:
            function = {"name": script.tool[0], "arguments": script.tool[1]}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
        finish = "tool_calls" if script.tool else "stop"
        return {
            **self._head(body),
            "object": "chat.completion",
            "usage": self._usage(script),
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        }

    async def _stream(self, request: web.Request, script: Script, body: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        writer = _Writer(response, script, self._head(body))
        await self._answer(writer, script, request)
        if writer.over:
            return response
        if "no-finish" not in script:
            await writer.piece({}, "tool_calls" if script.tool else "stop")
        asked = (body.get("stream_options") or {}).get("include_usage")
        if asked and "no-usage" not in script:
            await writer.event({**writer.head, "choices": [], "usage": self._usage(script)})
        if "no-done" not in script:
            await writer.line(b"data: [DONE]")
        await writer.flush()
        if "linger" in script:
            await asyncio.sleep(3600)
        await response.write_eof()
        return response

    async def _answer(self, writer: "_Writer", script: Script, request: web.Request) -> None:
        if "huge" in script:
            await writer.huge(int(script.number("huge")))
        if "error-first" in script:
            await writer.error("error-first")
        if writer.over:
            return
        await writer.piece({"role": "assistant", "content": ""})
        if "think" in script:
            field = script.found.get("think-as", "reasoning_content")
            for word in WORDS.findall(script.found["think"]):
                await writer.piece({field: word})
        if script.tool:
            await writer.tool(*script.tool, whole="tool" in script)
        for word in script.words:
            await asyncio.sleep(script.pause)
            usage: dict[str, Any] = {"usage": self._usage(script)} if "usage-each" in script else {}
            await writer.piece({"content": word}, **usage)
        await writer.flush()
        if "hang-after" in script:
            await asyncio.sleep(3600)
        await writer.fault()
        if "cut" in script or "half" in script or "garbage" in script:
            writer.over = True
            if request.transport is not None:
                request.transport.close()


class _Writer:
    """Writes events in the spelling that the script asks for."""

    def __init__(self, response: web.StreamResponse, script: Script, head: dict[str, Any]) -> None:
        self.head = {**head, "object": "chat.completion.chunk"}
        self.over = False
        self._response = response
        self._script = script
        self._held = b""
        self._end = b"\r\n" if "crlf" in script else b"\r" if "cr" in script else b"\n"

    async def line(self, line: bytes) -> None:
        prefix = b": a comment" + self._end * 2 if "comments" in self._script else b""
        if "named-events" in self._script:
            prefix += b"event: message" + self._end + b"id: 7" + self._end
        data = prefix + line + self._end * (1 if "one-newline" in self._script else 2)
        if "at-once" in self._script:
            self._held += data
        elif "bytewise" in self._script:
            for i in range(len(data)):
                await self._response.write(data[i : i + 1])
                await asyncio.sleep(0)
        else:
            await self._response.write(data)

    async def flush(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            await self._response.write(held)

    async def event(self, frame: dict[str, Any]) -> None:
        await self.line(b"data: " + json.dumps(frame, ensure_ascii=False).encode())

    async def piece(self, delta: dict[str, Any], finish: str | None = None, **extra: Any) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await self.event({**self.head, "choices": [choice], **extra})

    async def tool(self, name: str, arguments: str, *, whole: bool) -> None:
        size = len(arguments) if whole else 3
        pieces = [arguments[i : i + size] for i in range(0, len(arguments), size)]
        first = pieces.pop(0) if whole else ""
        call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": first}}
        await self.piece({"tool_calls": [call]})
        for piece in pieces:
            await self.piece({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})

    async def huge(self, size: int) -> None:
        await self._response.write(b'data: {"choices": [{"delta": {"content": "')
        for _ in range(size >> 16):
            await self._response.write(b"x" * 65536)
        self.over = True
        await asyncio.sleep(3600)

    async def error(self, name: str) -> None:
        code: Any = self._script.found.get("code", "scripted")
        code = int(code) if code.isdigit() else code
        await self.event({"error": {"message": self._script.found[name], "type": "scripted", "code": code}})
        self.over = True

    async def fault(self) -> None:
        if "error" in self._script:
            await self.error("error")
        if "garbage" in self._script:
            await self.line(b"data: {this is no json")
        if "shape" in self._script:
            await self.line(b'data: {"choices": [{"delta": {"content": 5}}]}')
        if "utf8" in self._script:
            await self.line(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}')
        if "half" in self._script:
            await self._response.write(b'data: {"choices": [{"delta": {"cont')


@asynccontextmanager
async def scripted_upstream(tls: ssl.SSLContext | None = None) -> AsyncGenerator[Upstream]:
    """A scripted server on a free port of 127.0.0.1; ``url`` is its base URL with `/v1`."""
    upstream = Upstream()
    runner = web.AppRunner(upstream.app(), handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        port: int = runner.addresses[0][1]
        upstream.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1"
        yield upstream
    finally:
        await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=18999)
    port = parser.parse_args().port

    async def app() -> web.Application:
        return Upstream().app()

    web.run_app(app(), host="127.0.0.1", port=port, print=lambda _: None, handler_cancellation=True, access_log=None)


if __name__ == "__main__":
    main()

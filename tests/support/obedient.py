"""A model's server that does what it reads: the last message, a user's or a tool's result, says which tools it calls.

  [[tool:NAME ARGUMENTS]]  asks for that call; all that a message holds are asked for in one turn. ARGUMENTS go as they
                           are, whether they are JSON or not
  [[say:TEXT]]             TEXT before the calls
  [[id:ID]]                all calls of this turn get that id

With no call in the last message it answers "I read: " and the message. JSON is read for the texts in it, as a model
reads a page that came as a tool's result. `/v1/embeddings` knows ``topics``, a dimension each.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
from aiohttp import web

from tests.support.context import is_context, without_context

CALL = re.compile(r"\[\[tool:(\S*) (.*?)\]\](?!\])", re.DOTALL)
SAY = re.compile(r"\[\[say:(.*?)\]\]")
ID = re.compile(r"\[\[id:(.*?)\]\]")


def call(tool: str, **params: Any) -> str:
    """The words that make it call a tool."""
    return f"[[tool:{tool} {json.dumps(params)}]]"


class Obedient:
    """The server, and what it was asked. ``url`` is its base URL with `/v1`."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        self.embedded: list[dict[str, Any]] = []
        self.topics: Sequence[Sequence[str]] = ()
        self.most_inputs = 10_000
        self.longest_input = 10_000_000
        self.embedding_status = 200
        self.embedding_body: Any = None
        self._calls = 0
        self._pages: dict[str, str] = {}
        self._waiting: dict[str, tuple[int, anyio.Event]] = {}

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/chat/completions", self.completions)
        app.router.add_post("/v1/embeddings", self.embeddings)
        app.router.add_get("/together/{name}/{count}", self.together)
        app.router.add_get("/pages/{name}", self.page)
        return app

    # --- pages that tools may fetch ---------------------------------------------------------------------------------

    def publish(self, name: str, text: str) -> str:
        """A page with that text; its URL."""
        self._pages[name] = text
        return self.url.removesuffix("/v1") + f"/pages/{name}"

    def meeting(self, name: str, count: int) -> str:
        """The URL of a page that is only there once so many ask for it at the same time."""
        return self.url.removesuffix("/v1") + f"/together/{name}/{count}"

    async def page(self, request: web.Request) -> web.Response:
        return web.Response(text=self._pages[request.match_info["name"]], content_type="text/html")

    async def together(self, request: web.Request) -> web.Response:
        name, count = request.match_info["name"], int(request.match_info["count"])
        here, everybody = self._waiting.get(name, (0, anyio.Event()))
        self._waiting[name] = here + 1, everybody
        if here + 1 == count:
            everybody.set()
        try:
            with anyio.fail_after(2):
                await everybody.wait()
        except TimeoutError:
            return web.Response(status=504, text="alone")
        return web.Response(text="together")

    # --- what it was told -------------------------------------------------------------------------------------------

    def last(self) -> Any:
        """The last message of the last request: for a turn that used a tool, what the tool said."""
        return self.requests[-1]["messages"][-1]["content"]

    def system(self) -> str:
        """The system prompt of the last request, and what was put before its last question."""
        head, *rest = (str(message.get("content")) for message in self.requests[-1]["messages"])
        return "\n".join([head, *filter(is_context, rest)])

    def offered(self) -> set[str]:
        """The tools of the last request."""
        return {tool["function"]["name"] for tool in self.requests[-1].get("tools", ())}

    # --- the API ----------------------------------------------------------------------------------------------------

    async def completions(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        text = without_context(read(body["messages"][-1].get("content")))
        calls = CALL.findall(text)
        said = "".join(SAY.findall(text)) if calls else f"I read: {text}"
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        head = {"id": "c", "object": "chat.completion.chunk", "created": 1707830400, "model": body["model"]}

        async def tell(delta: dict[str, Any], finish: str | None = None) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            await response.write(b"data: " + json.dumps({**head, "choices": [choice]}).encode() + b"\n\n")

        if said:
            await tell({"role": "assistant", "content": said})
        given = ID.search(text)
        for at, (name, arguments) in enumerate(calls):
            self._calls += 1
            function = {"name": name, "arguments": arguments}
            call_id = given[1] if given else f"call_{self._calls}"
            await tell({"tool_calls": [{"index": at, "id": call_id, "type": "function", "function": function}]})
        await tell({}, "tool_calls" if calls else "stop")
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def embeddings(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.embedded.append(body)
        texts: list[str] = body["input"]
        if self.embedding_status != 200:
            return web.json_response({"error": {"message": "no"}}, status=self.embedding_status)
        if self.embedding_body is not None:
            return web.json_response(self.embedding_body)
        if len(texts) > self.most_inputs or any(len(text) > self.longest_input for text in texts):
            return web.json_response({"error": {"message": "too much"}}, status=400)
        # The last one first: `index` says which text a vector belongs to.
        data = [{"object": "embedding", "index": at, "embedding": self._vector(text)} for at, text in enumerate(texts)]
        return web.json_response({"object": "list", "data": data[::-1], "model": body["model"]})

    def _vector(self, text: str) -> list[float]:
        return [float(any(word in text for word in topic)) for topic in self.topics]


def read(content: Any) -> str:
    """What somebody reads in a message: its texts, JSON taken apart."""
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part["type"] == "text")
    try:
        return "\n".join(_texts(json.loads(content)))
    except (TypeError, ValueError):
        return content or ""


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _texts(item)]


@asynccontextmanager
async def obedient_model() -> AsyncGenerator[Obedient]:
    """The server on a free port of 127.0.0.1."""
    model = Obedient()
    runner = web.AppRunner(model.app(), handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        model.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield model
    finally:
        await runner.cleanup()

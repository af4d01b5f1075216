"""A model's server on this machine is found and named; anything else on its port is passed over."""

import asyncio
import socket
from collections.abc import AsyncGenerator

import aiohttp
import anyio
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from openclaw_rpc.adapters.providers.discovery import find_local
from tests.support.gateway import TOKEN, gateway, settings
from tests.support.upstream import Upstream, scripted_upstream


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


def port_of(upstream: Upstream) -> int:
    return int(upstream.url.split(":")[2].split("/")[0])


async def test_a_server_is_found_and_the_first_model_that_chats_is_taken(upstream: Upstream) -> None:
    upstream.models = ["nomic-embed-text", "qwen3:8b", "llama3.2"]
    found = await find_local([port_of(upstream)], timeout=5)
    assert found is not None
    assert found.models == upstream.models
    assert found.settings.model == "qwen3:8b"
    assert found.settings.address == upstream.url


@pytest.mark.parametrize(
    ("owner", "greeting", "title", "kind"),
    [
        ("llamacpp", "", "llama.cpp", "llamacpp"),
        ("vllm", "", "vLLM", "vllm"),
        ("library", "Ollama is running", "Ollama", "ollama"),
        ("somebody", "Ollama is running", "Ollama", "ollama"),
        ("organization_owner", "", "LM Studio", "lmstudio"),
        ("me", "<h1>hello</h1>", "the server at port {port}", "openai-compatible"),
        (None, "", "the server at port {port}", "openai-compatible"),
    ],
)
async def test_a_server_is_named_by_what_it_says(owner: str | None, greeting: str, title: str, kind: str) -> None:
    async def models(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "m", "owned_by": owner}]})

    async def root(_: web.Request) -> web.Response:
        return web.Response(text=greeting)

    app = web.Application()
    app.add_routes([web.get("/v1/models", models), web.get("/", root)])
    async with TestServer(app) as server:
        found = await find_local([server.port or 0], timeout=5)
        assert found is not None
        assert (found.title, found.settings.type) == (title.format(port=server.port), kind)


async def test_a_gateway_is_not_taken_for_a_model() -> None:
    async with gateway(settings("http://127.0.0.1:9/v1")) as running:
        async with aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with session.get(f"{running.url}/v1/models", headers=headers) as answer:
                body = await answer.read()

        async def models(_: web.Request) -> web.Response:
            return web.Response(body=body, content_type="application/json")

        app = web.Application()
        app.add_routes([web.get("/v1/models", models)])
        async with TestServer(app) as server:
            assert await find_local([server.port or 0], timeout=5) is None


async def test_a_server_without_models_is_passed_over(upstream: Upstream) -> None:
    upstream.models = []
    assert await find_local([port_of(upstream)], timeout=5) is None


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<h1>",
        b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"data": [{}]}',
        b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 22\r\n\r\n{"data": [{"id": "x"}]}',
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_anything_else_on_the_port_is_passed_over_for_the_next(upstream: Upstream, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        strange: int = server.sockets[0].getsockname()[1]
        found = await find_local([strange, port_of(upstream)], timeout=5)
    assert found is not None
    assert found.settings.address == upstream.url


async def test_a_port_that_says_nothing_does_not_hold_it_up() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        with anyio.fail_after(2):
            assert await find_local([port] * 4, timeout=0.1) is None


async def test_a_server_that_is_started_later_answers_the_next_message(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    monkeypatch.setattr("openclaw_rpc.adapters.providers.discovery.PORTS", (port,))
    config = settings("http://127.0.0.1:9/v1")
    del config["providers"]
    async with gateway(config) as running, running.connect() as client:
        _, done = await client.chat("/help", sessionKey="s")
        assert done["data"]["model"] == "offline"
        runner = web.AppRunner(Upstream().app(), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            text, done = await client.chat("Hello!", sessionKey="s")
            assert (text, done["data"]["model"]) == ("echo: Hello!", "scripted")
            (started,) = client.told(done["data"]["runId"], "chat.started")
            assert started["data"]["model"] == "scripted"
        finally:
            await runner.cleanup()


async def test_a_server_is_looked_for_again_and_again_while_nothing_is_configured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    monkeypatch.setattr("openclaw_rpc.adapters.providers.discovery.PORTS", (port,))
    monkeypatch.setattr("openclaw_rpc.app.models.LOOK_SECONDS", 0.05)
    config = settings("http://127.0.0.1:9/v1")
    del config["providers"]
    async with gateway(config) as running, running.connect() as client:
        runner = web.AppRunner(Upstream().app(), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            with anyio.fail_after(10):
                while not any(one["id"] == "scripted" for one in (await client.result("model.list"))["models"]):
                    await anyio.lowlevel.checkpoint()
        finally:
            await runner.cleanup()

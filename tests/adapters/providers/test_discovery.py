"""A model's server on this machine is found and named; anything else on its port is passed over."""

import asyncio
from collections.abc import AsyncGenerator

import anyio
import pytest

from openclaw_rpc.adapters.providers.discovery import Candidate, find_local
from tests.support.upstream import Upstream, scripted_upstream


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


def port_of(upstream: Upstream) -> int:
    return int(upstream.url.split(":")[2].split("/")[0])


async def test_a_server_is_found_and_named(upstream: Upstream) -> None:
    upstream.models = ["nomic-embed-text", "qwen3:8b", "llama3.2"]
    found = await find_local([Candidate("LM Studio", "lmstudio", port_of(upstream))], timeout=5)
    assert found is not None
    assert (found.title, found.models) == ("LM Studio", upstream.models)
    assert (found.settings.type, found.settings.model) == ("lmstudio", "qwen3:8b")
    assert found.settings.address == upstream.url


async def test_a_server_without_models_is_passed_over(upstream: Upstream) -> None:
    upstream.models = []
    assert await find_local([Candidate("Ollama", "ollama", port_of(upstream))], timeout=5) is None


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
        candidates = [Candidate("Ollama", "ollama", strange), Candidate("vLLM", "vllm", port_of(upstream))]
        found = await find_local(candidates, timeout=5)
    assert found is not None
    assert found.title == "vLLM"


async def test_a_port_that_says_nothing_does_not_hold_it_up() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        with anyio.fail_after(2):
            assert await find_local([Candidate("vLLM", "vllm", port)] * 4, timeout=0.1) is None

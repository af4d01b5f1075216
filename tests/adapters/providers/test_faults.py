"""Every way in which a model's server can fail ends in one clear fault, in bounded time, or does not matter."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import pytest

from openclaw_rpc.adapters.providers.openai_compatible import OpenAIProvider
from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.domain.providers import Prompt, ProviderFault
from tests.support.upstream import Upstream, scripted_upstream

KEY = "sk-very-secret-key"


@pytest.fixture(scope="module")
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@asynccontextmanager
async def provider(url: str, **changes: Any) -> AsyncGenerator[OpenAIProvider]:
    given = {"max_retries": 0, "first_token_timeout_seconds": 5, "idle_timeout_seconds": 5, **changes}
    found = OpenAIProvider(
        "primary", ProviderSettings(type="openai-compatible", model="scripted", api_key=KEY, base_url=url, **given)
    )
    try:
        yield found
    finally:
        await found.aclose()


def asked(text: str) -> Prompt:
    return Prompt(model="scripted", messages=[{"role": "user", "content": text}])


async def said(model: OpenAIProvider, text: str) -> list[Chunk]:
    with anyio.fail_after(20):
        async with model.stream(asked(text)) as answer:
            return [chunk async for chunks in answer for chunk in chunks]


def text(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def finish(chunks: list[Chunk]) -> list[str]:
    return [chunk.finish_reason for chunk in chunks if chunk.finish_reason]


REFUSED = [
    ("[[fail:400]]", "request", 400, "check the model and the options"),
    ("[[fail:401]]", "auth", 401, "providers.primary.api_key"),
    ("[[fail:402]]", "rate_limited", 402, "credit"),
    ("[[fail:403]]", "auth", 403, "providers.primary.api_key"),
    ("[[fail:404]]", "model", 404, "openclaw models"),
    ("[[fail:404]][[body:<h1>404</h1>]]", "model", 404, "base_url"),
    ("[[fail:400]][[code:model_not_found]]", "model", 400, "'scripted'"),
    ("[[fail:408]]", "server", 408, "try again"),
    ("[[fail:413]]", "request", 413, "options"),
    ("[[fail:422]]", "request", 422, "options"),
    ("[[fail:429]][[retry-after:7]]", "rate_limited", 429, "fallback"),
    ("[[fail:429]][[code:insufficient_quota]]", "rate_limited", 429, "credit"),
    ("[[fail:500]]", "server", 500, "log"),
    ("[[fail:503]]", "server", 503, "log"),
    ("[[fail:500]][[type:text/html]][[body:<h1>sorry</h1>]]", "server", 500, "log"),
    ("[[fail:400]][[code:context_length_exceeded]]", "too_long", 400, "shorten"),
    ("[[fail:400]][[message:This model's maximum context length is 8192 tokens]]", "too_long", 400, "shorten"),
    ("[[fail:400]][[message:prompt is too long: 210000 tokens > 200000 maximum]]", "too_long", 400, "shorten"),
    ("[[location:https://user:pw@elsewhere.example/v1?key=abc]]", "request", 302, "https://elsewhere.example/v1"),
    ("[[type:text/html]][[body:<h1>hello</h1>]]", "garbage", None, "text/html"),
    ("[[type:text/plain]][[body:hello]]", "garbage", None, "text/plain"),
    ("[[type:application/json]]", "garbage", None, "nothing"),
    ("[[type:application/json]][[body:{oops]]", "garbage", None, "not JSON"),
    ('[[type:application/json]][[body:{"ok": true}]]', "garbage", None, "no choices"),
    ("[[type:text/event-stream]][[body:<html>]]", "cut", None, "closed"),
    ("[[type:text/event-stream]]", "cut", None, "before its first word"),
    ("[[error-first:it broke]]", "server", None, "it broke"),
    ("[[error-first:slow down]][[code:429]]", "rate_limited", 429, "slow down"),
    ("[[error-first:no]][[code:rate_limit_exceeded]]", "rate_limited", None, "fallback"),
    ("[[error-first:no]][[code:invalid_api_key]]", "auth", None, "api_key"),
    ("[[error-first:no]][[code:context_length_exceeded]]", "too_long", None, "shorten"),
    ("[[huge:17825792]]", "garbage", None, "16 MB"),
]


@pytest.mark.parametrize(("directive", "kind", "status", "words"), REFUSED, ids=[row[0][:60] for row in REFUSED])
async def test_a_fault_before_the_first_token_is_named_on_entering(
    upstream: Upstream, directive: str, kind: str, status: int | None, words: str
) -> None:
    async with provider(upstream.url) as model:
        with pytest.raises(ProviderFault) as caught, anyio.fail_after(20):
            async with model.stream(asked(f"hello {directive}")):
                pytest.fail("it must not get that far")
    fault = caught.value
    assert (fault.fault, fault.upstream_status, fault.provider) == (kind, status, "primary")
    assert fault.message.startswith(f"primary ({upstream.url}) ")
    assert words in fault.message
    assert "user:pw" not in fault.message and "key=abc" not in fault.message


MIDDLE = [
    ("[[cut:3]]", "cut", "in the middle", "w0 w1 w2 "),
    ("[[half]]", "cut", "in the middle", "echo: hello"),
    ("[[garbage]]", "garbage", "not JSON", "echo: hello"),
    ("[[shape]]", "garbage", "wrong shape", "echo: hello"),
    ("[[utf8]]", "garbage", "", "echo: hello"),
    ("[[error:it broke]]", "server", "it broke", "echo: hello"),
    ("[[no-finish]][[no-done]]", "cut", "in the middle", "echo: hello"),
    ("[[hang-after:2]]", "timeout", "idle_timeout_seconds", "w0 w1 "),
]


@pytest.mark.parametrize(("directive", "kind", "words", "before"), MIDDLE, ids=[row[0] for row in MIDDLE])
async def test_a_fault_after_the_first_token_comes_once_and_after_all_that_was_said(
    upstream: Upstream, directive: str, kind: str, words: str, before: str
) -> None:
    requests = len(upstream.requests)
    heard: list[Chunk] = []
    async with provider(upstream.url, idle_timeout_seconds=0.3, max_retries=2) as model:
        with pytest.raises(ProviderFault) as caught, anyio.fail_after(10):
            async with model.stream(asked(f"hello {directive}")) as answer:
                async for chunks in answer:
                    heard += chunks
    assert caught.value.fault == kind
    assert words in caught.value.message
    assert text(heard).strip() == before.strip()
    assert len(upstream.requests) == requests + 1, "nothing is asked again once a word was heard"


HARMLESS = [
    "[[crlf]]",
    "[[cr]]",
    "[[comments]]",
    "[[bytewise]]",
    "[[bytewise]][[crlf]]",
    "[[at-once]]",
    "[[named-events]]",
    "[[one-newline]]",
    "[[no-done]]",
    "[[no-finish]]",
    "[[plain]]",
    "[[usage-each]]",
    "[[linger]]",
]


@pytest.mark.parametrize("directive", HARMLESS)
async def test_the_same_answer_is_read_however_it_is_spelled(upstream: Upstream, directive: str) -> None:
    async with provider(upstream.url) as model:
        chunks = await said(model, f"héllo 你好 {directive}")
    assert text(chunks).strip() == "echo: héllo 你好"
    assert finish(chunks) == ["stop"]
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    assert [usage.completion_tokens for usage in usages] == [3]


async def test_a_server_that_says_no_usage_gives_none(upstream: Upstream) -> None:
    async with provider(upstream.url) as model:
        chunks = await said(model, "hi [[no-usage]]")
    assert text(chunks).strip() == "echo: hi"
    assert all(chunk.usage is None for chunk in chunks)


async def test_a_server_that_says_nothing_is_given_up_after_the_first_token_timeout(upstream: Upstream) -> None:
    async with provider(upstream.url, first_token_timeout_seconds=0.3, max_retries=3) as model:
        with pytest.raises(ProviderFault) as caught:
            await said(model, "[[hang]]")
    assert caught.value.fault == "timeout"
    assert "first_token_timeout_seconds" in caught.value.message


async def test_an_answer_that_ends_before_its_first_word_is_asked_for_again() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    answers = [
        head,
        head + b": a comment\n\n",
        head + b'data: {"choices": [{"delta": {"content": "hi"}}]}\n\ndata: [DONE]\n\n',
    ]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop(0))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        async with provider(f"http://127.0.0.1:{port}/v1", max_retries=2) as model:
            assert text(await said(model, "hi")) == "hi"
    assert not answers


async def test_a_document_that_trickles_is_given_up_after_the_first_token_timeout() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        async with provider(f"http://127.0.0.1:{port}/v1", first_token_timeout_seconds=0.3) as model:
            with anyio.fail_after(5), pytest.raises(ProviderFault) as caught:
                await said(model, "hi")
    assert caught.value.fault == "timeout"


async def test_a_port_where_nobody_listens_is_refused(unused_port: int) -> None:
    async with provider(f"http://127.0.0.1:{unused_port}/v1", max_retries=1) as model:
        with pytest.raises(ProviderFault) as caught:
            await said(model, "hi")
        with pytest.raises(ProviderFault) as listing:
            await model.models()
    assert caught.value.fault == listing.value.fault == "refused"
    assert "see that the server runs" in caught.value.message


async def test_a_name_that_is_not_known_is_refused() -> None:
    async with provider("http://no-such-host.invalid/v1") as model:
        with pytest.raises(ProviderFault) as caught:
            await said(model, "hi")
    assert caught.value.fault == "refused"


@pytest.fixture
def unused_port() -> Generator[int]:
    """A port that is taken, so that nobody else listens there meanwhile, and not listened on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


WIRES = [
    (b"", "cut"),
    (b"SSH-2.0-OpenSSH_9.9\r\n", "garbage"),
    (b"HTTP/1.1 200 OK\r\nContent-Le", "cut"),
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 900\r\n\r\ndata: {", "cut"),
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n", "garbage"),
    (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/event-stream\r\n\r\nno gzip", "garbage"),
    (b"HTTP/1.1 204 No Content\r\n\r\n", "garbage"),
]


@pytest.mark.parametrize(("wire", "kind"), WIRES, ids=[row[0][:70].decode() for row in WIRES])
async def test_bytes_that_are_no_proper_http_are_a_clear_fault(wire: bytes, kind: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(wire)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        async with provider(f"http://127.0.0.1:{port}/v1") as model:
            with pytest.raises(ProviderFault) as caught:
                await said(model, "hi")
    assert caught.value.fault == kind


async def test_tls_asked_of_a_plain_server_is_a_clear_fault(upstream: Upstream) -> None:
    async with provider(upstream.url.replace("http:", "https:")) as model:
        with pytest.raises(ProviderFault) as caught:
            await said(model, "hi")
    assert caught.value.fault == "refused"
    assert "TLS" in caught.value.message


async def test_a_key_that_the_server_echoes_is_never_repeated(upstream: Upstream) -> None:
    async with provider(upstream.url) as model:
        with pytest.raises(ProviderFault) as caught:
            await said(model, f"[[fail:401]][[message:Incorrect API key provided: {KEY}]]")
    assert KEY not in caught.value.message
    assert caught.value.upstream_body is not None
    assert KEY.encode() not in caught.value.upstream_body
    assert "***" in caught.value.message

"""One port: heads are bounded and judged, then the socket goes to WebSockets or to HTTP."""

import asyncio
import json
import socket
import ssl
import threading
from typing import Any

import aiohttp
import anyio
import pytest
from aiohttp import web
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from openclaw_rpc.transports.head import HeadRules
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route
from tests.support.doors import UPGRADE, opened, raw, read_text, request_bytes, text_frame, until


def error_of(body: bytes) -> dict[str, Any]:
    return json.loads(body)["error"]


async def test_http_and_websockets_share_the_port() -> None:
    async with opened() as gateway, aiohttp.ClientSession() as client:
        async with client.get(f"http://127.0.0.1:{gateway.port}/hello?a=b") as response:
            assert (response.status, await response.text()) == (200, "hello a=b")
        async with connect(f"ws://127.0.0.1:{gateway.port}/ws?x=1") as socket:
            assert await socket.recv() == "hello /ws?x=1"
            await socket.send("again")
            assert await socket.recv() == "again"
        assert gateway.listener.undecided == set()


async def test_a_head_may_arrive_byte_by_byte() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        for byte in b"\r\n" + request_bytes(gateway.port, "/repeat", "POST", body=b"slow but whole"):
            await client.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.answer())[::2] == (200, b"slow but whole")


async def test_an_upgrade_may_arrive_byte_by_byte() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        for byte in request_bytes(gateway.port, "/", "GET", *UPGRADE):
            await client.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.head()).startswith("HTTP/1.1 101 ")
        assert await read_text(client.reader) == "hello /"


async def test_what_is_pipelined_behind_a_head_goes_along() -> None:
    async with opened() as gateway:
        async with raw(gateway.port) as client:
            await client.send(request_bytes(gateway.port, "/hello?1") + request_bytes(gateway.port, "/hello?2"))
            assert [(await client.answer())[2] for _ in range(2)] == [b"hello 1", b"hello 2"]
        async with raw(gateway.port) as client:
            await client.send(request_bytes(gateway.port, "/", "GET", *UPGRADE) + text_frame("early"))
            await client.head()
            assert [await read_text(client.reader) for _ in range(2)] == ["hello /", "early"]


async def test_an_upgrade_over_a_reused_connection_reaches_the_websockets() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port))
        assert (await client.answer())[0] == 200
        await client.send(request_bytes(gateway.port, "/ws?a=%2F&b", "GET", *UPGRADE) + text_frame("early"))
        assert (await client.head()).startswith("HTTP/1.1 101 ")
        assert [await read_text(client.reader) for _ in range(2)] == ["hello /ws?a=%2F&b", "early"]
        for number in range(3):
            await client.send(text_frame(f"later {number}"))
            assert await read_text(client.reader) == f"later {number}"
        await until(lambda: len(gateway.listener.http.connections) == 0)
        assert gateway.listener.connection_count == 1


async def test_an_upgrade_pipelined_behind_a_request_reaches_the_websockets() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        upgrade = request_bytes(gateway.port, "/", "GET", *UPGRADE)
        await client.send(request_bytes(gateway.port) + upgrade + text_frame("early"))
        assert (await client.answer())[0] == 200
        assert (await client.head()).startswith("HTTP/1.1 101 ")
        assert [await read_text(client.reader) for _ in range(2)] == ["hello /", "early"]


async def test_a_handed_over_socket_is_closed_with_the_others() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port) + request_bytes(gateway.port, "/", "GET", *UPGRADE))
        await client.answer()
        await client.head()
        await read_text(client.reader)
        stopping = asyncio.ensure_future(gateway.listener.stop(5))
        assert (await client.reader.readexactly(4))[2:] == (1001).to_bytes(2, "big")
        await client.send(bytes([0x88, 0x82, 0, 0, 0, 0]) + (1001).to_bytes(2, "big"))
        with anyio.fail_after(3):
            await stopping


async def test_a_foreign_upgrade_over_a_reused_connection_is_refused() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port))
        await client.answer()
        await client.send(request_bytes(gateway.port, "/", "GET", *UPGRADE, "Origin: https://evil.example"))
        status, _, body = await client.answer()
        assert (status, error_of(body)["code"]) == (403, "forbidden")


async def test_a_slow_head_is_given_up() -> None:
    async with opened(head_seconds=0.1) as gateway, raw(gateway.port) as client, raw(gateway.port) as silent:
        await client.send(b"GET /api/v1/x HTTP/1.1\r\nHost: local")
        status, head, body = await client.answer()
        assert (status, error_of(body)["code"]) == (408, "timeout")
        assert "connection: close" in head.lower()
        assert await client.rest() == b""
        assert await silent.rest() == b"", "who asked nothing is answered nothing"


async def test_a_huge_head_is_refused_and_the_refusal_arrives() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: 12345678\r\n" * 20_000)
        status, _, body = await client.answer()
        assert (status, error_of(body)["code"]) == (431, "too_large")
        assert await client.rest() == b""
        assert gateway.listener.refused == {431: 1}


async def test_a_refusal_is_not_taken_back_by_what_still_comes() -> None:
    def ask(port: int, refused: threading.Event) -> bytes:
        received = b""
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: 12345678\r\n" * 4_000)
            refused.wait(10)
            for _ in range(10):
                client.sendall(b"X: 12345678\r\n" * 1_000)
            while data := client.recv(65536):
                received += data
        return received

    refused = threading.Event()

    def refusal(path: str, status: int, code: str, message: str) -> bytes:
        asyncio.get_running_loop().call_soon(refused.set)
        return b"{}"

    async with opened(refusal=refusal) as gateway:
        assert (await asyncio.to_thread(ask, gateway.port, refused)).startswith(b"HTTP/1.1 431 ")


async def test_a_whole_head_over_the_limit_is_refused_too() -> None:
    async with opened(head_bytes=200) as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, "/hello", "GET", "X: " + "a" * 200))
        assert (await client.answer())[0] == 431


@pytest.mark.parametrize("garbage", [b"\x00\x01\x02", b"\x16\x03\x01\x00\xa5\x01\x00", b"hello\r\n", b"GET /\r\n\r\n"])
async def test_garbage_is_answered_at_once_and_closed(garbage: bytes) -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(garbage)
        status, _, body = await client.answer()
        assert (status, error_of(body)["code"]) == (400, "invalid_request")
        assert await client.rest() == b""


async def test_http2_is_told_to_use_http_1() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        answer = await client.rest()
        assert answer[3] == 4, "SETTINGS first"
        assert (answer[9 + 3], answer[-4:]) == (7, b"\x00\x00\x00\x0d"), "then GOAWAY, HTTP_1_1_REQUIRED"


@pytest.mark.parametrize("upgrade", [False, True])
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (["Host: evil.example"], 403),
        ([], 400),
        (["Host: localhost", "Host: localhost"], 400),
        (["Host: localhost", "Origin: https://evil.example"], 403),
        (["Host: localhost", "Origin: null"], 403),
        (["Host: localhost", "Bad Name: x"], 400),
    ],
)
async def test_the_head_is_judged_before_anybody_else_sees_it(fields: list[str], status: int, upgrade: bool) -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        lines = ["GET /v1/x HTTP/1.1", *fields, *(UPGRADE if upgrade else ())]
        await client.send("\r\n".join([*lines, "", ""]).encode())
        found, head, body = await client.answer()
        assert found == status
        assert "application/json" in head
        assert error_of(body)["type"] == "client_error"
        assert await client.rest() == b""


async def test_a_foreign_preflight_is_refused() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        fields = ("Origin: https://evil.example", "Access-Control-Request-Method: POST")
        await client.send(request_bytes(gateway.port, "/repeat", "OPTIONS", *fields))
        status, head, _ = await client.answer()
        assert status == 403
        assert "access-control" not in head.lower()


async def test_the_gateways_own_page_may_open_a_websocket() -> None:
    async with opened() as gateway:
        origin: Any = f"http://localhost:{gateway.port}"
        async with connect(f"ws://127.0.0.1:{gateway.port}/", origin=origin) as socket:
            assert await socket.recv() == "hello /"
        gateway.listener.judge.rules = HeadRules(allowed_origins=["https://app.example"])
        other: Any = "https://app.example"
        async with connect(f"ws://127.0.0.1:{gateway.port}/", origin=other) as socket:
            assert await socket.recv() == "hello /"


async def test_a_refusal_is_spelled_in_the_dialect_of_its_path() -> None:
    def refusal(path: str, status: int, code: str, message: str) -> bytes:
        return f"{path} {status} {code}".encode()

    async with opened(refusal=refusal) as gateway, raw(gateway.port) as client:
        await client.send(b"POST /api/v1/message?token=x HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert (await client.answer())[2] == b"/api/v1/message 403 forbidden"


async def test_a_refused_head_request_gets_no_body() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(b"HEAD / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert (await client.rest()).endswith(b"\r\n\r\n")


async def test_tls_carries_both(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with opened(tls=server_tls) as gateway:
        async with aiohttp.ClientSession() as client:
            url = f"https://localhost:{gateway.port}/hello?tls"
            async with client.get(url, ssl=client_tls) as response:
                assert await response.text() == "hello tls"
        async with connect(f"wss://localhost:{gateway.port}/", ssl=client_tls) as socket:
            assert await socket.recv() == "hello /"
            await socket.send("x" * 100_000)
            assert len(await socket.recv()) == 100_000
        async with raw(gateway.port, tls=client_tls) as client:
            await client.send(request_bytes(gateway.port))
            await client.answer()
            await client.send(request_bytes(gateway.port, "/", "GET", *UPGRADE))
            assert (await client.head()).startswith("HTTP/1.1 101 ")
            assert await read_text(client.reader) == "hello /"


async def test_refusals_arrive_over_tls(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with opened(tls=server_tls) as gateway, raw(gateway.port, tls=client_tls) as client:
        await client.send(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert (await client.answer())[0] == 403
        assert await client.rest() == b""


async def test_connections_over_the_limit_are_refused_until_others_close() -> None:
    limit = [2]
    async with opened(limit=lambda: limit[0]) as gateway:
        url = f"ws://127.0.0.1:{gateway.port}/"
        async with connect(url) as socket, raw(gateway.port) as idle:
            await socket.recv()
            await idle.send(request_bytes(gateway.port))
            await idle.answer()
            async with raw(gateway.port) as third:
                await third.send(request_bytes(gateway.port))
                status, head, body = await third.answer()
                assert (status, error_of(body)["code"]) == (503, "service_unavailable")
                assert "retry-after: 5" in head.lower()
                assert await third.rest() == b""
            with pytest.raises(InvalidStatus) as caught:
                async with connect(url):
                    pass
            assert caught.value.response.status_code == 503
            limit[0] = 3
            async with raw(gateway.port) as third:
                await third.send(request_bytes(gateway.port))
                assert (await third.answer())[0] == 200
        await until(lambda: gateway.listener.connection_count == 0)
        limit[0] = 1
        async with connect(url) as socket:
            assert await socket.recv() == "hello /"


async def test_silent_connections_far_over_the_limit_are_not_kept() -> None:
    async with opened(limit=lambda: 0) as gateway:
        clients = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(200)]
        await until(lambda: gateway.listener.connection_count <= 128)
        # Some are answered and heard out; the rest is not worth an answer.
        assert 0 < gateway.listener.refused[503] <= 100
        for _, writer in clients:
            writer.transport.abort()
        await until(lambda: gateway.listener.connection_count == 0)


async def test_stopping_lets_requests_end_and_closes_websockets_with_1001() -> None:
    order: list[str] = []
    begun, finish = asyncio.Event(), asyncio.Event()

    async def slow(_: HttpRequest) -> web.Response:
        begun.set()
        await finish.wait()
        order.append("request answered")
        return web.Response(text="done")

    async def serve(connection: ServerConnection) -> None:
        await connection.wait_closed()
        order.append("websocket closed")

    routes = [Route("GET", "/slow", slow, open=True)]
    async with (
        opened(routes, websocket={"handler": serve}) as gateway,
        raw(gateway.port) as half,
        raw(gateway.port) as silent,
        raw(gateway.port) as asking,
        raw(gateway.port) as idle,
    ):
        await half.send(b"GET / HTTP/1.1\r\n")
        await idle.send(request_bytes(gateway.port))
        await idle.answer()
        await asking.send(request_bytes(gateway.port, "/slow"))
        socket = await connect(f"ws://127.0.0.1:{gateway.port}/")
        await begun.wait()
        await until(lambda: len(gateway.listener.undecided) == 2)
        stopping = asyncio.ensure_future(gateway.listener.stop(5))
        assert (await half.answer())[0] == 503
        assert await silent.rest() == b""
        await idle.send(request_bytes(gateway.port))
        with pytest.raises(OSError):
            async with raw(gateway.port):
                pass
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1001
        await until(lambda: order == ["websocket closed"])
        assert not stopping.done()
        finish.set()
        assert (await asking.answer())[::2] == (200, b"done")
        assert await asking.rest() == await idle.rest() == b"", "no further request is taken"
        with anyio.fail_after(3):
            await stopping
    assert order == ["websocket closed", "request answered"]


async def test_stopping_is_bounded_whoever_does_not_end() -> None:
    cancelled: list[str] = []

    async def endless(_: HttpRequest) -> web.Response:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append("request")
        raise AssertionError

    async def deaf(connection: ServerConnection) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append("websocket")

    routes = [Route("GET", "/endless", endless, open=True)]
    settings = {"handler": deaf, "close_timeout": 60}
    async with (
        opened(routes, websocket=settings) as gateway,
        raw(gateway.port) as asking,
        raw(gateway.port) as socket,
    ):
        await asking.send(request_bytes(gateway.port, "/endless"))
        await socket.send(request_bytes(gateway.port, "/", "GET", *UPGRADE))
        await socket.head()
        await until(lambda: gateway.listener.connection_count == 2)
        with anyio.fail_after(4):
            await gateway.listener.stop(1)
            await socket.rest()
            await asking.rest()
        await until(lambda: sorted(cancelled) == ["request", "websocket"])


async def test_an_upgrade_is_authenticated_and_its_subprotocol_chosen() -> None:
    async def process(connection: ServerConnection, request: Request) -> Response | None:
        await asyncio.sleep(0)
        return None if "token=good" in request.path else connection.respond(401, "who are you?")

    def choose(_: ServerConnection, offered: Any) -> Subprotocol | None:
        return Subprotocol("jsonrpc") if "jsonrpc" in offered else None

    settings = {"process_request": process, "select_subprotocol": choose}
    async with opened(websocket=settings) as gateway:
        url = f"ws://127.0.0.1:{gateway.port}/"
        with pytest.raises(InvalidStatus) as caught:
            async with connect(url):
                pass
        assert caught.value.response.status_code == 401
        offers = [Subprotocol("other"), Subprotocol("jsonrpc")]
        async with connect(f"{url}?token=good", subprotocols=offers) as socket:
            assert socket.subprotocol == "jsonrpc"
        async with connect(f"{url}?token=good") as socket:
            assert socket.subprotocol is None


@pytest.mark.parametrize(("compression", "expected"), [(None, 0), ("deflate", 1)])
async def test_compression_is_off_unless_asked_for(compression: str | None, expected: int) -> None:
    async with opened(websocket={"compression": compression}) as gateway:
        socket = await connect(f"ws://127.0.0.1:{gateway.port}/", compression="deflate")
        assert len(socket.protocol.extensions) == expected
        await socket.close()


async def test_a_websocket_that_says_too_much_is_closed() -> None:
    async with opened(websocket={"max_size": 100}) as gateway, connect(f"ws://127.0.0.1:{gateway.port}/") as socket:
        await socket.recv()
        await socket.send("x" * 101)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1009


async def test_a_failing_handler_closes_its_own_connection_only(caplog: pytest.LogCaptureFixture) -> None:
    async def serve(connection: ServerConnection) -> None:
        if await connection.recv() == "fail":
            raise TimeoutError("a fault of the handler's own")
        await connection.send("fine")

    async with opened(websocket={"handler": serve}) as gateway:
        url = f"ws://127.0.0.1:{gateway.port}/"
        async with connect(url) as bad, connect(url) as good:
            await bad.send("fail")
            await bad.wait_closed()
            assert bad.close_code == 1011
            await good.send("go on")
            assert await good.recv() == "fine"
    assert "a fault of the handler's own" in caplog.text


async def test_tokens_in_urls_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="openclaw_rpc")
    caplog.set_level("DEBUG", logger="websockets.server")
    caplog.set_level("DEBUG", logger="aiohttp")
    async with opened() as gateway:
        async with connect(f"ws://127.0.0.1:{gateway.port}/?token=hush", logger=None) as socket:
            await socket.recv()
        async with raw(gateway.port) as client:
            await client.send(request_bytes(gateway.port, "/hello?token=hush"))
            await client.answer()
        async with raw(gateway.port) as client:
            await client.send(b"GET /?token=hush HTTP/1.1\r\nHost: evil.example\r\n\r\n")
            await client.answer()
    assert "/hello" in caplog.text
    assert "hush" not in "".join(r.getMessage() for r in caplog.records if not r.name.startswith("websockets.client"))

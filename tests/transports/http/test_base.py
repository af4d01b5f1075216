"""The HTTP base: ids, limits, methods, errors and CORS are the same for every route."""

import asyncio
import gzip
import json
import logging
from typing import Any

import aiohttp
import anyio
import pytest
from aiohttp import web

from openclaw_rpc.protocol.errors import Conflict, GatewayError, RateLimited
from openclaw_rpc.transports.head import HeadRules
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route
from tests.support.doors import opened, raw, request_bytes, until


def error_of(body: bytes) -> dict[str, Any]:
    return json.loads(body)["error"]


async def who(request: HttpRequest) -> web.Response:
    return web.Response(text=request.principal.name)


async def test_every_answer_has_the_requests_id() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        for given, kept in (("abc-1:2.3_x", True), ("", False), ("a b", False), ("x" * 129, False)):
            for target in ("/hello", "/nowhere"):
                await client.send(request_bytes(gateway.port, target, "GET", f"X-Request-Id: {given}"))
                _, head, _ = await client.answer()
                (line,) = [line for line in head.split("\r\n") if line.lower().startswith("x-request-id:")]
                assert (line.partition(": ")[2] == given) is kept
                assert len(line) > len("X-Request-Id: ")


async def test_unknown_paths_and_wrong_methods_are_told_apart() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, "/nowhere"))
        status, _, body = await client.answer()
        assert (status, error_of(body)["code"]) == (404, "not_found")
        await client.send(request_bytes(gateway.port, "/hello", "POST"))
        status, head, body = await client.answer()
        assert (status, error_of(body)["code"]) == (405, "invalid_request")
        assert "Allow: GET, HEAD, OPTIONS\r\n" in head


async def test_head_is_get_without_a_body() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, "/hello?x", "HEAD"))
        head = await client.head()
        assert head.startswith("HTTP/1.1 200 ")
        assert "Content-Length: 7\r\n" in head
        await client.send(request_bytes(gateway.port, "/nowhere", "HEAD"))
        assert (await client.head()).startswith("HTTP/1.1 404 "), "and nothing stood in between"


async def test_a_body_over_the_limit_is_refused_however_it_comes() -> None:
    async with opened(http={"body_bytes": lambda: 1000}) as gateway, aiohttp.ClientSession() as client:
        url = f"http://127.0.0.1:{gateway.port}/repeat"

        async def pieces() -> Any:
            for _ in range(11):
                yield b"x" * 100

        bomb = gzip.compress(bytes(1_000_000))
        assert len(bomb) < 1000 * 2
        for body, headers in ((b"x" * 1001, {}), (pieces(), {}), (bomb, {"Content-Encoding": "gzip"})):
            async with client.post(url, data=body, headers=headers) as response:
                assert response.status == 413
                assert error_of(await response.read())["code"] == "too_large"
        async with client.post(url, data=b"x" * 1000) as response:
            assert (response.status, len(await response.read())) == (200, 1000)


async def test_a_refused_large_upload_still_sees_its_answer() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(
            b"POST /repeat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n" + bytes(500_000)
        )
        status, head, _ = await client.answer()
        assert status == 413
        assert "connection: close" in head.lower()


async def test_a_client_that_waits_for_100_continue_is_answered() -> None:
    async with opened(http={"body_bytes": lambda: 10}) as gateway, raw(gateway.port) as client:
        await client.send(
            b"POST /repeat HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        )
        assert await client.head() == "HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"body")
        assert (await client.answer())[::2] == (200, b"body")
        await client.send(
            b"POST /repeat HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n"
        )
        assert (await client.answer())[0] == 413


async def test_a_malformed_body_is_a_clients_error() -> None:
    async def as_json(request: HttpRequest) -> web.Response:
        return web.Response(text=repr(await request.json()))

    async with opened([Route("POST", "/json", as_json, open=True)]) as gateway, raw(gateway.port) as client:
        for body in (b"{", b"[" * 100_000, b"\xff", b'{"a": 1} 2'):
            await client.send(request_bytes(gateway.port, "/json", "POST", body=body))
            status, _, answer = await client.answer()
            assert (status, error_of(answer)["code"]) == (400, "invalid_request")
        await client.send(request_bytes(gateway.port, "/json", "POST", body=b'{"a": [1]}'))
        assert (await client.answer())[2] == b"{'a': [1]}"
        await client.send(b"POST /json HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert (await client.answer())[0] == 400


async def test_a_malformed_follow_up_is_refused_in_the_same_shape() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port))
        await client.answer()
        await client.send(b"GET / NONSENSE/1\r\n\r\n")
        status, head, body = await client.answer()
        assert (status, error_of(body)["code"]) == (400, "invalid_request")
        assert "application/json" in head
        assert await client.rest() == b""


@pytest.mark.parametrize("fields", [("Origin: https://evil.example",), ("Host: evil.example",)])
async def test_follow_ups_on_a_reused_connection_are_judged_too(fields: tuple[str, ...]) -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port))
        assert (await client.answer())[0] == 200
        await client.send(request_bytes(gateway.port, "/hello", "GET", *fields))
        assert (await client.answer())[0] in (400, 403)


async def test_a_request_that_takes_too_long_is_ended() -> None:
    ended = asyncio.Event()

    async def endless(_: HttpRequest) -> web.Response:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    async def own_fault(_: HttpRequest) -> web.Response:
        raise TimeoutError

    async def slow(_: HttpRequest) -> web.Response:
        await asyncio.sleep(0.2)
        return web.Response(text="in time")

    routes = [
        Route("GET", "/endless", endless, open=True),
        Route("GET", "/own", own_fault, open=True),
        Route("GET", "/slow", slow, open=True, timeout=None),
    ]
    async with opened(routes, http={"request_seconds": lambda: 0.05}) as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, "/endless"))
        status, _, body = await client.answer()
        assert (status, error_of(body)["code"]) == (408, "timeout")
        assert ended.is_set()
        await client.send(request_bytes(gateway.port, "/own"))
        assert (await client.answer())[0] == 500, "a handler's own TimeoutError is a fault of the gateway"
        await client.send(request_bytes(gateway.port, "/slow"))
        assert (await client.answer())[2] == b"in time"


@pytest.mark.parametrize("timeout", [-1, None], ids=["bounded", "unbounded"])
async def test_a_request_that_is_not_done_when_the_gateway_stops_is_answered_so(timeout: float | None) -> None:
    begun = asyncio.Event()

    async def endless(_: HttpRequest) -> web.Response:
        begun.set()
        await asyncio.sleep(3600)
        raise AssertionError

    routes = [Route("GET", "/endless", endless, open=True, timeout=timeout)]
    async with opened(routes) as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, "/endless"))
        async with asyncio.timeout(30):
            await begun.wait()
            await gateway.door.settle(0)
        status, head, body = await client.answer()
    assert (status, error_of(body)["code"]) == (503, "service_unavailable")
    assert "Retry-After: 5" in head


async def test_a_fault_is_logged_under_the_requests_id_and_shows_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_: HttpRequest) -> web.Response:
        raise RuntimeError("the secret is 42")

    async with opened([Route("GET", "/fail", fail, open=True)]) as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, "/fail?token=hush", "GET", "X-Request-Id: find-me"))
        status, _, body = await client.answer()
    assert (status, error_of(body)["code"], error_of(body)["type"]) == (500, "internal_error", "server_error")
    assert b"find-me" in body
    assert b"42" not in body
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "find-me" in record.getMessage()
    assert record.exc_info
    assert "hush" not in caplog.text


async def test_an_error_of_the_table_is_spelled_by_the_paths_dialect() -> None:
    async def busy(_: HttpRequest) -> web.Response:
        raise RateLimited("slow down", retryAfter=7)

    async def clash(_: HttpRequest) -> web.Response:
        raise Conflict("there already")

    def spell(path: str, error: GatewayError) -> bytes:
        return f"{path} {error.code}".encode()

    routes = [Route("GET", "/busy", busy, open=True), Route("GET", "/clash/{id}", clash, open=True)]
    async with opened(routes, http={"spell": spell}) as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, "/busy?x=1"))
        status, head, body = await client.answer()
        assert (status, body) == (429, b"/busy rate_limited")
        assert "Retry-After: 7\r\n" in head
        await client.send(request_bytes(gateway.port, "/clash/a%2Fb"))
        assert (await client.answer())[::2] == (409, b"/clash/a%2Fb conflict")


async def test_a_client_that_goes_away_cancels_its_request(caplog: pytest.LogCaptureFixture) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless(_: HttpRequest) -> web.Response:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    async with opened([Route("GET", "/endless", endless, open=True)]) as gateway:
        async with raw(gateway.port) as client:
            await client.send(request_bytes(gateway.port, "/endless"))
            await begun.wait()
        with anyio.fail_after(5):
            await ended.wait()
        await until(lambda: gateway.listener.connection_count == 0)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_an_answer_that_breaks_off_ends_its_connection() -> None:
    async def broken(request: HttpRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half")
        raise Conflict("too late to say")

    async with opened([Route("GET", "/broken", broken, open=True)]) as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, "/broken"))
        received = await client.rest()
        assert received.endswith(b"4\r\nhalf\r\n"), "no last chunk: nobody takes it for whole"
        assert b"X-Request-Id: " in received


@pytest.mark.parametrize(
    ("target", "fields", "status"),
    [
        ("/who", ("Authorization: Bearer reader",), 200),
        ("/who", ("X-OpenClaw-Password: reader",), 200),
        ("/who?token=reader", (), 200),
        ("/who?password=reader", (), 200),
        ("/who?token=reader", ("Authorization: Bearer wrong",), 401),
        ("/who", ("Authorization: Digest reader",), 401),
        ("/who", (), 401),
    ],
)
async def test_a_route_asks_who_it_is_unless_it_is_open(target: str, fields: tuple[str, ...], status: int) -> None:
    async with opened([Route("GET", "/who", who)]) as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, target, "GET", *fields))
        found, head, body = await client.answer()
        assert found == status
        assert (body == b"reader") is (status == 200)
        assert ("WWW-Authenticate: Bearer" in head) is (status == 401)


async def test_nobody_is_the_principal_of_an_open_route() -> None:
    async with opened([Route("GET", "/who", who, open=True)]) as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, "/who"))
        assert (await client.answer())[0] == 401


async def test_an_allowed_page_may_read_and_its_preflight_is_echoed() -> None:
    rules = HeadRules(allowed_origins=["https://app.example"])
    async with opened(rules=rules) as gateway, raw(gateway.port) as client:
        origin = "Origin: https://app.example"
        asked = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,x-stainless-os")
        await client.send(request_bytes(gateway.port, "/repeat", "OPTIONS", origin, *asked))
        status, head, _ = await client.answer()
        assert status == 204
        assert "Access-Control-Allow-Origin: https://app.example\r\n" in head
        assert "Access-Control-Allow-Headers: authorization,x-stainless-os\r\n" in head
        assert "Access-Control-Allow-Methods: OPTIONS, POST\r\n" in head
        assert "Vary: Origin\r\n" in head
        for target in ("/hello", "/nowhere"):
            await client.send(request_bytes(gateway.port, target, "GET", origin))
            assert "Access-Control-Allow-Origin: https://app.example\r\n" in (await client.answer())[1]
        await client.send(request_bytes(gateway.port))
        assert "access-control" not in (await client.answer())[1].lower()


async def test_options_without_a_page_says_what_is_allowed() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        for target, status in (("/hello", 204), ("*", 204), ("/nowhere", 404)):
            await client.send(request_bytes(gateway.port, target, "OPTIONS"))
            found, head, _ = await client.answer()
            assert found == status
            assert ("Allow: GET, HEAD, OPTIONS\r\n" in head) is (status == 204)


async def test_an_absolute_target_reaches_its_path() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port, f"http://localhost:{gateway.port}/hello?abs"))
        assert (await client.answer())[::2] == (200, b"hello abs")


async def test_http_1_0_is_answered_and_closed() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(b"GET /hello HTTP/1.0\r\n\r\n")
        assert (await client.answer())[0] == 200
        assert await client.rest() == b""


async def test_answers_do_not_say_what_they_were_made_with() -> None:
    async with opened() as gateway, raw(gateway.port) as client:
        await client.send(request_bytes(gateway.port))
        assert "Server: openclaw\r\n" in (await client.answer())[1]
        assert gateway.door.responses == {200: 1}

"""What HTTP itself asks of every dialect's endpoints: methods, types, sizes, times, tags, limits, other origins."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import time
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import anyio
import pytest

from openclaw_rpc.dialects.http import DIALECTS
from openclaw_rpc.protocol.table import by_name
from tests.support.clock import ManualClock
from tests.support.gateway import TOKEN
from tests.support.rest import Rest, rest

ORIGIN = "https://app.example"
POSTS = ("/v1/agent/run", "/api/v1/message", "/api/v1/messages", "/api/sessions/s1/messages")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
async def client() -> AsyncGenerator[Rest]:
    async with rest(allowed_origins=[ORIGIN]) as found:
        yield found


def code_of(path: str, error: Any) -> str:
    """The code in the shape of the path's dialect, in lower case."""
    if path.startswith("/api/v1"):
        assert set(error) == {"error", "message", "status", "details"}
        return error["error"].replace("bad_request", "invalid_request")
    found = error["error"]
    assert found["code"].isupper() is path.startswith("/api")
    if not path.startswith("/api"):
        assert {"code", "message", "type", "param"} <= set(found)
    return found["code"].lower()


def field_of(path: str, error: Any) -> str | None:
    if path.startswith("/api/v1"):
        return error["details"].get("field")
    return error["error"].get("details", {}).get("field") if path.startswith("/api") else error["error"]["param"]


def test_every_endpoint_calls_rows_of_the_table() -> None:
    rows = by_name()
    for dialect in DIALECTS:
        for endpoint in dialect.endpoints:
            assert endpoint.calls, endpoint.path
            for call in endpoint.calls:
                assert rows.get(call.name) is call, (endpoint.path, call.name)


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_that_is_none_is_refused_in_the_paths_own_shape(client: Rest, path: str) -> None:
    deep = b"[" * 100_000
    for data in (b"{nonsense", b"\xff\xfe", deep, b"{} {}", b'{"timeoutMs": 1e999}'):
        answer = await client.ask("POST", path, data=data, headers={"Content-Type": "application/json"})
        assert (answer.status, code_of(path, answer.json)) == (400, "invalid_request"), (data[:20], answer.body)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await client.ask("POST", path, data=b'{"message": "x"}', headers={"Content-Type": kind})
        assert (answer.status, field_of(path, answer.json)) == (415, "Content-Type"), answer.body
    answer = await client.ask("POST", path, data=b"")
    assert answer.status == 400


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_over_the_limit_is_refused(path: str) -> None:
    async with rest(max_message_bytes=65_536) as client:
        answer = await client.ask("POST", path, {"message": "x" * 70_000})
        assert (answer.status, code_of(path, answer.json)) == (413, "too_large")
        bomb = gzip.compress(b'{"message": "' + b"x" * 200_000 + b'"}')
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        assert (await client.ask("POST", path, data=bomb, headers=headers)).status == 413


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_that_takes_too_long_is_refused(path: str) -> None:
    async with rest(request_timeout_seconds=1) as client:
        port = client.gateway.app.addresses[0][1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n"
        )
        writer.write(head.encode() + b'{"mess')
        with anyio.fail_after(5):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_what_waits_for_a_run_answers_before_the_requests_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    # A machine that has much to do may take longer than half a second from the end of the wait to the answer.
    monkeypatch.setattr("openclaw_rpc.transports.http.rest.SPARE_MS", 2_000)
    async with rest(request_timeout_seconds=3) as client:
        for path, body in (
            ("/v1/agent/run", {"message": "[[slow:100,100]]"}),
            ("/api/v1/message", {"channel": "api", "message": "[[slow:100,100]]", "timeout_ms": 60_000}),
        ):
            answer = await client.ask("POST", path, body)
            assert (answer.status, code_of(path, answer.json)) == (408, "timeout")
            assert "run_" in answer.body.decode(), "and says which run goes on"


@pytest.mark.parametrize("path", ["/v1/sessions", "/api/v1/status", "/api/v1/conversations/x", "/api/sessions/x"])
async def test_unknown_paths_and_methods_are_told_in_the_paths_own_shape(client: Rest, path: str) -> None:
    answer = await client.ask("PATCH" if path != "/v1/sessions" else "PUT", path, {})
    assert (answer.status, code_of(path, answer.json)) == (405, "invalid_request")
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))
    nowhere = path.rpartition("/")[0] + "/nowhere/at/all"
    answer = await client.ask("GET", nowhere)
    assert (answer.status, code_of(nowhere, answer.json)) == (404, "not_found")
    answer = await client.ask("OPTIONS", path, token=None)
    assert answer.status == 204
    assert "GET" in answer.headers["Allow"]


async def test_head_is_get_without_a_body_for_streams_too(client: Rest) -> None:
    await client.good("POST", "/v1/agent/run", {"message": "x", "sessionKey": "s1"})
    whole = await client.ask("GET", "/v1/sessions/s1")
    head = await client.ask("HEAD", "/v1/sessions/s1")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.body))
    head = await client.ask("HEAD", "/v1/sessions/s1/events")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Type"].startswith("text/event-stream")
    assert (await client.ask("HEAD", "/v1/sessions/none/events")).status == 404
    assert (await client.ask("GET", "/v1/sessions/s1")).status == 200, "and the connection is usable"


async def test_an_answer_that_the_client_has_is_not_sent_again(client: Rest) -> None:
    await client.good("POST", "/api/sessions", {"sessionId": "s1"}, 201)
    first = await client.ask("GET", "/api/sessions/s1")
    tag = first.headers["ETag"]
    for known in (tag, f'"other", {tag}', "*", tag.removeprefix("W/")):
        again = await client.ask("GET", "/api/sessions/s1", headers={"If-None-Match": known})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
        assert int(again.headers["X-RateLimit-Limit"]) > 0
    assert (await client.ask("GET", "/api/sessions/s1", headers={"If-None-Match": '"other"'})).status == 200
    await client.good("POST", "/api/sessions/s1/messages", {"content": "x"})
    assert (await client.ask("GET", "/api/sessions/s1", headers={"If-None-Match": tag})).status == 200


async def test_large_answers_are_compressed_for_who_takes_it(client: Rest) -> None:
    await client.good("POST", "/v1/agent/run", {"message": "x" * 20_000, "sessionKey": "s1"})
    path = "/v1/sessions/s1/messages"
    for accepted, encoding in (("gzip, deflate, br", "gzip"), ("gzip;q=0, deflate", None), ("identity", None)):
        answer = await client.ask("GET", path, headers={"Accept-Encoding": accepted})
        assert (answer.headers.get("Content-Encoding"), answer.headers["Vary"]) == (encoding, "Accept-Encoding")
        assert len(answer.json["messages"]) == 2
    small = await client.ask("GET", "/api/v1/status", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/v1/sessions", 200),
        ("GET", "/api/v1/conversations?limit=many", 400),
        ("GET", "/api/v1/conversations/none", 404),
        ("POST", "/api/sessions", 201),
        ("POST", "/api/v1/message", 400),
        ("DELETE", "/api/sessions/none", 404),
    ],
)
async def test_every_answer_says_how_many_calls_are_left(client: Rest, verb: str, path: str, status: int) -> None:
    answer = await client.ask(verb, path, {} if verb == "POST" else None)
    assert answer.status == status
    assert int(answer.headers["X-RateLimit-Limit"]) > 0
    assert int(answer.headers["X-RateLimit-Remaining"]) >= 0
    assert int(answer.headers["X-RateLimit-Reset"]) >= int(time.time()) - 1


async def test_a_streams_head_says_how_many_calls_are_left(client: Rest) -> None:
    body = {"channel": "api", "message": "x"}
    async with client.raw("POST", "/api/v1/message", body, headers={"Accept": "text/event-stream"}) as response:
        assert int(response.headers["X-RateLimit-Limit"]) > 0
        assert response.headers["X-Request-Id"]
        assert response.headers["Cache-Control"] == "no-store"
        await response.read()


async def test_a_page_of_an_allowed_origin_may_read_the_headers_it_needs(client: Rest) -> None:
    answer = await client.ask("GET", "/v1/sessions", headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = {name.strip().lower() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"x-request-id", "retry-after", "etag", "traceresponse", "x-ratelimit-limit"} <= exposed
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, x-stainless-os, last-event-id",
    }
    answer = await client.ask("OPTIONS", "/v1/agent/run", token=None, headers=asked)
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, x-stainless-os, last-event-id"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    strange = await client.ask("GET", "/v1/sessions", headers={"Origin": "https://elsewhere.example"})
    assert strange.status == 403
    assert "Access-Control-Allow-Origin" not in strange.headers


async def test_a_trace_is_taken_up_and_answered(client: Rest, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="openclaw_rpc.transports.http.base"):
        headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "X-Request-Id": "mine-1"}
        answer = await client.ask("GET", "/v1/sessions", headers=headers)
    match = re.fullmatch(rf"00-{TRACE}-([0-9a-f]{{16}})-01", answer.headers["traceresponse"])
    assert match is not None
    assert match[1] != "00f067aa0ba902b7"
    assert answer.headers["X-Request-Id"] == "mine-1"
    assert any(TRACE in record.getMessage() and "mine-1" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00-0-0-01",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-00f067aa0ba902b7-01-more",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
    ],
)
async def test_a_trace_that_is_none_is_left_alone(client: Rest, header: str) -> None:
    answer = await client.ask("GET", "/v1/sessions", headers={"traceparent": header})
    assert answer.status == 200
    assert "traceresponse" not in answer.headers


async def test_headers_that_are_no_text_do_no_harm(client: Rest) -> None:
    port = client.gateway.app.addresses[0][1]
    body = json.dumps({"message": "x"}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for name in (b"Idempotency-Key", b"X-OpenClaw-Pin", b"Accept", b"X-Request-Id", b"traceparent", b"User-Agent"):
        head = b"POST /v1/agent/run HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + TOKEN.encode()
        writer.write(head + b"\r\n" + name + b": \xff\xfe\x80\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        with anyio.fail_after(5):
            answer = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", answer)
            assert length is not None
            await reader.readexactly(int(length[1]))
        assert answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 ")), (name, answer)
    writer.close()


async def test_one_request_counts_once_however_many_calls_it_makes() -> None:
    limits = {f"{kind}_per_minute": 5 for kind in ("requests", "messages", "skills", "files")}
    async with rest(rate_limit=limits) as client:
        # A call flows back every twelve seconds, which a machine that has much to do may take for these.
        client.gateway.app.access.limiter._monotonic = ManualClock().monotonic  # pyright: ignore[reportPrivateUsage]
        for left in (4, 3, 2):
            answer = await client.ask("POST", "/api/v1/message", {"channel": "api", "message": "x"})
            assert (answer.status, answer.headers["X-RateLimit-Remaining"]) == (200, str(left))
        for left in (1, 0):
            answer = await client.ask("GET", "/api/v1/status")
            assert answer.headers["X-RateLimit-Remaining"] == str(left)
        assert (await client.ask("GET", "/api/v1/status")).status == 429


async def test_tokens_in_a_query_are_no_parameters(client: Rest) -> None:
    answer = await client.ask("GET", f"/api/v1/conversations?token={TOKEN}&limit=1", token=None)
    assert answer.status == 200


async def test_a_client_may_come_over_one_connection_for_everything(client: Rest) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for path in ("/status", "/api/v1/status", "/api/sessions", "/nowhere", "/openapi.json", "/docs", "/healthz"):
            async with session.get(client.url + path, headers=headers) as response:
                await response.read()
                assert response.status == (404 if path == "/nowhere" else 200)

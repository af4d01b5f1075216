"""Event streams of every dialect: numbered, resumed where they broke off, ended with their run, bounded."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import pytest

from openclaw_rpc.dialects.rest import SpelledEvent
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.event import Position
from openclaw_rpc.transports.http.sse import SseFraming, SseSink, resume_of
from tests.support.gateway import TOKEN
from tests.support.rest import Event, Rest, events_of, rest

STREAMS = {
    "/v1/agent/run/stream": lambda text, key: {"message": text, "sessionKey": key},
    "/api/v1/message": lambda text, key: {"channel": "api", "message": text, "conversation_id": key},
    "/api/sessions/{key}/messages/stream": lambda text, key: {"content": text},
}


@pytest.fixture
async def client() -> AsyncGenerator[Rest]:
    async with rest() as found:
        yield found


def text_of(events: list[Event]) -> str:
    """All that was said, whatever the dialect calls it."""
    pieces: list[str] = []
    for event in events:
        if event.name == "delta" or event.data.get("type") in ("token", "text", "code"):
            pieces.append(event.data.get("delta") or event.data.get("content"))
    return "".join(pieces)


def ended(events: list[Event]) -> bool:
    return bool(events) and (events[-1].name == "done" or events[-1].data.get("type") in ("end", "done"))


@pytest.mark.parametrize("path", STREAMS)
async def test_every_event_is_numbered_and_any_of_them_can_be_resumed_at(client: Rest, path: str) -> None:
    where, body = path.format(key="s1"), STREAMS[path]("one two three four", "s1")
    events = await client.stream(where, body)
    assert text_of(events) == "echo: one two three four"
    assert ended(events)
    assert all(event.id for event in events)
    for at, event in enumerate(events[:-1], 1):
        later = await client.stream(where, body, last=event.id)
        assert text_of(events[:at]) + text_of(later) == text_of(events)
        assert ended(later)
        assert [item.data for item in later if item.data.get("type") == "start"] == []
    assert await client.stream(where, body, last=events[-1].id) == []
    assert (await client.good("GET", "/v1/sessions/s1"))["messageCount"] == 2, "and nothing ran anew"


@pytest.mark.parametrize("path", STREAMS)
async def test_a_stream_that_breaks_while_it_runs_goes_on_where_it_was(client: Rest, path: str) -> None:
    where, body = path.format(key="s2"), STREAMS[path]("[[slow:12,30]]", "s2")
    seen: list[Event] = []
    async with client.raw("POST", where, body, headers={"Accept": "text/event-stream"}) as response:
        async for event in events_of(response.content):
            seen.append(event)
            if len(text_of(seen)) >= 6:
                break
    later = await client.stream(where, body, last=seen[-1].id)
    assert text_of(seen) + text_of(later) == "".join(f"w{at} " for at in range(12))
    assert ended(later)


@pytest.mark.parametrize("path", STREAMS)
@pytest.mark.parametrize(
    "last", ["x", "run/e/", "run//1", "a/b/c", "r/e/1/p/q", "r/e/-1", "r/e/1/;", "r/e/" + "9" * 16]
)
async def test_an_id_that_is_none_of_ours_is_refused(client: Rest, path: str, last: str) -> None:
    where, body = path.format(key="s1"), STREAMS[path]("x", "s1")
    headers = {"Accept": "text/event-stream", "Last-Event-ID": last}
    answer = await client.ask("POST", where, body, headers=headers)
    assert (answer.status, "Last-Event-ID" in answer.body.decode()) == (400, True), answer.body


async def test_a_place_that_the_dialect_does_not_know_is_refused(client: Rest) -> None:
    headers = {"Last-Event-ID": "run_1/e_1/4/nonsense"}
    answer = await client.ask("POST", "/api/sessions/s1/messages/stream", {"content": "x"}, headers=headers)
    assert answer.json["error"]["details"]["field"] == "Last-Event-ID"


async def test_nobody_follows_another_users_run(client: Rest) -> None:
    events = await client.stream("/api/v1/message", {"channel": "api", "message": "secret"})
    token = client.gateway.make_token("eve")
    headers = {"Accept": "text/event-stream", "Last-Event-ID": events[0].id or ""}
    body = {"channel": "api", "message": "x"}
    assert (await client.ask("POST", "/api/v1/message", body, headers=headers, token=token)).status == 404
    assert (await client.ask("GET", "/v1/sessions/none/events", token=token)).status == 404


async def test_who_may_only_talk_may_come_back_to_the_own_stream(client: Rest) -> None:
    token = client.gateway.make_token(scopes="chat")
    body = {"channel": "api", "message": "x y"}
    headers = {"Accept": "text/event-stream"}
    first = await client.ask("POST", "/api/v1/message", body, headers=headers, token=token)
    (number,) = [line[4:] for line in first.body.decode().splitlines() if line.startswith("id: ")][:1]
    again = await client.ask("POST", "/api/v1/message", body, headers=headers | {"Last-Event-ID": number}, token=token)
    assert again.status == 200
    assert b'"end"' in again.body
    reader = client.gateway.make_token(scopes="read")
    refused = await client.ask(
        "POST", "/api/v1/message", body, headers=headers | {"Last-Event-ID": number}, token=reader
    )
    assert refused.status == 403


@pytest.mark.parametrize("path", STREAMS)
async def test_a_history_that_is_gone_is_told_and_the_stream_still_ends(client: Rest, path: str) -> None:
    where, body = path.format(key="s3"), STREAMS[path]("one two", "s3")
    events = await client.stream(where, body)
    run, _, seq = (events[0].id or "").split("/")[:3]
    later = await client.stream(where, body, last=f"{run}/e_of-another-life/{seq}")
    assert "resync" in (later[0].name, later[0].data.get("type"))
    assert ended(later)
    assert later[0].id is not None
    assert not later[0].id.startswith(f"{run}/e_of-another-life")
    assert text_of(later) == ""


async def test_the_same_key_follows_the_run_that_ended_from_its_beginning(client: Rest) -> None:
    body = {"channel": "api", "message": "one two", "idempotency_key": "k"}
    first = await client.stream("/api/v1/message", body)
    again = await client.stream("/api/v1/message", body)
    assert text_of(again) == text_of(first) == "echo: one two"
    for stream in (first, again):
        assert [event.data["type"] for event in stream if event.data["type"] != "token"] == ["start", "end"]
    assert [again[0].data, again[-1].data] == [first[0].data, first[-1].data]


async def test_a_session_is_followed_across_runs_and_resumed(client: Rest) -> None:
    await client.good("POST", "/v1/agent/run", {"message": "one", "sessionKey": "s4"})
    seen: list[Event] = []
    async with client.raw("GET", "/v1/sessions/s4/events") as response:
        assert response.status == 200
        await client.good("POST", "/v1/agent/run", {"message": "two", "sessionKey": "s4"})
        async for event in events_of(response.content):
            seen.append(event)
            if event.name == "done":
                break
    assert text_of(seen) == "echo: two"
    assert {(event.id or "").partition("/")[0] for event in seen} == {""}
    # What is on disk comes with its deltas joined, from wherever it is resumed.
    first = next(at for at, event in enumerate(seen) if event.name == "delta")
    headers = {"Last-Event-ID": seen[first].id or ""}
    async with client.raw("GET", "/v1/sessions/s4/events", headers=headers) as response:
        missed = [event async for event in _until(response.content, "done")]
    assert text_of(missed) == text_of(seen[first + 1 :])
    assert (missed[-1].id, missed[-1].data) == (seen[-1].id, seen[-1].data)


async def _until(content: Any, name: str) -> AsyncGenerator[Event]:
    async for event in events_of(content):
        yield event
        if event.name == name:
            return


async def test_a_client_that_does_not_read_is_cut_off_and_delays_nobody() -> None:
    async with rest(outbox_bytes=65_536) as client:
        await client.good("POST", "/api/sessions", {"sessionId": "s5"}, 201)
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", client.gateway.app.addresses[0][1]))
        reader, writer = await asyncio.open_connection(sock=slow, limit=1024)
        head = f"GET /v1/sessions/s5/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        writer.write(head.encode())
        with anyio.fail_after(5):
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        async with client.gateway.connect() as other:
            for at in range(100):
                await other.result("chat.inject", sessionKey="s5", content=f"{at} " + "x" * 200_000)
        # Whatever was on its way still comes, then the end or a reset: not all of it, and no waiting for ever.
        received = bytearray()
        with anyio.fail_after(10):
            try:
                while data := await reader.read(1_000_000):
                    received += data
            except ConnectionError:
                pass
        writer.close()
        assert 0 < len(received) < 100 * 200_000


def test_of_several_events_for_one_the_last_alone_stands_behind_it() -> None:
    framing = SseFraming("run", Position(epoch="e", seq=3))
    twice = (SpelledEvent("a", place="p1"), SpelledEvent("b"))
    assert framing.opening((SpelledEvent("begin"),)) == b"id: run/e/3\ndata: begin\n\n"
    assert framing.frames(twice, "e", 5) == [b"id: run/e/3/p1\ndata: a\n\n", b"id: run/e/5\ndata: b\n\n"]
    assert framing.frames(twice) == [b"id: run/e/5/p1\ndata: a\n\n", b"data: b\n\n"]


def test_an_id_is_read_as_it_was_written() -> None:
    resume = resume_of("run_a-b/e_1/42/0.b3.0.1.anM")
    assert resume is not None
    assert (resume.run_id, resume.after, resume.place) == ("run_a-b", Position(epoch="e_1", seq=42), "0.b3.0.1.anM")
    assert resume_of(None) is None
    assert resume_of("") is None
    with pytest.raises(InvalidRequest):
        resume_of("run/e/1\n")


async def test_silence_is_told_after_a_while_and_frames_at_once() -> None:
    sink = SseSink()
    assert await sink.take(0.01) == b""
    sink.write([b"a", b"b"])
    assert not sink.writable
    with anyio.fail_after(1):
        assert await sink.take(60) == b"ab"

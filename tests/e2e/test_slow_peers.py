"""A client that stops reading: its deltas are merged, nothing else is dropped, and it delays nobody else."""

import socket
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import aiohttp
import anyio
import anyio.lowlevel
import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.gateway import TOKEN, Client, TestGateway, gateway, settings
from tests.support.unread import reader_that_stops
from tests.support.upstream import Upstream
from tests.support.watching import Watcher

WORDS = [f"{at:05d}" + "x" * 9000 + " " for at in range(400)]
LONG = "[[raw:" + "".join(WORDS).strip() + "]]"
TEXT = "".join(WORDS).strip()


def config(upstream: Upstream, **chosen: Any) -> dict[str, Any]:
    """With a model that takes a long question."""
    made = settings(upstream.url, **chosen)
    made["providers"]["primary"]["context_tokens"] = 10**7
    return made


def whole(text: str) -> bool:
    """Whether it is the text, without printing four million characters where it is not."""
    return text == TEXT


async def rest(client: Client) -> int | None:
    """Read what is there until the gateway closes: the code; or until the last final event: None."""
    with anyio.fail_after(20):
        try:
            while True:
                frame = await client.next()
                if frame.get("type") == "chat.done":
                    return None
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


async def talk(served: TestGateway, session: str, message: str = LONG) -> str:
    async with served.connect(compression=None) as client:
        text, done = await client.chat(message, sessionKey=session)
        assert message != LONG or whole(text), done["data"].get("error")
        return done["data"]["runId"]


@pytest.fixture(scope="module")
async def served(upstream: Upstream) -> AsyncGenerator[TestGateway]:
    async with gateway(config(upstream)) as running:
        yield running


async def test_waiting_deltas_are_merged_and_nothing_else_is_dropped(served: TestGateway) -> None:
    session = uuid4().hex
    async with served.connect() as admin:
        await admin.result("session.create", sessionKey=session)
        async with reader_that_stops(served, session) as slow:
            run_id = await talk(served, session)
            for at in range(20):
                await admin.result("chat.inject", sessionKey=session, content=f"note {at}")
            await slow.send({"id": "late", "method": "agent.list"})
            assert await rest(slow) is None
            await slow.event("chat.message", sessionKey=session)
            for _ in range(18):
                await slow.event("chat.message", sessionKey=session)
            last = await slow.next(lambda frame: frame.get("type") == "chat.message" or "id" in frame)
            deltas = slow.told(run_id, "chat.delta")
            assert whole(slow.text(run_id))
            assert len(deltas) < len(WORDS), "some came merged"
            assert [frame["type"] for frame in slow.told(run_id) if frame["type"] != "chat.delta"] == [
                "chat.message", "chat.started", "chat.message", "chat.done",
            ]  # fmt: skip
            notes = [frame["data"]["message"]["content"] for frame in slow.seen if frame.get("type") == "chat.message"]
            assert last
            assert [note for note in notes if note.startswith("note")] == [f"note {at}" for at in range(20)]
            seqs = [frame["seq"] for frame in slow.seen if "seq" in frame]
            assert seqs == sorted(set(seqs))


@pytest.fixture
async def strict(upstream: Upstream) -> AsyncGenerator[TestGateway]:
    async with gateway(config(upstream, outbox_bytes=64 * 1024)) as served:
        yield served


async def test_past_its_bound_a_slow_peer_is_closed_and_may_come_back(strict: TestGateway) -> None:
    session = uuid4().hex
    async with strict.connect() as other:
        created = await other.result("session.create", sessionKey=session)
        assert created
        await other.result("event.subscribe", sessionKey=session)
        async with reader_that_stops(strict, session) as slow:
            run_id = await talk(strict, session)
            with anyio.fail_after(5):
                await other.event("chat.done", runId=run_id)
            assert whole(other.text(run_id)), "another subscriber has it all, while the slow one reads nothing"
            assert strict.app.doors.ws.slow_peers == 1
            assert await rest(slow) == 4008
            seen = slow.told(run_id)
            epoch = seen[0]["epoch"]
        watcher = Watcher(session, epoch, seen[-1]["seq"])
        await watcher.by_socket(strict, {run_id}, None)
        assert whole(slow.text(run_id) + watcher.text(run_id))


async def test_a_slow_peers_own_calls_are_bounded_too(strict: TestGateway) -> None:
    """Answers wait in the same outbox: a client that only asks and never reads is closed as well."""
    async with reader_that_stops(strict) as client:
        with anyio.move_on_after(20):
            try:
                for at in range(2000):
                    await client.socket.send(f'{{"id": {at}, "method": "rpc.discover"}}')
                    if strict.app.doors.ws.slow_peers:
                        break
                    await anyio.lowlevel.checkpoint()
            except ConnectionClosed:
                pass
        assert strict.app.doors.ws.slow_peers == 1
        assert await rest(client) == 4008
    async with strict.connect() as other:
        await other.result("agent.list")


async def test_a_slow_reader_of_an_event_stream_delays_nobody(served: TestGateway) -> None:
    session = uuid4().hex
    async with served.connect() as client:
        await client.result("session.create", sessionKey=session)
        epoch = (await client.result("session.get", sessionKey=session))["epoch"]
        async with served.http("GET", f"/v1/sessions/{session}/events") as response:
            assert response.status == 200
            run_id = await talk(served, session)
            state: Any = await client.result("chat.wait", runId=run_id)
            assert state["status"] == "completed"
        watcher = Watcher(session, epoch)
        await watcher.by_stream(served, {run_id}, None)
        assert whole(watcher.text(run_id))


async def test_a_stream_that_is_not_read_is_cut_and_counted(strict: TestGateway) -> None:
    session = uuid4().hex
    async with strict.connect() as other:
        await other.result("session.create", sessionKey=session)
        await other.result("event.subscribe", sessionKey=session)
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(strict.app.addresses[0])
            fields = f"Host: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}"
            line.sendall(f"GET /v1/sessions/{session}/events HTTP/1.1\r\n{fields}\r\n\r\n".encode())
            line.setblocking(False)
            with anyio.fail_after(10):
                await anyio.wait_readable(line)
                run_id = await talk(strict, session)
                await other.event("chat.done", runId=run_id)
                while not strict.app.doors.rest.slow_peers:
                    await anyio.lowlevel.checkpoint()
            assert whole(other.text(run_id))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as client, client.get(f"{strict.url}/metrics") as response:
        counted = (await response.text()).splitlines()
    assert 'openclaw_slow_peers_closed_total{transport="http"} 1.0' in counted
    assert 'openclaw_slow_peers_closed_total{transport="websocket"} 0.0' in counted
    assert 'openclaw_runs_total{reason="stop"} 1.0' in counted

"""A client that watches a session over doors it loses, and comes back with the last event it saw."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import anyio
from websockets.exceptions import ConnectionClosed

from tests.support.gateway import TOKEN, TestGateway

SECONDS = 10
SPELLED = {"delta": "chat.delta", "done": "chat.done"}
"""Names of events as 003's event stream spells them."""


class Watcher:
    """``events``: all that was seen, as (name, data, seq), each of which must come once and in order."""

    def __init__(self, session: str, epoch: str, seq: int = 0) -> None:
        self.session = session
        self.epoch = epoch
        self.seq = seq
        self.events: list[tuple[str, dict[str, Any], int]] = []

    def take(self, name: str, data: dict[str, Any], epoch: str, seq: int) -> None:
        assert epoch == self.epoch, "the history went on in another epoch"
        assert seq > self.seq, f"{name} {seq} came after {self.seq}: a repeat, or out of order"
        self.seq = seq
        self.events.append((name, data, seq))

    def text(self, run_id: str) -> str:
        return "".join(
            data["delta"] for name, data, _ in self.events if name == "chat.delta" and data["runId"] == run_id
        )

    def lasting(self, run_id: str) -> list[str]:
        return [
            name
            for name, data, _ in self.events
            if data.get("runId") == run_id and name not in ("chat.delta", "chat.thinking")
        ]

    def ended(self) -> set[str]:
        return {data["runId"] for name, data, _ in self.events if name == "chat.done"}

    async def by_socket(self, served: TestGateway, runs: set[str], most: int | None) -> None:
        """Watch over a WebSocket until all runs have ended, or ``most`` events came; then the line is cut."""
        async with served.connect() as client:
            after = {"epoch": self.epoch, "seq": self.seq}
            await client.send(
                {"id": 1, "method": "event.subscribe", "params": {"sessionKey": self.session, "after": after}}
            )
            answer = await client.next()
            assert answer.get("id") == 1, f"an event came before the answer: {answer}"
            assert answer["result"]["resync"] is False, answer
            with anyio.fail_after(SECONDS):
                async for frame in _frames(client.socket, most):
                    self.take(frame["type"], frame["data"], frame["epoch"], frame["seq"])
                    if runs <= self.ended():
                        break
            client.socket.transport.abort()

    async def by_stream(self, served: TestGateway, runs: set[str], most: int | None) -> None:
        """The same over server-sent events, with Last-Event-ID."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Last-Event-ID": f"/{self.epoch}/{self.seq}"}
        url = f"{served.url}/v1/sessions/{self.session}/events"
        async with (
            aiohttp.ClientSession(read_bufsize=1 << 24) as session,
            session.get(url, headers=headers) as response,
        ):
            assert response.status == 200, await response.text()
            with anyio.fail_after(SECONDS):
                async for name, data, mark in _sent(response, most):
                    assert name != "resync", data
                    _, epoch, seq = mark.split("/")
                    self.take(SPELLED.get(name, name), data, epoch, int(seq))
                    if runs <= self.ended():
                        break


async def _frames(socket: Any, most: int | None) -> AsyncIterator[Any]:
    count = 0
    with contextlib.suppress(ConnectionClosed):
        while most is None or count < most:
            frame = json.loads(await socket.recv())
            if frame.get("type") == "heartbeat" or "seq" not in frame:
                continue
            count += 1
            yield frame


async def _sent(response: aiohttp.ClientResponse, most: int | None) -> AsyncIterator[tuple[str, Any, str]]:
    """Server-sent events: name, data, id. One that is not whole when the stream ends is none."""
    count = 0
    fields: dict[str, str] = {}
    while most is None or count < most:
        try:
            line = (await response.content.readline()).decode().rstrip("\n")
        except aiohttp.ClientError:
            return
        if not line and response.content.at_eof():
            return
        if line:
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        elif "data" in fields:
            count += 1
            yield fields["event"], json.loads(fields["data"]), fields.get("id", "")
            fields = {}
        else:
            fields = {}

"""Hostile frames over a WebSocket: each is answered, or the socket is closed with a code; never a fault of ours.

Where one frame may leave no answer (a notification), the call that follows it must be answered all the same.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel
from websockets.exceptions import ConnectionClosed

from openclaw_rpc.protocol import table
from tests.support.gateway import Client, TestGateway
from tests.support.synthesis import fields_of, least

ANSWER_SECONDS = 10
TOUCHY = {"config.update", "token.create", "token.revoke"}
"""Rows that would change the gateway under test itself; and namespaces that start programs or go out."""
AWAY = {"browser", "web", "tool", "command", "skill", "mcp"}
ROWS = {name: row for name, row in table.by_name().items() if name not in TOUCHY and row.namespace not in AWAY}
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**40, 0.0, -0.0, 1.5, 1e308, 5e-324,
    "", " ", "x", "\x00", "\u202e", "\ud83d\ude00", "\\", '"', "null", "../../etc/passwd", "%00", "' OR 1=1 --",
    "A" * 101, "A" * 201, "A" * 5000, "é" * 300, "<script>", "${HOME}", "{{7*7}}", "9999-99-99", "2026-02-30T25:61:61Z",
    [], {}, [[]], [None], [{}], {"": None}, {"a": {"b": {"c": []}}}, ["x"] * 100, {str(at): at for at in range(100)},
]  # fmt: skip
RAW = [
    b"", b" ", b"\x00", b"\xff\xfe", b"{", b"}", b"[", b"]", b'"', b"nul", b"NaN", b"Infinity", b"-", b"1e", b"01",
    b'{"id":1,"method":"agent.list",}', b"{'id':1}", b"\xef\xbb\xbf{}",
    b'{"method":"\\ud800"}', b'{"method":"\\u0000"}',
    b'{"id":1,"id":2,"method":"agent.list"}', b"[" * 70, b"{" * 5000, b'{"a":' * 70, b"[[],[]]" * 40,
    b'{"id":1e999,"method":"agent.list"}', b'{"id":' + b"9" * 400 + b',"method":"agent.list"}',
    b'"' + b'\\"' * 2000, b"[" * 65 + b'"' + b"\\" * 2001, b'{"type":"auth","token":"x"}', b'{"type":"ping"}',
    b"GET / HTTP/1.1\r\n\r\n", b'[{"id":1},', b"[1,2,3]", b"[[]]", b"{}" * 2, b"\n\n\n", b"/* */ {}",
]  # fmt: skip
INTERNAL = -32603


@dataclass
class Fuzzed:
    """What was found. ``faults`` must stay empty."""

    cases: int = 0
    codes: Counter[str] = field(default_factory=Counter[str])
    closed: Counter[int] = field(default_factory=Counter[int])
    faults: list[str] = field(default_factory=list[str])


class Frames:
    """Valid frames, made worse and worse."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._id = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self._one()

    def _one(self) -> bytes:
        chance = self._random.random()
        if chance < 0.1:
            return self._random.choice(RAW)
        if chance < 0.2:
            count = self._random.choice((0, 1, 3, 50, 51))
            return b"[" + b",".join(self._maybe_torn(encoded(self._call())) for _ in range(count)) + b"]"
        return self._maybe_torn(encoded(self._call()))

    def _call(self) -> Any:
        name = self._random.choice(list(ROWS))
        self._id += 1
        frame: dict[str, Any] = {"jsonrpc": "2.0", "id": self._id, "method": name, "params": self._params(name)}
        for _ in range(self._random.choice((0, 0, 0, 1, 2))):
            worse: Callable[[dict[str, Any]], None] = self._random.choice((self._drop, self._swap, self._add))
            worse(frame)
        return frame

    def _params(self, name: str) -> Any:
        row = ROWS[name]
        params = least(row)
        if "timeoutMs" in fields_of(row):
            params["timeoutMs"] = 1
        for _ in range(self._random.choice((0, 1, 1, 2, 4))):
            worse: Callable[[dict[str, Any]], None] | None
            worse = self._random.choice((self._drop, self._swap, self._add, None))
            if worse is None:
                self._fill(params, list(fields_of(row)))
            else:
                worse(params)
        return params if self._random.random() > 0.03 else self._odd()

    def _drop(self, frame: dict[str, Any]) -> None:
        if frame:
            del frame[self._random.choice(list(frame))]

    def _swap(self, frame: dict[str, Any]) -> None:
        if frame:
            frame[self._random.choice(list(frame))] = self._odd()

    def _add(self, frame: dict[str, Any]) -> None:
        frame[self._random.choice(("x", "", "jsonrpc", "type", "method", "params", "__proto__", "\x00"))] = self._odd()

    def _fill(self, params: dict[str, Any], names: list[str]) -> None:
        if names:
            params[self._random.choice(names)] = self._odd()

    def _odd(self) -> Any:
        return self._random.choice(ODD)

    def _maybe_torn(self, data: bytes) -> bytes:
        """A byte changed, taken out or put in; or the end cut off."""
        if self._random.random() > 0.2 or not data:
            return data
        at = self._random.randrange(len(data))
        byte = bytes([self._random.randrange(256)])
        return self._random.choice(
            (data[:at], data[:at] + byte + data[at + 1 :], data[:at] + data[at + 1 :], data[:at] + byte + data[at:])
        )


def encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


async def fuzz(served: TestGateway, cases: int, seed: int) -> Fuzzed:
    """Send so many frames, each followed by a call that must be answered."""
    found = Fuzzed()
    frames = iter(Frames(seed))
    while found.cases < cases and len(found.faults) < 20:
        async with served.connect() as client:
            await _on_one_socket(client, frames, cases, found)
    async with served.connect() as client:
        lines = (await client.result("log.tail", lines=10_000, level="error"))["logs"]
        found.faults += [f"in the log: {line}" for line in lines]
        with anyio.move_on_after(ANSWER_SECONDS) as late:
            while (await client.result("system.status"))["load"]["connections"] != 1:
                await anyio.lowlevel.checkpoint()
        if late.cancelled_caught:
            found.faults.append("sockets are left that no client has open")
    return found


async def _on_one_socket(client: Client, frames: Iterator[bytes], cases: int, found: Fuzzed) -> None:
    while found.cases < cases:
        data = next(frames)
        found.cases += 1
        client.seen.clear()
        mark = f"after-{found.cases}"
        try:
            with anyio.fail_after(ANSWER_SECONDS):
                await client.socket.send(data, text=True)
                await client.send({"id": mark, "method": "agent.list"})
                await client.next(lambda frame, mark=mark: isinstance(frame, dict) and frame.get("id") == mark)
        except TimeoutError:
            found.faults.append(f"no answer within {ANSWER_SECONDS} s after {data!r}")
            return
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                found.faults.append(f"cut without a code by {data!r}")
            else:
                found.closed[closed.rcvd.code] += 1
            return
        _judge(client.seen, data, found)


def _judge(seen: list[Any], data: bytes, found: Fuzzed) -> None:
    for frame in seen:
        for answer in frame if isinstance(frame, list) else [frame]:
            error = answer.get("error")
            found.codes[str(error["code"]) if error else "result" if "result" in answer else "event"] += 1
            if error and (error["code"] == INTERNAL or "Traceback" in json.dumps(error)):
                found.faults.append(f"{error} for {data!r}")

"""OpenClaw's client library against this gateway: it comes back by itself, and nothing is said twice."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.streams.text import TextReceiveStream

from tests.openclaw import clients
from tests.support.cutting_proxy import CuttingProxy
from tests.support.gateway import TOKEN, gateway, settings
from tests.support.upstream import scripted_upstream

pytestmark = [clients.here, pytest.mark.timeout(120)]
PROGRAM = Path(__file__).with_name("client.mjs")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Program:
    """The program `client.mjs`: ``seen`` is what it said."""

    def __init__(self, process: anyio.abc.Process) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._in = process.stdin
        self._out = TextReceiveStream(process.stdout)
        self._rest = ""
        self.seen: list[Any] = []

    async def next(self, wanted: Callable[[Any], bool]) -> Any:
        """The next thing it says of that kind."""
        with anyio.fail_after(60):
            while True:
                while "\n" not in self._rest:
                    self._rest += await self._out.receive()
                line, _, self._rest = self._rest.partition("\n")
                self.seen.append(json.loads(line))
                if wanted(self.seen[-1]):
                    return self.seen[-1]

    async def ask(self, method: str, params: Any) -> Any:
        """Call a method: its result, or ``{"error"}``."""
        call = uuid.uuid4().hex
        await self._in.send((json.dumps({"id": call, "method": method, "params": params}) + "\n").encode())
        answer = await self.next(lambda said: said.get("id") == call)
        return answer.get("result", answer)

    async def end(self, run: str) -> Any:
        """The end of a run."""

        def is_end(said: Any) -> bool:
            payload = said.get("payload") or {}
            return said.get("event") == "chat" and payload.get("runId") == run and payload["state"] != "delta"

        found = next((said for said in self.seen if is_end(said)), None) or await self.next(is_end)
        return found["payload"]


@asynccontextmanager
async def program(url: str, home: Path) -> AsyncGenerator[Program]:
    # A module's imports are looked for beside it.
    (home / "node_modules").symlink_to(clients.MODULES)
    script = home / PROGRAM.name
    script.write_text(PROGRAM.read_text())
    words = [clients.node() or "node", str(script), url, TOKEN]
    async with await anyio.open_process(words, env=clients.environment(home), stderr=None) as process:
        try:
            yield Program(process)
        finally:
            process.kill()


async def test_a_message_that_is_sent_again_after_a_lost_connection_is_answered_once(tmp_path: Path) -> None:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as served:
        port = served.app.addresses[0][1]
        with CuttingProxy(port) as proxy:
            async with program(f"ws://127.0.0.1:{proxy.port}", tmp_path) as client:
                await _send_and_send_again(client, proxy)


async def _send_and_send_again(client: Program, proxy: CuttingProxy) -> None:
    assert (await client.next(lambda said: "hello" in said))["hello"] == 4
    sent = {"sessionKey": "main", "message": "[[slow:40,50]]", "idempotencyKey": "k1"}
    assert await client.ask("chat.send", sent) == {"runId": "k1", "status": "started"}
    await client.next(lambda said: said.get("event") == "chat")
    proxy.cut()
    await client.next(lambda said: "closed" in said)
    await client.next(lambda said: "hello" in said)
    assert await client.ask("chat.send", sent) == {"runId": "k1", "status": "in_flight"}
    history = await client.ask("chat.history", {"sessionKey": "main"})
    assert history["inFlightRun"]["runId"] == "k1"
    end = await client.end("k1")
    assert end["state"] == "final" and end["message"]["content"][0]["text"].split()[-1] == "w39"
    assert await client.ask("chat.send", sent) == {"runId": "k1", "status": "ok"}
    history = await client.ask("chat.history", {"sessionKey": "main"})
    assert [message["role"] for message in history["messages"]] == ["user", "assistant"]
    assert not [said for said in client.seen if "gap" in said]

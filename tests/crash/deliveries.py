"""Kill -9 a gateway while webhooks, messages to and from chats and due tasks are on their way, and count them after."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
from aiohttp import web
from websockets.exceptions import WebSocketException

from tests.crash.kills import client_of
from tests.support.gateway import Client, settings
from tests.support.platforms.receiver import Receiver
from tests.support.platforms.telegram import TOKEN, TelegramServer
from tests.support.process import GatewayProcess, gateway_process
from tests.support.upstream import scripted_upstream

EVENTS = ("message.received", "chat.done")
ENDPOINTS = 2
CHATS = 10
LONGEST = 1.5
"""Seconds from the first call of a round to the kill, at most."""
ROUND_SECONDS = 60
SETTLE_SECONDS = 120
TASK_SECONDS = 1


@dataclass
class Delivered:
    """What was found. ``faults`` must stay empty."""

    kills: int = 0
    webhooks: int = 0
    sent: int = 0
    unknown: int = 0
    inbound: int = 0
    times: int = 0
    faults: list[str] = field(default_factory=list[str])


class SlowTelegram(TelegramServer):
    """Takes its time before and after it shows a message, so that a kill meets sends at every point."""

    def __init__(self) -> None:
        super().__init__()
        self.random = random.Random(1)

    async def _sendMessage(self, data: dict[str, Any]) -> Any:  # noqa: N802 - the platform's name
        await anyio.sleep(self.random.uniform(0, 0.01))
        shown = await super()._sendMessage(data)
        await anyio.sleep(self.random.uniform(0, 0.01))
        return shown


class FlakyReceiver(Receiver):
    """Fails now and then, and takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.random = random.Random(2)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        await anyio.sleep(self.random.uniform(0, 0.01))
        if self.random.random() < 0.05:
            self.statuses.append(503)
        return await super()._take(request)


class Delivering:
    """Rounds of a start, calls, and a kill; then what became of all of it."""

    def __init__(self, home: Path, upstream: str, telegram: SlowTelegram, receiver: FlakyReceiver, seed: int) -> None:
        self.found = Delivered()
        self._home = home
        self._telegram = telegram
        self._receiver = receiver
        self._random = random.Random(seed)
        bot = {"token": TOKEN, "api_url": telegram.url, "policy": "open"}
        self._config = settings(upstream) | {
            "channels": {"telegram": bot},
            "webhooks": {"retry_seconds": [0.1] * 20},
        }
        self._runs: set[str] = set()
        self._messages: set[str] = set()
        self._written: dict[str, str] = {}
        self._task = ""
        self._webhooks: list[str] = []

    async def rounds(self, kills: int, webhooks: int, messages: int) -> Delivered:
        """So many kills, spread over so many webhooks' calls and messages, and a last look."""
        runs = webhooks // (len(EVENTS) * ENDPOINTS)
        for at in range(kills):
            with anyio.fail_after(ROUND_SECONDS):
                async with gateway_process(self._config, self._home) as process:
                    await self._call_and_kill(process, runs // kills + 1, messages // kills + 1, at)
            self.found.kills += 1
        with anyio.fail_after(SETTLE_SECONDS + ROUND_SECONDS):
            async with gateway_process(self._config, self._home) as process, client_of(process) as client:
                await self._settle(client)
                await self._look(client)
                code = await process.terminate()
                self._expect(code == 0, f"the gateway ended with {code} when it was asked to stop")
        return self.found

    def _expect(self, holds: bool, fault: str) -> None:
        if not holds:
            self.found.faults.append(fault)

    # ---- a round ----

    async def _call_and_kill(self, process: GatewayProcess, runs: int, messages: int, at: int) -> None:
        if not self._task:
            async with client_of(process) as client:
                await self._prepare(client)
        self._write(messages, at)
        wait = self._random.uniform(0.1, LONGEST)
        with anyio.move_on_after(wait + 10) as late:
            async with anyio.create_task_group() as group:
                group.start_soon(self._talk, process, self._run, [f"{at}-{n}" for n in range(runs)])
                group.start_soon(self._talk, process, self._send, [f"{at}-{n}" for n in range(messages)])
                await anyio.sleep(wait)
                await process.kill()
        self._expect(not late.cancelled_caught, "a socket did not see the end of the process")

    async def _prepare(self, client: Client) -> None:
        """Webhooks, and a task that is due every second."""
        url = f"{self._receiver.url}/hook"
        for _ in range(ENDPOINTS):
            made = await client.result("webhook.create", url=url, events=list(EVENTS))
            self._webhooks.append(made["id"])
        action = {"type": "message", "params": {"content": "tick"}}
        task = await client.result("task.create", name="t", every=f"{TASK_SECONDS}s", action=action, missed="skip")
        self._task = task["id"]

    def _write(self, count: int, at: int) -> None:
        """People write, each in a chat of their own."""
        for n in range(count // 4 + 1):
            sender = 10_000 * (at + 1) + n
            self._written[str(sender)] = f"in-{at}-{n}"
            self._telegram.says(f"in-{at}-{n}", sender=sender)

    async def _talk(
        self, process: GatewayProcess, call: Callable[[Client, str], Awaitable[None]], names: list[str]
    ) -> None:
        try:
            async with client_of(process) as client:
                for name in names:
                    await call(client, name)
        except (WebSocketException, OSError, EOFError):
            return

    async def _run(self, client: Client, name: str) -> None:
        self._runs.add((await client.result("chat.run", message=f"run-{name}", sessionKey=f"s-{name}"))["runId"])

    async def _send(self, client: Client, name: str) -> None:
        text, to = f"out-{name}.", str(self._random.randrange(1, CHATS + 1))
        await client.result("channel.send", channelId="telegram", to=to, text=text)
        self._messages.add(text)

    # ---- what became of it ----

    async def _settle(self, client: Client) -> None:
        """Wait until nothing waits any more."""
        with anyio.fail_after(SETTLE_SECONDS):
            await client.result("task.update", taskId=self._task, enabled=False)
            while not await self._settled(client):  # noqa: ASYNC110 - it is asked over a socket
                await anyio.sleep(0.2)

    async def _settled(self, client: Client) -> bool:
        status = await client.result("channel.status", channelId="telegram")
        load = (await client.result("system.status"))["load"]
        waiting = status["outbox"]["waiting"] + load["runsRunning"] + load["runsQueued"]
        for webhook in self._webhooks:
            pending = await client.result("webhook.deliveries", webhookId=webhook, status="pending", limit=1)
            waiting += len(pending["deliveries"])
        runs = await client.result("task.runs", taskId=self._task, limit=1000)
        return not waiting and not self._telegram.updates and all(one["status"] != "running" for one in runs["runs"])

    async def _look(self, client: Client) -> None:
        outbox = (await client.result("channel.status", channelId="telegram"))["outbox"]
        self.found.unknown = outbox["unknown"] + outbox["failed"]
        self._look_at_webhooks()
        self._look_at_messages()
        await self._look_at_tasks(client)
        self._expect(self._receiver.forged == 0, "a call's signature was wrong")

    def _look_at_webhooks(self) -> None:
        """Each event of each accepted run came to each endpoint, at least once."""
        told = Counter((call["type"], call["data"]["runId"]) for call in self._receiver.calls)
        ids = {(call["type"], call["data"]["runId"], call["id"]) for call in self._receiver.calls}
        distinct = Counter((kind, run_id) for kind, run_id, _ in ids)
        for run_id in self._runs:
            for event in EVENTS:
                count = distinct[event, run_id]
                self._expect(count >= ENDPOINTS, f"{event} of {run_id} came to {count} of {ENDPOINTS} endpoints")
                self._expect(count <= ENDPOINTS, f"{event} of {run_id} came under {count} ids")
        self.found.webhooks = sum(told.values())

    def _look_at_messages(self) -> None:
        """Each message was shown once, or is counted as unknown or failed; nobody was answered twice."""
        shown = Counter(each["text"] for each in self._telegram.sent)
        twice = [text for text, count in shown.items() if count > 1 and text.startswith("out-")]
        self._expect(not twice, f"shown twice: {twice}")
        missing = [text for text in self._messages if not shown[text]]
        answers = Counter(str(each["chat_id"]) for each in self._telegram.sent)
        unanswered = [text for chat, text in self._written.items() if not answers[chat]]
        double = [text for chat, text in self._written.items() if answers[chat] > 1]
        self._expect(not double, f"answered twice: {double}")
        lost = len(missing) + len(unanswered)
        self._expect(lost <= self.found.unknown, f"lost: {missing} {unanswered}, unknown: {self.found.unknown}")
        self.found.sent, self.found.inbound = len(self._messages), len(self._written)

    async def _look_at_tasks(self, client: Client) -> None:
        """Each time of the task is listed once, without a gap, and had one run at most."""
        runs = (await client.result("task.runs", taskId=self._task, limit=1000))["runs"]
        times = sorted(datetime.fromisoformat(one["scheduledAt"]).timestamp() for one in runs)
        self._expect(len(set(times)) == len(times), "a time of the task is there twice")
        gaps = [later - earlier for earlier, later in pairwise(times)]
        self._expect(all(gap == TASK_SECONDS for gap in gaps), f"times of the task are lost: {gaps}")
        ids = [one["runId"] for one in runs if one.get("runId")]
        self._expect(len(set(ids)) == len(ids), "two times of the task have one run")
        history = await client.result("chat.history", sessionKey=f"task:{self._task}", limit=1000)
        asked = sum(message["role"] == "user" for message in history["messages"])
        begun = sum(one["status"] in ("completed", "error") for one in runs)
        self._expect(asked <= begun, f"the task asked {asked} times, and {begun} times are listed")
        self.found.times = len(times)


@asynccontextmanager
async def platforms() -> AsyncGenerator[tuple[SlowTelegram, FlakyReceiver]]:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(SlowTelegram.running())
        yield telegram, await stack.enter_async_context(FlakyReceiver.running())


async def kill_deliveries(kills: int, home: Path, seed: int, *, webhooks: int, messages: int) -> Delivered:
    """Kill a gateway so many times while so much is on its way; what was found."""
    async with scripted_upstream() as upstream, platforms() as (telegram, receiver):
        return await Delivering(home, upstream.url, telegram, receiver, seed).rounds(kills, webhooks, messages)

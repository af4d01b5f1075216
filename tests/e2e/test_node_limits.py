"""What is counted and limited holds for all nodes of a gateway together."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from websockets.exceptions import InvalidStatus

from openclaw_rpc.domain.guessing import ATTEMPTS
from tests.support import postgres, redis
from tests.support.gateway import Client, TestGateway, gateway
from tests.support.nodes import config
from tests.support.upstream import Upstream

pytestmark = [postgres.INSTALLED, redis.INSTALLED, pytest.mark.timeout(120)]


async def test_a_rate_limit_holds_for_all_nodes_together(upstream: Upstream, shared: dict[str, Any]) -> None:
    limits = {"requests_per_minute": 60, **{f"{kind}_per_minute": 10**6 for kind in ("messages", "skills", "files")}}

    def limited(node: str) -> dict[str, Any]:
        chosen = config(upstream, shared, node)
        return {**chosen, "gateway": {**chosen["gateway"], "rate_limit": limits}}

    async with (
        gateway(limited("a")) as a,
        gateway(limited("b")) as b,
        a.connect() as on_a,
        b.connect() as on_b,
    ):
        with anyio.fail_after(10):
            while min(len(each.app.nodes.shown()) for each in (a, b)) < 2:
                await anyio.lowlevel.checkpoint()
        answered = 0
        for at in range(100):
            frame = await (on_a if at % 2 else on_b).call("system.status")
            answered += "result" in frame
        assert 50 <= answered <= 70


async def test_the_connections_of_a_token_are_counted_for_all_nodes_together(
    upstream: Upstream, shared: dict[str, Any]
) -> None:
    def limited(node: str) -> dict[str, Any]:
        chosen = config(upstream, shared, node)
        return {**chosen, "gateway": {**chosen["gateway"], "max_connections_per_principal": 3}}

    async with gateway(limited("a")) as a, a.connect() as on_a:
        guest = (await on_a.result("token.create", name="guest", scopes=["read"]))["token"]
        async with a.connect(token=guest), gateway(limited("b")) as b, b.connect(token=guest):
            # Each was told of the other's: of those from before it came, and of those since.
            async with a.connect(token=guest):
                await until_refused(a, guest)
                await until_refused(b, guest)
            await until_let_in(b, guest)
        await until_let_in(a, guest, of=3)


async def until_refused(served: TestGateway, token: str) -> None:
    with anyio.fail_after(10):
        while True:
            try:
                async with served.connect(token=token):
                    await anyio.sleep(0.05)
            except InvalidStatus as refused:
                assert refused.response.status_code == 429
                return


async def until_let_in(served: TestGateway, token: str, of: int = 1) -> None:
    """Wait until so many connections at a time are let in."""
    with anyio.fail_after(10):
        while True:
            try:
                async with AsyncExitStack() as stack:
                    for _ in range(of):
                        await stack.enter_async_context(served.connect(token=token))
                    return
            except InvalidStatus:
                await anyio.sleep(0.05)


async def test_a_budget_counts_what_other_nodes_spend_and_hold(upstream: Upstream, shared: dict[str, Any]) -> None:
    def limited(node: str) -> dict[str, Any]:
        return {**config(upstream, shared, node), "budgets": {"all": {"tokens": 400}}}

    async def ask(served: TestGateway, message: str) -> int:
        body = {"model": "scripted", "max_tokens": 600, "messages": [{"role": "user", "content": message}]}
        async with served.http("POST", "/v1/chat/completions", body) as response:
            return response.status

    async with gateway(limited("a")) as a, gateway(limited("b")) as b, a.connect() as on_a, b.connect() as on_b:
        assert await ask(b, "[[raw:x]]") == 200
        used = await until(on_a, "used")
        asking = asyncio.create_task(ask(a, "[[hang]]"))
        await until(on_b, "held")
        assert await ask(b, "[[raw:x]]") == 429
        asking.cancel()
        await asyncio.wait([asking])
        await until(on_b, "held", none=True)
        assert await ask(b, "[[raw:x]]") == 200
        await until(on_a, "used", over=used)
        # Who comes later is told what is held, and reads what was spent.
        asking = asyncio.create_task(ask(a, "[[hang]]"))
        await until(on_b, "held")
        async with gateway(limited("c")) as c, c.connect() as on_c:
            await until(on_c, "used", over=used)
            await until(on_c, "held")
            assert await ask(c, "[[raw:x]]") == 429
        asking.cancel()
        await asyncio.wait([asking])


async def until(client: Client, what: str, *, over: float = 0, none: bool = False) -> float:
    """Wait until what is used of the budget, or held, at a client's node is more, or nothing."""
    with anyio.fail_after(10):
        while True:
            found = (await client.result("budget.status"))["budgets"][0][what]
            if (found == 0) if none else (found > over):
                return found
            await anyio.sleep(0.02)


async def test_failed_sign_ins_and_wrong_pins_are_counted_for_all_nodes_together(
    upstream: Upstream, shared: dict[str, Any]
) -> None:
    def guarded(node: str) -> dict[str, Any]:
        return {**config(upstream, shared, node), "security": {"require_pin_for": ["file_*"]}}

    async with gateway(guarded("a")) as a, gateway(guarded("b")) as b, a.connect() as on_a, b.connect() as on_b:
        await anyio.to_thread.run_sync(a.set_pin, "471147")
        tries = [await guess(on_b if at % 2 else on_a, "0000") for at in range(5)]
        assert tries == ["wrong_pin"] * 4 + ["pin_locked"]
        assert [await guess(client, "471147") for client in (on_a, on_b)] == ["pin_locked"] * 2

        await until_they_hear(a, b)
        assert [await signed_in(a if at % 2 else b, "wrong") for at in range(ATTEMPTS - 1)] == [401] * (ATTEMPTS - 1)
        # Messages are on their way, but each node alone would have let half of them pass.
        assert 429 in [await signed_in(a, "wrong") for _ in range(3)]
        assert 429 in [await signed_in(b, "wrong") for _ in range(3)]


async def until_they_hear(*served: TestGateway) -> None:
    """Wait until Redis carries what these nodes tell each other."""
    with anyio.fail_after(10):
        for each in served:
            while each.app.nodes.engines() != {"postgres": True, "redis": True}:
                await anyio.lowlevel.checkpoint()


async def guess(client: Client, pin: str) -> str:
    params = {"name": "file_write", "params": {"path": "note.txt", "content": "x"}, "pin": pin}
    return (await client.error("tool.invoke", **params))["data"]["reason"]


async def signed_in(served: TestGateway, password: str) -> int:
    async with served.http("GET", "/v1/models", token=None, headers={"X-OpenClaw-Password": password}) as response:
        return response.status

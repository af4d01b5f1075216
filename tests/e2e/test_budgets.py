"""Budgets through every door of a whole gateway: refused before the model is asked, in the words of each door."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw import AsyncOpenClawClient, BudgetExceededError
from tests.support.channels import serving, texts
from tests.support.gateway import SECONDS, TOKEN, TestGateway, gateway, settings
from tests.support.openai import OpenAIClient, client_of
from tests.support.platforms.receiver import Receiver
from tests.support.platforms.telegram import TelegramServer
from tests.support.upstream import Upstream, scripted_upstream
from tests.transports.ws.test_openclaw_v4 import peer

SPENT = {"budgets": {"nothing": {"tokens": 0}}}


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@pytest.fixture
async def spent(upstream: Upstream) -> AsyncGenerator[TestGateway]:
    """A gateway whose budget is used up; nobody asks its model."""
    async with gateway(settings(upstream.url) | SPENT) as running:
        yield running
    assert upstream.requests == []


@pytest.fixture
async def openai(spent: TestGateway) -> AsyncGenerator[OpenAIClient]:
    async with client_of(spent) as client:
        yield client


async def test_chat_run_is_refused_with_its_own_code(spent: TestGateway) -> None:
    async with spent.connect() as client:
        error = await client.error("chat.run", message="hello", sessionKey="s")
        assert (error["code"], error["data"]["code"], error["data"]["retryable"]) == (-32030, "budget_exceeded", False)
        assert {"budget": "nothing", "limit": 0, "used": 0}.items() <= error["data"].items()
        assert error["data"]["resetAt"] % 86_400 == 0
        assert (await client.result("session.list"))["sessions"] == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["scripted", "openclaw"])
async def test_openais_doors_say_that_the_quota_is_used_up(openai: OpenAIClient, model: str, stream: bool) -> None:
    for answer in (
        await openai.chat("hello", model, stream=stream),
        await openai.respond("hello", model, stream=stream),
        await openai.ask("POST", "/v1/embeddings", {"model": "scripted", "input": "x"}),
    ):
        assert (answer.status, answer.headers.get("x-should-retry")) == (429, "false"), answer
        assert answer.json["error"]["code"] == answer.json["error"]["type"] == "insufficient_quota"
        assert "Retry-After" not in answer.headers


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/agent/run", {"message": "hello"}),
        ("/api/v1/message", {"message": "hello", "channel": "api"}),
        ("/api/sessions/s/messages", {"content": "hello"}),
    ],
)
async def test_other_doors_of_http_answer_402(spent: TestGateway, path: str, body: Any) -> None:
    async with spent.http("POST", path, body) as answer:
        assert answer.status == 402, await answer.text()
        assert "used up" in await answer.text()


async def test_version_4_is_told_that_it_is_unavailable_and_not_to_try_again(spent: TestGateway) -> None:
    async with peer(spent) as client:
        await client.hello()
        sent = {"sessionKey": "agent:main:main", "message": "x", "idempotencyKey": "k"}
        error = await client.ask("chat.send", sent)
        assert (error["code"], error["retryable"], error["details"]["budget"]) == ("UNAVAILABLE", False, "nothing")


async def test_the_python_client_raises_an_error_of_its_own_class(spent: TestGateway) -> None:
    async with AsyncOpenClawClient(base_url=spent.url, token=TOKEN) as client:
        with pytest.raises(BudgetExceededError) as refused:
            await client.chat.run(message="hello")
    assert (refused.value.code, refused.value.details["budget"]) == ("budget_exceeded", "nothing")


async def test_a_chat_and_a_task_are_told_why_there_is_no_answer(upstream: Upstream) -> None:
    async with TelegramServer.running() as telegram, serving(upstream, telegram, budgets=SPENT["budgets"]) as served:
        telegram.says("hello")
        await telegram.until(lambda: any("'nothing' is used up" in text for text in texts(telegram)), 40)
        async with served.connect() as client:
            await client.result("event.subscribe", topics=["tasks"])
            action = {"type": "message", "params": {"content": "work"}}
            made = await client.result("task.create", name="c", every="1d", action=action)
            await client.result("task.run", taskId=made["id"])
            failed = await client.event("task.failed", taskId=made["id"])
            assert "'nothing' is used up" in failed["data"]["error"]
    assert upstream.requests == []


async def test_a_run_ends_when_its_budget_does(upstream: Upstream) -> None:
    """The first request fits, the second, after the tool, does not."""
    budgets = {"agents": {"tokens": 100_000, "per": "agent"}}
    async with gateway(settings(upstream.url) | {"budgets": budgets}) as running, running.connect() as client:
        await client.result("event.subscribe", topics=["gateway"])
        await client.chat("hello", sessionKey="s")
        state = (await client.result("budget.status"))["budgets"][0]
        assert (state["subject"], state["unit"], state["held"]) == ("default", "tokens", 0)
        assert 0 < state["used"] < 1000
        # What the scripted model counts are words, so that the estimate of a prompt is more than it turns out to be.
        await client.result("budget.set", name="agents", tokens=int(state["used"]) + 300, per="agent")
        _, done = await client.chat('[[tool:memory_search {"query": "x"}]] ' + "long " * 400, sessionKey="s")
        assert done["data"]["finishReason"] == "error"
        error = done["data"]["error"]
        assert (error["code"], error["details"]["budget"]) == ("budget_exceeded", "agents")
        assert [frame["data"]["budget"] for frame in client.seen if frame.get("type") == "budget.exceeded"] == [
            "agents"
        ]


async def test_what_is_used_is_counted_over_a_restart(upstream: Upstream, tmp_path: Path) -> None:
    config = settings(upstream.url) | {"budgets": {"daily": {"tokens": 100_000, "per": "token"}}}
    async with gateway(config, tmp_path) as running, running.connect() as client, client_of(running) as openai:
        await client.chat("a b c")
        await openai.chat("a b c")
        before = (await client.result("budget.status"))["budgets"]
        report = await client.result("usage.query", by="token")
        assert report["budgets"] == before
        assert [(state["subject"], state["used"]) for state in before] == [("gateway", report["total"]["totalTokens"])]
    async with gateway(config, tmp_path) as running, running.connect() as client:
        assert (await client.result("budget.status"))["budgets"] == before


async def test_budgets_are_set_listed_and_removed(upstream: Upstream) -> None:
    async with gateway(settings(upstream.url)) as running, running.connect() as client:
        made = await client.result("budget.set", name="guests", tokens=5, per="user", only=["bob"], period="month")
        info = {"name": "guests", "tokens": 5, "per": "user", "period": "month", "only": ["bob"]}
        assert made == {"budget": info}
        changed = await client.result("budget.set", name="guests", tokens=7)
        assert changed == {"budget": {"name": "guests", "tokens": 7, "per": "gateway", "period": "day"}}
        assert (await client.result("budget.list"))["budgets"] == [changed["budget"]]
        assert "guests" in (running.home / "gateway.yaml").read_text()
        assert await client.result("budget.set", name="guests", remove=True) == {"removed": True}
        assert (await client.result("budget.list"))["budgets"] == []
        for wrong, field in (
            ({"name": "x"}, "tokens"),
            ({"name": "x", "tokens": 1, "cost": 1}, "tokens"),
            ({"name": "x", "cost": 1}, "budgets.x.cost"),
            ({"name": "x", "tokens": 1, "only": ["bob"]}, "budgets.x.only"),
            ({"name": "nobody", "remove": True}, "budget"),
        ):
            error = await client.error("budget.set", **wrong)
            assert error["data"]["field"] == field, error
        assert (await client.error("budget.status", budget="nobody"))["data"]["code"] == "not_found"


async def test_users_see_their_own_budgets_and_no_others(upstream: Upstream) -> None:
    budgets: dict[str, Any] = {"users": {"tokens": 10_000, "per": "user"}, "tokens": {"tokens": 10_000, "per": "token"}}
    async with gateway(settings(upstream.url) | {"budgets": budgets}) as running:
        bob = running.make_token("bob", name="bobs")
        async with running.connect() as owner, running.connect(token=bob) as client:
            await owner.chat("hello")
            await client.chat("hello")

            def seen(answer: Any) -> set[tuple[str, str]]:
                return {(state["budget"], state["subject"]) for state in answer["budgets"]}

            own = {("users", "bob"), ("tokens", "bobs")}
            assert seen(await client.result("budget.status")) == own
            assert seen(await client.result("usage.query")) == own
            assert seen(await owner.result("budget.status")) == own | {("users", "owner"), ("tokens", "gateway")}
            assert seen(await owner.result("budget.status", user="bob")) == {("users", "bob")}
            for name, params in (("budget.list", {}), ("budget.set", {"name": "x", "tokens": 1})):
                assert (await client.error(name, **params))["data"]["code"] == "forbidden"
            assert (await client.error("budget.status", user="owner"))["data"]["code"] == "forbidden"


async def test_a_message_sent_again_is_answered_though_its_budget_is_used_up_by_now(upstream: Upstream) -> None:
    async with gateway(settings(upstream.url)) as running, running.connect() as client:
        asked = {"message": "hello", "sessionKey": "s", "idempotencyKey": "k"}
        first = await client.result("chat.run", **asked)
        await client.event("chat.done", runId=first["runId"])
        await client.result("budget.set", name="daily", tokens=1)
        again = await client.result("chat.run", **asked)
        assert (again["runId"], again["repeated"]) == (first["runId"], True)
        assert (await client.error("chat.run", **{**asked, "message": "other"}))["data"]["code"] == "conflict"
        assert (await client.error("chat.run", message="hello"))["data"]["code"] == "budget_exceeded"


async def test_a_webhook_is_called_when_a_budget_is_used_up(upstream: Upstream) -> None:
    config = settings(upstream.url) | SPENT | {"webhooks": {"retry_seconds": [0.1] * 5}}
    async with Receiver.running() as receiver, gateway(config) as running, running.connect() as client:
        await client.result("webhook.create", url=f"{receiver.url}/hook", event="budget.exceeded")
        await client.error("chat.run", message="hello")
        await receiver.until(lambda: receiver.calls, 15)


async def test_what_memories_are_embedded_for_is_counted_and_refused_as_any_other_request(upstream: Upstream) -> None:
    config = settings(upstream.url) | {"memory": {"embeddings": True, "embedding_model": "primary/vectors"}}
    config["budgets"] = {"guests": {"tokens": 10_000, "per": "user", "only": ["bob"]}}
    async with gateway(config) as running:
        bob = running.make_token("bob", "read,chat,tools", name="bobs")
        async with running.connect() as owner, running.connect(token=bob) as client:
            await client.result("memory.store", key="diet", value="No meat on Fridays.")

            async def embedded() -> int:
                rows = (await owner.result("usage.query", by="model", user="bob"))["rows"]
                return next((row["requests"] for row in rows if row["key"] == "vectors"), 0)

            async def until(requests: int) -> None:
                with anyio.fail_after(SECONDS):
                    while await embedded() < requests:
                        pass  # each look takes its time

            await until(1)
            used = (await client.result("budget.status"))["budgets"][0]["used"]
            assert used >= 1

            await client.result("memory.search", query="What is eaten?")
            await until(2)
            await owner.result("budget.set", name="guests", tokens=int(used), per="user", only=["bob"])
            await client.result("memory.search", query="What is drunk?")
            await client.result("memory.store", key="drink", value="Water.")
            assert await embedded() == 2
            assert (await client.result("memory.search", query="water"))["results"][0]["key"] == "drink"
            assert await client.error("chat.run", message="hello")


async def test_a_price_makes_money_of_tokens(upstream: Upstream) -> None:
    config = settings(upstream.url)
    config["providers"]["primary"]["prices"] = {"scripted": {"input": 1_000_000, "output": 2_000_000}}
    config["budgets"] = {"money": {"cost": 1_000_000}}
    async with gateway(config) as running, client_of(running) as openai, running.connect() as client:
        await openai.chat("a b c")  # 3 words, answered with 4
        state = (await client.result("budget.status"))["budgets"][0]
        assert (state["unit"], state["used"], state["left"]) == ("cost", 11, 999_989)
        assert TOKEN not in str(state)

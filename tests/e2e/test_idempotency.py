"""The same idempotency key, from any door, again or at once or after a restart, is the same run."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import pytest

from tests.support.gateway import TestGateway, gateway, settings
from tests.support.upstream import Upstream


def asked(upstream: Upstream, text: str) -> int:
    """How often the model was asked that."""
    return sum(request["messages"][-1]["content"] == text for request in upstream.requests)


@pytest.mark.parametrize("named", [True, False], ids=["session-named", "session-made"])
async def test_twenty_at_once_over_sockets_and_http_are_one_run(
    served: TestGateway, upstream: Upstream, named: bool
) -> None:
    key, text = f"k-{uuid4().hex}", f"[[slow:3,5]]{uuid4().hex}"
    params: dict[str, Any] = {"message": text} | ({"sessionKey": key} if named else {})
    runs: list[str] = []
    sessions: set[str] = set()

    async def by_socket() -> None:
        async with served.connect() as client:
            accepted = await client.result("chat.run", idempotencyKey=key, **params)
            runs.append(accepted["runId"])
            sessions.add(accepted["sessionKey"])
            done = await client.event("chat.done", runId=accepted["runId"])
            assert done["data"]["finishReason"] == "stop"
            assert client.text(accepted["runId"]) == "w0 w1 w2 "

    async def by_http() -> None:
        async with served.http("POST", "/v1/agent/run", params, headers={"Idempotency-Key": key}) as response:
            answer = await response.json()
            assert response.status == 200, answer
            runs.append(answer["runId"])
            sessions.add(answer["sessionKey"])
            assert answer["response"] == "w0 w1 w2 "

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for at in range(20):
                group.start_soon(by_http if at % 4 == 0 else by_socket)
    assert len(runs) == 20
    assert len(set(runs)) == 1
    assert len(sessions) == 1
    assert asked(upstream, text) == 1
    async with served.connect() as client:
        history = await client.result("chat.history", sessionKey=sessions.pop())
        assert [message["role"] for message in history["messages"]] == ["user", "assistant"]


async def test_twenty_that_refuse_a_busy_session_are_one_run_all_the_same(served: TestGateway) -> None:
    key = uuid4().hex
    params = {"message": "[[slow:2,5]]", "sessionKey": key, "idempotencyKey": key, "options": {"ifBusy": "reject"}}
    async with served.connect() as client:
        for at in range(20):
            await client.send({"id": at, "method": "chat.run", "params": params})
        answers = [await client.next(lambda frame: "id" in frame) for _ in range(20)]
        assert len({answer["result"]["runId"] for answer in answers}) == 1, answers


async def test_the_same_socket_is_not_told_a_run_twice(served: TestGateway) -> None:
    async with served.connect() as client:
        params = {"message": "[[slow:10,10]]", "sessionKey": uuid4().hex, "idempotencyKey": uuid4().hex}
        run_id = (await client.result("chat.run", **params))["runId"]
        await client.event("chat.delta", runId=run_id)
        assert (await client.result("chat.run", **params))["runId"] == run_id
        await client.event("chat.done", runId=run_id)
        await client.result("agent.list")
        seqs = [frame["seq"] for frame in client.told(run_id)]
        assert seqs == sorted(set(seqs))
        assert client.text(run_id) == "".join(f"w{at} " for at in range(10))


async def test_another_socket_is_told_the_whole_run_though_it_comes_late(served: TestGateway) -> None:
    params = {"message": "[[slow:10,10]]", "sessionKey": uuid4().hex, "idempotencyKey": uuid4().hex}
    async with served.connect() as first, served.connect() as second:
        run_id = (await first.result("chat.run", **params))["runId"]
        for _ in range(3):
            await first.event("chat.delta", runId=run_id)
        assert (await second.result("chat.run", **params))["runId"] == run_id
        await second.event("chat.done", runId=run_id)
        assert second.text(run_id) == "".join(f"w{at} " for at in range(10))
        seqs = [frame["seq"] for frame in second.told(run_id)]
        assert seqs == sorted(set(seqs))


async def test_other_params_under_the_same_key_are_refused_on_every_door(served: TestGateway) -> None:
    key, session = uuid4().hex, uuid4().hex
    async with served.connect() as client:
        await client.chat("this", sessionKey=session, idempotencyKey=key)
        for params in (
            {"message": "that", "sessionKey": session},
            {"message": "this", "sessionKey": session, "options": {"temperature": 1}},
            {"message": "this", "sessionKey": session + "x"},
            {"message": "this"},
        ):
            error = await client.error("chat.run", idempotencyKey=key, **params)
            assert (error["code"], error["data"]["field"], error["data"]["reason"]) == (
                -32009, "idempotencyKey", "reused",
            )  # fmt: skip
            async with served.http("POST", "/v1/agent/run", {**params, "idempotencyKey": key}) as response:
                assert response.status == 422
                assert (await response.json())["error"]["code"] == "conflict"


async def test_params_that_mean_the_same_are_the_same(served: TestGateway) -> None:
    key, session = uuid4().hex, uuid4().hex
    async with served.connect() as client:
        first = await client.result("chat.run", message="this", sessionKey=session, idempotencyKey=key)
        again = await client.result(
            "chat.run", options={"stream": True}, metadata={}, idempotencyKey=key, sessionKey=session, message="this"
        )
        assert again["runId"] == first["runId"]


async def test_a_key_outlives_a_restart_graceful_or_not(upstream: Upstream, tmp_path: Path) -> None:
    key, text = uuid4().hex, uuid4().hex
    config = settings(upstream.url)
    params = {"message": text, "sessionKey": "main", "idempotencyKey": key}
    async with gateway(config, tmp_path) as served, served.connect() as client:
        run_id = (await client.result("chat.run", **params))["runId"]
        await client.event("chat.done", runId=run_id)
    async with gateway(config, tmp_path) as served, served.connect() as client:
        accepted = await client.result("chat.run", **params)
        assert accepted["runId"] == run_id
        await client.event("chat.done", runId=run_id)
        assert client.text(run_id) == f"echo: {text}"
        error = await client.error("chat.run", **{**params, "message": "other"})
        assert error["data"]["reason"] == "reused"
        assert (await client.result("chat.wait", runId=run_id))["response"] == f"echo: {text}"
    assert asked(upstream, text) == 1

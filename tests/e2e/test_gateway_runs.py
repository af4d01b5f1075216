"""Runs through a whole gateway: their order, their one final event, and what ends them."""

from itertools import pairwise
from typing import Any
from uuid import uuid4

import anyio
import pytest

from tests.support.context import is_context
from tests.support.gateway import Client, TestGateway, gateway, settings
from tests.support.upstream import Upstream

SECONDS = 10


def key() -> str:
    return f"s-{uuid4().hex[:12]}"


def finals(client: Client, run_id: str) -> list[str]:
    return [frame["data"]["finishReason"] for frame in client.told(run_id, "chat.done")]


async def quiet(client: Client) -> None:
    """All that was told until now has been seen."""
    await client.result("agent.list")


async def begun(client: Client, message: str = "[[hang-after:2]]", **params: Any) -> str:
    """A run that has begun to speak."""
    accepted = await client.result("chat.run", message=message, **params)
    await client.event("chat.delta", runId=accepted["runId"])
    return accepted["runId"]


@pytest.mark.parametrize("follows", [False, True], ids=["alone", "following-the-session"])
async def test_the_answer_comes_before_the_first_event_of_its_run(served: TestGateway, follows: bool) -> None:
    session = key()
    async with served.connect() as client:
        await client.result("session.create", sessionKey=session)
        if follows:
            await client.result("event.subscribe", sessionKey=session)
            await client.result("event.subscribe", topics=["messages"])
        for at in range(20):
            client.seen.clear()
            accepted = await client.result("chat.run", message=f"word {at}", sessionKey=session)
            assert not client.told(accepted["runId"]), "an event came before the answer"
            await client.event("chat.done", runId=accepted["runId"])
            await quiet(client)
            told = client.told(accepted["runId"])
            assert [frame["type"] for frame in told if frame["type"] != "chat.delta"] == [
                "chat.message", "chat.started", "chat.message", "chat.done",
            ]  # fmt: skip
            seqs = [frame["seq"] for frame in told]
            assert seqs == sorted(set(seqs)), "each event once, in order"
            assert seqs[0] > accepted["seq"]


async def test_the_answer_to_a_batch_comes_before_the_events_of_its_runs(served: TestGateway) -> None:
    session = key()
    async with served.connect() as client:
        calls = [
            {"jsonrpc": "2.0", "id": 1, "method": "chat.run", "params": {"message": "one", "sessionKey": session}},
            {"jsonrpc": "2.0", "id": 2, "method": "chat.run", "params": {"message": "two", "sessionKey": session}},
            {"jsonrpc": "2.0", "id": 3, "method": "session.get", "params": {"sessionKey": session}},
        ]
        await client.send(calls)
        answers = await client.next()
        assert isinstance(answers, list), "the answers come first"
        runs = [answer["result"]["runId"] for answer in sorted(answers, key=lambda answer: answer["id"])[:2]]
        for run_id in runs:
            await client.event("chat.done", runId=run_id)
        assert [client.text(run_id) for run_id in runs] == ["echo: one", "echo: two"]


async def test_a_subscription_in_a_batch_misses_nothing_while_the_batch_is_answered(served: TestGateway) -> None:
    session = key()
    async with served.connect() as talker, served.connect() as listener:
        run_id = await begun(talker, "[[slow:30,5]]", sessionKey=session)
        await listener.send(
            [
                {"id": 1, "method": "event.subscribe", "params": {"sessionKey": session}},
                {"id": 2, "method": "chat.wait", "params": {"runId": run_id, "timeoutMs": 60}},
            ]
        )
        answers = await listener.next()
        at = next(answer["result"]["seq"] for answer in answers if answer["id"] == 1)
        await listener.event("chat.done", runId=run_id)
        seqs = [frame["seq"] for frame in listener.told(run_id)]
        assert seqs == list(range(at + 1, at + 1 + len(seqs)))


async def test_a_call_in_a_batch_that_stops_a_run_of_the_same_batch_does_not_wait_for_itself(
    served: TestGateway,
) -> None:
    for method in ("session.delete", "session.reset"):
        session = key()
        async with served.connect() as client:
            await client.result("session.create", sessionKey=session)
            await client.send(
                [
                    {"id": 1, "method": "chat.run", "params": {"message": "hi", "sessionKey": session}},
                    {"id": 2, "method": "session.get", "params": {"sessionKey": session}},
                    {"id": 3, "method": method, "params": {"sessionKey": session}},
                ]
            )
            answers = {answer["id"]: answer for answer in await client.next(lambda frame: isinstance(frame, list))}
            # Aborted where it was there first, in a session made anew where it came after.
            done = await client.event("chat.done", runId=answers[1]["result"]["runId"])
            assert done["data"]["finishReason"] in ("aborted", "stop")
            assert "result" in answers[3]


async def test_messages_sent_without_waiting_are_taken_in_their_order(served: TestGateway) -> None:
    async with served.connect() as client:
        for _ in range(10):
            session = key()
            for at in range(5):
                await client.send(
                    {
                        "id": f"{session}{at}",
                        "method": "chat.run",
                        "params": {"message": f"{at}", "sessionKey": session},
                    }
                )
            for _ in range(5):
                await client.event("chat.done", sessionKey=session)
            history = (await client.result("chat.history", sessionKey=session))["messages"]
            assert [message["content"] for message in history if message["role"] == "user"] == list("01234")


async def test_runs_of_one_session_go_one_after_another(served: TestGateway, upstream: Upstream) -> None:
    session = key()
    async with served.connect() as client:
        runs: list[str] = []
        statuses: list[str] = []
        for at in range(4):
            accepted = await client.result("chat.run", message=f"[[slow:3,20]]{session} {at}", sessionKey=session)
            runs.append(accepted["runId"])
            statuses.append(accepted["status"])
        assert statuses == ["accepted", "queued", "queued", "queued"]
        # The ends of the others may have come between the answers.
        await client.event("chat.done", runId=runs[-1])
        order = [frame["data"]["runId"] for frame in client.seen if frame.get("type") == "chat.started"]
        ends = [frame["data"]["runId"] for frame in client.seen if frame.get("type") == "chat.done"]
        assert order == ends == runs
        marks = [
            (frame["type"], frame["data"]["runId"]) for frame in client.seen if frame.get("type", "x")[:5] == "chat."
        ]
        for run_id, following in pairwise(runs):
            assert marks.index(("chat.done", run_id)) < marks.index(("chat.started", following))
    # Each was given the answers before it, its own question last, and none of those that waited behind it.
    asked = [request["messages"] for request in upstream.requests if session in request["messages"][-1]["content"]]
    for at, messages in enumerate(asked):
        said = [message["content"] for message in messages if message["role"] != "system"]
        if is_context(said[-3:][0]):  # what is recalled stands right before the question
            del said[-3:-1]
        wanted = [text for n in range(at) for text in (f"[[slow:3,20]]{session} {n}", "w0 w1 w2 ")]
        assert said == [*wanted, f"[[slow:3,20]]{session} {at}"]


async def test_runs_of_different_sessions_go_side_by_side(served: TestGateway) -> None:
    async with served.connect() as client:
        first = await begun(client, sessionKey=key())
        text, done = await client.chat("beside", sessionKey=key())
        assert (text, done["data"]["finishReason"]) == ("echo: beside", "stop")
        assert not finals(client, first)
        await client.result("chat.abort", runId=first)


async def test_a_busy_session_refuses_where_that_is_asked_for(served: TestGateway) -> None:
    session = key()
    async with served.connect() as client:
        first = await begun(client, sessionKey=session)
        error = await client.error("chat.run", message="x", sessionKey=session, options={"ifBusy": "reject"})
        assert (error["code"], error["data"]["code"], error["data"]["reason"]) == (-32009, "conflict", "busy")
        await client.result("chat.abort", runId=first)
        _, done = await client.chat("now", sessionKey=session, options={"ifBusy": "reject"})
        assert done["data"]["finishReason"] == "stop"
        history = await client.result("chat.history", sessionKey=session)
        assert "x" not in [message["content"] for message in history["messages"]]


async def test_a_message_may_interrupt_the_run_before_it_and_those_that_wait(served: TestGateway) -> None:
    session = key()
    async with served.connect() as client:
        first = await begun(client, sessionKey=session)
        waiting = (await client.result("chat.run", message="waits", sessionKey=session))["runId"]
        accepted = await client.result("chat.run", message="now", sessionKey=session, options={"ifBusy": "interrupt"})
        done = await client.event("chat.done", runId=accepted["runId"])
        await quiet(client)
        assert done["data"]["finishReason"] == "stop"
        assert client.text(accepted["runId"]) == "echo: now"
        assert [finals(client, run_id) for run_id in (first, waiting)] == [["aborted"], ["aborted"]]
        history = (await client.result("chat.history", sessionKey=session))["messages"]
        assert ("w0 w1 ", "aborted") in [(message["content"], message["status"]) for message in history]


async def test_closing_a_socket_does_not_end_its_run(served: TestGateway) -> None:
    session = key()
    async with served.connect() as client:
        run_id = await begun(client, "[[slow:20,10]]", sessionKey=session)
    async with served.connect() as client:
        state = await client.result("chat.wait", runId=run_id)
        assert (state["status"], state["response"]) == ("completed", "".join(f"w{at} " for at in range(20)))


async def test_closing_a_socket_at_any_moment_leaves_no_run_without_an_end(served: TestGateway) -> None:
    """Each run that reached the disk ends, at whatever point of its acceptance the client went away."""
    session = key()
    async with served.connect() as client:
        await client.result("session.create", sessionKey=session)
    for steps in range(40):
        async with served.connect() as client:
            call = {"id": 1, "method": "chat.run", "params": {"message": f"n{steps}", "sessionKey": session}}
            await client.send(call)
            for _ in range(steps):
                await anyio.lowlevel.checkpoint()
            client.socket.transport.abort()
    async with served.connect() as client:
        with anyio.fail_after(SECONDS):
            while "activeRunId" in await client.result("session.get", sessionKey=session):
                await anyio.lowlevel.checkpoint()
        detail = await client.result("session.get", sessionKey=session)
        by_run: dict[str, set[str]] = {}
        for message in detail["messages"]:
            by_run.setdefault(message["runId"], set()).add(message["role"])
        assert all(roles == {"user", "assistant"} for roles in by_run.values())
        for run_id in by_run:
            assert (await client.result("chat.wait", runId=run_id, timeoutMs=1))["status"] == "completed"


async def test_closing_a_socket_in_the_middle_of_a_write_holds_back_nobodys_events(served: TestGateway) -> None:
    session = key()
    async with served.connect() as listener:
        await listener.result("session.create", sessionKey=session)
        await listener.result("event.subscribe", sessionKey=session)
        for steps in range(30):
            async with served.connect() as client:
                await client.send(
                    {"id": 1, "method": "chat.inject", "params": {"sessionKey": session, "content": f"n{steps}"}}
                )
                for _ in range(steps):
                    await anyio.lowlevel.checkpoint()
                client.socket.transport.abort()
        await listener.result("chat.inject", sessionKey=session, content="last")
        kept = (await listener.result("chat.history", sessionKey=session, limit=100))["messages"]
        told = [frame["data"]["message"]["content"] for frame in listener.seen if frame.get("type") == "chat.message"]
        assert sorted(told) == sorted(message["content"] for message in kept)


async def test_abort_reaches_the_model_at_once(served: TestGateway, upstream: Upstream) -> None:
    async with served.connect() as client:
        before = upstream.aborted
        upstream.gone.clear()
        run_id = await begun(client, sessionKey=key())
        answer = await client.result("chat.abort", runId=run_id)
        assert answer == {"runId": run_id, "aborted": True, "status": "aborted"}
        with anyio.fail_after(2):
            await upstream.gone.wait()
        assert upstream.aborted == before + 1
        assert finals(client, run_id) == ["aborted"], "the final event came before the answer"


async def test_a_run_that_waits_can_be_aborted(served: TestGateway) -> None:
    session = key()
    async with served.connect() as client:
        first = await begun(client, sessionKey=session)
        second = (await client.result("chat.run", message="never", sessionKey=session))["runId"]
        assert (await client.result("chat.abort", runId=second))["status"] == "aborted"
        await quiet(client)
        assert finals(client, second) == ["aborted"]
        assert not client.told(second, "chat.started")
        assert [frame["data"]["message"]["content"] for frame in client.told(second, "chat.message")] == ["never"]
        await client.result("chat.abort", runId=first)


async def test_twenty_aborts_at_once_make_one_final_event(served: TestGateway) -> None:
    async with served.connect() as client:
        run_id = await begun(client, sessionKey=key())
        for at in range(20):
            await client.send({"id": f"a{at}", "method": "chat.abort", "params": {"runId": run_id}})
        for _ in range(20):
            frame = await client.next(lambda frame: str(frame.get("id", "")).startswith("a"))
            assert frame["result"]["status"] == "aborted"
        assert finals(client, run_id) == ["aborted"]


async def test_a_run_ends_as_an_error_when_its_time_is_up(served: TestGateway, upstream: Upstream) -> None:
    async with served.connect() as client:
        upstream.gone.clear()
        _, done = await client.chat("[[hang-after:2]]", sessionKey=key(), options={"timeoutMs": 100})
        assert done["data"]["finishReason"] == "error"
        assert done["data"]["error"]["code"] == "timeout"
        assert "0.1 s" in done["data"]["error"]["message"]
        with anyio.fail_after(2):
            await upstream.gone.wait()


async def test_deleting_a_session_aborts_its_runs_first(served: TestGateway) -> None:
    session = key()
    async with served.connect() as client:
        first = await begun(client, sessionKey=session)
        second = (await client.result("chat.run", message="waits", sessionKey=session))["runId"]
        await client.result("session.delete", sessionKey=session)
        assert [finals(client, run_id) for run_id in (first, second)] == [["aborted"], ["aborted"]]
        for run_id in (first, second):
            assert (await client.error("chat.wait", runId=run_id))["data"]["code"] == "not_found"


@pytest.mark.parametrize("grace", [0, 5])
async def test_a_graceful_stop_gives_every_run_its_one_final_event(upstream: Upstream, grace: float) -> None:
    async with gateway(settings(upstream.url, shutdown_seconds=grace)) as served, served.connect() as client:
        slow = await begun(client, "[[slow:6,20]]", sessionKey="slow")
        waiting = (await client.result("chat.run", message="waits", sessionKey="slow"))["runId"]
        async with anyio.create_task_group() as group:
            group.start_soon(served.app.stop)
            with anyio.fail_after(SECONDS):
                await client.event("chat.done", runId=slow)
        assert finals(client, slow) == ["stop" if grace else "interrupted"]
        assert client.text(slow) == "".join(f"w{at} " for at in range(6)) or not grace
        assert finals(client, waiting) == ["interrupted"]
        with pytest.raises(Exception, match="1001"):
            await client.next()


async def test_no_new_runs_while_the_gateway_stops(upstream: Upstream) -> None:
    async with gateway(settings(upstream.url, shutdown_seconds=5)) as served, served.connect() as client:
        run_id = await begun(client, "[[hang-after:1]]", sessionKey="a")
        async with anyio.create_task_group() as group:
            group.start_soon(served.app.runs.close, 5)
            await anyio.lowlevel.checkpoint()
            error = await client.error("chat.run", message="late", sessionKey="b")
            assert (error["code"], error["data"]["reason"]) == (-32050, "stopping")
            assert error["data"]["retryable"] is True
            await client.result("chat.abort", runId=run_id)


async def test_runs_beyond_the_limit_wait_and_then_are_refused(upstream: Upstream) -> None:
    config = settings(upstream.url)
    config["runs"] = {"max_running": 2, "max_queued": 1}
    async with gateway(config) as served, served.connect() as client:
        running = [await begun(client, sessionKey=name) for name in ("a", "b")]
        third = await client.result("chat.run", message="third", sessionKey="c")
        assert third["status"] == "queued"
        error = await client.error("chat.run", message="fourth", sessionKey="d")
        assert (error["code"], error["data"]["code"], error["data"]["reason"]) == (
            -32050,
            "service_unavailable",
            "busy",
        )
        assert error["data"]["retryAfter"] >= 1
        status = await client.result("system.status")
        assert status["load"].pop("memoryBytes") > 0
        assert status["load"] == {"connections": 1, "runsRunning": 2, "runsQueued": 1}
        await client.result("chat.abort", runId=running[0])
        assert (await client.event("chat.done", runId=third["runId"]))["data"]["finishReason"] == "stop"
        assert (await client.result("chat.run", message="now", sessionKey="d"))["status"] == "accepted"
        await client.result("chat.abort", runId=running[1])


async def test_the_queue_of_one_session_is_bounded_too(upstream: Upstream) -> None:
    config = settings(upstream.url)
    config["runs"] = {"max_running": 10, "max_queued": 2}
    async with gateway(config) as served, served.connect() as client:
        first = await begun(client, sessionKey="a")
        for _ in range(2):
            assert (await client.result("chat.run", message="waits", sessionKey="a"))["status"] == "queued"
        error = await client.error("chat.run", message="too many", sessionKey="a")
        assert error["data"]["reason"] == "busy"
        assert (await client.chat("elsewhere", sessionKey="b"))[0] == "echo: elsewhere"
        await client.result("chat.abort", runId=first)


async def test_two_updates_at_once_of_one_session_are_both_kept(served: TestGateway) -> None:
    async with served.connect() as client:
        for _ in range(20):
            session = key()
            await client.result("session.create", sessionKey=session)
            for name, value in (("title", "changed"), ("labels", {"by": "another"})):
                params = {"sessionKey": session, name: value}
                await client.send({"jsonrpc": "2.0", "id": name, "method": "session.update", "params": params})
            for _ in range(2):
                answer = await client.next(lambda frame: frame.get("id") in ("title", "labels"))
                assert "result" in answer
            kept = await client.result("session.get", sessionKey=session)
            assert (kept["title"], kept["labels"]) == ("changed", {"by": "another"})

"""The Python client against a gateway: calls, runs, subscriptions, waited for and awaited, over a bad network too."""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import msgspec
import pytest

import openclaw
from openclaw import AsyncOpenClaw, AsyncOpenClawClient, Event, OpenClaw, OpenClawClient, types
from openclaw_rpc.protocol.table import METHODS, events
from openclaw_rpc.transports.ws.codes import CLOSE_CODES
from tests.support.cutting_proxy import CuttingProxy
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.scripted_gateway import After, Handler, Peer, scripted_gateway
from tests.support.upstream import scripted_upstream

WORDS = "".join(f"w{number} " for number in range(120))
SLOW = "[[slow:120,3]]"
LONG = "[[slow:2000,20]]"


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running:
        yield running


def text(seen: list[Event]) -> str:
    return "".join(event.data["delta"] for event in seen if event.type == "chat.delta")


def in_order(seen: list[Event]) -> bool:
    numbers = [event.seq or 0 for event in seen]
    return len({event.epoch for event in seen}) == 1 and numbers == sorted(set(numbers))


async def waiting(work: Any) -> Any:
    """Do in a thread what waits."""
    with anyio.fail_after(30):
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)


async def test_a_client_that_waits_has_every_verb(served: TestGateway) -> None:
    def use() -> None:
        with OpenClawClient(base_url=served.url, token=TOKEN) as client:
            assert client.state == "connecting"
            seen = list(client.chat.stream(message="Hello there", session_key="py-run"))
            assert text(seen) == "echo: Hello there"
            assert seen[-1].decoded().finish_reason == "stop"
            assert in_order(seen)
            assert client.state == "open"
            first = client.message("Hello")
            assert (first.content, first.role, first.skills_used) == ("echo: Hello", "assistant", [])
            assert first.tokens.total == first.tokens.input + first.tokens.output > 0
            assert client.message("again").conversation_id == first.conversation_id
            assert client.message("x", conversation_id="mine").conversation_id == "mine"
            chunks = list(client.message_stream("one two"))
            assert (chunks[0].type, chunks[-1].type) == ("start", "end")
            assert "".join(chunk.content for chunk in chunks) == "echo: one two"
            said = client.agent.run(message="Hello!", session_key="session-123", options={"thinking": "low"})
            assert (said.response, said.session_key) == ("echo: Hello!", "session-123")
            assert said.usage.total_tokens > 0
            assert client.session.get(session_key="session-123").message_count == 2
            assert client.call("session.list", {"limit": 1})["sessions"][0]["sessionKey"] == "session-123"
        assert client.state == "closed"
        with pytest.raises(openclaw.OpenClawError):
            client.call("agent.list")

    await waiting(use)


async def test_reference_002s_class_sends_and_streams(served: TestGateway) -> None:
    def use() -> None:
        client = OpenClaw(api_key=TOKEN, base_url=served.url)
        write = '[[tool:file_write {"path": "notes.md", "content": "x"}]]'
        said = client.messages.send(content=write)
        assert said.actions == [{"type": "file_created", "path": "notes.md"}]
        assert said.message_id and said.session_id
        parts = list(client.messages.stream(content="[[raw:so ```js\nlet x\n``` done]]"))
        joined = {kind: "".join(part.content for part in parts if part.type == kind) for kind in ("text", "code")}
        assert joined == {"text": "so  done", "code": "let x\n"}
        chunks = list(client.message_stream('[[tool:file_read {"path": "notes.md"}]]'))
        assert [(c.type, c.tool, c.status) for c in chunks if c.tool] == [
            ("tool_call", "file_read", "invoking"),
            ("tool_result", "file_read", "completed"),
        ]
        client.close()

    await waiting(use)


async def test_an_awaited_client_has_every_verb(served: TestGateway) -> None:
    with anyio.fail_after(30):
        async with AsyncOpenClawClient(served.url, TOKEN) as client:
            seen = [event async for event in client.chat.stream(message="Hello there", session_key="py-async")]
            assert text(seen) == "echo: Hello there"
            assert (await client.message("Hello")).content == "echo: Hello"
            assert "".join([chunk.content async for chunk in client.message_stream("one two")]) == "echo: one two"
            assert (await client.agent.run(message="Hello!")).response == "echo: Hello!"
            assert (await client.session.list(limit=1)).total >= 1
        async with AsyncOpenClaw(served.url, api_key=TOKEN) as other:
            assert (await other.messages.send(content="Hello")).content == "echo: Hello"
            assert [part.type async for part in await other.messages.stream(content="Hi")][-1] == "text"


async def test_leaving_the_loop_aborts_the_run(served: TestGateway) -> None:
    def use() -> str | None:
        client = OpenClawClient(served.url, TOKEN)
        run_id = ""
        for event in client.chat.stream(message=LONG, session_key="py-left"):
            run_id = event.data.get("runId", run_id)
            if event.type == "chat.delta":
                break
        reason = client.chat.wait(run_id=run_id).finish_reason
        client.close()
        return reason

    assert await waiting(use) == "aborted"
    with anyio.fail_after(30):
        async with AsyncOpenClawClient(served.url, TOKEN) as client:
            run = client.chat.stream(message=LONG, session_key="py-left-async")
            await anext(run)
            run.close()
            assert (await client.chat.wait(run_id=run.run_id or "")).finish_reason == "aborted"


async def test_errors_are_classes_and_name_the_field(served: TestGateway) -> None:
    with anyio.fail_after(30):
        async with AsyncOpenClawClient(served.url, TOKEN) as client:
            with pytest.raises(openclaw.NotFoundError) as missing:
                await client.session.get(session_key="nowhere")
            assert (missing.value.code, missing.value.field) == ("not_found", "sessionKey")
            with pytest.raises(openclaw.InvalidRequestError):
                await client.call("session.get", {"sessionKey": 5})
            for failing in (client.message("[[error:broken]]"), client.messages.send("[[error:broken]]")):
                with pytest.raises(openclaw.RunError) as failed:
                    await failing
                assert failed.value.finish_reason == "error" and failed.value.run_id
                assert failed.value.error and failed.value.error["code"] == "provider_error"
            with pytest.raises(openclaw.RunError):
                _ = [chunk async for chunk in client.message_stream("[[error:broken]]")]
            run = client.chat.stream(message=LONG)
            await anext(run)
            with pytest.raises(openclaw.DeadlineError):
                await client.chat.wait(run_id=run.run_id or "", timeout=0.05)
            run.close()
        stranger = AsyncOpenClawClient(served.url, "secret-and-wrong")
        with pytest.raises(openclaw.UnauthorizedError) as refused:
            await stranger.call("agent.list")
        assert "secret" not in str(refused.value)
        assert stranger.state == "closed"


async def test_where_nobody_listens_a_call_fails_after_its_tries(free_tcp_port: int) -> None:
    client = AsyncOpenClawClient(f"http://127.0.0.1:{free_tcp_port}", "t", max_retries=1)
    with anyio.fail_after(20), pytest.raises(openclaw.ConnectionFailedError, match=str(free_tcp_port)):
        await client.call("agent.list")
    await client.close()


async def test_who_hangs_up_before_it_greets_is_asked_again(served: TestGateway) -> None:
    allowed = iter((20, 1_000_000))
    with CuttingProxy(int(served.url.rpartition(":")[2]), lambda: next(allowed)) as proxy, anyio.fail_after(20):
        async with AsyncOpenClawClient(f"http://127.0.0.1:{proxy.port}", TOKEN) as client:
            assert (await client.agent.list()).agents
        assert proxy.connections == 2


async def test_threads_share_one_client_and_one_socket(served: TestGateway) -> None:
    def use(url: str) -> None:
        client = OpenClawClient(url, TOKEN)
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda number: client.message(f"n{number}", f"py-t{number}").content, range(48)))
        assert answers == [f"echo: n{number}" for number in range(48)]
        client.close()

    with CuttingProxy(int(served.url.rpartition(":")[2])) as proxy:
        await waiting(partial(use, f"http://127.0.0.1:{proxy.port}"))
        assert proxy.connections == 1


async def test_whoever_calls_while_it_is_closed_or_afterwards_is_told(served: TestGateway) -> None:
    def call_until_closed(client: OpenClawClient) -> str:
        try:
            while True:
                client.call("agent.list")
        except openclaw.OpenClawError as error:
            return str(error)

    def use() -> None:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(60):
                client = OpenClawClient(served.url, TOKEN)
                stream = client.subscribe(topics=["sessions"])
                callers = [pool.submit(call_until_closed, client) for _ in range(4)]
                client.close()
                client.close()
                assert {caller.result(20) for caller in callers} == {"the client was closed"}
                with pytest.raises(openclaw.OpenClawError, match="the client was closed"):
                    next(stream)

    await waiting(use)


async def test_two_hundred_calls_at_once_are_all_answered(served: TestGateway) -> None:
    with anyio.fail_after(30):
        async with AsyncOpenClawClient(served.url, TOKEN) as client:
            pages = await asyncio.gather(*(client.session.list(limit=1) for _ in range(200)))
    assert len(pages) == 200


async def test_a_subscription_tells_what_was_missed_then_what_comes(served: TestGateway) -> None:
    with anyio.fail_after(30):
        async with AsyncOpenClawClient(served.url, TOKEN) as client:
            first = [event async for event in client.chat.stream(message="one", session_key="py-watched")]
            after = (first[0].epoch or "", first[0].seq or 0)
            watched = client.subscribe(session_key="py-watched", after=after)
            second = client.chat.stream(message="two", session_key="py-watched")
            seen: list[Event] = []
            async for event in watched:
                seen.append(event)
                if len([each for each in seen if each.type == "chat.done"]) == 2:
                    break
            assert text(seen) == "echo: oneecho: two"
            assert in_order(seen)
            assert text([event async for event in second]) == "echo: two"
            topic = client.subscribe(topics=["messages"])
            await client.call("agent.list")
            await client.message("heard")
            assert (await anext(topic)).data["message"]["content"] == "heard"


def bad_network(served: TestGateway, seed: int) -> CuttingProxy:
    """A network that cuts every connection after some bytes, wherever in a frame that is."""
    return CuttingProxy(int(served.url.rpartition(":")[2]), partial(random.Random(seed).randint, 800, 6000))


async def test_nothing_is_lost_and_nothing_comes_twice_over_a_bad_network(served: TestGateway) -> None:
    states: list[str] = []
    with bad_network(served, 1) as proxy, anyio.fail_after(60):
        async with AsyncOpenClawClient(f"http://127.0.0.1:{proxy.port}", TOKEN) as client:
            client.on_state(states.append)

            async def follow(number: int) -> list[Event]:
                stream = client.chat.stream(message=SLOW, session_key=f"py-bad-{number}")
                return [event async for event in stream]

            runs = await asyncio.gather(*(follow(number) for number in range(3)))
        for seen in runs:
            assert text(seen) == WORDS
            assert seen[-1].data["finishReason"] == "stop"
            assert in_order(seen)
        assert proxy.connections > 3
    assert states[-1] == "closed" and "reconnecting" in states


async def test_a_thread_that_waits_loses_nothing_either(served: TestGateway) -> None:
    with bad_network(served, 2) as proxy:

        def use() -> None:
            client = OpenClawClient(f"http://127.0.0.1:{proxy.port}", TOKEN)
            seen = list(client.chat.stream(message=SLOW, session_key="py-bad-thread"))
            assert text(seen) == WORDS and in_order(seen)
            assert client.message("Hello").content == "echo: Hello"
            client.close()

        await waiting(use)
        assert proxy.connections > 2


ACCEPTED = {"runId": "r1", "sessionKey": "s", "status": "accepted", "epoch": "e1", "seq": 10}


async def follow_scripted(methods: dict[str, Handler]) -> list[Event]:
    with anyio.fail_after(20):
        async with scripted_gateway(methods) as scripted:
            url = scripted.url.replace("ws", "http", 1)
            async with AsyncOpenClawClient(url, "t") as client:
                return [event async for event in client.chat.stream(message="Hi")]


@pytest.mark.parametrize("ended", [True, False])
async def test_where_history_is_gone_the_run_is_told_from_its_state(ended: bool) -> None:
    async def run(peer: Peer, params: dict[str, Any]) -> Any:
        async def play() -> None:
            await peer.delta("one ", 11)
            await peer.drop()

        return After(ACCEPTED, play)

    async def subscribe(peer: Peer, params: dict[str, Any]) -> Any:
        assert params == {"runId": "r1", "after": {"epoch": "e1", "seq": 11}}
        return {"epoch": "e2", "seq": 3, "resync": True}

    async def wait(peer: Peer, params: dict[str, Any]) -> Any:
        done = {"finishReason": "length", "response": "one two three"}
        return {"runId": "r1", "status": "completed" if ended else "running", **(done if ended else {})}

    async def get(peer: Peer, params: dict[str, Any]) -> Any:
        async def rest() -> None:
            await peer.delta("two ", 5, "e2")  # in the snapshot already
            await peer.delta("three", 6, "e2")
            await peer.done(7, epoch="e2")

        live = [{"runId": "r1", "status": "running", "text": "one two "}]
        return After({"sessionKey": "s", "epoch": "e2", "seq": 5, "live": live}, rest)

    methods: dict[str, Handler] = {"chat.run": run, "event.subscribe": subscribe, "chat.wait": wait, "session.get": get}
    seen = await follow_scripted(methods)
    assert [event.type for event in seen][:2] == ["chat.delta", "resync"]
    assert seen[1].data["response"] == ("one two three" if ended else "one two ")
    assert text(seen) == ("one " if ended else "one three")
    assert seen[-1].data["finishReason"] == ("length" if ended else "stop")


async def test_a_run_that_begins_again_is_told_to_who_takes_its_answer_in_pieces() -> None:
    async def run(peer: Peer, params: dict[str, Any]) -> Any:
        async def play() -> None:
            started = {"sessionKey": "s", "runId": "r1", "agentId": "a"}
            await peer.event("chat.started", started, 11)
            await peer.delta("```\none", 12)
            await peer.event("chat.started", started, 1, "e2")
            await peer.delta("two", 2, "e2")
            await peer.done(3, epoch="e2")

        return After(ACCEPTED, play)

    with anyio.fail_after(20):
        async with scripted_gateway({"chat.run": run}) as scripted:
            url = scripted.url.replace("ws", "http", 1)
            async with AsyncOpenClawClient(url, "t") as client:
                chunks = [(chunk.type, chunk.content) async for chunk in client.message_stream("Hi")]
                parts = [(part.type, part.content) async for part in await client.messages.stream(content="Hi")]
    assert chunks == [("start", ""), ("token", "```\none"), ("resync", ""), ("token", "two"), ("end", "")]
    assert parts == [("code", "one"), ("resync", ""), ("text", "two")]


async def test_a_run_whose_answer_was_lost_is_asked_for_again_under_its_key() -> None:
    keys: list[str] = []

    async def run(peer: Peer, params: dict[str, Any]) -> Any:
        keys.append(params["idempotencyKey"])
        if peer.number == 1:
            await peer.drop()
        return After(ACCEPTED, lambda: peer.done(11))

    seen = await follow_scripted({"chat.run": run})
    assert len(keys) == 2 and keys[0] == keys[1]
    assert [event.type for event in seen] == ["chat.done"]


async def test_a_change_whose_answer_was_lost_is_not_made_again() -> None:
    async def reset(peer: Peer, params: dict[str, Any]) -> Any:
        await peer.drop()

    with anyio.fail_after(20):
        async with scripted_gateway({"session.reset": reset}) as scripted:
            async with AsyncOpenClawClient(scripted.url, "t") as client:
                with pytest.raises(openclaw.ConnectionFailedError, match=r"session\.reset"):
                    await client.session.reset(session_key="s")
            assert len(scripted.calls) == 1


@pytest.mark.parametrize(("code", "error"), [(1009, openclaw.TooLargeError), (4002, openclaw.UnauthorizedError)])
async def test_a_close_code_that_says_no_is_obeyed(code: int, error: type[openclaw.APIError]) -> None:
    async def run(peer: Peer, params: dict[str, Any]) -> Any:
        peers.append(peer.number)
        await peer.close(code, "no")

    peers: list[int] = []
    with pytest.raises(error, match="closed the connection: no"):
        await follow_scripted({"chat.run": run})
    assert peers == [1]


async def test_who_greets_and_hangs_up_is_asked_more_and_more_seldom() -> None:
    async def agents(peer: Peer, params: dict[str, Any]) -> Any:
        await peer.close(1011, "internal error")

    async with scripted_gateway({"agent.list": agents}) as scripted:
        async with AsyncOpenClawClient(scripted.url, "t") as client:
            with anyio.fail_after(20), pytest.raises(openclaw.DeadlineError):
                await client.call("agent.list", {}, timeout=1.5)
        assert 2 <= len(scripted.calls) <= 6


async def test_what_the_gateway_would_not_take_is_refused_before_it_is_sent(served: TestGateway) -> None:
    with CuttingProxy(int(served.url.rpartition(":")[2])) as proxy, anyio.fail_after(20):
        async with AsyncOpenClawClient(f"http://127.0.0.1:{proxy.port}", TOKEN) as client:
            with pytest.raises(openclaw.TooLargeError) as caught:
                await client.message("é" * 5_300_000)
            assert caught.value.details["limit"] == 10 * 1024 * 1024 < caught.value.details["size"]
            assert (await client.message("Hello")).content == "echo: Hello"
        assert proxy.connections == 1


async def test_a_client_keeps_no_process_alive(served: TestGateway) -> None:
    code = (
        "import openclaw, sys\n"
        "client = openclaw.OpenClawClient(sys.argv[1], sys.argv[2])\n"
        "for event in client.chat.stream(message='Hello'):\n"
        "    print(event.data.get('delta', ''), end='')\n"
    )
    package = Path(openclaw.__file__).parents[1]
    with anyio.fail_after(30):
        done = await anyio.run_process([sys.executable, "-W", "error", "-c", code, served.url, TOKEN], cwd=package)
    assert done.stdout.decode() == "echo: Hello"
    assert done.stderr == b""


def test_every_row_is_a_method_of_both_clients_and_every_answer_is_known() -> None:
    client, awaited = OpenClawClient("http://127.0.0.1:1"), AsyncOpenClawClient("http://127.0.0.1:1")
    for row in METHODS:
        for each in (client, awaited):
            assert callable(getattr(getattr(each, row.namespace), row.verb)), row.name
        if isinstance(row.result, type):
            msgspec.json.Decoder(getattr(types, row.result.__name__))
    assert types.EVENTS.keys() == events().keys()
    for kind in types.EVENTS.values():
        msgspec.json.Decoder(kind)
    client.close()


def test_it_stays_away_after_the_close_codes_that_say_so() -> None:
    from openclaw._connection import REFUSALS

    assert set(REFUSALS) == {each.code for each in CLOSE_CODES if not each.reconnect}


def test_a_client_that_is_let_go_ends_its_thread() -> None:
    def threads() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "openclaw"]

    before = len(threads())
    client = OpenClawClient("http://127.0.0.1:1")
    (mine,) = threads()[before:]
    del client
    gc.collect()
    mine.join(10)
    assert not mine.is_alive()

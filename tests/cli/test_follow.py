"""Following a run through what can happen to a connection."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from openclaw_rpc.cli.client import Target, connect
from openclaw_rpc.cli.errors import CliError, ConnectionLost, NoGateway
from openclaw_rpc.cli.follow import RunFollower
from openclaw_rpc.cli.link import Link
from tests.support.scripted_gateway import After, Handler, Peer, RefusedError, scripted_gateway

ACCEPTED = {"runId": "r1", "sessionKey": "s", "status": "accepted", "epoch": "e1", "seq": 10}
SECONDS = 10


def accept(then: Callable[[Peer], Awaitable[None]]) -> Handler:
    """Answers `chat.run`, then plays what follows."""

    async def handler(peer: Peer, params: dict[str, Any]) -> Any:
        return After(ACCEPTED, lambda: then(peer))

    return handler


async def follow(methods: dict[str, Handler], **params: Any) -> tuple[str, list[Any], list[Any]]:
    """The text that a follower collects, the events it saw, and the calls the gateway got."""
    with anyio.fail_after(SECONDS):
        async with scripted_gateway(methods) as gateway, Link(Target(gateway.url), patience=5) as link:
            run = await RunFollower.start(link, {"message": "hi", **params})
            seen = [event async for event in run.events()]
            text = "".join(event.data["delta"] for event in seen if event.type == "chat.delta")
            assert text == run.text
            return text, seen, gateway.calls


async def test_a_run_is_followed_to_its_final_event() -> None:
    async def play(peer: Peer) -> None:
        await peer.event("heartbeat", {"timestamp": 1, "status": "ok"})
        await peer.delta("Hel", 11)
        await peer.event("chat.delta", {"sessionKey": "s", "runId": "another", "delta": "X"}, 12)
        await peer.delta("lo", 13)
        await peer.done(14)

    text, seen, _ = await follow({"chat.run": accept(play)})
    assert text == "Hello"
    assert [event.type for event in seen] == ["chat.delta", "chat.delta", "chat.done"]


async def test_after_a_lost_connection_the_run_goes_on_where_it_was() -> None:
    async def play(peer: Peer) -> None:
        await peer.delta("one ", 11)
        await peer.drop()

    async def subscribe(peer: Peer, params: dict[str, Any]) -> Any:
        async def rest() -> None:
            await peer.delta("one ", 11)  # seen already: it is not told again
            await peer.delta("two", 12)
            await peer.done(13)

        return After({"epoch": "e1", "seq": 13, "resync": False}, rest)

    text, seen, calls = await follow({"chat.run": accept(play), "event.subscribe": subscribe})
    assert text == "one two"
    assert seen[-1].type == "chat.done"
    assert calls[-1] == (2, "event.subscribe", {"runId": "r1", "after": {"epoch": "e1", "seq": 11}})


async def test_where_history_is_gone_an_ended_run_is_told_from_its_state() -> None:
    async def play(peer: Peer) -> None:
        await peer.delta("one ", 11)
        await peer.drop()

    async def subscribe(peer: Peer, params: dict[str, Any]) -> Any:
        return {"epoch": "e2", "seq": 0, "resync": True}

    async def wait(peer: Peer, params: dict[str, Any]) -> Any:
        return {"runId": "r1", "status": "completed", "finishReason": "length", "response": "one two three"}

    text, seen, _ = await follow({"chat.run": accept(play), "event.subscribe": subscribe, "chat.wait": wait})
    assert text == "one two three"
    assert seen[-1].data["finishReason"] == "length"


async def test_where_history_is_gone_a_live_run_is_taken_up_from_the_snapshot() -> None:
    async def play(peer: Peer) -> None:
        await peer.delta("one ", 11)
        await peer.drop()

    async def subscribe(peer: Peer, params: dict[str, Any]) -> Any:
        return {"epoch": "e2", "seq": 3, "resync": True}

    async def wait(peer: Peer, params: dict[str, Any]) -> Any:
        return {"runId": "r1", "status": "running"}

    async def get(peer: Peer, params: dict[str, Any]) -> Any:
        async def rest() -> None:
            await peer.delta("two ", 5, "e2")  # in the snapshot already
            await peer.delta("three", 6, "e2")
            await peer.done(7, epoch="e2")

        live = [{"runId": "r1", "status": "running", "text": "one two "}]
        return After({"sessionKey": "s", "epoch": "e2", "seq": 5, "live": live}, rest)

    methods = {"chat.run": accept(play), "event.subscribe": subscribe, "chat.wait": wait, "session.get": get}
    text, seen, _ = await follow(methods)
    assert text == "one two three"
    assert seen[-1].type == "chat.done"


async def test_a_run_with_an_idempotency_key_is_asked_for_again_when_its_answer_was_lost() -> None:
    async def run(peer: Peer, params: dict[str, Any]) -> Any:
        if peer.number == 1:
            await peer.drop()
        return After(ACCEPTED, lambda: peer.done(11))

    _, seen, calls = await follow({"chat.run": run}, idempotencyKey="k")
    assert [(number, method) for number, method, _ in calls] == [(1, "chat.run"), (2, "chat.run")]
    assert seen[-1].type == "chat.done"


async def test_a_run_without_one_is_not() -> None:
    async def run(peer: Peer, params: dict[str, Any]) -> Any:
        await peer.drop()

    with pytest.raises(ConnectionLost):
        await follow({"chat.run": run})


async def test_a_refusal_keeps_its_code_its_field_and_its_reason() -> None:
    async def run(peer: Peer, params: dict[str, Any]) -> Any:
        raise RefusedError(-32602, "message is too short", code="invalid_request", field="message", reason="too short")

    with pytest.raises(CliError) as caught:
        await follow({"chat.run": run})
    assert (caught.value.code, caught.value.field, caught.value.reason) == ("invalid_request", "message", "too short")


async def test_patience_ends(free_tcp_port: int) -> None:
    lost: list[str] = []
    with anyio.fail_after(SECONDS):
        async with scripted_gateway({"x": never}) as gateway:
            link = Link(Target(gateway.url), patience=0.2, on_lost=lost.append)
            client = await link.client()
        with pytest.raises(ConnectionLost):
            await client.call("x")
        with pytest.raises(NoGateway):
            await link.client()
        await link.__aexit__(None, None, None)
    assert lost and "1001" in lost[0]


async def never(peer: Peer, params: dict[str, Any]) -> Any:
    raise AssertionError("nobody asks for this")


async def test_what_does_not_greet_is_no_gateway(free_tcp_port: int) -> None:
    from websockets.asyncio.server import ServerConnection, serve

    async def mute(socket: ServerConnection) -> None:
        await socket.send('{"type": "hello"}')
        await socket.wait_closed()

    with anyio.fail_after(SECONDS):
        async with serve(mute, "127.0.0.1", free_tcp_port):
            with pytest.raises(CliError, match="no gateway"):
                async with connect(Target(f"ws://127.0.0.1:{free_tcp_port}/")):
                    pass


async def test_where_nobody_listens_there_is_no_gateway(free_tcp_port: int) -> None:
    with anyio.fail_after(SECONDS), pytest.raises(NoGateway, match=r"http://127\.0\.0\.1"):
        async with connect(Target(f"ws://127.0.0.1:{free_tcp_port}/")):
            pass

"""The command line's connection: what it says when something is wrong with it, and how a run is taken up again."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

import openclaw
from openclaw_rpc.cli.connecting import connect, whole
from openclaw_rpc.cli.errors import CliError, ConnectionLost, NoGateway
from openclaw_rpc.cli.target import GatewayTarget
from tests.support.scripted_gateway import After, Handler, Peer, RefusedError, scripted_gateway

ACCEPTED = {"runId": "r1", "sessionKey": "s", "status": "accepted", "epoch": "e1", "seq": 10}
SECONDS = 10


def accept(then: Callable[[Peer], Awaitable[None]]) -> Handler:
    """Answers `chat.run`, then plays what follows."""

    async def handler(peer: Peer, params: dict[str, Any]) -> Any:
        return After(ACCEPTED, lambda: then(peer))

    return handler


async def follow(methods: dict[str, Handler], lost: list[str]) -> list[openclaw.Event]:
    with anyio.fail_after(SECONDS):
        async with scripted_gateway(methods) as gateway:
            target = GatewayTarget(gateway.url.replace("ws", "http", 1))
            async with connect(target, patience=3, on_lost=lost.append) as client:
                return [event async for event in whole(client.run({"message": "hi"}, None))]


async def test_what_was_missed_and_is_gone_comes_as_one_delta() -> None:
    async def play(peer: Peer) -> None:
        await peer.delta("one ", 11)
        await peer.drop()

    async def subscribe(peer: Peer, params: dict[str, Any]) -> Any:
        return {"epoch": "e2", "seq": 0, "resync": True}

    async def wait(peer: Peer, params: dict[str, Any]) -> Any:
        return {"runId": "r1", "status": "completed", "finishReason": "length", "response": "one two three"}

    lost: list[str] = []
    seen = await follow({"chat.run": accept(play), "event.subscribe": subscribe, "chat.wait": wait}, lost)
    assert [event.data.get("delta") for event in seen] == ["one ", "two three", None]
    assert seen[-1].data["finishReason"] == "length"
    assert lost == ["The connection was lost."]


async def test_what_is_gone_of_a_run_that_began_again_is_told_without_what_it_had_said_before() -> None:
    async def play(peer: Peer) -> None:
        await peer.delta("two one ", 11)
        await peer.event("chat.started", {"sessionKey": "s", "runId": "r1", "agentId": "a"}, 1, "e2")
        await peer.delta("two ", 2, "e2")
        await peer.drop()

    async def subscribe(peer: Peer, params: dict[str, Any]) -> Any:
        return {"epoch": "e3", "seq": 0, "resync": True}

    async def wait(peer: Peer, params: dict[str, Any]) -> Any:
        return {"runId": "r1", "status": "completed", "finishReason": "stop", "response": "two three"}

    seen = await follow({"chat.run": accept(play), "event.subscribe": subscribe, "chat.wait": wait}, [])
    assert [event.data.get("delta") for event in seen] == ["two one ", None, "two ", "three", None]


@pytest.mark.parametrize("ended", [True, False])
async def test_a_run_that_began_again_meanwhile_is_told_so(ended: bool) -> None:
    async def play(peer: Peer) -> None:
        await peer.delta("one ", 11)
        await peer.drop()

    async def subscribe(peer: Peer, params: dict[str, Any]) -> Any:
        return {"epoch": "e2", "seq": 2, "resync": True}

    async def wait(peer: Peer, params: dict[str, Any]) -> Any:
        done = {"status": "completed", "finishReason": "stop", "response": "two"}
        return {"runId": "r1", **(done if ended else {"status": "running"})}

    async def get(peer: Peer, params: dict[str, Any]) -> Any:
        live = [{"runId": "r1", "status": "running", "text": "two"}]
        return After({"sessionKey": "s", "epoch": "e2", "seq": 2, "live": live}, lambda: peer.done(3, epoch="e2"))

    methods: dict[str, Handler] = {"chat.run": accept(play), "event.subscribe": subscribe, "chat.wait": wait}
    seen = await follow({**methods, "session.get": get}, [])
    told = [(event.type, event.data.get("delta")) for event in seen]
    assert told == [("chat.delta", "one "), ("chat.started", None), ("chat.delta", "two"), ("chat.done", None)]


async def test_a_refusal_keeps_its_code_its_field_and_its_reason() -> None:
    async def run(peer: Peer, params: dict[str, Any]) -> Any:
        raise RefusedError(-32602, "message is too short", code="invalid_request", field="message", reason="too short")

    with pytest.raises(CliError) as caught:
        await follow({"chat.run": run}, [])
    assert (caught.value.code, caught.value.field, caught.value.reason) == ("invalid_request", "message", "too short")


async def test_a_connection_that_is_lost_is_told_from_one_that_never_was(free_tcp_port: int) -> None:
    async def drop(peer: Peer, params: dict[str, Any]) -> Any:
        await peer.drop()

    with anyio.fail_after(SECONDS):
        with pytest.raises(ConnectionLost):
            async with (
                scripted_gateway({"session.reset": drop}) as gateway,
                connect(GatewayTarget(gateway.url.replace("ws", "http", 1))) as client,
            ):
                await client.call("session.reset", {"sessionKey": "s"})
        with pytest.raises(NoGateway, match=r"http://127\.0\.0\.1"):
            async with connect(GatewayTarget(f"http://127.0.0.1:{free_tcp_port}/")):
                pass


async def test_what_does_not_greet_is_no_gateway(free_tcp_port: int) -> None:
    from websockets.asyncio.server import ServerConnection, serve

    async def mute(socket: ServerConnection) -> None:
        await socket.send('{"type": "hello"}')
        await socket.wait_closed()

    with anyio.fail_after(SECONDS):
        async with serve(mute, "127.0.0.1", free_tcp_port):
            with pytest.raises(CliError, match="not a gateway"):
                async with connect(GatewayTarget(f"http://127.0.0.1:{free_tcp_port}/")):
                    pass

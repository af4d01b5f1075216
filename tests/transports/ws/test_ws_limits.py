"""The WebSocket door's limits: each has its own close code or error, and hurts nobody else."""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import aiohttp
import anyio
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from openclaw_rpc.transports.ws.codes import CLOSE_CODES
from tests.support.gateway import PASSWORD, TOKEN, Client, TestGateway, gateway, settings
from tests.support.upstream import Upstream, scripted_upstream


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@pytest.fixture
async def served(upstream: Upstream) -> AsyncGenerator[TestGateway]:
    async with gateway(settings(upstream.url)) as running:
        yield running


async def close_code(client: Client, seconds: float = 10) -> int:
    """The code with which the gateway closes, after whatever it still says."""
    with anyio.fail_after(seconds):
        try:
            while True:
                client.seen.append(json.loads(await client.socket.recv()))
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "cut without a close frame"
            return closed.rcvd.code


def nested(depth: int) -> str:
    """A call whose JSON is nested that deep."""
    inner = depth - 2
    return '{"id": 1, "method": "agent.list", "params": {"x": ' + "[" * inner + "]" * inner + "}}"


async def test_json_may_be_64_deep_and_no_deeper(served: TestGateway) -> None:
    async with served.connect() as client:
        await client.send(nested(64))
        assert (await client.next())["error"]["code"] == -32602, "read, and refused for its field"
        await client.send(nested(65))
        error = (await client.next())["error"]
        assert (error["code"], error["data"]["reason"], error["data"]["limit"]) == (-32700, "depth", 64)
        brackets = {"id": 2, "method": "channel.status", "params": {"channelId": '"[{' * 30}}
        await client.send(json.dumps(brackets))
        assert (await client.next())["error"]["code"] == -32004, "brackets in a text are no depth"
        await client.send("[" * 100_000)
        assert (await client.next())["error"]["code"] == -32700


async def test_a_batch_holds_50_calls_and_no_more(served: TestGateway) -> None:
    async with served.connect() as client:
        calls = [{"id": at, "method": "agent.list"} for at in range(51)]
        await client.send(calls[:50])
        assert sorted(answer["id"] for answer in await client.next()) == list(range(50))
        await client.send(calls)
        error = (await client.next())["error"]
        assert (error["code"], error["data"]["limit"]) == (-32600, 50)


async def test_a_frame_full_of_quotes_does_not_hold_up_the_gateway(served: TestGateway) -> None:
    async with served.connect() as client, served.connect() as other:
        frame = "[" * 70 + '"' + '\\"' * 2_000_000
        with anyio.fail_after(5):
            await client.send(frame)
            await other.result("agent.list")
            assert (await client.next())["error"]["code"] == -32700


async def test_a_message_that_is_too_big_closes_the_socket(upstream: Upstream) -> None:
    async with gateway(settings(upstream.url, max_message_bytes=5000)) as served, served.connect() as client:
        await client.send(json.dumps({"id": 1, "method": "agent.list", "pad": "x" * 4900}))
        assert "result" in await client.next()
        await client.send("x" * 5001)
        assert await close_code(client) == 1009


async def test_binary_frames_are_read_like_text(served: TestGateway) -> None:
    async with served.connect() as client:
        await client.socket.send(b'{"id": 1, "method": "agent.list"}')
        assert "result" in await client.next()


async def test_calls_in_flight_are_bounded(upstream: Upstream) -> None:
    async with gateway(settings(upstream.url, max_in_flight=3)) as served, served.connect() as client:
        run_id = (await client.result("chat.run", message="[[hang]]"))["runId"]
        for at in range(4):
            await client.send({"id": f"w{at}", "method": "chat.wait", "params": {"runId": run_id}})
        error = (await client.next(lambda frame: frame.get("id") == "w3"))["error"]
        assert (error["code"], error["data"]["reason"], error["data"]["retryable"]) == (-32050, "in_flight", True)
        await client.result("agent.list")
        async with served.connect() as other:
            await other.result("chat.abort", runId=run_id)
        for _ in range(3):
            assert (await client.next(lambda frame: str(frame.get("id", ""))[:1] == "w"))["result"][
                "status"
            ] == "aborted"


async def test_calls_of_a_batch_count_too(upstream: Upstream) -> None:
    async with gateway(settings(upstream.url, max_in_flight=3)) as served, served.connect() as client:
        run_id = (await client.result("chat.run", message="[[hang]]"))["runId"]
        waits = [{"id": at, "method": "chat.wait", "params": {"runId": run_id, "timeoutMs": 50}} for at in range(10)]
        await client.send(waits)
        answers = await client.next(lambda frame: isinstance(frame, list))
        refused = [answer for answer in answers if "error" in answer]
        assert refused, "a batch is no way around the limit"
        assert {answer["error"]["data"]["reason"] for answer in refused} == {"in_flight"}
        await client.result("chat.abort", runId=run_id)


async def test_connections_of_one_token_are_bounded() -> None:
    async with AsyncExitStack() as stack, gateway(settings(max_connections_per_principal=2)) as served:
        for _ in range(2):
            await stack.enter_async_context(served.connect())
        with pytest.raises(InvalidStatus) as refused:
            await stack.enter_async_context(served.connect())
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"]
        assert json.loads(refused.value.response.body or b"")["error"]["code"] == "rate_limited"
        async with served.connect("/ws", token=None, greeted=False) as late:
            await late.send({"type": "auth", "token": TOKEN})
            assert await close_code(late) == 4029
        other = await stack.enter_async_context(served.connect(token=served.make_token()))
        await other.result("agent.list")


async def test_connections_that_come_at_once_are_bounded_all_the_same() -> None:
    async with gateway(settings(max_connections_per_principal=3)) as served, AsyncExitStack() as stack:
        opened: list[Client] = []
        refused: list[int] = []

        async def one() -> None:
            try:
                opened.append(await stack.enter_async_context(served.connect()))
            except InvalidStatus as error:
                refused.append(error.response.status_code)
            except ConnectionClosed as closed:
                refused.append(closed.rcvd.code if closed.rcvd else 0)

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(one)
        assert len(opened) == 3
        assert set(refused) <= {429, 4029}
        for client in opened:
            await client.result("agent.list")


async def test_a_place_is_free_again_when_a_socket_is_gone() -> None:
    async with gateway(settings(max_connections_per_principal=1)) as served:
        for _ in range(5):
            async with served.connect() as client:
                await client.result("agent.list")
            with anyio.fail_after(5):
                while served.app.doors.ws.open:
                    await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("path", ["/", "/ws"])
@pytest.mark.parametrize(
    ("token", "headers"),
    [("wrong", {}), (None, {"X-OpenClaw-Password": "wrong"}), (None, {"Authorization": "Basic eDp5"})],
    ids=["token", "password", "basic"],
)
async def test_wrong_credentials_are_refused_in_the_handshake(
    path: str, token: str | None, headers: dict[str, str], served: TestGateway
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with served.connect(path, token=token, headers=headers):
            pass
    response = refused.value.response
    assert response.status_code == 401
    assert "Bearer" in response.headers["WWW-Authenticate"]
    assert json.loads(response.body or b"")["error"]["code"] == "unauthorized"


async def test_without_credentials_the_root_refuses_in_the_handshake(served: TestGateway) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with served.connect("/", token=None):
            pass
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/?token={TOKEN}", {}),
        (f"/ws?token={TOKEN}", {}),
        (f"/?password={PASSWORD}", {}),
        ("/", {"X-OpenClaw-Password": PASSWORD}),
    ],
)
async def test_credentials_may_come_in_any_of_their_forms(
    path: str, headers: dict[str, str], served: TestGateway
) -> None:
    async with served.connect(path, token=None, headers=headers) as client:
        await client.result("agent.list")


async def test_other_paths_serve_no_websocket(served: TestGateway) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with served.connect("/socket"):
            pass
    assert refused.value.response.status_code == 404


async def test_a_revoked_token_closes_its_sockets_and_no_others(served: TestGateway) -> None:
    token = served.make_token(name="gone")
    async with (
        served.connect(token=token) as first,
        served.connect("/ws", token=None, greeted=False) as second,
        served.connect(token=served.make_token(name="stays")) as stays,
        served.connect() as admin,
    ):
        await second.send({"type": "auth", "token": token})
        await second.next()
        await admin.result("token.revoke", name="gone")
        assert await close_code(first) == 4002
        assert await close_code(second) == 4002
        await stays.result("agent.list")
        with pytest.raises(InvalidStatus):
            async with served.connect(token=token):
                pass


async def test_a_token_may_revoke_itself_and_is_answered_before_its_socket_is_closed(served: TestGateway) -> None:
    async with served.connect(token=served.make_token(scopes="admin", name="self")) as client:
        assert (await client.result("token.revoke", name="self"))["revoked"] is True
        assert await close_code(client) == 4002


async def test_an_expired_token_closes_its_socket_at_the_next_heartbeat(upstream: Upstream) -> None:
    async with gateway(settings(upstream.url, heartbeat_seconds=0.1)) as served, served.connect() as admin:
        made = await admin.result("token.create", name="short", expiresIn="2s")
        async with served.connect(token=made["token"]) as client:
            assert await close_code(client, 10) == 4002


async def test_a_configuration_that_changes_applies_without_a_restart(served: TestGateway) -> None:
    async with served.connect() as client:

        async def update(**gateway: Any) -> None:
            answer = await client.result("config.update", config={"gateway": gateway})
            assert answer["restartRequired"] is False, answer

        await update(max_message_bytes=2000)
        async with served.connect() as other:
            await other.send("x" * 2001)
            assert await close_code(other) == 1009
        await update(max_connections_per_principal=1)
        with pytest.raises(InvalidStatus) as refused:
            async with served.connect():
                pass
        assert refused.value.response.status_code == 429
        await update(rate_limit={"requests_per_minute": 1})
        await client.call("agent.list")
        assert (await client.error("agent.list"))["data"]["code"] == "rate_limited"


async def test_the_runs_limits_and_agents_change_without_a_restart(served: TestGateway, upstream: Upstream) -> None:
    async with served.connect() as client:
        await client.result(
            "config.update",
            config={"runs": {"timeout_seconds": 0.1}, "agents": {"brief": {"system": "Say little."}}},
        )
        _, done = await client.chat("[[hang]]")
        assert done["data"]["error"]["code"] == "timeout"
        assert "brief" in [agent["id"] for agent in (await client.result("agent.list"))["agents"]]
        await client.result("config.update", config={"runs": {"timeout_seconds": None}})
        await client.chat("hi", agentId="brief")
        assert upstream.requests[-1]["messages"][0]["content"].startswith("Say little.")


async def test_a_changed_token_closes_the_sockets_of_the_old_one(served: TestGateway) -> None:
    async with served.connect(token=None, headers={"X-OpenClaw-Password": PASSWORD}) as client:
        async with served.connect() as other:
            await client.result("config.update", config={"gateway": {"auth": {"token": "another-token-9876"}}})
            assert await close_code(other) == 4002
        await client.result("agent.list")
        async with served.connect(token="another-token-9876") as again:
            await again.result("agent.list")


async def test_heartbeats_come_to_every_socket_in_its_own_spelling() -> None:
    async with (
        gateway(settings(heartbeat_seconds=0.1)) as served,
        served.connect() as plain,
        served.connect(subprotocols=["jsonrpc"], greeted=False) as strict,
    ):
        assert strict.socket.subprotocol == "jsonrpc"
        assert (await strict.next())["method"] == "connected"
        assert (await strict.next())["method"] == "heartbeat"
        assert (await plain.next())["type"] == "heartbeat"


async def test_a_subprotocol_is_chosen_where_it_is_known(served: TestGateway) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for offered, chosen in ((["mqtt", "jsonrpc"], "jsonrpc"), (["mqtt"], None), ([], None)):
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(served.ws_url, headers=headers, protocols=offered) as socket,
        ):
            assert socket.protocol == chosen
            greeting = await socket.receive_json()
            assert ("method" in greeting) == (chosen == "jsonrpc")


def test_every_close_code_says_whether_to_come_back() -> None:
    codes = [code.code for code in CLOSE_CODES]
    assert len(set(codes)) == len(codes)
    for code in CLOSE_CODES:
        assert isinstance(code.reconnect, bool)
        assert code.meaning
        assert 1000 <= code.code < 1016 or 4000 <= code.code < 5000
        assert len(code.reason.encode()) <= 123


async def test_a_socket_that_aiohttp_opens_is_served_alike(served: TestGateway) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as session, session.ws_connect(served.ws_url + "/ws", headers=headers) as socket:
        with anyio.fail_after(5):
            assert (await socket.receive_json())["type"] == "auth_success"
            await socket.send_json({"id": uuid4().hex, "method": "agent.list"})
            assert "result" in await socket.receive_json()


async def test_a_websocket_to_what_is_served_over_http_alone_is_told_so(served: TestGateway) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with served.connect("/v1/responses", greeted=False):
            pass
    assert refused.value.response.status_code == 426

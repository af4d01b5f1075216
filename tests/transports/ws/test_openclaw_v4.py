"""OpenClaw's protocol, version 4, over real sockets: who is let in, turns, history, events without a hole."""

import json
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from openclaw_rpc.dialects.sockets.openclaw_v4.connect import connect_of
from openclaw_rpc.dialects.sockets.openclaw_v4.names import OpenClawError
from tests.support.device import DEVICE_ID, SEED, base64url, connecting
from tests.support.gateway import PASSWORD, TOKEN, Client, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

CLIENT = {"id": "cli", "version": "1", "platform": "linux", "mode": "cli"}


class Peer(Client):
    """A client of OpenClaw: no User-Agent, no credential in its head."""

    async def ask(self, method: str, params: Any = None) -> Any:
        self._id += 1
        call = str(self._id)
        await self.send({"type": "req", "id": call, "method": method, **({} if params is None else {"params": params})})
        answer = await self.next(lambda frame: frame["type"] == "res" and frame["id"] == call)
        return answer.get("payload") if answer["ok"] else answer["error"]

    async def hello(self, secret: str = TOKEN, **more: Any) -> Any:
        await self.next(lambda frame: frame.get("event") == "connect.challenge")
        given = {"minProtocol": 4, "maxProtocol": 4, "client": CLIENT, "auth": {"token": secret}, **more}
        return await self.ask("connect", given)

    async def event_of(self, name: str, **fields: Any) -> Any:
        """The first such event that was seen, or comes."""

        def wanted(frame: Any) -> bool:
            return frame.get("event") == name and fields.items() <= frame["payload"].items()

        frame = next((frame for frame in self.seen if wanted(frame)), None) or await self.next(wanted)
        return frame["payload"]

    async def turn(self, key: str, message: str, run: str, **fields: Any) -> Any:
        answer = await self.ask("chat.send", {"sessionKey": key, "message": message, "idempotencyKey": run, **fields})
        assert answer == {"runId": run, "status": "started"}
        return await self.event_of("chat", runId=run, state="final")


@pytest.fixture
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running:
        yield running


@asynccontextmanager
async def peer(served: TestGateway, path: str = "/", **options: Any) -> AsyncGenerator[Peer]:
    chosen = {"user_agent_header": None, "proxy": None, "max_queue": None, **options}
    async with connect(served.ws_url + path, **chosen) as socket:
        yield Peer(socket)


async def closed(client: Client) -> int | None:
    with anyio.fail_after(5), pytest.raises(ConnectionClosed):
        while True:
            client.seen.append(json.loads(await client.socket.recv()))
    return client.socket.close_code


def text(message: Any) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


async def test_a_turn_is_answered_streamed_and_ends_once(served: TestGateway) -> None:
    async with peer(served) as client:
        hello = await client.hello(caps=["tool-events"])
        assert hello["type"] == "hello-ok"
        assert "operator.admin" in hello["auth"]["scopes"]
        end = await client.turn("agent:main:a", '[[tool:file_list {"path": "/"}]]', "k1")
        assert text(end["message"]).startswith("tool said: ")
        told = [frame["payload"] for frame in client.seen if frame.get("event") in ("chat", "agent")]
        assert {one["runId"] for one in told} == {"k1"}
        assert [one["seq"] for one in told] == list(range(1, len(told) + 1))
        phases = [one["data"]["phase"] for one in told if one.get("stream") == "tool"]
        assert phases == ["start", "result"]
        numbers = [frame["seq"] for frame in client.seen if "seq" in frame]
        assert numbers == list(range(1, len(numbers) + 1))
        again = await client.ask("chat.send", {"sessionKey": "agent:main:a", "message": "x", "idempotencyKey": "k2"})
        assert again["status"] == "started"
        await client.event_of("chat", runId="k2", state="final")
        same = await client.ask("chat.send", {"sessionKey": "agent:main:a", "message": "x", "idempotencyKey": "k2"})
        assert same == {"runId": "k2", "status": "ok"}
        history = await client.ask("chat.history", {"sessionKey": "agent:main:a", "limit": 3})
        assert history["hasMore"] is True
        assert [message["role"] for message in history["messages"]] == ["assistant", "user", "assistant"]
        assert [message["__openclaw"]["seq"] for message in history["messages"]] == [4, 5, 6]


async def test_whoever_comes_in_the_middle_of_a_run_gets_what_was_said_and_the_rest(served: TestGateway) -> None:
    async with peer(served) as first, peer(served) as second:
        await first.hello()
        await second.hello()
        send = {"sessionKey": "main", "message": "[[slow:20,30]]", "idempotencyKey": "k"}
        await first.ask("chat.send", send)
        await first.event_of("chat", state="delta")
        history = await second.ask("chat.history", {"sessionKey": "agent:main:main"})
        assert history["inFlightRun"]["runId"] == "k"
        deltas = history["inFlightRun"]["text"]
        # Sent again by a client that lost its connection, it is the same run.
        assert await second.ask("chat.send", send) == {"runId": "k", "status": "in_flight"}
        await second.ask("sessions.messages.subscribe", {"key": "agent:main:main"})
        end = await second.event_of("chat", runId="k", state="final")
        # By the run's name their page tells that it has a message already.
        said = next(frame["payload"]["message"] for frame in second.seen if frame.get("event") == "session.message")
        assert said["role"] == "assistant" and said["__openclaw"]["runId"] == "k"
        kept = await second.ask("chat.history", {"sessionKey": "agent:main:main"})
        assert [message["__openclaw"]["runId"] for message in kept["messages"]] == ["k", "k"]
        deltas += "".join(
            frame["payload"]["deltaText"]
            for frame in second.seen
            if frame.get("event") == "chat" and frame["payload"]["state"] == "delta"
        )
        assert deltas == text(end["message"])
        assert deltas.split() == [f"w{at}" for at in range(20)]


async def test_whoever_was_away_gets_what_was_added_since_and_a_reset_where_that_cannot_be_told(
    served: TestGateway,
) -> None:
    async with peer(served) as first, peer(served) as second:
        await first.hello()
        await second.hello()
        key = {"sessionKey": "agent:main:main"}
        await first.turn(key["sessionKey"], "one", "k1")
        before = await second.ask("chat.history", key)
        cursor = {**key, "cursor": before["deltaCursor"]}
        none = await second.ask("chat.history", cursor)
        assert (none["kind"], none["messages"], none["deltaCursor"]) == ("delta", [], before["deltaCursor"])
        await first.turn(key["sessionKey"], '[[tool:file_list {"path": "/"}]]', "k2")
        since = await second.ask("chat.history", cursor)
        page = await second.ask("chat.history", key)
        added = [told["message"] for told in since["messages"]]
        assert before["messages"] + added == page["messages"]
        assert [told["messageSeq"] for told in since["messages"]] == [3, 4, 5, 6]
        assert since["deltaCursor"] == page["deltaCursor"] and since["sessionInfo"]["key"] == key["sessionKey"]
        await first.ask("chat.send", {**key, "message": "[[slow:20,30]]", "idempotencyKey": "k3"})
        await first.event_of("chat", state="delta", runId="k3")
        running = await second.ask("chat.history", cursor)
        assert running["inFlightRun"]["runId"] == "k3"
        await first.event_of("chat", state="final", runId="k3")
        for wrong in ("", "x", "-1:", "9:", "2:other", "9" * 5000, "٣:x", before["deltaCursor"] + "x"):
            assert await second.ask("chat.history", {**key, "cursor": wrong}) == {"kind": "reset"}
        assert await second.ask("chat.history", {"sessionKey": "other", "cursor": "0:"}) == {"kind": "reset"}
        await first.ask("sessions.reset", {"key": key["sessionKey"]})
        assert await second.ask("chat.history", cursor) == {"kind": "reset"}


async def test_an_abort_and_an_error_are_ends_of_their_own(served: TestGateway) -> None:
    async with peer(served) as client:
        await client.hello()
        await client.ask("chat.send", {"sessionKey": "s", "message": "[[slow:300,50]]", "idempotencyKey": "k"})
        await client.event_of("chat", state="delta")
        assert await client.ask("chat.abort", {"sessionKey": "s"}) == {"ok": True, "aborted": True, "runIds": ["k"]}
        assert text((await client.event_of("chat", state="aborted"))["message"]).startswith("w0")
        await client.ask("chat.send", {"sessionKey": "s", "message": "[[fail:400]]", "idempotencyKey": "k2"})
        assert (await client.event_of("chat", state="error", runId="k2"))["errorMessage"]


async def test_agent_is_answered_twice_under_one_id(served: TestGateway) -> None:
    async with peer(served) as client:
        await client.hello()
        assert (await client.ask("agent", {"message": "hi", "idempotencyKey": "k"}))["status"] == "accepted"
        second = await client.next(lambda frame: frame["type"] == "res")
        assert second["id"] == str(client._id)  # pyright: ignore[reportPrivateUsage]
        assert second["payload"]["result"]["payloads"] == [{"text": "echo: hi", "mediaUrl": None}]


async def test_a_session_has_one_truth_on_every_door(served: TestGateway) -> None:
    async with peer(served) as client, served.connect() as other:
        await client.hello()
        await client.ask("sessions.subscribe")
        await other.chat("from elsewhere", sessionKey="demo")
        listed = await client.ask("sessions.list", {})
        assert [row["key"] for row in listed["sessions"]] == ["agent:main:demo"]
        history = await client.ask("chat.history", {"sessionKey": "agent:main:demo"})
        assert [text(message) for message in history["messages"]] == ["from elsewhere", "echo: from elsewhere"]
        assert (await client.ask("sessions.patch", {"key": "agent:main:demo", "label": "Named"}))["ok"] is True
        assert (await other.result("session.get", sessionKey="demo"))["title"] == "Named"
        await client.ask("health")
        named = [
            frame["payload"]["sessionKey"]
            for frame in client.seen
            if frame.get("event") == "sessions.changed" and "Named" in str(frame)
        ]
        assert named == ["agent:main:demo"]
        await other.chat("heard here", sessionKey="demo")
        end = await client.event_of("chat", state="final", sessionKey="agent:main:demo")
        assert text(end["message"]) == "echo: heard here"


async def test_scopes_are_what_was_asked_for_of_what_the_token_allows(served: TestGateway) -> None:
    reader = served.make_token(scopes="read")
    send = {"sessionKey": "s", "message": "x", "idempotencyKey": "k"}
    for secret, asked in ((TOKEN, ["operator.read"]), (reader, ["operator.admin", "operator.read"])):
        async with peer(served) as client:
            assert (await client.hello(secret, scopes=asked))["auth"]["scopes"] == ["operator.read"]
            refused = await client.ask("chat.send", send)
            assert (refused["code"], refused["details"]["missingScope"]) == ("FORBIDDEN", "operator.write")
            config = await client.ask("config.get")
            # What reads there is open to whoever asked to read, as far as the token goes.
            assert config["valid"] if secret == TOKEN else config["details"]["missingScope"] == "operator.admin"
            assert (await client.ask("tools.invoke", {"name": "calc"}))["details"][
                "missingScope"
            ] == "operator.approvals"
            assert (await client.ask("health"))["ok"] is True


@pytest.mark.parametrize(
    ("params", "code", "close"),
    [
        ({"auth": {"token": "wrong"}}, "AUTH_TOKEN_MISMATCH", 1008),
        ({"auth": {}}, "AUTH_TOKEN_MISSING", 1008),
        ({"minProtocol": 5, "maxProtocol": 6}, "PROTOCOL_MISMATCH", 1002),
        ({"client": {**CLIENT, "id": "nobody"}}, None, 1008),
        ({"role": "node"}, None, 1008),
    ],
)
async def test_who_is_not_let_in_is_told_why(
    params: dict[str, Any], code: str | None, close: int, served: TestGateway
) -> None:
    async with peer(served) as client:
        error = await client.hello(**params)
        assert (error["code"], error.get("details", {}).get("code")) == ("INVALID_REQUEST", code)
        assert "wrong" not in json.dumps(error)
        assert await closed(client) == close


async def test_before_connect_little_is_taken(served: TestGateway) -> None:
    async with peer(served) as client:
        assert (await client.ask("health"))["code"] == "INVALID_REQUEST"
        assert await closed(client) == 1008
    async with peer(served) as client:
        await client.send("x" * 70_000)
        assert await closed(client) == 1009
    async with peer(served) as client:
        await client.send("no json")
        assert await closed(client) == 1008
        assert not [frame for frame in client.seen if frame["type"] == "res"]


async def test_after_connect_a_bad_frame_costs_itself_alone(served: TestGateway) -> None:
    async with peer(served) as client:
        await client.hello(auth={"password": PASSWORD})
        await client.send("{garbage")
        await client.send({"type": "req", "id": "1x"})
        assert (await client.next())["error"]["code"] == "INVALID_REQUEST"
        assert "no.such" in (await client.ask("no.such"))["message"]
        assert "idempotencyKey" in (await client.ask("chat.send", {"sessionKey": "s", "message": "x"}))["message"]
        assert (await client.ask("sessions.describe", {"key": "nobody"}))["session"] is None


async def test_the_base_path_speaks_it_to_everybody_and_the_root_to_those_without_a_user_agent(
    served: TestGateway,
) -> None:
    async with peer(served, "/openclaw", user_agent_header="native") as client:
        assert (await client.hello())["type"] == "hello-ok"
    async with peer(served, origin=served.url, user_agent_header="Mozilla/5.0") as client:
        assert (await client.hello())["type"] == "hello-ok"
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(served.connect(headers={}, user_agent_header=None))
        await client.result("agent.list")


async def test_the_pages_configuration_needs_a_token(served: TestGateway) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/control-ui-config.json", "/openclaw/control-ui-config.json"):
            assert (await session.get(served.url + path)).status == 401
            answer = await session.get(served.url + path, headers={"Authorization": f"Bearer {TOKEN}"})
            assert (await answer.json())["basePath"] == path.rpartition("/")[0]


async def test_a_device_is_given_a_token_that_its_signature_alone_makes_good(served: TestGateway) -> None:
    token = served.make_token(name="laptop")

    async def enter(secret: str, seed: bytes | None = SEED) -> Any:
        async with peer(served) as client:
            challenge = (await client.next())["payload"]
            params = connecting(challenge["nonce"], challenge["ts"], secret=secret, seed=seed or SEED)
            if seed is None:
                del params["device"]
            return await client.ask("connect", params)

    given = (await enter(token))["auth"]["deviceToken"]
    assert (await enter(given))["auth"]["deviceToken"] == given
    for other in (None, bytes(32)):
        assert (await enter(given, other))["details"]["code"] == "AUTH_TOKEN_MISMATCH"
    async with aiohttp.ClientSession() as session:
        bearer = {"Authorization": f"Bearer {given}"}
        assert (await session.get(served.url + "/control-ui-config.json", headers=bearer)).status == 200
        assert (await session.get(served.url + "/v1/sessions", headers=bearer)).status == 401
        async with served.connect() as admin:
            await admin.result("token.revoke", name="laptop")
        assert (await session.get(served.url + "/control-ui-config.json", headers=bearer)).status == 401
    assert (await enter(given))["details"]["code"] == "AUTH_TOKEN_MISMATCH"


async def come(client: Peer, secret: str = TOKEN, seed: bytes | None = None, scopes: Sequence[str] = ()) -> Any:
    """Connect as a device."""
    challenge = (await client.next())["payload"]
    chosen = scopes or ["operator.read"]
    given = connecting(challenge["nonce"], challenge["ts"], secret=secret, seed=seed or SEED, scopes=chosen)
    return await client.ask("connect", given)


async def test_devices_are_listed_and_sent_away(served: TestGateway) -> None:
    scopes = ["operator.admin", "operator.pairing"]
    async with peer(served) as first, peer(served) as second, served.connect() as owner:
        await owner.result("event.subscribe", topics=["gateway"])
        given = (await come(first, scopes=scopes))["auth"]["deviceToken"]
        own = DEVICE_ID
        (listed,) = (await first.ask("device.pair.list", {}))["paired"]
        assert listed["deviceId"] == own and listed["platform"] == "Linux" and listed["roles"] == ["operator"]
        assert "operator.admin" in listed["scopes"] and listed["createdAtMs"] <= listed["lastSeenAtMs"]
        (shown,) = (await owner.result("device.list"))["devices"]
        assert (shown["deviceId"], shown["token"], shown["user"]) == (own, "gateway", "owner")
        await come(second, seed=bytes(32), scopes=scopes)
        assert len((await second.ask("device.pair.list"))["paired"]) == 2
        assert (await second.ask("device.token.revoke", {"deviceId": own, "role": "operator"}))["deviceId"] == own
        assert await closed(first) == 1008
        assert (await owner.event("device.revoked"))["data"] == {"deviceId": own, "user": "owner"}
        states = {one["deviceId"]: one.get("revoked", False) for one in (await owner.result("device.list"))["devices"]}
        assert states.pop(own) is True and list(states.values()) == [False]
        async with peer(served) as again:
            assert (await come(again, given, scopes=scopes))["details"]["code"] == "AUTH_TOKEN_MISMATCH"
        async with peer(served) as again:
            fresh = (await come(again, scopes=scopes))["auth"]["deviceToken"]
            assert fresh != given
            assert await second.ask("device.pair.remove", {"deviceId": own}) == {"deviceId": own}
            assert await closed(again) == 1008
        assert [one["deviceId"] for one in (await owner.result("device.list"))["devices"]] == list(states)
        async with peer(served) as again:
            assert (await come(again, fresh, scopes=scopes))["details"]["code"] == "AUTH_TOKEN_MISMATCH"
        assert (await second.ask("device.pair.remove", {"deviceId": own}))["code"] == "INVALID_REQUEST"


async def test_a_devices_token_allows_what_the_device_was_let_in_with(served: TestGateway) -> None:
    async with peer(served) as client:
        given = (await come(client, scopes=["operator.read"]))["auth"]["deviceToken"]
        assert (await client.ask("device.pair.list"))["details"]["missingScope"] == "operator.pairing"
    async with peer(served) as client:
        hello = await come(client, given, scopes=["operator.admin", "operator.write", "operator.read"])
        assert hello["auth"]["scopes"] == ["operator.read"]
        ends = given[:-1] + ("0" if given[-1] != "0" else "1")
        for wrong in (given.replace(".read.", ".read-admin."), given.rpartition(".")[0], ends):
            async with peer(served) as again:
                assert (await come(again, wrong))["details"]["code"] == "AUTH_TOKEN_MISMATCH"


async def test_devices_are_kept_and_are_their_users_own() -> None:
    async with scripted_upstream() as upstream:
        with tempfile.TemporaryDirectory() as home:
            async with gateway(settings(upstream.url), home=Path(home)) as first, peer(first) as client:
                given = (await come(client))["auth"]["deviceToken"]
                theirs = first.make_token("ann", "read,chat,tools,admin", name="theirs")
                async with peer(first) as other:
                    await come(other, theirs, scopes=["operator.pairing"])
                    assert len((await other.ask("device.pair.list"))["paired"]) == 1
            async with gateway(settings(upstream.url), home=Path(home)) as second, peer(second) as client:
                assert (await come(client, given))["auth"]["deviceToken"] == given
                async with second.connect() as owner:
                    devices = (await owner.result("device.list"))["devices"]
                    assert sorted(one["user"] for one in devices) == ["ann", "owner"]
                    await owner.result("token.revoke", name="theirs")
                    devices = (await owner.result("device.list"))["devices"]
                    assert [one["user"] for one in devices if one.get("revoked")] == ["ann"]
            other = settings(upstream.url, auth={"token": "another-0123456789"})
            async with gateway(other, home=Path(home)) as third, peer(third) as client:
                assert (await come(client, given))["details"]["code"] == "AUTH_TOKEN_MISMATCH"
                async with third.connect(token="another-0123456789") as owner:
                    assert all(one["revoked"] for one in (await owner.result("device.list"))["devices"])


def signed(nonce: str, at: int, version: int, changes: dict[str, Any] | None = None) -> bytes:
    return json.dumps(connecting(nonce, at, version, changes=changes)).encode()


@pytest.mark.parametrize("version", [2, 3])
def test_a_device_may_sign_in_either_way(version: int) -> None:
    said = connect_of(signed("n", 1000, version), "n", 1000)
    assert said.device is not None
    assert said.device.public_key == "QHq2io9smLZdICTxWbpxfpaBnakIC_RfS3jOVu0XPpI"
    assert said.device.id == DEVICE_ID


@pytest.mark.parametrize(
    ("changes", "nonce", "at", "code"),
    [
        ({"signature": base64url(b"x" * 64)}, "n", 0, "DEVICE_AUTH_SIGNATURE_INVALID"),
        ({}, "other", 0, "DEVICE_AUTH_NONCE_MISMATCH"),
        ({"nonce": ""}, "n", 0, "DEVICE_AUTH_NONCE_REQUIRED"),
        ({}, "n", 200_000, "DEVICE_AUTH_SIGNATURE_EXPIRED"),
        ({"id": "0" * 64}, "n", 0, "DEVICE_AUTH_DEVICE_ID_MISMATCH"),
        ({"publicKey": "short"}, "n", 0, "DEVICE_AUTH_PUBLIC_KEY_INVALID"),
    ],
)
def test_a_device_that_does_not_prove_itself_is_refused(
    changes: dict[str, Any], nonce: str, at: int, code: str
) -> None:
    with pytest.raises(OpenClawError) as refused:
        connect_of(signed("n", 0, 3, changes), nonce, at)
    assert refused.value.details["code"] == code

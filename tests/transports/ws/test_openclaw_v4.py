"""OpenClaw's protocol, version 4, over real sockets: who is let in, turns, history, events without a hole."""

import base64
import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import anyio
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from openclaw_rpc.dialects.sockets.openclaw_v4.connect import Connect, connect_of, signed_texts
from openclaw_rpc.dialects.sockets.openclaw_v4.names import Refusal
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
        end = await second.event_of("chat", runId="k", state="final")
        deltas += "".join(
            frame["payload"]["deltaText"]
            for frame in second.seen
            if frame.get("event") == "chat" and frame["payload"]["state"] == "delta"
        )
        assert deltas == text(end["message"])
        assert deltas.split() == [f"w{at}" for at in range(20)]


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
            assert (await client.ask("config.get"))["details"]["missingScope"] == "operator.admin"
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

    async def come(secret: str, seed: bytes | None) -> Any:
        async with peer(served) as client:
            challenge = (await client.next())["payload"]
            params = msgspec.json.decode(
                signed(challenge["nonce"], challenge["ts"], 3, secret=secret, seed=seed or SEED)
            )
            if seed is None:
                del params["device"]
            return await client.ask("connect", params)

    given = (await come(token, SEED))["auth"]["deviceToken"]
    assert (await come(given, SEED))["auth"]["deviceToken"] == given
    for other in (None, bytes(32)):
        assert (await come(given, other))["details"]["code"] == "AUTH_TOKEN_MISMATCH"
    async with aiohttp.ClientSession() as session:
        bearer = {"Authorization": f"Bearer {given}"}
        assert (await session.get(served.url + "/control-ui-config.json", headers=bearer)).status == 200
        assert (await session.get(served.url + "/v1/sessions", headers=bearer)).status == 401
        async with served.connect() as admin:
            await admin.result("token.revoke", name="laptop")
        assert (await session.get(served.url + "/control-ui-config.json", headers=bearer)).status == 401
    assert (await come(given, SEED))["details"]["code"] == "AUTH_TOKEN_MISMATCH"


SEED = bytes.fromhex("d0cf5efe1d1b4ceeeae381998b6004443fbd4c223ab6562a47763682e51906d6")


def signed(
    nonce: str,
    at: int,
    version: int,
    changes: dict[str, Any] | None = None,
    *,
    secret: str = "t",
    seed: bytes = SEED,
) -> bytes:
    """The params of ``connect`` of a device that signs in one of the two ways."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    device = {"id": hashlib.sha256(raw).hexdigest(), "publicKey": _b64(raw), "signature": "", "signedAt": at}
    device |= {"nonce": nonce}
    client = {"id": "openclaw-tui", "version": "1", "platform": "Linux", "mode": "ui", "deviceFamily": "Linux"}
    params: dict[str, Any] = {"minProtocol": 4, "maxProtocol": 4, "client": client, "scopes": ["operator.read"]}
    params |= {"auth": {"token": secret}, "device": device}
    said = msgspec.convert(params, Connect)
    assert said.device is not None
    device["signature"] = _b64(key.sign(signed_texts(said, said.device)[3 - version]))
    device |= changes or {}
    return json.dumps(params).encode()


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize("version", [2, 3])
def test_a_device_may_sign_in_either_way(version: int) -> None:
    said = connect_of(signed("n", 1000, version), "n", 1000)
    assert said.device is not None
    assert said.device.public_key == "QHq2io9smLZdICTxWbpxfpaBnakIC_RfS3jOVu0XPpI"
    assert said.device.id == "656a41bed63ef3835b35427d49b5e53f040e8b04bff3f10c10538b5248d81292"


@pytest.mark.parametrize(
    ("changes", "nonce", "at", "code"),
    [
        ({"signature": _b64(b"x" * 64)}, "n", 0, "DEVICE_AUTH_SIGNATURE_INVALID"),
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
    with pytest.raises(Refusal) as refused:
        connect_of(signed("n", 0, 3, changes), nonce, at)
    assert refused.value.details["code"] == code

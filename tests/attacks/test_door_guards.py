"""The doors under attack: guesses are counted, pages of others lock nobody out, and values from outside stay values.

Each attack is first seen to succeed against the same gateway without the guard.
"""

import base64
from typing import Any

import aiohttp
import anyio
import anyio.to_thread
import msgspec
import pytest
import yaml
from websockets.exceptions import ConnectionClosed, InvalidStatus

from openclaw_rpc.config import doors
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain import guessing
from openclaw_rpc.domain.auth import Authenticator
from tests.cli.command import Home
from tests.support.gateway import PASSWORD, TOKEN, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

ATTACKER = {"X-Forwarded-For": "203.0.113.9"}
WRONG = [f"guess-{number}" for number in range(14)]


def behind_a_proxy() -> dict[str, Any]:
    return settings(trusted_proxies=["127.0.0.1"])


async def asked(opened: TestGateway, headers: dict[str, str], path: str = "/v1/models") -> tuple[int, int | None]:
    async with aiohttp.ClientSession() as session, session.get(opened.url + path, headers=headers) as response:
        wait = response.headers.get("Retry-After")
        return response.status, None if wait is None else int(wait)


async def guessed(opened: TestGateway, way: str, guess: str, headers: dict[str, str]) -> int:
    """Guess once, by one of the doors; answers the status, or 401 and 429 for what a socket was told."""
    match way:
        case "token":
            return (await asked(opened, {**headers, "Authorization": f"Bearer {guess}"}))[0]
        case "password":
            return (await asked(opened, {**headers, "X-OpenClaw-Password": guess}))[0]
        case "basic":
            shown = base64.b64encode(f"x:{guess}".encode()).decode()
            return (await asked(opened, {**headers, "Authorization": f"Basic {shown}"}))[0]
        case "query":
            return (await asked(opened, headers, f"/v1/models?token={guess}"))[0]
        case "login":
            async with opened.http("POST", "/login", {"token": guess}, token=None, headers=headers) as response:
                return response.status
        case "socket":
            try:
                async with opened.connect(token=guess, headers=headers):
                    return 200
            except InvalidStatus as refused:
                return refused.response.status_code
        case _:
            async with opened.connect("/ws", token=None, headers=headers, greeted=False) as client:
                await client.send({"type": "auth", "token": guess})
                try:
                    told = str(await client.next())
                except ConnectionClosed as closed:
                    told = str(closed)
                return 429 if "too many failed" in told else 401


WAYS = ["token", "password", "basic", "query", "login", "socket", "first frame"]


@pytest.mark.parametrize("way", WAYS)
async def test_guesses_are_counted_at_every_door(way: str) -> None:
    async with gateway(behind_a_proxy()) as opened:
        seen = [await guessed(opened, way, guess, ATTACKER) for guess in WRONG]
        assert seen == [401] * 10 + [429] * 4
        # The right one of somebody else is unaffected, that of the attacker's address has to wait.
        assert (await asked(opened, {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.10"}))[0] == 200
        right = PASSWORD if way in ("password", "basic") else TOKEN
        assert await guessed(opened, way, right, ATTACKER) == 429


async def test_without_the_guard_any_number_of_guesses_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "ATTEMPTS", 10**9)
    async with gateway(behind_a_proxy()) as opened:
        assert [await guessed(opened, "password", guess, ATTACKER) for guess in WRONG] == [401] * len(WRONG)
        assert await guessed(opened, "password", PASSWORD, ATTACKER) == 200


async def test_the_wait_that_is_told_is_a_minute_at_most() -> None:
    async with gateway(behind_a_proxy()) as opened:
        for guess in WRONG:
            await guessed(opened, "token", guess, ATTACKER)
        status, wait = await asked(opened, {**ATTACKER, "Authorization": "Bearer x"})
        assert status == 429
        assert wait is not None and 1 <= wait <= 60


async def test_who_is_not_a_proxy_invents_no_addresses() -> None:
    async with gateway(settings()) as opened:
        seen = [
            await guessed(opened, "password", guess, {"X-Forwarded-For": f"203.0.113.{at}"})
            for at, guess in enumerate(WRONG)
        ]
        assert seen[-1] == 429


@pytest.mark.parametrize("headers", [{"Origin": "https://other.example"}, {"Sec-Fetch-Site": "cross-site"}])
@pytest.mark.parametrize("way", ["password", "query", "socket"])
async def test_a_page_of_another_site_can_t_lock_its_reader_out(headers: dict[str, str], way: str) -> None:
    async with gateway(behind_a_proxy()) as opened:
        seen = [await guessed(opened, way, guess, {**ATTACKER, **headers}) for guess in WRONG]
        assert seen == [403] * len(WRONG)
        assert await guessed(opened, way, PASSWORD if way == "password" else TOKEN, ATTACKER) == 200


VALUES = ["${STOLEN}", "a ${STOLEN} b", "$${STOLEN}", "${", "${STOLEN:-x}", "$", "${not a name}"]


def from_file(opened: TestGateway) -> dict[str, Any]:
    return yaml.safe_load((opened.home / "gateway.yaml").read_text())


@pytest.mark.parametrize("value", VALUES)
async def test_what_comes_over_a_door_is_text_and_never_a_variable(value: str) -> None:
    async with gateway(settings(), env={"STOLEN": "the-secret"}) as opened, opened.connect() as client:
        agent = {"agents": {"spy": {"system": value, "skills": [value, "b"]}}}
        answer = await client.call("config.update", {"config": agent})
        assert "result" in answer, answer
        told = (await client.result("config.get"))["config"]["agents"]["spy"]
        assert (told["system"], told["skills"]) == (value, [value, "b"])
        assert "the-secret" not in str(told)
        opened.app.file.load()
        assert opened.app.file.settings.agents["spy"].system == value


async def test_without_the_guard_a_variable_of_the_environment_is_told() -> None:
    async with gateway(settings(), env={"STOLEN": "harmless"}) as opened, opened.connect() as client:
        await opened.app.file.update({"agents": {"spy": {"system": "${STOLEN}"}}})
        assert (await client.result("config.get"))["config"]["agents"]["spy"]["system"] == "harmless"


async def test_a_variable_that_stands_there_and_is_sent_back_stays() -> None:
    config = settings() | {"agents": {"kind": {"system": "${GREETING}"}}}
    async with gateway(config, env={"GREETING": "Be kind."}) as opened, opened.connect() as client:
        await client.result("config.update", config={"agents": {"kind": {"system": "${GREETING}", "max_steps": 3}}})
        assert from_file(opened)["agents"]["kind"] == {"system": "${GREETING}", "max_steps": 3}
        told = (await client.result("config.get"))["config"]["agents"]["kind"]
        await client.result("config.update", config={"agents": {"kind": told}})
        assert from_file(opened)["agents"]["kind"]["system"] == "${GREETING}"


SERVER = {"mcp": {"servers": {"own": {"command": "true", "enabled": False}}}}


async def test_a_setting_that_starts_a_program_needs_the_pin_over_a_door() -> None:
    async with gateway(settings()) as opened, opened.connect() as client:
        assert (await client.error("config.update", config=SERVER))["data"]["reason"] == "pin_not_set"
        await opened.app.tools.pins._store.set("2468")  # pyright: ignore[reportPrivateUsage]
        assert (await client.error("config.update", config=SERVER))["data"]["reason"] == "pin_required"
        assert (await client.error("config.update", config=SERVER, pin="1"))["data"]["reason"] == "wrong_pin"
        assert "mcp" not in from_file(opened)
        await client.result("config.update", config=SERVER, pin="2468")
        assert from_file(opened)["mcp"] == SERVER["mcp"]


async def test_what_is_not_guarded_and_what_does_not_change_need_no_pin() -> None:
    async with gateway(settings()) as opened, opened.connect() as client:
        await client.result("config.update", config={"runs": {"max_running": 9}, "logging": {"level": "debug"}})


def test_every_guarded_setting_is_there() -> None:
    """The list is of paths that the settings' structs have, so that a renamed one is not unguarded in silence."""
    for keys in doors.GUARDED:
        kind: Any = msgspec.inspect.type_info(Settings)
        for key in keys:
            while isinstance(kind, msgspec.inspect.Metadata):
                kind = kind.type
            if isinstance(kind, msgspec.inspect.DictType):
                kind = kind.value_type
            else:
                kind = {field.encode_name: field.type for field in kind.fields}[key]


def paths_and_programs(kind: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Settings that are called like programs or files."""
    found: list[tuple[str, ...]] = []
    while isinstance(kind, msgspec.inspect.Metadata):
        kind = kind.type
    if isinstance(kind, msgspec.inspect.UnionType):
        return [path for each in kind.types for path in paths_and_programs(each, above)]
    if isinstance(kind, msgspec.inspect.DictType):
        return paths_and_programs(kind.value_type, (*above, "*"))
    if isinstance(kind, msgspec.inspect.StructType):
        for field in kind.fields:
            name = field.encode_name
            if name in ("command", "args", "cwd", "executable", "path", "certificate", "key", "file", "folder"):
                found.append((*above, name))
            found += paths_and_programs(field.type, (*above, name))
    return found


def test_every_setting_that_names_a_file_or_a_program_is_guarded() -> None:
    for path in paths_and_programs(msgspec.inspect.type_info(Settings)):
        assert any(path[: len(rule)] == rule for rule in doors.GUARDED), path


async def held(opened: TestGateway, kind: str, token: str, begun: anyio.Event) -> str:
    """Hold something open by a token until it ends; answers how it did."""
    if kind == "socket":
        async with opened.connect(token=token) as client:
            begun.set()
            try:
                while True:
                    await client.next()
            except ConnectionClosed as closed:
                return str(closed.rcvd.code if closed.rcvd else closed)
    body = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "[[slow:3000,20]]"}]}
    method, path = ("POST", "/v1/chat/completions") if kind == "completion" else ("GET", "/v1/sessions/demo/events")
    try:
        async with opened.http(method, path, body if method == "POST" else None, token=token) as response:
            begun.set()
            text = (await response.read()).decode()
            return f"{response.status} {text[-80:]}"
    except aiohttp.ClientPayloadError:
        return "cut"


HELD = pytest.mark.parametrize("kind", ["socket", "events", "completion"])


@HELD
@pytest.mark.parametrize("how", ["revoked", "revoked by the command line", "expired"])
async def test_a_token_that_is_no_longer_valid_ends_what_it_holds_at_once(kind: str, how: str) -> None:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as opened, opened.connect() as admin:
        await admin.chat("hello", sessionKey="demo")
        lasts = "2s" if how == "expired" else "1h"
        made = await admin.result("token.create", name="bot", scopes=["read", "chat"], expiresIn=lasts)
        ended: list[str] = []
        begun = anyio.Event()

        async def hold() -> None:
            ended.append(await held(opened, kind, made["token"], begun))

        async with anyio.create_task_group() as group:
            group.start_soon(hold)
            with anyio.fail_after(10):
                await begun.wait()
            if how == "revoked":
                await admin.result("token.revoke", name="bot")
            elif how == "expired":
                await anyio.sleep_until(anyio.current_time() + 2)  # as long as it lasts
            else:
                done = await anyio.to_thread.run_sync(Home(opened.home).run, "token", "revoke", "bot")
                assert done.code == 0, done.err
            # A second, and what a busy machine takes.
            with anyio.fail_after(2.5):
                while not ended:  # noqa: ASYNC110
                    await anyio.sleep(0.01)
        assert kind != "socket" or ended == ["4002"]


@HELD
async def test_without_the_guard_it_holds_what_it_has(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Authenticator, "valid", lambda *_: True)
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as opened, opened.connect() as admin:
        await admin.chat("hello", sessionKey="demo")
        made = await admin.result("token.create", name="bot", scopes=["read", "chat"])
        begun = anyio.Event()
        with anyio.move_on_after(3) as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(held, opened, kind, made["token"], begun)
                await begun.wait()
                await admin.result("token.revoke", name="bot")
        assert scope.cancelled_caught, "it was ended although nothing ends it"


async def test_without_the_guard_a_page_of_another_site_locks_its_reader_out() -> None:
    async with gateway(settings(trusted_proxies=["127.0.0.1"], allowed_origins=["*"])) as opened:
        page = {**ATTACKER, "Origin": "https://other.example"}
        for guess in WRONG:
            await guessed(opened, "password", guess, page)
        assert await guessed(opened, "password", PASSWORD, ATTACKER) == 429


async def test_without_the_guard_a_token_of_an_admin_starts_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "GUARDED", ())
    async with gateway(settings()) as opened, opened.connect() as client:
        await client.result("config.update", config=SERVER)
        assert from_file(opened)["mcp"] == SERVER["mcp"]


async def test_without_the_guard_whoever_invents_addresses_guesses_on() -> None:
    async with gateway(settings(trusted_proxies=["0.0.0.0/0"])) as opened:
        seen = [
            await guessed(opened, "password", guess, {"X-Forwarded-For": f"203.0.113.{at}"})
            for at, guess in enumerate(WRONG)
        ]
        assert seen == [401] * len(WRONG)


async def raw(opened: TestGateway, data: bytes) -> bytes:
    """What is answered to some bytes."""
    port = int(opened.url.rpartition(":")[2])
    with anyio.fail_after(10):
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(data)
            return await stream.receive()


UPGRADE = (
    "GET /ws HTTP/1.{minor}\r\nHost: 127.0.0.1\r\n{upgrade}{connection}"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.parametrize(
    ("minor", "upgrade", "connection", "status", "missing"),
    [
        (0, "Upgrade: websocket\r\n", "Connection: Upgrade\r\n", b" 400 ", b"HTTP/1.1"),
        (1, "", "Connection: Upgrade\r\n", b" 426 ", b"no Upgrade: websocket;"),
        (1, "Upgrade: websocket\r\n", "", b" 426 ", b"no Connection: Upgrade;"),
        (1, "", "", b" 426 ", b"no Upgrade: websocket and no Connection: Upgrade;"),
        (1, "Upgrade: websocket\r\n", "Connection: keep-alive, Upgrade\r\n", b" 101 ", b""),
    ],
)
async def test_an_upgrade_that_is_none_says_what_is_missing(
    minor: int, upgrade: str, connection: str, status: bytes, missing: bytes
) -> None:
    async with gateway(settings()) as opened:
        sent = UPGRADE.format(minor=minor, upgrade=upgrade, connection=connection)
        answer = await raw(opened, sent.encode())
        assert status in answer.split(b"\r\n")[0]
        assert missing in answer


@pytest.mark.parametrize(("blank", "status"), [(3, b" 200 "), (100, b" 400 "), (100_000, b" 400 ")])
async def test_a_few_empty_lines_before_a_request_are_passed_over_and_no_more(blank: int, status: bytes) -> None:
    async with gateway(settings()) as opened:
        answer = await raw(opened, b"\r\n" * blank + b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert status in answer.split(b"\r\n")[0]

"""The people behind one key: named by a header that the token says, a signed token, Open WebUI's header, or a field."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import jwt
import pytest

from openclaw_rpc.domain.principals import Principal, owner
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Unauthorized
from openclaw_rpc.transports.http.people import People
from tests.support.openai import OpenAIClient, Served, client_of, served

SECRET = "a secret that both sides know, and nobody else"
SIGNED = "x-openwebui-user-jwt"
ID = "x-openwebui-user-id"


def signed(subject: Any = "ada", secret: str = SECRET, seconds: float = 300, **more: Any) -> str:
    now = int(time.time())
    said = {"sub": subject, "name": "Ada", "role": "user", "iss": "open-webui", "iat": now, "exp": now + seconds}
    return jwt.encode({**said, **more}, secret, algorithm="HS256")


def found(headers: dict[str, str], field: str | None = None, secret: str | None = None, **token: Any) -> str:
    principal = Principal("team", "key", frozenset(Scope), **token)
    return People(lambda: secret).of(principal, headers, field).user


def test_who_is_named_is_a_user_below_the_tokens() -> None:
    assert found({}) == "team"
    assert found({ID: "ada"}) == "team/ada"
    assert found({}, "bob") == "team/bob"
    assert found({ID: "ada"}, "bob") == "team/ada"
    assert found({ID: "  "}) == "team"
    assert found({ID: "x" * 300}).startswith("team/") and len(found({ID: "x" * 300})) < 60
    assert Scope.ADMIN not in People().of(owner("key"), {ID: "ada"}, None).scopes


def test_a_token_says_which_header_counts() -> None:
    assert found({"x-user": "ada", ID: "bob"}, end_user_header="X-User") == "team/ada"
    assert found({ID: "bob"}, end_user_header="X-User") == "team"
    assert found({ID: "bob"}, "cleo", end_user_header="X-User") == "team/cleo"


def test_a_signed_token_says_who_it_is() -> None:
    assert found({SIGNED: signed()}, secret=SECRET) == "team/ada"
    assert found({SIGNED: signed(), ID: "bob"}, "bob", secret=SECRET) == "team/ada"


@pytest.mark.parametrize(
    "token",
    [
        signed(secret="another secret that is long enough to sign"),
        signed(seconds=-1),
        signed(iss="somebody"),
        signed(subject=""),
        signed(subject=7),
        jwt.encode({"sub": "ada", "iss": "open-webui", "exp": 9e9}, "", algorithm="none"),
        jwt.encode({"sub": "ada", "iss": "open-webui"}, SECRET, algorithm="HS256"),
        "a.b.c",
        "",
        "x" * 5000,
    ],
)
def test_one_that_does_not_stand_is_refused(token: str) -> None:
    with pytest.raises(Unauthorized) as raised:
        found({SIGNED: token, ID: "ada"}, secret=SECRET)
    assert raised.value.field == SIGNED


def test_what_can_not_be_checked_is_refused_rather_than_taken_for_everybody() -> None:
    with pytest.raises(Unauthorized, match="user_jwt_secret"):
        found({SIGNED: signed()})
    with pytest.raises(Unauthorized, match="not signed"):
        found({ID: "ada"}, secret=SECRET)


@pytest.fixture
async def world() -> AsyncGenerator[Served]:
    async with served({"openai": {"user_jwt_secret": SECRET}}) as found:
        yield found


async def users(world: Served, text: str) -> set[str]:
    async with world.gateway.connect() as socket:
        return {each["user"] for each in (await socket.result("session.list", text=text))["sessions"]}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
async def test_the_openai_doors_take_a_signed_person(world: Served, path: str) -> None:
    text = f"people-{uuid4().hex}"

    async def ask(client: OpenAIClient, **headers: str) -> int:
        body = {"model": "openclaw", "input": text, "messages": [{"role": "user", "content": text}]}
        return (await client.ask("POST", path, body, **headers)).status

    assert await ask(world.client, X_OpenWebUI_User_Jwt=signed("ada")) == 200
    assert await ask(world.client, X_OpenWebUI_User_Jwt=signed("bob") + "x") == 401
    assert await ask(world.client, X_OpenWebUI_User_Id="cleo") == 401
    assert await users(world, text) == {"owner/ada"}


async def test_a_token_that_was_made_for_a_front_end_names_its_header(world: Served) -> None:
    async with world.gateway.connect() as socket:
        made = await socket.result("token.create", name="front", user="team", endUserHeader="X-User")
    assert made["endUserHeader"] == "X-User"
    text = f"people-{uuid4().hex}"
    async with client_of(world.gateway, made["token"]) as client:
        assert (await client.chat(text, "openclaw", {"X-User": "ada"})).status == 200
        assert (await client.chat(text, "openclaw")).status == 200
    assert await users(world, text) == {"team/ada", "team"}

"""Every scope against every row: a call is let in exactly where the token has the row's scope."""

from collections.abc import AsyncGenerator

import pytest

from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.base import Scope
from tests.support.gateway import TestGateway, gateway, settings

UNKNOWN = {"noSuchField": 1}
"""No row takes it: whoever is let in is told so, and nothing happens."""
ROWS = table.by_name()


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[TestGateway]:
    async with gateway(settings()) as running:
        yield running


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_token_with_one_scope_is_let_in_where_its_row_says_so_and_nowhere_else(
    scope: Scope, served: TestGateway
) -> None:
    wrong: list[str] = []
    async with served.connect(token=served.make_token(scopes=scope.value)) as client:
        for name, row in ROWS.items():
            error = await client.error(name, **UNKNOWN)
            wanted = "invalid_request" if row.scope is scope else "forbidden"
            if error["data"]["code"] != wanted:
                wrong.append(f"{name} needs {row.scope.value}: {error}")
            elif wanted == "forbidden" and (error["code"], error["data"]["scope"]) != (-32003, row.scope.value):
                wrong.append(f"{name}: {error}")
    assert not wrong


async def test_the_owners_own_token_is_let_in_everywhere(served: TestGateway) -> None:
    async with served.connect() as client:
        codes = {name: (await client.error(name, **UNKNOWN))["data"]["code"] for name in ROWS}
    assert set(codes.values()) == {"invalid_request"}, codes


async def test_every_scope_is_needed_by_some_row() -> None:
    assert {row.scope for row in ROWS.values()} == set(Scope)


async def test_a_call_that_is_forbidden_uses_up_no_rate() -> None:
    config = settings()
    config["gateway"]["rate_limit"] = {"requests_per_minute": 2}
    async with gateway(config) as served, served.connect(token=served.make_token(scopes="read")) as client:
        for _ in range(5):
            assert (await client.error("config.get"))["data"]["code"] == "forbidden"
        await client.result("agent.list")
        await client.result("agent.list")
        error = await client.error("agent.list")
        assert (error["code"], error["data"]["code"], error["data"]["limit"]) == (-32029, "rate_limited", 2)
        assert error["data"]["retryAfter"] >= 1
        assert error["data"]["retryable"] is True


async def test_messages_have_a_limit_of_their_own() -> None:
    config = settings()
    config["gateway"]["rate_limit"] = {"messages_per_minute": 1, "requests_per_minute": 1000}
    async with gateway(config) as served, served.connect() as client:
        await client.result("session.create", sessionKey="main")
        await client.result("chat.inject", sessionKey="main", content="one")
        assert (await client.error("chat.inject", sessionKey="main", content="two"))["data"]["code"] == "rate_limited"
        await client.result("chat.history", sessionKey="main")

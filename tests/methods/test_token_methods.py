from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.events.bus import Filter
from openclaw_rpc.domain.principals import Principal, owner
from openclaw_rpc.domain.tokens import KnownTokens, TokenService
from openclaw_rpc.methods.token import TokenMethods
from openclaw_rpc.protocol import token
from openclaw_rpc.protocol.base import Empty, Scope
from openclaw_rpc.protocol.errors import Forbidden, NotFound
from openclaw_rpc.protocol.token import TokenCreateParams, TokenRevokeParams
from openclaw_rpc.rpc.bind import join
from openclaw_rpc.rpc.call import Call
from tests.support.bus import Heard
from tests.support.kept import FAMILIES

ME = Call(owner("gateway"))
ALICE = Call(Principal("alice", "t", frozenset(Scope), "tok_alice"))


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture(params=FAMILIES)
async def service(request: pytest.FixtureRequest, tmp_path: Path, bus: MemoryBus) -> AsyncGenerator[TokenService]:
    async with FAMILIES[request.param](tmp_path) as kept:
        yield TokenService(KnownTokens(kept.tokens), SystemClock(), bus)


@pytest.fixture
def methods(service: TokenService) -> TokenMethods:
    return TokenMethods(service)


async def test_every_row_of_the_namespace_has_its_handler(methods: TokenMethods):
    table = {row.name: row for row in token.METHODS}
    assert set(join(table, [methods])) == set(table)


async def test_a_token_is_made_listed_and_revoked(methods: TokenMethods):
    made = await methods.create(TokenCreateParams(name="laptop", scopes=[Scope.READ]), ME)
    assert made.token.count(".") == 2
    assert [one.name for one in (await methods.list_(Empty(), ME)).tokens] == ["laptop"]
    gone = await methods.revoke(TokenRevokeParams(name="laptop"), Call(ME.principal))
    assert (gone.name, gone.revoked) == ("laptop", True)
    assert [one.revoked for one in (await methods.list_(Empty(), ME)).tokens] == [True]


async def test_that_a_token_was_revoked_is_told_after_the_answer(bus: MemoryBus, methods: TokenMethods):
    heard = Heard()
    bus.subscribe(Filter(names=frozenset({"token.revoked"})), heard)
    await methods.create(TokenCreateParams(name="laptop"), ME)
    call = Call(ME.principal)
    await methods.revoke(TokenRevokeParams(name="laptop"), call)
    assert heard.events == []
    call.answered()
    assert [(event.data.name, event.user) for event in heard.events] == [("laptop", "owner")]


async def test_what_the_service_refuses_the_caller_is_told(methods: TokenMethods):
    with pytest.raises(Forbidden):
        await methods.create(TokenCreateParams(name="laptop"), ALICE)
    await methods.create(TokenCreateParams(name="laptop"), ME)
    with pytest.raises(NotFound):
        await methods.revoke(TokenRevokeParams(name="laptop"), ALICE)

import pytest

from openclaw_rpc.adapters.tokens.memory import MemoryTokenStore
from openclaw_rpc.domain.auth import Principal, TokenService, owner
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.tokens import KnownTokens
from openclaw_rpc.methods.token import TokenMethods
from openclaw_rpc.protocol import token
from openclaw_rpc.protocol.base import Empty, Scope
from openclaw_rpc.protocol.errors import Forbidden, NotFound
from openclaw_rpc.protocol.token import TokenCreateParams, TokenRevokeParams
from openclaw_rpc.rpc.bind import join
from openclaw_rpc.rpc.call import Call

ME = Call(owner("gateway"))
ALICE = Call(Principal("alice", "t", frozenset(Scope), "tok_alice"))


@pytest.fixture
def service() -> TokenService:
    return TokenService(KnownTokens(MemoryTokenStore()), SystemClock())


@pytest.fixture
def methods(service: TokenService) -> TokenMethods:
    return TokenMethods(service)


def test_every_row_of_the_namespace_has_its_handler(methods: TokenMethods):
    table = {row.name: row for row in token.METHODS}
    assert set(join(table, [methods])) == set(table)


async def test_a_token_is_made_listed_and_revoked(methods: TokenMethods):
    made = await methods.create(TokenCreateParams(name="laptop", scopes=[Scope.READ]), ME)
    assert made.token.count(".") == 2
    assert [one.name for one in (await methods.list_(Empty(), ME)).tokens] == ["laptop"]
    gone = await methods.revoke(TokenRevokeParams(name="laptop"), Call(ME.principal))
    assert (gone.name, gone.revoked) == ("laptop", True)
    assert [one.revoked for one in (await methods.list_(Empty(), ME)).tokens] == [True]


async def test_the_sockets_of_a_revoked_token_are_closed_after_the_answer(service: TokenService, methods: TokenMethods):
    heard: list[str] = []
    service.on_revoked.append(heard.append)
    await methods.create(TokenCreateParams(name="laptop"), ME)
    call = Call(ME.principal)
    await methods.revoke(TokenRevokeParams(name="laptop"), call)
    assert heard == []
    call.answered()
    assert len(heard) == 1


async def test_what_the_service_refuses_the_caller_is_told(methods: TokenMethods):
    with pytest.raises(Forbidden):
        await methods.create(TokenCreateParams(name="laptop"), ALICE)
    await methods.create(TokenCreateParams(name="laptop"), ME)
    with pytest.raises(NotFound):
        await methods.revoke(TokenRevokeParams(name="laptop"), ALICE)

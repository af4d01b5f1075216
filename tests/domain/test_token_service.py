import msgspec
import pytest

from openclaw_rpc.domain.principals import ALL_SCOPES, Credentials, Principal, owner
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Conflict, Forbidden, InvalidRequest, NotFound
from openclaw_rpc.protocol.token import TokenCreateParams
from tests.support.auth import AuthWorld

ADMIN = owner("gateway")
ALICE = Principal("alice", "phone", frozenset({Scope.READ, Scope.CHAT}), "tok_alice")
ALICES_ADMIN = Principal("alice", "admin", ALL_SCOPES, "tok_alice_admin")


@pytest.fixture
def world() -> AuthWorld:
    return AuthWorld()


def create(world: AuthWorld, maker: Principal, name: str = "new", **params: object) -> None:
    world.create(maker, msgspec.convert({"name": name, **params}, TokenCreateParams))


def test_a_token_gets_every_scope_but_admin_where_none_is_named(world: AuthWorld):
    made = world.create(ADMIN, TokenCreateParams(name="new", expires_in="30d"))
    assert made.scopes == [Scope.READ, Scope.CHAT, Scope.TOOLS]
    assert (made.name, made.user, made.revoked) == ("new", "owner", False)
    assert made.created_at == "2026-09-21T14:13:20.000Z"
    assert made.expires_at == "2026-10-21T14:13:20.000Z"
    assert made.token.startswith("eyJ")


@pytest.mark.parametrize(
    ("maker", "params", "field"),
    [
        (ALICE, {}, "user"),
        (ALICES_ADMIN, {}, "user"),
        (ALICES_ADMIN, {"user": "bob", "scopes": ["read"]}, "user"),
        (ALICES_ADMIN, {"user": "alice", "scopes": ["admin"]}, "scopes"),
        (ALICE, {"user": "alice", "scopes": ["tools"]}, "scopes"),
        (ALICE, {"user": "alice"}, "scopes"),
        (Principal("owner", "t", frozenset({Scope.READ}), "tok_r"), {"user": "alice", "scopes": ["read"]}, "user"),
        (Principal("owner", "t", frozenset({Scope.ADMIN}), "tok_a"), {"scopes": ["read"]}, "scopes"),
    ],
)
def test_nobody_gives_away_what_they_do_not_have(
    world: AuthWorld, maker: Principal, params: dict[str, object], field: str
):
    with pytest.raises(Forbidden) as refused:
        create(world, maker, "new", **params)
    assert refused.value.field == field
    assert world.all() == []


def test_what_one_has_can_be_given_on(world: AuthWorld):
    create(world, ALICE, "a", user="alice", scopes=["read"])
    create(world, ALICES_ADMIN, "b", user="alice")
    create(world, ADMIN, "c", user="alice", scopes=["admin"])
    assert [record.name for record in world.all()] == ["c", "b", "a"]


def test_the_name_of_a_token_that_stands_is_taken(world: AuthWorld):
    create(world, ADMIN)
    with pytest.raises(Conflict) as refused:
        create(world, ADMIN)
    assert refused.value.field == "name"


def test_the_name_of_a_revoked_token_is_free_and_the_old_token_stays_refused(world: AuthWorld):
    old = world.make("new")
    world.revoke(ADMIN, "new")
    new = world.make("new")
    world.refuses(Credentials(bearer=old))
    assert world.bearer(new).name == "new"
    assert [(info.name, info.revoked) for info in world.listed(ADMIN)] == [("new", False)]


def test_the_name_of_an_expired_token_is_free(world: AuthWorld):
    old = world.make("new", expiresIn="1m")
    world.clock.advance(60)
    new = world.make("new")
    world.refuses(Credentials(bearer=old))
    assert world.bearer(new)


def test_a_time_past_the_calendar_is_refused(world: AuthWorld):
    with pytest.raises(InvalidRequest) as refused:
        create(world, ADMIN, expiresIn="999999999w")
    assert refused.value.field == "expiresIn"


def test_each_user_sees_and_revokes_their_own_tokens_alone_and_the_owners_admin_all(world: AuthWorld):
    create(world, ADMIN, "mine")
    create(world, ADMIN, "hers", user="alice")
    assert [info.name for info in world.listed(ALICES_ADMIN)] == ["hers"]
    assert [info.name for info in world.listed(ADMIN)] == ["hers", "mine"]
    for name in ("mine", "nobody's"):
        with pytest.raises(NotFound):
            world.revoke(ALICES_ADMIN, name)
    world.revoke(ADMIN, "hers")
    assert [(info.name, info.revoked) for info in world.listed(ADMIN)] == [("hers", True), ("mine", False)]


def test_a_list_of_tokens_never_holds_a_token(world: AuthWorld):
    token = world.make()
    listed = msgspec.json.encode(world.listed(ADMIN)).decode()
    assert token not in listed
    assert world.all()[0].jti not in listed


def test_a_token_may_be_revoked_twice(world: AuthWorld):
    create(world, ADMIN)
    first, second = world.revoke(ADMIN, "new"), world.revoke(ADMIN, "new")
    assert first == second == world.all()[0].jti

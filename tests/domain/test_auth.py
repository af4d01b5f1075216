import base64

import jwt
import pytest

from openclaw_rpc.domain.auth import Authenticator
from openclaw_rpc.domain.principals import ALL_SCOPES, Credentials, owner
from openclaw_rpc.domain.tokens import KnownTokens, TokenService
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Unauthorized, Unavailable
from openclaw_rpc.protocol.token import TokenCreateParams
from tests.support.auth import AuthWorld, Settings, done
from tests.support.clock import ManualClock
from tests.support.volatile.tokens import MemoryTokenStore


@pytest.fixture
def world() -> AuthWorld:
    return AuthWorld()


def basic(user: str, password: str | bytes) -> str:
    secret = password.encode() if isinstance(password, str) else password
    return "Basic " + base64.b64encode(user.encode() + b":" + secret).decode()


# ---- credentials ----


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Credentials()),
        ({"authorization": "Bearer abc"}, Credentials(bearer="abc")),
        ({"authorization": "bearer   abc "}, Credentials(bearer="abc")),
        ({"authorization": "BASIC dTpw"}, Credentials(basic="dTpw")),
        ({"authorization": "Bearer abc", "query_token": "def"}, Credentials(bearer="abc")),
        ({"password_header": "p", "query_token": "def"}, Credentials(password="p")),
        ({"query_token": "def", "query_password": "p"}, Credentials(bearer="def")),
        ({"query_password": "p"}, Credentials(password="p")),
    ],
)
def test_one_credential_counts_and_headers_come_before_the_query(headers: dict[str, str], expected: Credentials):
    assert Credentials.from_headers(**headers) == expected


@pytest.mark.parametrize("header", ["", " ", "Bearer", "Bearer ", "the-gateway-token", "Digest the-gateway-token"])
def test_an_authorization_that_cannot_be_read_is_a_wrong_one_not_none(world: AuthWorld, header: str):
    credentials = Credentials.from_headers(header, query_token="the-gateway-token")
    assert credentials.given
    world.refuses(credentials)


def test_secrets_do_not_show_when_credentials_are_printed():
    printed = repr(Credentials(bearer="secret-a", basic="secret-b", password="secret-c"))
    assert "secret" not in printed


# ---- the configured token and password ----


def test_the_configured_token_is_the_owner_with_every_scope(world: AuthWorld):
    principal = world.bearer("the-gateway-token")
    assert (principal.user, principal.name, principal.scopes, principal.jti) == ("owner", "gateway", ALL_SCOPES, None)
    assert principal.is_owner_admin
    assert world.auth.failures == 0


@pytest.mark.parametrize("token", ["", "the-gateway-toke", "the-gateway-token ", "wrong", "\udcff", "\ud800", "ü" * 9])
def test_another_token_is_refused_and_counted(world: AuthWorld, token: str):
    world.refuses(Credentials(bearer=token))
    assert world.auth.failures == 1


def test_no_credential_is_refused_but_is_no_failed_attempt(world: AuthWorld):
    world.refuses(Credentials())
    assert world.auth.failures == 0


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(password="pässwörd:with colon"),
        Credentials.from_headers(basic("anybody", "pässwörd:with colon")),
        Credentials.from_headers(basic("", "pässwörd:with colon")),
        Credentials(password="pässwörd:with colon".encode().decode("ascii", "surrogateescape")),
    ],
)
def test_the_password_comes_in_a_header_or_in_basic_with_any_user_name(world: AuthWorld, credentials: Credentials):
    assert world.auth.identify(credentials).name == "password"


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(password=""),
        Credentials(password="wrong"),
        Credentials(password="the-gateway-token"),
        Credentials(bearer="pässwörd:with colon"),
        Credentials(basic=""),
        Credentials(basic="!!!"),
        Credentials(basic="ü"),
        Credentials(basic=base64.b64encode("pässwörd".encode()).decode()),
        Credentials(basic=base64.b64encode(b"no colon").decode()),
        Credentials.from_headers(basic("u", "pässwörd:with colon".encode("latin-1"))),
    ],
)
def test_any_other_password_is_refused(world: AuthWorld, credentials: Credentials):
    world.refuses(credentials)


@pytest.mark.parametrize("secret", [None, ""])
def test_a_secret_that_is_not_set_lets_nobody_in(secret: str | None):
    world = AuthWorld(Settings(token=secret, password=secret))
    for credentials in (
        Credentials(bearer=""),
        Credentials(bearer="None"),
        Credentials(password=""),
        Credentials.from_headers(basic("u", "")),
        Credentials(),
    ):
        world.refuses(credentials)


@pytest.mark.parametrize("credentials", [Credentials(), Credentials(bearer="sk-anything"), Credentials(basic="!")])
def test_with_authentication_disabled_everybody_is_the_owner(credentials: Credentials):
    principal = AuthWorld(Settings(enabled=False)).auth.identify(credentials)
    assert (principal.user, principal.name, principal.scopes) == ("owner", "anonymous", ALL_SCOPES)


def test_new_settings_apply_at_once_also_to_those_who_came_in_before(world: AuthWorld):
    gateway = world.bearer("the-gateway-token")
    password = world.auth.identify(Credentials(password="pässwörd:with colon"))
    world.auth.settings = Settings(token="a new token")
    world.refuses(Credentials(bearer="the-gateway-token"))
    assert not world.auth.valid(gateway)
    assert world.auth.valid(password)
    assert world.auth.valid(world.bearer("a new token"))


def test_who_came_in_while_authentication_was_disabled_is_not_valid_afterwards():
    world = AuthWorld(Settings(enabled=False))
    principal = world.auth.identify(Credentials())
    assert world.auth.valid(principal)
    world.auth.settings = Settings()
    assert not world.auth.valid(principal)


# ---- tokens that were made ----


def test_a_token_says_who_and_which_scopes(world: AuthWorld):
    principal = world.bearer(world.make("laptop", user="alice", scopes=["chat", "read", "chat"]))
    assert (principal.user, principal.name) == ("alice", "laptop")
    assert principal.scopes == {Scope.READ, Scope.CHAT}
    assert not principal.is_owner_admin


def test_a_token_is_a_jwt_signed_hs256_with_the_claims_of_rfc_7519(world: AuthWorld):
    token = world.make("laptop", expiresIn="1h")
    now = int(world.clock.now())
    claims = jwt.decode(token, world.key, algorithms=["HS256"], issuer="openclaw", options={"verify_exp": False})
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert claims == {
        "iss": "openclaw",
        "sub": "owner",
        "name": "laptop",
        "scopes": ["read", "chat", "tools"],
        "iat": now,
        "exp": now + 3600,
        "jti": world.all()[0].jti,
    }


def test_a_token_without_a_time_does_not_expire(world: AuthWorld):
    token = world.make()
    world.clock.advance(100 * 365 * 86_400)
    assert world.auth.valid(world.bearer(token))


def test_a_token_expires_to_the_second_also_once_it_was_verified(world: AuthWorld):
    token = world.make(expiresIn="60s")
    principal = world.bearer(token)
    world.clock.advance(59.9)
    assert world.bearer(token) == principal
    assert world.auth.valid(principal)
    world.clock.advance(0.1)
    world.refuses(Credentials(bearer=token))
    assert not world.auth.valid(principal)


def test_a_revoked_token_is_refused_at_once_also_once_it_was_verified(world: AuthWorld):
    token = world.make()
    principal = world.bearer(token)
    world.revoke(owner("gateway"), "laptop")
    world.refuses(Credentials(bearer=token))
    assert not world.auth.valid(principal)


def test_a_token_that_the_store_does_not_know_is_refused(world: AuthWorld):
    other = AuthWorld()
    other.key = world.key
    world.refuses(Credentials(bearer=other.make()))


def test_a_token_signed_with_another_key_is_refused(world: AuthWorld):
    other = AuthWorld()
    token = other.make()
    done(world.known.add(other.all()[0]))
    world.refuses(Credentials(bearer=token))


def test_a_new_key_makes_verified_tokens_worthless(world: AuthWorld):
    token = world.make()
    assert world.bearer(token)
    world.key = b"k" * 32
    world.refuses(Credentials(bearer=token))


def test_a_verified_token_is_not_verified_again_but_asked_for_every_time(world: AuthWorld):
    token = world.make()
    first = world.bearer(token)
    asked = world.known.asked
    assert all(world.bearer(token) is first for _ in range(10))
    assert world.known.asked == asked + 10


def test_the_tokens_remembered_are_bounded(world: AuthWorld):
    for number in range(1100):
        world.bearer(world.make(f"n{number}"))
    remembered = world.auth._verified  # pyright: ignore[reportPrivateUsage]
    assert len(remembered) == 1024


def test_each_token_has_limits_of_its_own(world: AuthWorld):
    first, second = world.bearer(world.make("a")), world.bearer(world.make("b"))
    keys = {first.limit_key, second.limit_key, owner("gateway").limit_key, owner("password").limit_key}
    assert len(keys) == 4


async def test_a_token_that_another_process_made_just_now_is_recognised():
    store, clock = MemoryTokenStore(), ManualClock()
    ours, theirs = KnownTokens(store), KnownTokens(store)
    auth = Authenticator(Settings(), ours, clock)
    made = await TokenService(theirs, clock).create(owner("cli"), TokenCreateParams(name="new"))
    shown = Credentials(bearer=made.token)
    assert (await auth.recognise(shown)).name == "new"
    again = await TokenService(theirs, clock).create(owner("cli"), TokenCreateParams(name="newer"))
    with pytest.raises(Unauthorized):
        auth.identify(Credentials(bearer=again.token))
    assert (await auth.recognise(Credentials(bearer=again.token))).name == "newer"
    assert auth.failures == 1


async def test_a_token_that_another_process_revoked_just_now_is_refused():
    store, clock = MemoryTokenStore(), ManualClock()
    ours, theirs = KnownTokens(store), TokenService(KnownTokens(store), clock)
    auth = Authenticator(Settings(), ours, clock)
    shown = Credentials(bearer=(await theirs.create(owner("cli"), TokenCreateParams(name="new"))).token)
    assert (await auth.recognise(shown)).name == "new"
    await theirs.revoke(owner("cli"), "new")
    with pytest.raises(Unauthorized):
        await auth.recognise(shown)


async def test_a_token_that_is_known_stands_while_the_store_can_not_be_read():
    class Failing(MemoryTokenStore):
        fails = False

        async def revision(self) -> int:
            if self.fails:
                raise Unavailable("the disk is gone")
            return await super().revision()

    store, clock = Failing(), ManualClock()
    known = KnownTokens(store)
    auth = Authenticator(Settings(), known, clock)
    shown = Credentials(
        bearer=(await TokenService(known, clock).create(owner("cli"), TokenCreateParams(name="n"))).token
    )
    store.fails = True
    assert (await auth.recognise(shown)).name == "n"


async def test_a_forged_token_does_not_make_the_store_be_read():
    class Counting(MemoryTokenStore):
        read = 0

        async def revision(self) -> int:
            self.read += 1
            return await super().revision()

    store = Counting()
    known = KnownTokens(store)
    await known.refresh()
    auth = Authenticator(Settings(), known, ManualClock())
    for token in ("wrong", "a.b." + "c" * 43, ""):
        with pytest.raises(Unauthorized):
            await auth.recognise(Credentials(bearer=token))
    assert store.read == 1


def test_a_token_counts_with_the_word_before_it_once_more() -> None:
    for pasted in ("Bearer t", "bearer  Bearer t", " Bearer Bearer Bearer t "):
        assert Credentials.from_headers(f"Bearer {pasted}").bearer == "t"
        assert Credentials.from_headers(query_token=pasted).bearer == "t"
    assert Credentials.from_headers("Bearer Bearer").bearer == "Bearer"


def test_a_token_that_was_configured_with_that_word_counts_without_it(world: AuthWorld) -> None:
    world.auth.settings = Settings(token="Bearer the-gateway-token")
    assert done(world.auth.recognise(Credentials.from_headers("Bearer the-gateway-token"))).name == "gateway"

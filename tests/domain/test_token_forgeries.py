import base64
import hashlib
import hmac
import string

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.principals import Credentials
from tests.support.auth import AuthWorld


def forge(header: object, claims: object, key: bytes, digest: str = "sha256") -> str:
    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    text = f"{part(msgspec.json.encode(header))}.{part(msgspec.json.encode(claims))}"
    return f"{text}.{part(hmac.digest(key, text.encode(), digest))}"


Issued = tuple[AuthWorld, str, dict[str, object]]


@pytest.fixture(scope="module")
def issued() -> Issued:
    world = AuthWorld()
    token = world.make(scopes=["read"], expiresIn="1h")
    assert world.bearer(token)
    return world, token, jwt.decode(token, options={"verify_signature": False})


def test_our_own_forge_makes_valid_tokens_so_that_the_forgeries_below_mean_something(
    issued: Issued,
):
    world, _, claims = issued
    assert world.bearer(forge({"alg": "HS256", "typ": "JWT"}, claims, world.key)).name == "laptop"


@pytest.mark.parametrize(
    ("header", "change", "digest"),
    [
        ({"alg": "HS512", "typ": "JWT"}, {}, "sha512"),
        ({"alg": "HS384", "typ": "JWT"}, {}, "sha384"),
        ({"alg": "none"}, {}, "sha256"),
        ({"alg": "hs256"}, {}, "sha256"),
        ({"alg": "RS256"}, {}, "sha256"),
        ({"alg": ["HS256"]}, {}, "sha256"),
        ({"alg": None}, {}, "sha256"),
        ({}, {}, "sha256"),
        ([], {}, "sha256"),
        ({"alg": "HS256", "crit": ["exp"]}, {}, "sha256"),
        ({"alg": "HS256"}, {"iss": "somebody"}, "sha256"),
        ({"alg": "HS256"}, {"iss": None}, "sha256"),
        ({"alg": "HS256"}, {"jti": "tok_other"}, "sha256"),
        ({"alg": "HS256"}, {"jti": None}, "sha256"),
        ({"alg": "HS256"}, {"jti": 7}, "sha256"),
        ({"alg": "HS256"}, {"sub": None}, "sha256"),
        ({"alg": "HS256"}, {"exp": 1}, "sha256"),
        ({"alg": "HS256"}, {"exp": "never"}, "sha256"),
        ({"alg": "HS256"}, {"exp": True}, "sha256"),
        ({"alg": "HS256"}, {"scopes": ["root"]}, "sha256"),
        ({"alg": "HS256"}, {"scopes": "admin"}, "sha256"),
    ],
)
def test_even_with_our_key_only_hs256_and_whole_claims_are_taken(
    issued: Issued, header: object, change: dict[str, object], digest: str
):
    world, _, claims = issued
    world.refuses(Credentials(bearer=forge(header, claims | change, world.key, digest)))


def test_an_unsigned_token_is_refused(issued: Issued):
    world, token, claims = issued
    head, body, _ = token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    for forged in (f"{head}.{body}.", f"{none}.{body}.", f"{head}.{body}", jwt.encode(claims, None, algorithm="none")):  # type: ignore[arg-type]
        world.refuses(Credentials(bearer=forged))


@given(st.data())
def test_no_change_of_a_character_is_accepted(issued: Issued, data: st.DataObject):
    world, token, _ = issued
    at = data.draw(st.integers(0, len(token)), label="at")
    kind = data.draw(st.sampled_from(["replace", "insert", "delete"]), label="kind")
    alphabet = string.ascii_letters + string.digits + "-_.=+/ \n"
    new = "" if kind == "delete" else data.draw(st.sampled_from(alphabet) | st.characters(), label="new")
    changed = token[:at] + new + token[at + (kind != "insert") :]
    if changed != token:
        world.refuses(Credentials(bearer=changed))


@pytest.mark.parametrize("more", ["=", "==", "====", "\n", " ", ".", "A", "AAAA", "%3D"])
def test_a_token_with_something_behind_it_is_refused(issued: Issued, more: str):
    world, token, _ = issued
    world.refuses(Credentials(bearer=token + more))


def test_every_other_spelling_of_the_last_character_is_refused(issued: Issued):
    world, token, _ = issued
    for last in string.ascii_letters + string.digits + "-_":
        if last != token[-1]:
            world.refuses(Credentials(bearer=token[:-1] + last))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    change=st.dictionaries(
        st.sampled_from(["sub", "name", "scopes", "exp", "jti", "iat", "iss", "x"]), json_values, min_size=1
    )
)
def test_no_changed_claim_is_accepted_under_the_old_signature(issued: Issued, change: dict[str, object]):
    world, token, claims = issued
    changed = claims | change
    if changed == claims:
        return
    head, _, signature = token.split(".")
    body = base64.urlsafe_b64encode(msgspec.json.encode(changed)).rstrip(b"=").decode()
    world.refuses(Credentials(bearer=f"{head}.{body}.{signature}"))


@given(header=json_values, claims=json_values, key=st.binary(max_size=40))
def test_any_header_and_claims_without_our_key_are_refused(issued: Issued, header: object, claims: object, key: bytes):
    issued[0].refuses(Credentials(bearer=forge(header, claims, key)))


@given(st.text(max_size=200) | st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode()))
def test_any_text_is_refused_and_nothing_else_is_raised(issued: Issued, text: str):
    world, _, _ = issued
    for credentials in (
        Credentials(bearer=text),
        Credentials(basic=text),
        Credentials(password=text),
        Credentials(bearer=f"{text}.{text}.{text}"),
    ):
        world.refuses(credentials)


def test_a_header_nested_too_deep_is_refused(issued: Issued):
    deep = base64.urlsafe_b64encode(b"[" * 2700).rstrip(b"=").decode()
    issued[0].refuses(Credentials(bearer=f"{deep}.e30.{'A' * 43}"))
    issued[0].refuses(Credentials(bearer=f"{deep * 50}.e30.{'A' * 43}"))


def test_the_key_of_the_cache_is_not_the_token(issued: Issued):
    world, token, _ = issued
    world.bearer(token)
    assert hashlib.sha256(token.encode()).digest() in world.auth._verified  # pyright: ignore[reportPrivateUsage]
    assert token not in repr(world.auth.__dict__)

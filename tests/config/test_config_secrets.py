"""What must not be shown is not shown."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.config.loading import load
from openclaw_rpc.config.patching import plain
from openclaw_rpc.config.secrets import PLACEHOLDER, is_secret, redact, scrub, secret_values

SECRET = "zq9-Hidden-7731"


@pytest.mark.parametrize(
    "key",
    [
        "token",
        "password",
        "api_key",
        "apiKey",
        "API-Key",
        "X-Api-Key",
        "botToken",
        "bot_token",
        "secret",
        "key",
        "client_secret",
        "secretKey",
        "Authorization",
        "Cookie",
        "private_key",
        "signing_secret",
        "passphrase",
        "pin",
        "webhook_url",
        "credentials",
        "DISCORD_TOKEN",
        "accessToken",
        "apikey",
        "dsn",
    ],
)
def test_a_key_that_names_a_secret_is_known(key: str):
    assert is_secret(key)


@pytest.mark.parametrize(
    "key",
    [
        "max_tokens",
        "contextTokens",
        "session_key",
        "sessionKey",
        "idempotencyKey",
        "model",
        "require_pin_for",
        "requirePinFor",
        "public_key",
        "keyboard",
        "tokenizer",
        "monkey",
        "name",
        "",
        "auth",
        "prompt_tokens",
    ],
)
def test_a_key_that_only_looks_like_one_is_not(key: str):
    assert not is_secret(key)


SECRET_KEYS = st.sampled_from(
    ["token", "password", "api_key", "apiKey", "botToken", "secret", "client_secret", "key", "Authorization"]
)
PLAIN_KEYS = st.sampled_from(["name", "settings", "list", "a", "max_tokens"])
SECRETS = st.text("0123456789abcdefghijklmnopqrstuvwxyzABCXYZ!#%&/+ äß漢", min_size=1, max_size=20).map(SECRET.__add__)
HARMLESS = st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.sampled_from(["", "plain", "https://x.org/a"]))
HOLDING = st.recursive(
    st.dictionaries(
        SECRET_KEYS, st.one_of(SECRETS, st.lists(SECRETS), st.dictionaries(PLAIN_KEYS, SECRETS)), max_size=3
    ),
    lambda inner: st.one_of(
        st.dictionaries(PLAIN_KEYS, st.one_of(inner, HARMLESS), max_size=3), st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    channels=st.dictionaries(st.sampled_from(["telegram", "x"]), st.dictionaries(PLAIN_KEYS, HOLDING, max_size=3)),
    token=SECRETS,
    password=SECRETS,
    api_key=SECRETS,
    headers=st.dictionaries(st.sampled_from(["X-Anything", "Authorization", "Via"]), SECRETS, max_size=3),
    env=st.dictionaries(st.sampled_from(["PATHLIKE", "GITHUB_TOKEN"]), SECRETS, max_size=2),
)
def test_secrets_of_any_field_named_so_never_appear_in_what_is_shown(channels, token, password, api_key, headers, env):
    document = {
        "gateway": {"auth": {"token": token, "password": password}},
        "providers": {"primary": {"type": "openai", "model": "m", "api_key": api_key, "headers": headers}},
        "channels": channels,
        "mcp": {"servers": {"files": {"command": "x", "env": env}}},
    }
    settings = load(msgspec.json.encode(document).decode().replace("${", "$${"), "gateway.yaml", {})
    shown = msgspec.json.encode(redact(plain(settings))).decode()
    assert SECRET not in shown
    assert shown.count(PLACEHOLDER) >= 3
    assert {token, password, api_key, *headers.values(), *env.values()} <= set(secret_values(plain(settings)))


def test_what_is_no_secret_or_not_set_stays_as_it_is():
    tree = {"auth": {"enabled": True, "token": None, "password": ""}, "max_tokens": 5, "keys": [], "names": ["a"]}
    assert redact(tree) == tree


def test_numbers_and_parts_below_a_secret_key_are_hidden_too():
    assert redact({"pin": 1234, "credentials": {"user": "u", "on": True}, "tokens": ["a", "b"]}) == {
        "pin": PLACEHOLDER,
        "credentials": {"user": PLACEHOLDER, "on": True},
        "tokens": [PLACEHOLDER, PLACEHOLDER],
    }


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("bearer abcdefgh", "abcdefgh"),
        ("Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJvd25lciJ9.c2lnbmF0dXJl here", "eyJzdWIiOiJvd25lciJ9"),
        ("key sk-proj-abc_DEF123 failed", "proj-abc_DEF123"),
        ("GET /ws?token=abc%20d&x=1", "abc%20d"),
        ("wss://h/?a=1&password=p~w'", "p~w"),
        ("postgres://user:pa55@host/db", "pa55"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out_of_text(text: str, hidden: str):
    assert hidden not in scrub(text)
    assert PLACEHOLDER in scrub(text)


@pytest.mark.parametrize("text", ["Basic authentication", "a task-force", "http://host:80/a?b=c", "tokens=5", "sk-SK"])
def test_ordinary_text_stays_as_it_is(text: str):
    assert scrub(text) == text

"""`openclaw token`, with no gateway running."""

import stat

import jwt
import pytest

from tests.cli.command import Home


def test_a_token_is_the_last_word_printed(home: Home) -> None:
    done = home.run("token", "create", "--name", "laptop", "--expires-in", "30d", "--scopes", "read,chat")
    assert done.code == 0
    assert done.out.split()[-2] == "Bearer"
    claims = jwt.decode(done.out.split()[-1], options={"verify_signature": False})
    assert (claims["sub"], claims["name"], claims["scopes"]) == ("owner", "laptop", ["read", "chat"])
    assert claims["exp"] - claims["iat"] == 30 * 86_400


def test_without_scopes_a_token_may_everything_but_administer(home: Home) -> None:
    made = home.run("token", "create", "--name", "one", "--user", "ann", "--json").json()
    assert made["scopes"] == ["read", "chat", "tools"]
    assert made["user"] == "ann"
    assert "expiresAt" not in made


def test_its_secret_is_kept_for_the_owner_alone(home: Home) -> None:
    home.run("token", "create", "--name", "one")
    (kept,) = home.path.rglob("gateway.db")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_tokens_are_listed_without_themselves(home: Home) -> None:
    made = home.run("token", "create", "--name", "one").out.split()[-1]
    listed = home.run("token", "list")
    assert listed.code == 0
    assert "one" in listed.out and "valid" in listed.out
    assert made not in listed.out
    (info,) = home.run("token", "list", "--json").json()["tokens"]
    assert info["name"] == "one" and "token" not in info


def test_a_revoked_token_is_listed_as_such_and_its_name_is_free_again(home: Home) -> None:
    home.run("token", "create", "--name", "one")
    assert home.run("token", "revoke", "one").code == 0
    assert "revoked" in home.run("token", "list").out
    assert home.run("token", "create", "--name", "one").code == 0


def test_no_tokens_are_no_error(home: Home) -> None:
    done = home.run("token", "list")
    assert (done.code, done.out) == (0, "")
    assert "openclaw token create" in done.err


def test_a_name_that_is_taken_says_how_to_free_it(home: Home) -> None:
    home.run("token", "create", "--name", "one")
    done = home.run("token", "create", "--name", "one")
    assert (done.code, done.out) == (1, "")
    assert "openclaw token revoke one" in done.err


def test_revoking_what_is_not_there_fails(home: Home) -> None:
    done = home.run("token", "revoke", "nobody", "--json")
    assert done.code == 1
    assert '"not_found"' in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--name", "x", "--expires-in", "soon"], "--expires-in"),
        (["--name", "x", "--scopes", "read,root"], "root"),
        (["--name", "x", "--scopes", ","], "--scopes"),
        (["--name", "../x"], "--name"),
        ([], "--name"),
    ],
)
def test_wrong_words_name_the_option(words: list[str], said: str, home: Home) -> None:
    done = home.run("token", "create", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_raw_token_is_all_that_is_printed(home: Home) -> None:
    made = home.run("token", "create", "--name", "one", "--raw")
    assert made.code == 0
    assert len(made.out.split()) == 1 and made.out.count(".") == 2


def test_the_owners_token_is_shown_with_its_place(home: Home) -> None:
    file = home.configure("gateway: {auth: {token: owners-own}}\n")
    done = home.run("token", "show")
    assert (done.code, done.out) == (0, "owners-own\n")
    assert str(file) in done.err and "owners-own" not in done.err
    assert home.run("token", "show", "--json").json()["token"] == "owners-own"


@pytest.mark.parametrize(
    ("auth", "said"),
    [("{}", "first start"), ("{enabled: false}", "disabled"), ("{password: pass-word-1}", "password")],
)
def test_where_there_is_no_owners_token_the_reason_is_said(auth: str, said: str, home: Home) -> None:
    home.configure(f"gateway: {{auth: {auth}}}\n")
    done = home.run("token", "show")
    assert (done.code, done.out) == (1, "")
    assert said in done.err and "pass-word-1" not in done.err


def test_a_token_of_a_front_end_names_the_header_of_its_people(home: Home) -> None:
    made = home.run("token", "create", "--name", "front", "--end-user-header", "X-User", "--json").json()
    claims = jwt.decode(made["token"], options={"verify_signature": False})
    assert (made["endUserHeader"], claims["end_user_header"]) == ("X-User", "X-User")
    wrong = home.run("token", "create", "--name", "other", "--end-user-header", "two words")
    assert wrong.code == 2
    assert "--end-user-header must be the name of a header" in wrong.err

"""Where the command line connects to, and what it tells whom."""

from pathlib import Path

import pytest

from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import Shared
from openclaw_rpc.cli.target import find_target, gateway_url

SECRET = """\
gateway:
  port: 7777
  auth: {token: owners-own}
providers:
  primary: {type: openai, model: m, api_key: "${NOT_SET_HERE}"}
"""


@pytest.fixture(autouse=True)
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a token, and nothing in the environment."""
    monkeypatch.setenv("OPENCLAW_HOME", str(tmp_path))
    monkeypatch.delenv("OPENCLAW_URL", raising=False)
    monkeypatch.delenv("OPENCLAW_TOKEN", raising=False)
    (tmp_path / "gateway.yaml").write_text(SECRET)
    return tmp_path


def test_the_configuration_says_where_and_who() -> None:
    target = find_target(Shared())
    assert (target.url, target.headers) == ("http://127.0.0.1:7777/", {"Authorization": "Bearer owners-own"})


def test_options_go_before_the_environment_and_that_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCLAW_URL", "https://one.example")
    monkeypatch.setenv("OPENCLAW_TOKEN", "two")
    assert find_target(Shared()).url == "https://one.example/"
    assert find_target(Shared()).headers == {"Authorization": "Bearer two"}
    target = find_target(Shared(url="http://three.example:1", token="Bearer four"))
    assert (target.url, target.headers) == ("http://three.example:1/", {"Authorization": "Bearer four"})


@pytest.mark.parametrize("url", ["https://elsewhere.example", "http://10.0.0.1:7777", "http://127.0.0.1.example"])
def test_the_owners_token_is_sent_to_no_other_machine(url: str) -> None:
    assert find_target(Shared(url=url)).headers == {}


def test_it_is_sent_to_this_one() -> None:
    assert find_target(Shared(url="http://localhost:9")).headers == {"Authorization": "Bearer owners-own"}


def test_a_token_is_never_part_of_what_is_shown() -> None:
    assert "owners-own" not in repr(find_target(Shared()))


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:7777/"),
        ("'::'", "http://[::1]:7777/"),
        ("10.0.0.5", "http://10.0.0.5:7777/"),
    ],
)
def test_what_listens_everywhere_is_reached_on_loopback(bind: str, url: str, configured: Path) -> None:
    text = SECRET.replace("port: 7777", f"port: 7777\n  bind: {bind}")
    (configured / "gateway.yaml").write_text(text)
    assert find_target(Shared()).url == url


def test_a_password_serves_where_there_is_no_token(configured: Path) -> None:
    (configured / "gateway.yaml").write_text(SECRET.replace("token: owners-own", "password: word"))
    assert find_target(Shared()).headers == {"X-OpenClaw-Password": "word"}


def test_without_authentication_nothing_is_sent(configured: Path) -> None:
    (configured / "gateway.yaml").write_text(SECRET.replace("token: owners-own", "enabled: false"))
    assert find_target(Shared()).headers == {}


def test_queries_and_credentials_of_a_url_are_dropped() -> None:
    assert gateway_url("http://me:secret@host.example:1/ws?token=x#y") == "http://host.example:1/ws"


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://x:port", "http://x:0", "", "http://[::1"])
def test_what_is_no_address_is_wrong_usage(url: str) -> None:
    with pytest.raises(CliError) as caught:
        gateway_url(url)
    assert caught.value.exit_code == 2


def test_a_token_that_can_be_none_is_refused_before_it_is_sent() -> None:
    with pytest.raises(CliError):
        find_target(Shared(token="a\r\nX-Evil: 1"))


def test_any_free_port_can_not_be_guessed(configured: Path) -> None:
    (configured / "gateway.yaml").write_text("gateway: {port: 0}\n")
    with pytest.raises(CliError, match="port is 0"):
        find_target(Shared())

"""`openclaw gateway`: starting, saying so, stopping, and what may be wrong."""

import json
import re
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import SECONDS, Gateway, Home, free_port, start_gateway, wait_until_open


@contextmanager
def running(home: Home, *words: str, **more: Any) -> Iterator[Gateway]:
    """A gateway that does not outlive the test."""
    gateway = start_gateway(home, *words, **more)
    try:
        yield gateway
    finally:
        if gateway.process.poll() is None:
            gateway.process.kill()
            gateway.process.communicate()


def test_it_says_where_it_listens_what_answers_and_how_to_talk(home: Home) -> None:
    with running(home) as gateway:
        code, out, err = gateway.stop()
    assert code == 0, err
    assert f"http://127.0.0.1:{gateway.port}" in out
    assert "offline" in out and "openclaw config set providers.primary" in out
    assert "openclaw chat" in out and "curl" in out
    assert "\x1b" not in out + err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_gracefully(number: signal.Signals, home: Home) -> None:
    with running(home) as gateway:
        gateway.process.send_signal(number)
        _, err = gateway.process.communicate(timeout=SECONDS)
    assert gateway.process.returncode == 0, err


def test_the_token_made_at_the_first_start_is_said_once_and_kept(home: Home) -> None:
    with running(home) as gateway:
        _, out, _ = gateway.stop()
    (token,) = re.findall(r"^token +(\S+)$", out, re.MULTILINE)
    file = home.path / "gateway.yaml"
    assert token in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = home.start("gateway")
    wait_until_open(again, gateway.port)
    again.terminate()
    out, err = again.communicate(timeout=SECONDS)
    assert token not in out + err
    assert "curl" in out


def test_its_model_is_named_when_one_is_configured(home: Home) -> None:
    provider = f"{{type: openai-compatible, model: some-model, base_url: 'http://127.0.0.1:{free_port()}/v1'}}"
    with running(home, config=f"providers:\n  primary: {provider}\n") as gateway:
        _, out, _ = gateway.stop()
    assert "some-model" in out
    assert "offline" not in out


def test_options_go_before_the_file(home: Home) -> None:
    home.configure("gateway:\n  port: 1\n")
    port = free_port()
    process = home.start("gateway", "--port", str(port), "--log-level", "debug", "--json")
    wait_until_open(process, port)
    process.terminate()
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    said = json.loads(out)
    assert said["url"] == f"http://127.0.0.1:{port}"
    assert said["token"] in (home.path / "gateway.yaml").read_text()
    assert "port: 1\n" in (home.path / "gateway.yaml").read_text()


def test_any_free_port_will_do(home: Home) -> None:
    process = home.start("gateway", "--port", "0", "--json")
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    port = int(said["url"].rpartition(":")[2])
    wait_until_open(process, port)
    process.terminate()
    assert process.wait(SECONDS) == 0
    process.communicate()


def test_a_used_port_is_said_in_one_line(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = home.run("gateway", "--port", str(port))
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1
    assert str(port) in done.err and "in use" in done.err and "--port" in done.err


def test_a_bad_configuration_names_file_line_and_reason(home: Home) -> None:
    file = home.configure("gateway:\n  port: 18789\n  bnid: 127.0.0.1\n")
    done = home.run("gateway")
    assert (done.code, done.out) == (1, "")
    assert f"{file}:3: gateway.bnid" in done.err and "did you mean `bind`" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gateway: {bind: 0.0.0.0, auth: {enabled: false}}", "loopback"),
        ("gateway: {tls: {certificate: /nowhere/c.pem, key: /nowhere/k.pem}}", "/nowhere/c.pem"),
        ("gateway: {bind: 192.0.2.1}", "192.0.2.1"),
        ("gateway: [", "gateway.yaml:"),
    ],
)
def test_what_can_not_be_is_refused(text: str, said: str, home: Home) -> None:
    home.configure(text)
    done = home.run("gateway", "--port", str(free_port()))
    assert (done.code, done.out) == (1, "")
    assert said in done.err


def test_a_named_file_must_be_there(home: Home) -> None:
    done = home.run("gateway", "--config", "/nowhere/gateway.yaml")
    assert done.code == 1
    assert "/nowhere/gateway.yaml" in done.err


def test_another_file_is_used_when_named(home: Home, tmp_path: Path) -> None:
    port = free_port()
    other = tmp_path / "other.yaml"
    other.write_text(f"gateway:\n  port: {port}\n  auth: {{token: other-token-1}}\n")
    process = home.start("gateway", "--config", str(other))
    wait_until_open(process, port)
    try:
        assert home.run("status", "--config", str(other), "--json").json()["gateway"]["port"] == port
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_over_tls_the_gateways_own_certificate_is_trusted_and_no_other(home: Home) -> None:
    home.path.mkdir(mode=0o700)
    for name in ("own", "other"):
        words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=a.example"
        files = ["-keyout", str(home.path / f"{name}.key"), "-out", str(home.path / f"{name}.pem")]
        subprocess.run([*words.split(), *files], check=True, capture_output=True, timeout=SECONDS)
    certificate, key = home.path / "own.pem", home.path / "own.key"
    with running(home, config=f"  tls: {{certificate: {certificate}, key: {key}}}\n") as gateway:
        assert home.run("status").code == 0
        certificate.write_bytes((home.path / "other.pem").read_bytes())
        done = home.run("status")
        assert (done.code, done.out) == (1, "")
        assert "TLS" in done.err
        code, out, _ = gateway.stop()
    assert code == 0
    assert f"https://127.0.0.1:{gateway.port}" in out


@pytest.mark.parametrize("words", [["--port", "x"], ["--port", "99999"], ["--log-level", "loud"], ["extra"]])
def test_wrong_words_are_wrong_usage(words: list[str], home: Home) -> None:
    assert home.run("gateway", *words).code == 2


def test_a_gateway_that_was_started_for_somebody_ends_with_them(home: Home) -> None:
    port = free_port()
    process = home.start("gateway", "--port", str(port), "--with-parent", stdin=subprocess.PIPE)
    wait_until_open(process, port)
    process.communicate(timeout=SECONDS)  # closes its standard input
    assert process.returncode == 0


def test_every_start_says_where_the_token_is_and_that_openclaws_home_is_the_same(home: Home) -> None:
    with running(home) as gateway:
        gateway.stop()
    (home.path / "openclaw.json").write_text("{}")
    again = home.start("gateway")
    wait_until_open(again, gateway.port)
    again.terminate()
    out, _ = again.communicate(timeout=SECONDS)
    assert f"kept in {home.path / 'gateway.yaml'}" in out and "token show" in out
    assert "OpenClaw's home" in out and "import openclaw" in out

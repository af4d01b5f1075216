"""The gateway as systemd's service: it says when it is ready, that it is alive, and that it stops."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openclaw_rpc.adapters.supervisor import Supervisor
from tests.cli.command import Home, free_port
from tests.support.systemd import SECONDS, Systemd

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs sockets of Unix")


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    made = Systemd(str(tmp_path / "notify"))
    yield made
    made.close()


def test_a_gateway_says_that_it_is_ready_alive_and_stopping(systemd: Systemd, tmp_path: Path) -> None:
    home = Home(tmp_path / "home", {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000"})
    port = free_port()
    home.configure(f"gateway: {{port: {port}, shutdown_seconds: 1}}")
    process = home.start("gateway")
    try:
        ready = systemd.until("READY")
        assert ready == {"READY": "1", "STATUS": f"listening at http://127.0.0.1:{port}"}
        socket.create_connection(("127.0.0.1", port), 5).close()
        for _ in range(3):
            assert systemd.until("WATCHDOG")["WATCHDOG"] == "1"
        process.send_signal(signal.SIGTERM)
        assert systemd.until("STOPPING")["STOPPING"] == "1"
        _, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, err
    finally:
        process.kill()
        process.communicate()


def test_its_variables_are_taken_out_of_the_environment(tmp_path: Path) -> None:
    environ = {"NOTIFY_SOCKET": str(tmp_path / "x"), "WATCHDOG_USEC": "30000000", "HOME": "/root"}
    assert Supervisor(environ).watchdog == 30
    assert environ == {"HOME": "/root"}


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": "1000"},
        {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"},
    ],
    ids=["not a service", "nobody listens", "not a number", "another process"],
)
def test_no_signs_of_life_are_given_where_none_are_asked_for(environ: dict[str, str]) -> None:
    supervisor = Supervisor(environ)
    assert supervisor.watchdog is None
    supervisor.ready("listening")  # nobody hears it, and nothing happens
    supervisor.stopping()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="abstract addresses are Linux's")
def test_an_abstract_address_is_reached() -> None:
    name = f"openclaw-test-{os.getpid()}"
    systemd = Systemd(f"\0{name}")
    try:
        Supervisor({"NOTIFY_SOCKET": f"@{name}"}).ready("here")
        assert systemd.next() == {"READY": "1", "STATUS": "here"}
    finally:
        systemd.close()

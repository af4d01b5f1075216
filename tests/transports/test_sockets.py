"""Sockets are bound, shared, or inherited; what goes wrong is said plainly."""

import os
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from openclaw_rpc.transports.sockets import CannotListenError, activated, addresses, bind
from tests.support.doors import opened, raw, request_bytes

ROOT = Path(__file__).parents[2]


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_a_port_in_use_is_said_to_be() -> None:
    (first,) = bind("127.0.0.1", 0)
    with first:
        first.listen()
        port = addresses([first])[0][1]
        with pytest.raises(CannotListenError, match=f"127.0.0.1:{port}: the port is in use"):
            bind("127.0.0.1", port)


@pytest.mark.parametrize(
    ("body", "named"), [('{"ok":true,"status":"live"}', True), ('{"status":"ok"}', False), ("", False)]
)
def test_a_port_that_openclaws_own_gateway_has_is_said_to_be(body: str, named: bool) -> None:
    (first,) = bind("127.0.0.1", 0)
    with first:
        first.setblocking(True)
        first.listen()

        def answer() -> None:
            near, _ = first.accept()
            with near:
                near.recv(1000)
                near.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

        server = threading.Thread(target=answer)
        server.start()
        with pytest.raises(CannotListenError) as refused:
            bind("127.0.0.1", addresses([first])[0][1])
        server.join()
    assert ("OpenClaw's own gateway has the port" in str(refused.value)) is named


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host", "host.invalid"])
def test_a_foreign_address_is_said_to_be(host: str) -> None:
    with pytest.raises(CannotListenError, match="not an address of this machine"):
        bind(host, 0)


def test_a_port_can_be_shared_where_that_is_asked_for() -> None:
    (first,) = bind("127.0.0.1", 0, reuse_port=True)
    with first:
        first.listen()
        port = addresses([first])[0][1]
        (second,) = bind("127.0.0.1", port, reuse_port=True)
        with second:
            second.listen()


@pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6 here")
def test_localhost_is_both_addresses_at_one_port() -> None:
    sockets = bind("localhost", 0)
    found = addresses(sockets)
    for sock in sockets:
        sock.close()
    assert len({port for _, port in found}) == 1
    assert {host for host, _ in found} <= {"127.0.0.1", "::1"}


@pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6 here")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
async def test_ipv6_is_listened_on(host: str) -> None:
    async with opened(host=host) as gateway, raw(gateway.port, "::1") as client:
        await client.send(request_bytes(gateway.port).replace(b"localhost", b"[::1]"))
        assert (await client.answer())[0] == 200


@pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6 here")
async def test_every_ipv6_interface_includes_ipv4() -> None:
    async with opened(host="::") as gateway:
        for host in ("127.0.0.1", "::1"):
            async with raw(gateway.port, host) as client:
                await client.send(request_bytes(gateway.port))
                assert (await client.answer())[0] == 200


def test_nothing_is_inherited_where_nothing_was_meant_for_us() -> None:
    for environ in ({}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": ""}):
        assert activated(environ, os.getpid()) == []
        assert environ == {}


def test_nonsense_from_systemd_is_refused() -> None:
    with pytest.raises(CannotListenError, match="numbers"):
        activated({"LISTEN_PID": "x", "LISTEN_FDS": "1"}, os.getpid())


SERVER = """
    import asyncio, os, sys
    from openclaw_rpc.transports.sockets import activated
    from tests.support.doors import opened

    async def main():
        sockets = activated(os.environ, os.getpid())
        assert "LISTEN_FDS" not in os.environ
        assert not sockets[0].get_inheritable()
        async with opened(sockets=sockets) as gateway:
            print(gateway.port, flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    asyncio.run(main())
"""


LAUNCHER = """
    import os, sys

    os.dup2(int(sys.argv[1]), 3, inheritable=True)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
    os.execv(sys.executable, [sys.executable, "-c", sys.argv[2]])
"""


def launch(descriptor: int, code: str) -> subprocess.Popen[str]:
    """Start Python as systemd does: the socket is descriptor 3, LISTEN_PID is the process's own id."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(LAUNCHER), str(descriptor), textwrap.dedent(code)],
        pass_fds=[descriptor],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(os.name != "posix", reason="systemd is there on Linux alone")
async def test_a_socket_of_systemd_is_used() -> None:
    (sock,) = bind("127.0.0.1", 0)
    with sock:
        sock.listen()
        port = addresses([sock])[0][1]
        process = launch(sock.fileno(), SERVER)
        try:
            async with raw(port) as client:
                await client.send(request_bytes(port, "/hello?systemd"))
                assert (await client.answer())[2] == b"hello systemd"
        finally:
            said, complained = process.communicate("", timeout=20)
        assert (said.strip(), complained, process.returncode) == (str(port), "", 0)


@pytest.mark.skipif(os.name != "posix", reason="systemd is there on Linux alone")
def test_a_descriptor_that_does_not_listen_is_refused() -> None:
    with socket.socket() as sock:
        process = launch(sock.fileno(), SERVER)
        _, complained = process.communicate("", timeout=20)
    assert "descriptor 3 is not a listening TCP socket" in complained

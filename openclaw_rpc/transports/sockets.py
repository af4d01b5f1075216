"""The listening sockets: bound here, or inherited from systemd (sd_listen_fds(3))."""

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Mapping, MutableMapping, Sequence

_FIRST_INHERITED = 3


class CannotListenError(OSError):
    """A socket could not be had; the message says which address, why, and what to do."""


def bind(host: str, port: int, *, reuse_port: bool = False) -> list[socket.socket]:
    """Bind a socket to every address that ``host`` names, all at one port; ``port`` 0 picks a free one.

    ``localhost`` binds 127.0.0.1 and ::1, ``0.0.0.0`` every IPv4 interface, ``::`` every interface of both kinds.
    ``reuse_port`` lets several processes listen at one port (SO_REUSEPORT), where the system can.

    Raises:
        CannotListenError: the port is in use or forbidden, or the host is not an address of this machine.
    """
    host = host.removeprefix("[").removesuffix("]")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CannotListenError(f"cannot listen on {host!r}: it is not an address of this machine") from error
    addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    bound: list[socket.socket] = []
    try:
        for family, address in addresses:
            chosen = bound[0].getsockname()[1] if bound else port
            try:
                bound.append(_bound(family, (address[0], chosen, *address[2:]), reuse_port))
            except OSError as error:
                # "localhost" names ::1 also where IPv6 is switched off.
                if len(addresses) == 1 or error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise _explained(error, host, chosen) from error
        if not bound:
            raise CannotListenError(f"cannot listen on {host!r}: it is not an address of this machine")
    except BaseException:
        for sock in bound:
            sock.close()
        raise
    return bound


def _bound(family: int, address: tuple[object, ...], reuse_port: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # A restart need not wait for the last connections' TIME_WAIT. Windows would share the port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            if not hasattr(socket, "SO_REUSEPORT"):
                raise OSError(errno.ENOPROTOOPT, "this system cannot share a port")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address[0] != "::"))
        sock.bind(address)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def _explained(error: OSError, host: str, port: int) -> CannotListenError:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    match error.errno:
        case errno.EADDRINUSE if _is_openclaw(host, port):
            why = (
                "OpenClaw's own gateway has the port; stop it with its `openclaw gateway stop`, or choose another with "
                "--port"
            )
        case errno.EADDRINUSE:
            why = "the port is in use; another gateway may be running, or choose another with --port"
        case errno.EACCES:
            why = "the system does not allow it; ports under 1024 need a privilege, choose another with --port"
        case errno.EADDRNOTAVAIL:
            why = "it is not an address of this machine"
        case _:
            why = os.strerror(error.errno) if error.errno else str(error)
    return CannotListenError(error.errno, f"cannot listen on {where}: {why}")


def _is_openclaw(host: str, port: int) -> bool:
    """Whether the gateway of npm's package `openclaw` listens there: its `/healthz` says so in its own words."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    try:
        with socket.create_connection((host, port), timeout=1) as asked:
            asked.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            # A few reads, so that whatever listens there holds up no start.
            answer = b"".join(asked.recv(4096) for _ in range(3))
    except OSError:
        return False
    return answer.replace(b" ", b"").endswith(b'{"ok":true,"status":"live"}')


def activated(environ: MutableMapping[str, str], pid: int) -> list[socket.socket]:
    """The sockets that systemd opened for this process; none where it did not.

    ``LISTEN_PID``, ``LISTEN_FDS`` and ``LISTEN_FDNAMES`` are taken out of ``environ``, so that no child believes them.

    Raises:
        CannotListenError: the variables are no numbers, or a descriptor is not a listening TCP socket.
    """
    claimed: Mapping[str, str] = {
        name: environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
    }
    if sys.platform == "win32" or not (claimed["LISTEN_PID"] and claimed["LISTEN_FDS"]):
        return []
    try:
        count = int(claimed["LISTEN_FDS"]) if int(claimed["LISTEN_PID"]) == pid else 0
    except ValueError as error:
        raise CannotListenError("LISTEN_PID and LISTEN_FDS must be numbers") from error
    inherited: list[socket.socket] = []
    try:
        for descriptor in range(_FIRST_INHERITED, _FIRST_INHERITED + count):
            inherited.append(_inherited(descriptor))
    except BaseException:
        for sock in inherited:
            sock.close()
        raise
    return inherited


def adopted(descriptors: Sequence[int]) -> list[socket.socket]:
    """The listening sockets that this process was started with, by their descriptors.

    Raises:
        CannotListenError: one is not a listening TCP socket.
    """
    return [_inherited(descriptor) for descriptor in descriptors]


def _inherited(descriptor: int) -> socket.socket:
    try:
        sock = socket.socket(fileno=descriptor)
    except OSError as error:
        raise CannotListenError(f"the inherited descriptor {descriptor} is not a socket") from error
    try:
        listening = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        listening = 0
    if not listening or sock.type != socket.SOCK_STREAM or sock.family not in (socket.AF_INET, socket.AF_INET6):
        sock.detach()
        raise CannotListenError(f"the inherited descriptor {descriptor} is not a listening TCP socket (ListenStream=)")
    sock.set_inheritable(False)
    sock.setblocking(False)
    return sock


def addresses(sockets: Sequence[socket.socket]) -> list[tuple[str, int]]:
    """Where these sockets listen: host and port each."""
    found: list[tuple[str, int]] = []
    for sock in sockets:
        with contextlib.suppress(OSError):
            name = sock.getsockname()
            found.append((str(name[0]), int(name[1])))
    return found

"""Workers of a few lines, which tell who they are: `python -m tests.support.few_workers COUNT STOP_SECONDS [WORD …]`.

The parent writes its port, then `ready`, then what it notes. A worker answers each connection with its number and its
process. `fails:N:CODE`: worker N ends with that code at once; `deaf`: they take no SIGTERM.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence

from openclaw_rpc.app.workers import BACKLOG, Supervisor, Workers
from openclaw_rpc.transports.sockets import bind


class Printed:
    """Tells on standard output."""

    def ready(self, line: bytes) -> None:
        print("ready", line.decode().strip(), flush=True)

    def note(self, text: str) -> None:
        print(text, flush=True)


def parent(count: int, stop_seconds: float, words: Sequence[str]) -> int:
    """Have so many workers serve one port."""
    first = bind("127.0.0.1", 0, reuse_port=True)
    port = int(first[0].getsockname()[1])
    sockets = [first, *(bind("127.0.0.1", port, reuse_port=True) for _ in range(count - 1))]
    for own in sockets:
        for sock in own:
            sock.listen(BACKLOG)
    print(port, flush=True)

    def command(number: int, descriptors: Sequence[int]) -> list[str]:
        (descriptor,) = descriptors
        return [sys.executable, "-m", __spec__.name, "worker", str(number), str(descriptor), *words]

    supervisor = Supervisor(os.environ)
    return Workers(sockets, command, Printed(), stop_seconds=stop_seconds, supervisor=supervisor).run()


def until_the_parent_ends() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


def worker(number: int, descriptor: int, words: Sequence[str]) -> None:
    """One of them."""
    for word in words:
        kind, _, rest = word.partition(":")
        if kind == "fails" and int(rest.partition(":")[0]) == number:
            sys.exit(int(rest.partition(":")[2]))
    ending = threading.Event()
    listening = socket.socket(fileno=descriptor)
    # It ends between two connections, so that each that it took is answered.
    listening.settimeout(0.05)
    signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in words else lambda *_: ending.set())
    threading.Thread(target=until_the_parent_ends, daemon=True).start()
    print(f"worker {number}", flush=True)
    while not ending.is_set():
        try:
            client, _ = listening.accept()
        except TimeoutError:
            continue
        with client:
            client.sendall(f"{number} {os.getpid()}".encode())


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        worker(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    else:
        sys.exit(parent(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))

"""A TCP proxy whose connections a test can cut, as a network does: without a word to either side."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType


class CuttingProxy:
    """Forwards to a port of 127.0.0.1; ``port`` is where it listens, ``connections`` how many it has carried.

    With ``allowance`` it cuts by itself: each connection once as many bytes as that says have come from the target,
    wherever in a frame that is.
    """

    def __init__(self, target: int, allowance: Callable[[], int] | None = None) -> None:
        self._target = target
        self._allowance = allowance
        self._server = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[socket.socket] = []
        self._lock = threading.Lock()
        self.port: int = self._server.getsockname()[1]
        self.connections = 0

    def __enter__(self) -> "CuttingProxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # a blocked accept is woken by shutting down, not by closing
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()

    def aim(self, target: int) -> None:
        """Forward to another port from the next connection on."""
        self._target = target

    def cut(self) -> None:
        """Drop every connection at once."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for one in pairs:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self.connections += 1
                self._pairs += [near, far]
            left = self._allowance() if self._allowance is not None else None
            for source, sink, most in ((near, far, None), (far, near, left)):
                threading.Thread(target=self._forward, args=(source, sink, most), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, left: int | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if left is not None:
                    data, left = data[:left], left - len(data)
                sink.sendall(data)
                if left is not None and left <= 0:
                    break
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
        source.close()

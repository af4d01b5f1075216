"""Several processes on one port: a parent that holds their sockets, and starts, restarts and stops them.

Each worker has listening sockets of its own, which share the port (SO_REUSEPORT): the kernel deals out connections
among them. The parent never closes them, so that what waits in a worker's queue when it ends is taken by its successor.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import IO, Final, Protocol, cast

from openclaw_rpc.adapters.supervisor import Supervisor

__all__ = ("BACKLOG", "Supervisor", "Worker", "Workers", "WorkersObserver")

BACKLOG: Final = 1024
LEAST_PAUSE: Final = 0.1
MOST_PAUSE: Final = 10.0
"""Seconds before a worker that ended by itself is started again; twice as many each time it did not last."""
LASTED_SECONDS: Final = 10.0
"""A worker that served for this long ended for a reason of its own: the pauses begin anew."""


class WorkersObserver(Protocol):
    """Who is told what becomes of the workers."""

    def ready(self, line: bytes) -> None:
        """All serve for the first time; ``line`` is what the first of them said of itself."""
        ...

    def note(self, text: str) -> None:
        """Something that whoever runs it should know."""
        ...


class Worker:
    """One of the processes: its number from 1 on, its sockets, and what is known of it."""

    def __init__(self, number: int, sockets: Sequence[socket.socket]) -> None:
        self.number = number
        self.sockets = sockets
        self.process: subprocess.Popen[bytes] | None = None
        self.said = b""
        """What it wrote on standard output: a line once it serves."""
        self.since = 0.0
        """When it began to serve."""
        self.pause = LEAST_PAUSE
        self.start_at: float | None = None
        """When it is started, where it is not there."""
        self.kill_at: float | None = None
        """When it is killed, where it was told to end."""

    @property
    def serves(self) -> bool:
        """Whether it has said that it does, and is not to end."""
        return self.process is not None and self.said.endswith(b"\n") and self.kill_at is None


class Workers:
    """The parent. ``command`` starts a worker of that number on the descriptors of its listening sockets.

    A worker serves once it has written a line to standard output, and ends when its standard input does, so that none
    outlives the parent. SIGTERM and SIGINT stop all of them, a second one at once; SIGHUP restarts one after another.
    """

    def __init__(
        self,
        sockets: Sequence[Sequence[socket.socket]],
        command: Callable[[int, Sequence[int]], Sequence[str]],
        told: WorkersObserver,
        *,
        stop_seconds: float,
        supervisor: Supervisor,
    ) -> None:
        """``stop_seconds``: how long a worker may take to end before it is killed."""
        self.workers = [Worker(number, own) for number, own in enumerate(sockets, 1)]
        self._command = command
        self._told = told
        self._stop_seconds = stop_seconds
        self._selector = selectors.DefaultSelector()
        self._supervisor = supervisor
        self._alive_at = time.monotonic() if supervisor.watchdog is not None else None
        """When the supervisor is next given a sign of life, where it asks for some."""
        self._restarting: list[Worker] = []
        self._stopping = False
        self._announced = False
        self._code = 0

    def run(self) -> int:
        """Have all of them serve until it is told to stop. Answers the exit code.

        The first is started alone: where it can't serve, its exit code is the answer and no other is tried.
        """
        with _signals() as signals:
            self._selector.register(signals, selectors.EVENT_READ)
            self._start(self.workers[0])
            while True:
                for key, _ in self._selector.select(self._until_next()):
                    if key.fileobj is signals:
                        for number in signals.recv(4096):
                            self._signalled(signal.Signals(number))
                    else:
                        self._hear(key.data)
                self._reap()
                self._do_what_is_due()
                if self._stopping and not any(worker.process for worker in self.workers):
                    return self._code

    def _signalled(self, number: signal.Signals) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            stopping = "Stopping the workers; a second signal (Ctrl-C) stops at once."
            self._told.note("Stopped at once." if self._stopping else stopping)
            self._stop()
        elif number == signal.SIGHUP and not self._stopping:
            self._told.note("Restarting the workers, one after another.")
            under_way = [worker for worker in self._restarting if worker.kill_at is not None]
            self._restarting = under_way + [worker for worker in self.workers if worker not in under_way]

    def _stop(self) -> None:
        """Tell all to end; those that were told before take it as "at once"."""
        if not self._stopping:
            self._supervisor.stopping()
        self._stopping = True
        self._restarting.clear()
        for worker in self.workers:
            worker.start_at = None
            self._end(worker)

    def _end(self, worker: Worker) -> None:
        if worker.process is not None:
            worker.kill_at = worker.kill_at or time.monotonic() + self._stop_seconds
            worker.process.send_signal(signal.SIGTERM)

    def _start(self, worker: Worker) -> None:
        descriptors = [sock.fileno() for sock in worker.sockets]
        worker.start_at, worker.said = None, b""
        # A group of its own: what the terminal's Ctrl-C tells us is passed on once, not twice.
        process = worker.process = subprocess.Popen(
            [*self._command(worker.number, descriptors)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=descriptors,
            process_group=0,
        )
        output = cast("IO[bytes]", process.stdout)
        os.set_blocking(output.fileno(), False)
        self._selector.register(output, selectors.EVENT_READ, worker)

    def _hear(self, worker: Worker) -> None:
        """Take what a worker writes; its first line says that it serves."""
        output = worker.process.stdout if worker.process is not None else None
        said = output.read(65536) if output is not None else b""
        if output is not None and not said:
            self._selector.unregister(output)
        if worker.serves or not said:
            return
        worker.said += said
        if worker.serves:
            worker.since = time.monotonic()
            if worker in self._restarting:
                self._restarting.remove(worker)
            self._go_on()

    def _go_on(self) -> None:
        """After one began to serve: the others at the start, and word of it once all do."""
        if self._announced:
            return
        for worker in self.workers:
            if worker.process is None and worker.start_at is None:
                worker.start_at = time.monotonic()
        if all(worker.serves for worker in self.workers):
            self._announced = True
            self._told.ready(self.workers[0].said)
            self._supervisor.ready(f"{len(self.workers)} workers listen")

    def _reap(self) -> None:
        """Take note of those that ended: they are started again, at once where they were told to."""
        for worker in self.workers:
            process = worker.process
            if process is None or process.poll() is None:
                continue
            wanted, worker.kill_at, worker.process = worker.kill_at is not None, None, None
            self._forget(process)
            if self._stopping:
                continue
            if not any(other.since for other in self.workers):
                self._code = process.returncode if process.returncode > 0 else 1
                self._stop()
                continue
            now = time.monotonic()
            if wanted:
                worker.start_at = now
                continue
            if worker.said and now - worker.since > LASTED_SECONDS:
                worker.pause = LEAST_PAUSE
            self._told.note(
                f"Worker {worker.number} {_ended(process.returncode)}; started again in {worker.pause:g} s."
            )
            worker.start_at, worker.pause = now + worker.pause, min(worker.pause * 2, MOST_PAUSE)

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(pipe)
                with contextlib.suppress(OSError):
                    pipe.close()

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        if self._alive_at is not None and self._supervisor.watchdog is not None and self._alive_at <= now:
            self._supervisor.alive()
            self._alive_at = now + self._supervisor.watchdog / 2
        for worker in self.workers:
            if worker.process is None and worker.start_at is not None and worker.start_at <= now:
                self._start(worker)
            elif worker.process is not None and worker.kill_at is not None and worker.kill_at <= now:
                self._told.note(f"Worker {worker.number} did not end in time and is killed.")
                worker.process.kill()
                worker.kill_at = now + self._stop_seconds
        if self._restarting and self._restarting[0].serves and all(worker.serves for worker in self.workers):
            self._end(self._restarting[0])

    def _until_next(self) -> float | None:
        """Seconds until something is due."""
        due = [self._alive_at, *(at for worker in self.workers for at in (worker.start_at, worker.kill_at))]
        times = [at for at in due if at is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None


@contextmanager
def _signals() -> Generator[socket.socket]:
    """The signals that come meanwhile, as bytes that can be waited for."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
        before = {number: signal.signal(number, _awake) for number in numbers}
        wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)


def _awake(number: int, frame: FrameType | None) -> None:
    """The byte that comes with a signal is what counts."""


def _ended(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"

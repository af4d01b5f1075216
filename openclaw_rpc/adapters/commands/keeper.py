"""Keeps one job: starts it, watches what it uses, and ends all that it started, whatever it does about it.

Run as a script, with the standard library alone. Its one argument is the descriptor of a socket to the gateway, which
sends one message (length in 4 bytes, JSON): the job. The end of that stream means: stop. It comes, too, when the
gateway is killed, so that no job outlives it. The keeper answers one message: ``{"status", "stopped"}`` or
``{"failed", "errno"}``.

The job is a session of its own, and the keeper is its subreaper (`prctl(2)`, PR_SET_CHILD_SUBREAPER): a process that
forks twice to get away becomes the keeper's child, and is found.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time

TYPE_CHECKING = False  # importing `typing` takes a good part of what starting a job takes
if TYPE_CHECKING:
    from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
WATCH_SECONDS = 0.05
REAP_SECONDS = 1.0
SWEEPS = 100
NICE = 5
OOM_SCORE = 500
FAILED = 127
PAGE = os.sysconf("SC_PAGE_SIZE")


def receive(channel: int) -> Any:
    """The gateway's message."""
    data = b""
    while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
        piece = os.read(channel, 1 << 16)
        if not piece:
            sys.exit(0)
        data += piece
    return json.loads(data[4:])


def answer(channel: int, message: dict[str, Any]) -> None:
    """Tell the gateway, where it is still there."""
    text = json.dumps(message).encode()
    data = len(text).to_bytes(4, "big") + text
    try:
        while data:
            data = data[os.write(channel, data) :]
    except OSError:
        return


def adopt_orphans() -> None:
    """Become the parent of all descendants whose parents end."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def prctl(option: int, value: int) -> None:
    """Ask Linux for something about this process."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def descendants(root: int) -> list[tuple[int, int]]:
    """All processes below one, with how deep they are (its children: 0), the nearer ones first."""
    found: list[tuple[int, int]] = []
    waiting = [(root, -1)]
    while waiting:
        above, depth = waiting.pop(0)
        for pid in children(above):
            found.append((pid, depth + 1))
            waiting.append((pid, depth + 1))
    return found


def children(pid: int) -> list[int]:
    """The children of all threads of a process; none where it is gone, or the system has no /proc."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as listed:  # noqa: PTH123
                found += map(int, listed.read().split())
    except OSError:
        return found
    return found


def memory_of(pids: list[int]) -> int:
    """The bytes of memory that processes have for themselves."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm", "rb") as counts:  # noqa: PTH123
                _, resident, shared, *_ = map(int, counts.read().split())
        except (OSError, ValueError):
            continue
        total += (resident - shared) * PAGE
    return total


def send_signal(pid: int, number: int) -> None:
    """Signal a process that may be gone."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def nothing(number: int, frame: object) -> None:
    """A signal whose coming is enough."""


class Keeper:
    """One job."""

    def __init__(self, channel: int, job: dict[str, Any]) -> None:
        self.channel = channel
        self.job = job
        self.main = 0
        self.status: int | None = None
        self.stopped: str | None = None
        self.kill_at: float | None = None

    def run(self) -> dict[str, Any]:
        """Start the job, wait for its end, and end what it left behind: what to tell the gateway."""
        wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else self.pipe()
        signal.signal(signal.SIGCHLD, nothing)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        failure = self.start()
        if failure is not None:
            return failure
        poller = select.poll()
        poller.register(wake, select.POLLIN)
        poller.register(self.channel, select.POLLIN)
        while self.reap() and self.status is None:
            for descriptor, _ in poller.poll(WATCH_SECONDS * 1000):
                if descriptor == wake:
                    os.read(wake, 4096)
                else:
                    poller.unregister(self.channel)
                    self.stop()
            if self.kill_at is not None and time.monotonic() >= self.kill_at:
                break
            if self.stopped is None:
                self.watch()
        self.kill_all()
        return {"status": self.status, "stopped": self.stopped}

    @staticmethod
    def pipe() -> tuple[int, int]:
        """A pipe that never waits, on systems without pipe2."""
        ends = os.pipe()
        for end in ends:
            os.set_blocking(end, False)
        return ends

    def start(self) -> dict[str, Any] | None:
        """Start the job; what went wrong, where something did."""
        said, say = os.pipe()
        self.main = os.fork()
        if self.main == 0:
            self.become(say)
        os.close(say)
        with open(said, "rb") as source:  # noqa: PTH123
            failure = source.read()
        empty = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):  # so that the job's end is the end of its pipes
            os.dup2(empty, standard)
        os.close(empty)
        return json.loads(failure) if failure else None

    def become(self, say: int) -> NoReturn:
        """In the new process: become the job."""
        step = "program"
        try:
            signal.set_wakeup_fd(-1)
            for name in ("SIGCHLD", "SIGPIPE", "SIGXFSZ"):  # Python ignores the latter two
                signal.signal(getattr(signal, name), signal.SIG_DFL)
            os.setsid()
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            self.bound()
            step = "folder"
            os.chdir(self.job["cwd"])
            step = "program"
            os.execvpe(self.job["argv"][0], self.job["argv"], self.job["env"])  # noqa: S606
        except OSError as error:
            os.write(say, json.dumps({"failed": step, "errno": error.errno}).encode())
        finally:
            os._exit(FAILED)

    def bound(self) -> None:
        """What the system itself limits, for each process of the job; the least important of the machine."""
        for name, value in self.job["limits"].items():
            kind = getattr(resource, name, None)
            if kind is not None:
                hard = resource.getrlimit(kind)[1]
                soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(kind, (soft, soft))
        os.nice(NICE)
        try:
            with open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
                score.write(str(OOM_SCORE))
        except OSError:
            return

    def reap(self) -> bool:
        """Take note of ended children; false where there is none any more."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.main:
                self.status = os.waitstatus_to_exitcode(status)

    def watch(self) -> None:
        """End a job that uses more than it may."""
        below = [pid for pid, depth in descendants(os.getpid()) if depth >= self.job["outer"]]
        if len(below) > self.job["processes"]:
            self.stopped = "processes"
        elif memory_of(below) > self.job["memory"]:
            self.stopped = "memory"
        if self.stopped is not None:
            self.kill_at = time.monotonic()

    def stop(self) -> None:
        """Ask all processes to end; those that are the sandbox itself have to stay until then."""
        self.kill_at = time.monotonic() + self.job["grace"]
        for pid, depth in descendants(os.getpid()):
            if depth >= self.job["outer"]:
                send_signal(pid, signal.SIGTERM)

    def kill_all(self) -> None:
        """End everything that is left: stop it first, so that nothing new is started meanwhile."""
        end = time.monotonic() + REAP_SECONDS
        while time.monotonic() < end:
            frozen: set[int] = set()
            for _ in range(SWEEPS):
                new = [pid for pid, _ in descendants(os.getpid()) if pid not in frozen]
                if not new:
                    break
                for pid in new:
                    send_signal(pid, signal.SIGSTOP)
                frozen.update(new)
            for pid in frozen:
                send_signal(pid, signal.SIGKILL)
            if self.status is None:
                send_signal(-self.main, signal.SIGKILL)  # its whole group, where there is no /proc
            if not self.reap():
                return
            time.sleep(0.002)


def main() -> None:
    """Keep a job."""
    channel = int(sys.argv[1])
    os.set_inheritable(channel, False)
    job = receive(channel)
    adopt_orphans()
    answer(channel, Keeper(channel, job).run())


if __name__ == "__main__":
    main()

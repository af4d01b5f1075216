"""Several processes on one port: none of their connections is lost when one of them ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.systemd import Systemd

SECONDS = 30.0
TOP = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no SO_REUSEPORT")


class Parent:
    """The parent of some workers, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.port = int(self.line())

    def line(self) -> str:
        """What it says next; pytest's own timeout bounds the wait."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), SECONDS)

    def ask(self) -> tuple[int, int]:
        """The number and the process of the worker that took a connection."""
        with self.connected() as client:
            return answered(client)

    def everybody(self, count: int) -> dict[int, int]:
        """The processes by their numbers, once all have answered."""
        found: dict[int, int] = {}
        deadline = time.monotonic() + SECONDS
        while len(found) < count and time.monotonic() < deadline:
            number, process = self.ask()
            found[number] = process
        assert len(found) == count
        return found


def answered(client: socket.socket) -> tuple[int, int]:
    number, process = client.recv(100).split()
    return int(number), int(process)


def lives(process: int) -> bool:
    """Whether a process does something still."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def parent(
    count: int, *words: str, stop_seconds: float = 10, env: Mapping[str, str] | None = None
) -> Generator[Parent]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.few_workers", str(count), str(stop_seconds), *words],
        cwd=TOP,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Parent(process)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(SECONDS)
            finally:
                process.kill()
        process.communicate()


def test_connections_are_dealt_out_among_all_of_them() -> None:
    with parent(3) as served:
        assert served.line() == "ready worker 1"
        assert set(served.everybody(3)) == {1, 2, 3}
        served.process.terminate()
        assert served.line().startswith("Stopping")
        assert served.process.wait(SECONDS) == 0


def test_what_waits_for_a_worker_that_dies_is_answered_by_its_successor() -> None:
    with parent(2) as served:
        served.line()
        before = served.everybody(2)
        os.kill(before[2], signal.SIGSTOP)
        waiting = [served.connected() for _ in range(40)]
        os.kill(before[2], signal.SIGKILL)
        told = [answered(client) for client in waiting]
        for client in waiting:
            client.close()
        assert {process for number, process in told if number == 1} == {before[1]}
        successors = {process for number, process in told if number == 2}
        assert len(successors) == 1 and before[2] not in successors
        assert served.line() == "Worker 2 was ended by SIGKILL; started again in 0.1 s."


def test_they_are_restarted_one_after_another_and_no_connection_is_refused_or_reset() -> None:
    with parent(3) as served:
        served.line()
        before = served.everybody(3)
        done = threading.Event()
        seen: list[tuple[int, int]] = []
        failed: list[OSError | ValueError] = []

        def knock() -> None:
            while not done.is_set():
                try:
                    seen.append(served.ask())
                except (OSError, ValueError) as error:
                    failed.append(error)

        knocking = [threading.Thread(target=knock) for _ in range(4)]
        for thread in knocking:
            thread.start()
        served.process.send_signal(signal.SIGHUP)
        assert served.line().startswith("Restarting")
        deadline = time.monotonic() + SECONDS
        while len({process for _, process in seen} - set(before.values())) < 3 and time.monotonic() < deadline:
            done.wait(0.05)
        done.set()
        for thread in knocking:
            thread.join()
        after = served.everybody(3)
        assert not set(after.values()) & set(before.values())
        assert failed == []
        # One after another: the first worker's successor was there before the second was told to end.
        first_new = seen.index((1, after[1]))
        assert (2, before[2]) in seen[first_new:] or (3, before[3]) in seen[first_new:]


def test_one_that_fails_again_and_again_is_tried_less_and_less_often() -> None:
    with parent(2, "fails:2:3") as served:
        pauses = [served.line().rpartition("again in ")[2] for _ in range(4)]
        assert pauses == ["0.1 s.", "0.2 s.", "0.4 s.", "0.8 s."]


def test_where_the_first_can_not_start_no_other_is_tried() -> None:
    with parent(3, "fails:1:7") as served:
        assert served.process.wait(SECONDS) == 7
        assert served.line() == ""


def test_one_that_does_not_end_in_time_is_killed() -> None:
    with parent(2, "deaf", stop_seconds=0.2) as served:
        served.line()
        served.process.terminate()
        said = sorted(served.line() for _ in range(3))
        assert said[1:] == [f"Worker {number} did not end in time and is killed." for number in (1, 2)]
        assert served.process.wait(SECONDS) == 0


def test_systemd_hears_of_all_of_them_together(tmp_path: Path) -> None:
    systemd = Systemd(str(tmp_path / "notify"))
    env = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000"}
    try:
        with parent(3, env=env) as served:
            assert systemd.until("READY") == {"READY": "1", "STATUS": "3 workers listen"}
            assert len(served.everybody(3)) == 3
            for _ in range(3):
                assert systemd.until("WATCHDOG") == {"WATCHDOG": "1"}
            served.process.terminate()
            assert systemd.until("STOPPING")["STOPPING"] == "1"
            assert served.process.wait(SECONDS) == 0
    finally:
        systemd.close()


def test_none_outlives_its_parent() -> None:
    with parent(2) as served:
        served.line()
        ours = served.everybody(2)
        served.process.kill()
        served.process.wait(SECONDS)
        deadline = time.monotonic() + SECONDS
        while any(map(lives, ours.values())):
            assert time.monotonic() < deadline
            threading.Event().wait(0.02)

"""A job that runs: what it writes is gathered, what it is to read is fed to it, and it is ended in time.

Event loops start processes in ways of their own, one of them slowly and with more open files than it was told to leave
open. `subprocess` starts a process in a fraction of a millisecond; the loop only waits for its pipes.
"""

import os
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import anyio
import msgspec

from openclaw_rpc.adapters.commands.gathering import Gathered, Passed, Sink
from openclaw_rpc.domain.commands import Job, OnOutput
from openclaw_rpc.protocol.command import StopReason
from openclaw_rpc.threads import in_thread

PIECE: Final = 1 << 16
DRAIN_SECONDS: Final = 1.0
LATE_SECONDS: Final = 2.0


class Report(msgspec.Struct):
    """What the keeper says at the end."""

    status: int | None = None
    stopped: StopReason | None = None
    failed: str | None = None
    errno: int | None = None


class Running:
    """A job under its keeper. ``stopped`` says why the gateway ended it, where it did."""

    def __init__(self, keeper: Sequence[str], job: Job, grace: float, on_output: OnOutput | None) -> None:
        """Start the keeper; `aclose` has to be called then.

        Args:
            keeper: The keeper's command line; the number of its socket is added.
            job: What to run.
            grace: Seconds between asking the job to end and ending it.
            on_output: Hears what the job writes.

        Raises:
            OSError: nothing more can be started.
        """
        self._job = job
        self._grace = grace
        self._report: Report | None = None
        self._said = b""
        self._wake = anyio.Event()
        # What passes is kept elsewhere, and these stay empty.
        self.stdout = Gathered("stdout", job.limits.output_bytes, on_output)
        self.stderr = Gathered("stderr", job.limits.output_bytes, on_output)
        self._sinks: tuple[Sink, Sink] = (self.stdout, self.stderr)
        if job.background:
            self._sinks = (Passed("stdout", on_output), Passed("stderr", on_output))
        self.stopped: StopReason | None = None
        self._channel, theirs = socket.socketpair()
        self._open: set[int] = set()
        given: list[int] = []
        try:
            (stdin, self._stdin), (self._stdout, stdout), (self._stderr, stderr) = pipes = [os.pipe() for _ in range(3)]
            self._open.update((self._stdin, self._stdout, self._stderr))
            given += (end for ends in pipes for end in ends if end not in self._open)
            for end in self._open:
                os.set_blocking(end, False)
            self._channel.setblocking(False)
            self._process = subprocess.Popen(
                [*keeper, str(theirs.fileno())],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env={},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except BaseException:
            self._channel.close()
            for end in tuple(self._open):
                self._close(end)
            raise
        finally:
            theirs.close()
            for end in given:
                os.close(end)

    async def finish(self, spec: bytes) -> Report:
        """Hand the job over and wait until it and all that it started is gone."""
        reported, drained = anyio.Event(), anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(self._listen, reported)
            group.start_soon(self._gather, drained)
            group.start_soon(self._feed)
            with anyio.move_on_after(self._job.timeout):
                await self._hand_over(len(spec).to_bytes(4, "big") + spec)
                await self._wake.wait()
            if not reported.is_set():
                self.stopped = "output" if self.stdout.flooded or self.stderr.flooded else "timeout"
                self._ask_to_stop()
                with anyio.move_on_after(self._grace + LATE_SECONDS):
                    await reported.wait()
            # All who could write are gone; where the system could not find them all, they don't hold this up.
            with anyio.move_on_after(DRAIN_SECONDS):
                await drained.wait()
            group.cancel_scope.cancel()
        report = self._report or Report()
        self.stopped = self.stopped or report.stopped
        return report

    async def aclose(self) -> None:
        """End the job where it still runs, children and all, and release what it held. Never takes long."""
        with anyio.CancelScope(shield=True):
            self._ask_to_stop()
            with anyio.move_on_after(self._grace + LATE_SECONDS):
                while await self._hear():
                    pass
            self._channel.close()
            for end in tuple(self._open):
                self._close(end)
            await in_thread(self._bury)

    def _bury(self) -> None:
        """Take the keeper's exit, which follows the end of its socket at once."""
        try:
            self._process.wait(LATE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask_to_stop(self) -> None:
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_WR)

    def _close(self, end: int) -> None:
        if end in self._open:
            self._open.remove(end)
            os.close(end)

    async def _hand_over(self, data: bytes) -> None:
        with suppress(OSError):  # the keeper is gone, which `_listen` sees as well
            while data:
                try:
                    data = data[self._channel.send(data) :]
                except BlockingIOError:
                    await anyio.wait_writable(self._channel)

    async def _hear(self) -> bool:
        """Take what the keeper says; false when it has nothing more to say."""
        await anyio.wait_readable(self._channel)
        try:
            piece = self._channel.recv(PIECE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._said += piece
        return bool(piece)

    async def _listen(self, reported: anyio.Event) -> None:
        """Wait for the keeper's word, or its end."""
        while self._report is None and await self._hear():
            size = int.from_bytes(self._said[:4], "big")
            if len(self._said) >= 4 + size > 4:
                with suppress(msgspec.MsgspecError):
                    self._report = msgspec.json.decode(self._said[4 : 4 + size], type=Report)
        reported.set()
        self._wake.set()

    async def _gather(self, drained: anyio.Event) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._read, self._stdout, self._sinks[0])
            group.start_soon(self._read, self._stderr, self._sinks[1])
        drained.set()

    async def _read(self, end: int, sink: Sink) -> None:
        while not sink.flooded:
            await anyio.wait_readable(end)
            try:
                piece = os.read(end, PIECE)
            except BlockingIOError:
                continue
            except OSError:
                break
            if not piece:
                break
            pause = sink.take(piece)
            if pause:
                await anyio.sleep(pause)
        sink.close()
        if sink.flooded:
            self._wake.set()

    async def _feed(self) -> None:
        data = memoryview(self._job.stdin)
        with suppress(OSError):  # it reads no more
            while data:
                try:
                    data = data[os.write(self._stdin, data) :]
                except BlockingIOError:
                    await anyio.wait_writable(self._stdin)
        self._close(self._stdin)

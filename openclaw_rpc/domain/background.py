"""Commands that go on in the background: started by a run or a client, read from a cursor on, and ended in time.

What one writes is kept in memory, the last of it. None outlives the gateway: the keeper of each sees to that even where
the gateway is killed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import anyio
from anyio.abc import TaskGroup

from openclaw_rpc.domain.clock import Clock, iso, new_id
from openclaw_rpc.domain.commands import STOPPED_CODE, Commands, CommandSettings, Job, Mount
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.chat import chat_done
from openclaw_rpc.protocol.command import (
    BackgroundCommand,
    BackgroundStop,
    CommandOutput,
    CommandOutputParams,
    CommandStartParams,
    OutputStream,
)
from openclaw_rpc.protocol.errors import GatewayError, NotFound, Unavailable
from openclaw_rpc.protocol.session import session_deleted, session_reset

MAX_RUNNING: Final = 64
"""How many go on at a time, whoever started them."""
ENDED_KEPT: Final = 8
"""Of how many commands of a user that have ended it is kept what they wrote."""
ENDED_KEPT_IN_ALL: Final = 64
MERGED: Final = 4096


class Starter(NamedTuple):
    """Who starts a command: a user, in a run of a session or directly (then ``run_id`` is empty)."""

    user: str
    run_id: str = ""
    session_id: str = ""
    session_key: str = ""


class Written:
    """What a command wrote, by its place in all of it, in characters; at least the last ``limit`` are kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: deque[tuple[int, OutputStream, str]] = deque()
        self.end = 0

    @property
    def begin(self) -> int:
        """The place of the first that is kept."""
        return self._pieces[0][0] if self._pieces else self.end

    def add(self, stream: OutputStream, text: str) -> None:
        """Add a piece, and drop the oldest where there is too much."""
        place = self.end
        if self._pieces and self._pieces[-1][1] == stream and len(self._pieces[-1][2]) < MERGED:
            place, _, before = self._pieces.pop()
            text = before + text
        self._pieces.append((place, stream, text))
        self.end = place + len(text)
        while len(self._pieces) > 1 and self.end - self._pieces[1][0] >= self._limit:
            self._pieces.popleft()

    def read(self, cursor: int, limit: int) -> tuple[dict[OutputStream, str], int, int]:
        """From a place on, by stream; where that ends; and how much before it is kept no longer."""
        start = max(0, self.end + cursor) if cursor < 0 else min(cursor, self.end)
        missed = max(0, self.begin - start) if cursor >= 0 else 0
        at = max(start, self.begin)
        until = min(at + limit, self.end)
        found: dict[OutputStream, list[str]] = {"stdout": [], "stderr": []}
        for place, stream, text in self._pieces:
            piece = text[max(0, at - place) : max(0, until - place)]
            if piece:
                found[stream].append(piece)
        return {stream: "".join(texts) for stream, texts in found.items()}, until, missed


class _Command:
    """One of them. ``ended`` is set once no process of it is left."""

    def __init__(self, starter: Starter, params: CommandStartParams, started_at: str, limit: int) -> None:
        self.id = new_id("cmd")
        self.starter = starter
        self.params = params
        self.started_at = started_at
        self.written = Written(limit)
        self.scope = anyio.CancelScope()
        self.ended = anyio.Event()
        self.news = anyio.Event()
        self.exit_code: int | None = None
        self.stopped_by: BackgroundStop | None = None
        self.error: str | None = None

    def hear(self, stream: OutputStream, text: str) -> None:
        self.written.add(stream, text)
        self.tell()

    def tell(self) -> None:
        """There is something new."""
        self.news.set()
        self.news = anyio.Event()

    def end(self, why: BackgroundStop) -> None:
        if not self.ended.is_set() and self.stopped_by is None:
            self.stopped_by = why
            self.scope.cancel()

    def info(self) -> BackgroundCommand:
        return BackgroundCommand(**self._fields())

    def read(self, cursor: int, limit: int) -> CommandOutput:
        texts, until, missed = self.written.read(cursor, limit)
        more = until < self.written.end
        return CommandOutput(**self._fields(), **texts, cursor=until, more=more, missed=missed)

    def _fields(self) -> dict[str, Any]:
        ended = self.ended.is_set()
        return {
            "command_id": self.id,
            "command": self.params.command,
            "running": not ended,
            "started_at": self.started_at,
            "session_key": self.starter.session_key or None,
            "keep": self.params.keep,
            "exit_code": self.exit_code,
            "stopped_by": self.stopped_by if ended else None,
            "error": self.error,
        }


class Background:
    """Starts, reads and ends them. `serve` runs them; it hears of runs and sessions that end."""

    hears = frozenset({chat_done.name, session_deleted.name, session_reset.name})

    def __init__(self, commands: Commands, settings: Callable[[], CommandSettings], clock: Clock, log: Log) -> None:
        self._commands = commands
        self._settings = settings
        self._clock = clock
        self._log = log
        self._group: TaskGroup | None = None
        self._all: dict[str, _Command] = {}

    async def serve(self) -> None:
        """Run what is started until cancelled; then all of it is ended."""
        try:
            async with anyio.create_task_group() as group:
                self._group = group
                await anyio.sleep_forever()
        finally:
            self._group = None

    def hear(self, event: Published) -> None:
        """End what belongs to a run that ended, unless it is kept, or to a session that went."""
        for one in self._all.values():
            if event.row is not chat_done and one.starter.session_id == event.session_id:
                one.end("session")
            elif event.row is chat_done and one.starter.run_id == event.run_id and not one.params.keep:
                one.end("run")

    async def start(
        self,
        starter: Starter,
        params: CommandStartParams,
        *,
        mounts: Sequence[Mount] = (),
        env: Mapping[str, str] = {},
    ) -> BackgroundCommand:
        """Start a line, as `Commands.execute` would.

        Raises:
            Forbidden, InvalidRequest, NotFound: as there.
            Unavailable: too many go on already, or the gateway stops.
        """
        job = await self._commands.job(starter.user, params, mounts=mounts, env=env)
        limits = self._settings().command_limits
        running = [one for one in self._all.values() if not one.ended.is_set()]
        if sum(one.starter.user == starter.user for one in running) >= limits.background:
            raise Unavailable(
                f"{limits.background} commands go on in the background already; stop one first", reason="too_many"
            )
        if self._group is None or len(running) >= MAX_RUNNING:
            raise Unavailable("nothing more can be started in the background now", reason="too_many")
        one = _Command(starter, params, iso(self._clock.now()), limits.output_bytes)
        self._all[one.id] = one
        self._forget()
        self._group.start_soon(self._run, one, job)
        return one.info()

    async def output(self, user: str, params: CommandOutputParams) -> CommandOutput:
        """What a command wrote from a cursor on; with ``wait`` as soon as there is something new.

        Raises:
            NotFound: the user has no such command, or it ended long ago.
        """
        one = self._of(user, params.command_id)
        with anyio.move_on_after(params.wait / 1000):
            while not one.ended.is_set() and 0 <= one.written.end <= params.cursor:
                await one.news.wait()
        return one.read(params.cursor, params.limit)

    async def stop(self, user: str, command_id: str) -> BackgroundCommand:
        """End a command; answers once no process of it is left. One that has ended stays as it is.

        Raises:
            NotFound: as `output`.
        """
        one = self._of(user, command_id)
        one.end("stop")
        await one.ended.wait()
        return one.info()

    def list(self, user: str) -> list[BackgroundCommand]:
        """A user's commands, the oldest first."""
        return [one.info() for one in self._all.values() if one.starter.user == user]

    async def _run(self, one: _Command, job: Job) -> None:
        try:
            with one.scope:
                outcome = await self._commands.runner.run(job, one.hear)
                one.exit_code = outcome.exit_code
                # It is never ended for how much it writes.
                one.stopped_by = None if outcome.stopped_by == "output" else outcome.stopped_by
        except GatewayError as error:
            one.error = error.message
        except Exception as error:
            self._log.error("a command in the background failed", command_id=one.id, error=repr(error), exc_info=True)
            one.error = "it could not be run; the gateway's log says why"
        finally:
            if one.exit_code is None and one.error is None:
                one.exit_code = STOPPED_CODE
            one.ended.set()
            one.tell()

    def _of(self, user: str, command_id: str) -> _Command:
        one = self._all.get(command_id)
        if one is None or one.starter.user != user:
            there = ", ".join(one.id for one in self._all.values() if one.starter.user == user)
            known = f"; there are: {there}" if there else ""
            raise NotFound(f"there is no command {command_id!r} in the background{known}", field="commandId")
        return one

    def _forget(self) -> None:
        """Let go of what ended long ago."""
        for command_id in list(self._surplus()):
            del self._all[command_id]

    def _surplus(self) -> Iterator[str]:
        of_user: dict[str, int] = {}
        newest = [one for one in reversed(self._all.values()) if one.ended.is_set()]
        for count, one in enumerate(newest):
            user = one.starter.user
            of_user[user] = of_user.get(user, 0) + 1
            if of_user[user] > ENDED_KEPT or count >= ENDED_KEPT_IN_ALL:
                yield one.id

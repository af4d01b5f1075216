"""A real PostgreSQL, started once for all tests of a process, and an empty database for each of them."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest

_USER = "openclaw"
_NUMBERS = count(1)
_NEEDED = ("initdb", "postgres", "pg_isready")


def _programs() -> Path | None:
    """The folder with the server's programs, of the newest version that is installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    found = shutil.which("initdb")
    folders = [*debian, *([Path(found).resolve().parent] if found else [])]
    return next((folder for folder in folders if all((folder / name).exists() for name in _NEEDED)), None)


PROGRAMS = _programs()
MISSING = "PostgreSQL is not installed: apt install postgresql"
INSTALLED = pytest.mark.skipif(PROGRAMS is None, reason=MISSING)


class Server:
    """A PostgreSQL server on a port of its own, which can be stopped and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """How a database of it is reached."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def initialise(self) -> None:
        """Make its files."""
        options = ("-D", str(self._folder), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        subprocess.run(_as_a_user(_program("initdb"), *options), check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = ("fsync=off", "unix_socket_directories=", "listen_addresses=127.0.0.1", "max_connections=200")
        options = ("-D", str(self._folder), "-p", str(self.port), *(part for one in settings for part in ("-c", one)))
        log = (self._folder.parent / f"{self._folder.name}.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                _as_a_user(_program("postgres"), *options), stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        deadline = time.monotonic() + 30
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {Path(log.name).read_text()[-2000:]}")

    def answers(self) -> bool:
        """Whether it takes connections."""
        asked = (_program("pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-t", "1", "-q")
        return subprocess.run(asked, check=False, stdout=subprocess.DEVNULL).returncode == 0

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it at once: SIGINT as an operator does, SIGQUIT as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def freeze(self) -> None:
        """Have it, and all that serve its connections, do nothing: it takes no notice, and answers nothing."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, what: signal.Signals) -> None:
        assert self._process is not None
        asked = subprocess.run(("pgrep", "-P", str(self._process.pid)), check=True, capture_output=True, text=True)
        for number in (self._process.pid, *map(int, asked.stdout.split())):
            os.kill(number, what)


def _program(name: str) -> str:
    assert PROGRAMS is not None
    return str(PROGRAMS / name)


def _as_a_user(*command: str) -> tuple[str, ...]:
    """The command as somebody whom PostgreSQL serves: not root."""
    if os.getuid() != 0:
        return command
    return ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command)


@contextmanager
def server() -> Generator[Server]:
    """A server of one's own."""
    with tempfile.TemporaryDirectory(prefix="openclaw-postgres-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        if os.getuid() == 0:
            who = pwd.getpwnam("postgres")
            os.chown(place, who.pw_uid, who.pw_gid)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        made = Server(place / "data", port)
        made.initialise()
        try:
            made.start()
            yield made
        finally:
            made.stop()


@cache
def shared() -> Server:
    """The server that all tests of this process share; it ends with the process."""
    if PROGRAMS is None:
        pytest.skip(MISSING)
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(server())


_FREE: list[str] = []
_EMPTY = """SET session_replication_role = replica; DO $$ DECLARE found record; BEGIN
    FOR found IN SELECT oid::regclass AS name, relkind AS kind, pg_relation_size(oid) AS size FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relname <> 'schema_version' AND relkind IN ('r', 'S') LOOP
      IF found.kind = 'S' THEN PERFORM setval(found.name, 1, false);
      ELSIF found.size > 1000000 THEN EXECUTE 'TRUNCATE ' || found.name;
      ELSIF found.size > 0 THEN EXECUTE 'DELETE FROM ' || found.name;
      END IF;
    END LOOP;
END $$"""
"""Rows are deleted: for small tables that takes a tenth of what TRUNCATE takes, which makes a file for each anew."""


@asynccontextmanager
async def database() -> AsyncGenerator[str]:
    """The URL of a database of the shared server; afterwards it is emptied, for the next who asks for one."""
    if _FREE:
        name = _FREE.pop()
    else:
        name = f"test_{next(_NUMBERS)}"
        await _do(shared().url(), f"CREATE DATABASE {name}")
    try:
        yield shared().url(name)
    finally:
        await _do(shared().url(name), _EMPTY)
        _FREE.append(name)


@asynccontextmanager
async def bare_database() -> AsyncGenerator[str]:
    """The URL of a database in which nobody ever made a table; it is dropped afterwards."""
    name = f"bare_{next(_NUMBERS)}"
    await _do(shared().url(), f"CREATE DATABASE {name}")
    try:
        yield shared().url(name)
    finally:
        await _do(shared().url(), f"DROP DATABASE {name} WITH (FORCE)")


async def _do(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()

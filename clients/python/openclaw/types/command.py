"""What `command.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class CommandExecuteParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A line for the shell, and where and how to run it."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    command: str
    """Run by bash, or by `/bin/sh`."""
    cwd: str = "/"
    """The working directory, a folder of the workspace."""
    timeout: int = 30000
    """Milliseconds until it is ended."""
    env: dict[str, str] | UnsetType = UNSET
    """Environment variables, besides the few that are always set."""
    stdin: str | None = None
    """Its standard input."""
    stream: bool = False
    """Send what it writes at once, as `command.output`."""
    call_id: str | None = None
    """Comes back in each piece."""


class CommandResult(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What a command wrote and how it ended. Bytes that are not UTF-8 are replaced by U+FFFD.

    `exitCode` is 128 and the signal's number where a signal ended it, and -1 where the gateway ended it:
    `stoppedBy` says why then. `truncated`: it wrote more than is kept of stdout or stderr.
    """

    stdout: str
    stderr: str
    exit_code: int
    duration_ms: int
    timed_out: bool
    truncated: bool
    stopped_by: Literal["memory", "output", "processes", "timeout"] | None = None


class CommandStartParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A line for the shell that goes on in the background, its standard input empty."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    command: str
    """Run by bash, or by `/bin/sh`."""
    cwd: str = "/"
    """The working directory, a folder of the workspace."""
    timeout: int = 3600000
    """Milliseconds until it is ended."""
    env: dict[str, str] | UnsetType = UNSET
    """Environment variables, besides the few that are always set."""
    keep: bool = False
    """Let it go on when the run that starts it ends, until its session goes."""


class BackgroundCommand(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A command in the background. What it is once it has ended: `exitCode` and `stoppedBy` as `CommandResult`.

    `error` says why it could not be run at all. `sessionKey` is that of the run that started it.
    """

    command_id: str
    command: str
    running: bool
    started_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    session_key: str | None = None
    keep: bool = False
    exit_code: int | None = None
    stopped_by: Literal["memory", "processes", "run", "session", "stop", "timeout"] | None = None
    error: str | None = None


class BackgroundList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The caller's, those that run and some that have ended, the oldest first."""

    next_cursor: str | None = None
    commands: list[BackgroundCommand]


class CommandOutputParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which command, and from where on to read what it wrote."""

    command_id: str
    """The id that `command.start` returned."""
    cursor: int = 0
    """Where to go on: the `cursor` of the last answer. 0 is the beginning; -2000 are the last 2000 characters."""
    limit: int = 20000
    """Characters at most."""
    wait: int = 0
    """Milliseconds to wait where there is nothing new and it still runs."""


class CommandOutput(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What a command wrote from the cursor on.

    `cursor` is where the next call goes on, `more` whether there is more already. `missed` characters were there
    and are kept no longer.
    """

    command_id: str
    command: str
    running: bool
    started_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    session_key: str | None = None
    keep: bool = False
    exit_code: int | None = None
    stopped_by: Literal["memory", "processes", "run", "session", "stop", "timeout"] | None = None
    error: str | None = None
    stdout: str
    stderr: str
    cursor: int
    more: bool = False
    missed: int = 0


class CommandStopParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which command."""

    command_id: str
    """The id that `command.start` returned."""


class CommandOutputEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A piece of what a command writes, as it comes."""

    stream: Literal["stderr", "stdout"]
    text: str
    call_id: str | None = None

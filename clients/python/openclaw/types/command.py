"""What `command.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class CommandExecuteParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A line for `/bin/sh`, and where and how to run it."""

    command: str
    """Run by `/bin/sh -c`."""
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


class CommandOutputEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A piece of what a command writes, as it comes."""

    stream: Literal["stderr", "stdout"]
    text: str
    call_id: str | None = None

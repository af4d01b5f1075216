"""What a check found."""

from typing import Any, Literal

import msgspec

Status = Literal["ok", "warn", "fail"]


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding: ``hint`` says what to do where something is to be done."""

    name: str
    status: Status
    message: str
    hint: str | None = None


def ok(name: str, message: str, hint: str | None = None) -> Check:
    """All is well; a hint may say what more could be had."""
    return Check(name, "ok", message, hint)


def warn(name: str, message: str, hint: str) -> Check:
    """It works, but not as it should."""
    return Check(name, "warn", message, hint)


def fail(name: str, message: str, hint: str) -> Check:
    """It does not work until somebody does something."""
    return Check(name, "fail", message, hint)


class Silence:
    """A log that says nothing: the checks say it."""

    def debug(self, event: str, /, **fields: Any) -> None:
        """See the port `Log`."""

    def info(self, event: str, /, **fields: Any) -> None:
        """See the port `Log`."""

    def warning(self, event: str, /, **fields: Any) -> None:
        """See the port `Log`."""

    def error(self, event: str, /, **fields: Any) -> None:
        """See the port `Log`."""

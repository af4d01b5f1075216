"""What stops a command: said in one line, with what to do about it, and an exit code."""

from typing import Any


class CliError(Exception):
    """The command can't do what it was asked. ``hint`` says what would help.

    ``code`` is the name of an error of the table where the gateway said it; ``field`` and ``reason`` as it gave them.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: str = "failed",
        field: str | None = None,
        reason: str | None = None,
        exit_code: int = 1,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.field = field
        self.reason = reason
        self.exit_code = exit_code

    def as_json(self) -> dict[str, Any]:
        """The same as an object, for `--json`."""
        parts = {
            "code": self.code,
            "message": self.message,
            "field": self.field,
            "reason": self.reason,
            "hint": self.hint,
        }
        return {"error": {name: value for name, value in parts.items() if value is not None}}

    def lines(self) -> list[str]:
        """The same for people: the message, then what is known besides."""
        found = self.message.splitlines() or [self.code]
        if self.field and self.field not in self.message:
            found.append(f"field: {self.field}")
        if self.reason and self.reason not in self.message:
            found.append(f"reason: {self.reason}")
        if self.hint:
            found.append(self.hint)
        return found


class NoGateway(CliError):
    """Nothing listens where the gateway should be."""


class ConnectionLost(CliError):
    """The socket closed while something was going on over it; whoever can, resumes."""

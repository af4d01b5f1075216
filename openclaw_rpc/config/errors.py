"""What is wrong with `gateway.yaml`: all of it at once, each with its line and its key."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from openclaw_rpc.protocol.errors import InvalidRequest

Keys = tuple[str, ...]
"""A path of keys into the configuration; items of lists by their number."""


def dotted(keys: Keys) -> str:
    """A path as people write it: `gateway.allowed_hosts[0]`."""
    return "".join(f"[{key}]" if key.isdigit() else f".{key}" for key in keys).removeprefix(".")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong. ``line`` from 1, None where it stands in no file; ``path`` dotted, may be empty."""

    file: str
    line: int | None
    path: str
    reason: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.path}: {self.reason}" if self.path else f"{place}: {self.reason}"


class ConfigError(InvalidRequest):
    """The configuration is not valid. ``problems`` says where and why; ``field`` is the first one's path."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__("\n".join(map(str, self.problems)), field=first.path or None, reason=first.reason)

    @classmethod
    def of(cls, file: str | Path, reason: str, *, line: int | None = None, keys: Keys = ()) -> "ConfigError":
        """One single problem."""
        return cls([Problem(file=str(file), line=line, path=dotted(keys), reason=reason)])

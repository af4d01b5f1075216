"""A change of `gateway.yaml` from the command line, and what the gateway that runs says to it."""

import asyncio
import os
from dataclasses import dataclass
from typing import Any, Literal

import openclaw
from openclaw_rpc.cli.connecting import connect
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import Shared
from openclaw_rpc.cli.output import aside, complain, print_json
from openclaw_rpc.cli.target import GatewayTarget, find_paths, find_target, is_given
from openclaw_rpc.config.dotenv import NAME, variables
from openclaw_rpc.config.file import GatewayFile
from openclaw_rpc.config.loading import load
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.protocol import config

State = Literal["applied", "refused", "unknown", "not running"]


class _Variables(dict[str, str]):
    """Variables, of which the gateway may have more than we do: one that is missing here stands for itself."""

    def __init__(self, known: dict[str, str]) -> None:
        super().__init__(known)
        self.missing: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        """Its value, or the variable itself."""
        if name not in self:
            self.missing.add(name)
            return f"${{{name}}}"
        return self[name]


class CheckedFile(GatewayFile):
    """`gateway.yaml` for a command. Unless ``strict``, a variable that is not set here is no problem, but noted."""

    def __init__(self, paths: Paths, *, strict: bool) -> None:
        known = variables(os.environ, paths.home)
        self._lenient = _Variables(known)
        super().__init__(paths.config, known if strict else self._lenient)

    @property
    def missing(self) -> list[str]:
        """The variables that the file names and that are not set here."""
        return sorted(self._lenient.missing)

    def check(self, text: str) -> None:
        """Raise ConfigError where a text is not valid as this file."""
        load(text, str(self.path), self._lenient)


@dataclass
class Verdict:
    """What a gateway says: it applies the change, refuses it with a ``reason``, could not be asked, or none runs."""

    state: State
    reason: str | None = None
    changed: list[str] | None = None
    needs_restart: list[str] | None = None
    overridden: list[str] | None = None


@dataclass
class Asked:
    """The gateway that is to be asked: found before the change, which may be of the token it is asked with."""

    target: GatewayTarget | None
    paths: Paths

    @classmethod
    def before(cls, options: Shared) -> "Asked":
        """The gateway of this machine's that has this `gateway.yaml`, where one runs."""
        paths = find_paths(options)
        if is_given(options) or paths.announcement() is None:
            return cls(None, paths)
        return cls(find_target(options), paths)

    def tell(self, options: Shared, changed: list[str] | None, waiting: list[str], missing: list[str]) -> int:
        """Ask, and say what comes of the change. Answers the exit code.

        ``changed`` are the dotted paths, None where only the gateway knows; ``waiting`` those that would need a
        restart, ``missing`` the variables that are not set here.
        """
        found = asyncio.run(_ask(self.target)) if self.target is not None else Verdict("not running")
        if found.state == "unknown":
            # a change of what lets us in ended our connection, and applies to the next one
            found = asyncio.run(_ask(find_target(options)))
        paths = found.changed or [] if changed is None else changed
        restart = [path for path in found.needs_restart or [] if path in paths] if self.target else waiting
        overridden = [path for path in found.overridden or [] if path in paths]
        if options.json:
            shown = {"changed": paths, "needsRestart": restart, "gateway": found.state}
            more = {"reason": found.reason, "overridden": overridden}
            print_json(shown | {name: value for name, value in more.items() if value})
        else:
            aside(f"{', '.join(paths)} changed." if paths else "Nothing changed." if changed == [] else "Written.")
            self._say(found, paths, restart, overridden, missing)
        return 1 if found.state == "refused" else 0

    def _say(
        self, found: Verdict, changed: list[str], restart: list[str], overridden: list[str], missing: list[str]
    ) -> None:
        for path in restart:
            aside(f"{path} applies when the gateway is started again.")
        for path in overridden:
            aside(f"{path}: the gateway was started with another value on its command line, which takes precedence.")
        if found.state == "applied" and set(changed) - {*restart, *overridden}:
            aside("The running gateway applies it.")
        elif found.state == "unknown":
            aside(f"The running gateway could not be asked: {found.reason}")
        elif found.state == "refused":
            lines = ["The file is written, but the running gateway refused it.", found.reason or ""]
            if "has no variable" in lines[1]:
                lines.append(f"Put the variable into {self.paths.home / NAME}: it is read at once.")
            complain(lines)
        elif found.state == "not running":
            for name in missing:
                aside(f"{name} is not set here: the gateway needs it at its start, or in {self.paths.home / NAME}.")


async def _ask(target: GatewayTarget) -> Verdict:
    """Have the gateway take the file."""
    try:
        async with connect(target) as client:
            status = await client.call(config.status.name)
            try:
                done = await client.call(config.reload.name)
            except openclaw.ConflictError as error:
                return Verdict("refused", error.message)
    except CliError as error:
        return Verdict("unknown", error.message)
    # what was waiting before is said again: who sets a key twice must not think that it applies
    return Verdict(
        "applied",
        changed=done["changed"],
        needs_restart=done.get("needsRestart", []),
        overridden=status.get("overridden", []),
    )

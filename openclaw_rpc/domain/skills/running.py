"""A skill's command as a job: what it is given, what it may do, what its output means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from openclaw_rpc.domain.commands import CommandLimits, CommandOutcome, CommandRunner, Job, Mount, environment
from openclaw_rpc.domain.files import Workspaces
from openclaw_rpc.domain.skills.manifest import Manifest, SkillTool
from openclaw_rpc.domain.skills.settings import SkillSettings
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import ProviderError, Timeout, TooLarge

TAIL: Final = 2000
"""How many characters of a failed command's stderr are told."""
TMP: Final = "/tmp"  # noqa: S108
INSIDE_SKILL: Final = "/skill"
INSIDE_WORKSPACE: Final = "/workspace"
NO_SUCH_COMMAND: Final = frozenset({125, 126, 127})


class Engines(Protocol):
    """What runs skills' commands: the sandbox of all commands, and beside it what runs podman itself."""

    @property
    def sandboxed(self) -> CommandRunner:
        """Runs jobs in the sandbox that commands run in."""
        ...

    @property
    def plain(self) -> CommandRunner:
        """Runs podman, which makes a sandbox of its own."""
        ...

    def podman(self) -> str:
        """The path of podman.

        Raises:
            Unavailable: it is not installed.
        """
        ...

    def environ(self) -> Mapping[str, str]:
        """What podman needs of the gateway's environment to find its images: nothing that is secret."""
        ...


class SkillRunner:
    """Runs skills' commands."""

    def __init__(
        self,
        engines: Engines,
        workspaces: Workspaces,
        settings: Callable[[], SkillSettings],
        limits: Callable[[], CommandLimits],
    ) -> None:
        self._engines = engines
        self._workspaces = workspaces
        self._settings = settings
        self._limits = limits

    async def walled(self) -> bool:
        """Whether a command that has no permission can do nothing outside of its sandbox."""
        if self._settings().container == "podman":
            return True
        return (await self._engines.sandboxed.sandbox()).kind != "none"

    async def run(self, manifest: Manifest, folder: str, tool: SkillTool, params: JsonObject, user: str) -> Any:
        """Run a tool's command: its arguments as JSON on standard input, its result from standard output.

        Raises:
            ProviderError: it ended with a code other than 0; the message has the end of its stderr.
            Timeout, TooLarge: it took too long; it wrote or used too much.
            NotFound, Unavailable: it can't be run at all.
        """
        settings = self._settings()
        workspace = await self._workspaces.of(user).folder(()) if manifest.permissions.filesystem else None
        contained = settings.container == "podman"
        build = self._contained if contained else self._sandboxed
        job = build(manifest, folder, tool.command, msgspec.json.encode(params), workspace)
        runner = self._engines.plain if contained else self._engines.sandboxed
        outcome = await runner.run(job)
        return result_of(tool.name, outcome, job.timeout)

    def _variables(self, manifest: Manifest, workspace: str | None) -> dict[str, str]:
        own = self._settings().env.get(manifest.slug, {})
        told = {"OPENCLAW_SKILL": manifest.slug} | ({"OPENCLAW_WORKSPACE": workspace} if workspace else {})
        return {**own, **told}

    def _sandboxed(
        self, manifest: Manifest, folder: str, command: Sequence[str], stdin: bytes, workspace: str | None
    ) -> Job:
        mounts = (Mount(path=folder), *((Mount(path=workspace, writable=True),) if workspace else ()))
        return Job(
            argv=command,
            cwd=folder,
            env=environment(workspace or TMP, self._variables(manifest, workspace)),
            stdin=stdin,
            timeout=self._settings().timeout_seconds,
            limits=self._limits(),
            network=manifest.permissions.network,
            mounts=mounts,
        )

    def _contained(
        self, manifest: Manifest, folder: str, command: Sequence[str], stdin: bytes, workspace: str | None
    ) -> Job:
        """`podman run`: a root that can't be written, no capabilities, no network unless the skill may use it."""
        settings, limits = self._settings(), self._limits()
        variables = self._variables(manifest, INSIDE_WORKSPACE if workspace else None)
        argv = [self._engines.podman(), "run", "--rm", "--interactive", "--read-only", "--cap-drop=all"]
        argv += ["--security-opt=no-new-privileges", f"--pids-limit={limits.processes}"]
        argv += [
            f"--memory={limits.memory_bytes}",
            f"--timeout={int(settings.timeout_seconds) + 1}",
            "--log-driver=none",
        ]
        if not manifest.permissions.network:
            argv.append("--network=none")
        argv += [f"--volume={folder}:{INSIDE_SKILL}:ro", f"--workdir={INSIDE_SKILL}"]
        if workspace:
            argv.append(f"--volume={workspace}:{INSIDE_WORKSPACE}:rw")
        # Named only: podman takes the values from its own environment, so that they are in no list of processes.
        argv += [f"--env=HOME={TMP}", *(f"--env={name}" for name in sorted(variables))]
        argv += [settings.image, *command]
        return Job(
            argv=argv,
            cwd=folder,
            env={**variables, **self._engines.environ()},
            stdin=stdin,
            timeout=settings.timeout_seconds,
            # The container has bounds of its own; those of a process would bind podman.
            limits=msgspec.structs.replace(limits, memory_bytes=2**50, processes=100_000),
            network=True,
        )


def result_of(name: str, outcome: CommandOutcome, timeout: float) -> Any:
    """What a command's output means: JSON where it is some, else text.

    Raises:
        ProviderError, Timeout, TooLarge: it failed, as they say.
    """
    if outcome.stopped_by == "timeout":
        raise Timeout(f"{name} took longer than {timeout:g} s", reason="skill")
    if outcome.stopped_by is not None:
        raise TooLarge(f"{name} was ended, it used too much: {outcome.stopped_by}", reason=outcome.stopped_by)
    if outcome.exit_code != 0:
        said = outcome.stderr.decode("utf-8", "replace").strip()
        tail = f"…{said[-TAIL:]}" if len(said) > TAIL else said
        code = outcome.exit_code
        hint = " (is its program installed?)" if code in NO_SUCH_COMMAND and not said else ""
        text = f"{name} ended with code {code}{hint}" + (f": {tail}" if tail else "")
        raise ProviderError(text, reason="exit_code", exitCode=code)
    if outcome.truncated:
        raise TooLarge(f"{name} wrote more than is kept", reason="output")
    text = outcome.stdout.decode("utf-8", "replace")
    try:
        return msgspec.json.decode(outcome.stdout)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return text.strip("\n")

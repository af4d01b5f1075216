"""Skills on a real disk, run by the real runner; and what tests put into them."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.adapters.commands import LocalRunner
from openclaw_rpc.adapters.outbound import GuardedFetcher, guarded_session
from openclaw_rpc.adapters.skills import LocalEngines, LocalHost, SkillFolder
from openclaw_rpc.adapters.workspace.local import LocalWorkspaces
from openclaw_rpc.domain.commands import CommandLimits, CommandSettings
from openclaw_rpc.domain.events.bus import Filter
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.outbound import OutboundPolicy
from openclaw_rpc.domain.skills.library import Surroundings
from openclaw_rpc.domain.skills.registry import Registry
from openclaw_rpc.domain.skills.running import SkillRunner
from openclaw_rpc.domain.skills.service import Skills
from openclaw_rpc.domain.skills.settings import SkillSettings
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.domain.web import Fetched, FetchRequest
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.skill import SkillExecutedEvent
from tests.support.clock import ManualClock
from tests.support.tools import Lines
from tests.support.volatile.skills import MemorySkillRecords

ECHO = "import json, sys\nprint(json.dumps({'given': json.load(sys.stdin)}))\n"


def tool(name: str = "say_back", command: Any = ("python3", "tool.py"), **more: Any) -> dict[str, Any]:
    """A tool as a manifest has it."""
    shape = {"type": "object", "properties": {"word": {"type": "string"}}}
    return {"name": name, "description": f"It is {name}.", "parameters": shape, "command": command} | more


def manifest(slug: str = "echo", *tools: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A manifest."""
    about = {"slug": slug, "name": slug.title(), "version": "1.0.0", "description": f"Does {slug}"}
    return about | {"prompt": f"You are {slug}.", "tools": list(tools)} | more


def write_skill(folder: Path, about: Mapping[str, Any] | None = None, **files: str) -> Path:
    """A skill's folder: its manifest, and files by their names, `_` for the dot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "skill.json").write_text(json.dumps(about if about is not None else manifest(folder.name, tool())))
    for name, text in (files or {"tool_py": ECHO}).items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def context(message: str = "hello", agent_id: str = "default", user: str = "owner") -> RunContext:
    """For whom a tool works."""
    return RunContext(
        run_id="run_1",
        session_id="s1",
        session_key="one",
        user=user,
        scopes=frozenset(Scope),
        agent_id=agent_id,
        message=message,
    )


class CountingFetcher:
    """Fetches through the real guard."""

    def __init__(self) -> None:
        self.policy = OutboundPolicy(["127.0.0.1"])
        self.asked: list[str] = []

    async def fetch(self, request: FetchRequest) -> Fetched:
        self.asked.append(request.url)
        async with guarded_session(lambda: self.policy) as session:
            return await GuardedFetcher(lambda: session, lambda: self.policy).fetch(request)


class SkillWorld:
    """Skills in a folder of the test's own."""

    def __init__(
        self, root: Path, settings: SkillSettings | None = None, *, sandbox: Any = "auto", podman: Path | None = None
    ) -> None:
        self.root = root
        self.folder = root / "skills"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = settings or SkillSettings(registry="none")
        self.commands = CommandSettings(sandbox=sandbox)
        self.clock = ManualClock()
        self.log = Lines()
        self.fetcher = CountingFetcher()
        self.shelf = SkillFolder(self.folder)
        self.workspaces = LocalWorkspaces(root / "workspace", root / "others")
        runner = self.sandboxed = LocalRunner(lambda: self.commands, self.log, hidden=(root,))
        engines = LocalEngines(
            runner, self.log, environ=os.environ | {"SECRET": "hidden"}, find=lambda _: str(podman) if podman else None
        )
        self.runner = SkillRunner(engines, self.workspaces, lambda: self.settings, CommandLimits)
        self.events: list[SkillExecutedEvent] = []
        self.records = MemorySkillRecords()
        self.bus = MemoryBus()
        self.bus.subscribe(Filter(names=frozenset({"skill.executed"})), self)
        self.skills = self.reopened()

    def reopened(self) -> Skills:
        """The same folder and records, as after a restart."""
        registry = Registry(self.fetcher, lambda: self.settings)
        around = Surroundings(host=LocalHost(), env=lambda slug: self.settings.env.get(slug, {}), setting=bool)
        skills = Skills(self.shelf, self.records, self.runner, registry, around, self.clock, self.bus, self.log)
        return skills

    def hear(self, event: Published) -> None:
        """A skill was used."""
        self.events.append(event.data)

    def left(self) -> list[str]:
        """What lies in the folder, the gateway's own leftovers too."""
        return sorted(path.name for path in self.folder.iterdir())


def tree(folder: Path) -> dict[str, tuple[str, bytes]]:
    """All below a folder: its kind and contents by path."""
    found: dict[str, tuple[str, bytes]] = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        kind = "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"
        found[str(path.relative_to(folder))] = kind, path.read_bytes() if kind == "file" else b""
    return found

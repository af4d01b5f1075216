"""Files of OpenClaw's workspaces: what its agents have before them, what they remember, and skills."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec

from openclaw_rpc.app.importing.report import Report, rows, table, text
from openclaw_rpc.app.importing.settings import MAIN, agent_id, agents_of
from openclaw_rpc.app.local import skills
from openclaw_rpc.config.paths import Paths, private_opener
from openclaw_rpc.domain.agents import DEFAULT_AGENT, AgentSettings
from openclaw_rpc.domain.skills.manifest import is_slug
from openclaw_rpc.domain.skills.ports import Origin
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import GatewayError

LARGEST: Final = 1 << 20
"""Bytes of a file that is copied."""


def workspaces_of(config: JsonObject, home: Path) -> dict[str, Path]:
    """The workspaces that are there, by their agents' ids."""
    defaults = table(table(config.get("agents")).get("defaults"))
    shared = text(defaults.get("workspace"))
    found: dict[str, Path] = {}
    for agent in agents_of(config):
        name = agent["id"]
        own = text(agent.get("workspace"))
        if own or (shared and name == MAIN):
            place = Path(own or shared).expanduser()
        elif name == MAIN:
            place = home / "workspace"
        else:
            place = Path(shared).expanduser() / name if shared else home / f"workspace-{name}"
        if place.is_dir():
            found[name] = place
    return found


def import_context(workspaces: dict[str, Path], paths: Paths, report: Report) -> dict[str, list[str]]:
    """Copy what agents have before them, the default one's to the workspace itself, others' to `agents/ID` in it.

    Answers the context files of the others, by our agents' ids. A file that is there is left as it is.
    """
    known = AgentSettings().context_files
    context: dict[str, list[str]] = {}
    for name, place in workspaces.items():
        ours = agent_id(name)
        if not is_slug(ours):
            report.add("files", name, "left out", "the agent's name can't be the name of a folder")
            continue
        inside = Path() if ours == DEFAULT_AGENT else Path("agents", ours)
        for file in [*(place / each for each in known), *sorted((place / "memory").glob("*.md"))]:
            if not file.is_file():
                continue
            target = inside / file.relative_to(place)
            _copy(file, paths.workspace / target, str(target), report)
            if ours != DEFAULT_AGENT and file.parent == place:
                context.setdefault(ours, []).append(target.as_posix())
    return context


def _copy(file: Path, target: Path, shown: str, report: Report) -> None:
    if target.exists():
        same = target.stat().st_size <= LARGEST and target.read_bytes() == file.read_bytes()
        report.add("files", shown, "there already", "" if same else "another text is there, and is left as it is")
        return
    if file.stat().st_size > LARGEST:
        report.add("files", shown, "left out", "it is larger than 1 MiB")
        return
    if not report.dry_run:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(target, "xb", opener=private_opener) as made:
            made.write(file.read_bytes())
    report.add("files", shown, "imported")


def import_skills(config: JsonObject, home: Path, workspaces: dict[str, Path], paths: Paths, report: Report) -> None:
    """Install the skills of OpenClaw's folders; one whose name is taken is left."""
    load: Any = table(table(config.get("skills")).get("load"))
    folders = [home / "skills", *(place / "skills" for place in workspaces.values())]
    folders += [Path(text(each)).expanduser() for each in rows(load.get("extraDirs")) if text(each)]
    taken = {found.slug for found in skills(paths).scan()}
    with tempfile.TemporaryDirectory(prefix="openclaw-import-") as scratch:
        # A dry run unpacks them elsewhere.
        shelf = skills(msgspec.structs.replace(paths, skills=Path(scratch)) if report.dry_run else paths)
        for folder in dict.fromkeys(folders):
            for skill in sorted(folder.glob("*/SKILL.md")):
                name = skill.parent.name
                if folder.resolve() == paths.skills.resolve():
                    report.add("skills", name, "there already", "it is used where it lies")
                    continue
                try:
                    staged = shelf.stage(Origin(path=str(skill.parent), fallback=name.lower()))
                except GatewayError as error:
                    report.add("skills", name, "left out", error.message)
                    continue
                slug = staged.manifest.slug
                if slug in taken:
                    report.add("skills", slug, "there already")
                elif not report.dry_run:
                    shelf.place(staged, ())
                shelf.discard(staged)
                if slug not in taken:
                    taken.add(slug)
                    report.add("skills", slug, "imported")

"""Checks of what agents can do: what their commands run in, the PIN, their files, MCP servers, embeddings."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from urllib.parse import urlsplit

from openclaw_rpc.app import local
from openclaw_rpc.cli.checks.check import Check, Silence, fail, ok, warn
from openclaw_rpc.cli.checks.machine import existing
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.mcp import McpSettings
from openclaw_rpc.installing import install_command
from openclaw_rpc.protocol.errors import GatewayError


def tools(paths: Paths, settings: Settings, *, running: bool) -> Iterator[Check]:
    """All of them, but for what a gateway that is ``running`` knows better."""
    yield from storage(paths, settings)
    yield sandbox(settings)
    yield from root()
    yield from pin(paths, settings)
    yield workspace(paths)
    yield from skills(paths, settings)
    if not running:
        yield from mcp(settings.mcp)
    yield from embeddings(settings)


def sandbox(settings: Settings) -> Check:
    """What commands run in, found out by running one."""
    if os.name != "posix":
        return warn("sandbox", "commands can't be run on this system", "Run the gateway on Linux or macOS, or in WSL.")
    runner = local.commands(settings, Silence())
    try:
        found = asyncio.run(runner.sandbox())
    except GatewayError as error:
        return fail("sandbox", error.message, "Install bubblewrap, or set security.sandbox to auto.")
    if found.kind == "none":
        first = "Set" if shutil.which("bwrap") else "Install bubblewrap and set"
        return warn(
            "sandbox",
            f"commands run with the gateway's own rights: {found.reason}",
            f"{first} security.sandbox to auto, or have commands approved: security.policies.shell: ask.",
        )
    network = "with" if settings.security.command_network else "without"
    return ok("sandbox", f"commands run in {found.kind}, {network} network")


def root() -> Iterator[Check]:
    """Whether this is the user who may do anything; only Unix has one."""
    geteuid = getattr(os, "geteuid", None)
    if geteuid is not None and geteuid() == 0:
        yield warn(
            "user",
            "you are root; a gateway that root starts may do anything to this machine",
            "Start it as a user of its own.",
        )


def storage(paths: Paths, settings: Settings) -> Iterator[Check]:
    """Whether the PostgreSQL database, where one is configured, can be used."""
    if settings.storage.postgres is None:
        return

    async def look() -> None:
        async with local.kept(settings.storage, paths) as kept:
            await kept.tokens.revision()

    try:
        asyncio.run(look())
    except GatewayError as error:
        yield fail("storage", error.message, "Check that it runs, and that its user owns the database.")
    else:
        yield ok("storage", "PostgreSQL answers")


def pin(paths: Paths, settings: Settings) -> Iterator[Check]:
    """Whether there is the PIN that guarded tools ask for."""
    guarded = settings.security.require_pin_for
    if not guarded:
        return
    try:
        known = asyncio.run(local.has_pin(settings.storage, paths))
    except GatewayError as error:
        yield fail("pin", error.message, "Read what the gateway says when it starts.")
        return
    names = ", ".join(guarded)
    if known:
        yield ok("pin", f"set; asked for before {names}")
    else:
        yield warn("pin", f"no PIN is set, so {names} can't be used", "openclaw pin set")


def workspace(paths: Paths) -> Check:
    """Whether agents' files can be written; changes nothing where the folder is not there yet."""
    folder = paths.workspace
    there = existing(folder)
    try:
        if there == folder:
            with tempfile.TemporaryFile(dir=folder):
                pass
        elif not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        return fail("workspace", f"{folder}: {error.strerror}", "Make yourself its owner.")
    return ok("workspace", f"{folder} can be written" if there == folder else f"{folder} is made when it is needed")


def mcp(settings: McpSettings) -> Iterator[Check]:
    """Whether what MCP servers need is installed; none of them is started."""
    used = {name: server for name, server in settings.servers.items() if server.enabled}
    if used and find_spec("mcp") is None:
        yield warn("mcp", "MCP servers are configured, and the package mcp is missing", install_command("mcp"))
    for name, server in used.items():
        if server.command is None:
            yield ok(f"mcp {name}", f"is asked at {urlsplit(server.url or '').hostname}")
        elif (found := shutil.which(server.command)) is None:
            hint = f"Install it, or correct mcp.servers.{name}.command."
            yield warn(f"mcp {name}", f"there is no program {server.command}", hint)
        else:
            yield ok(f"mcp {name}", f"runs {found}")


def skills(paths: Paths, settings: Settings) -> Iterator[Check]:
    """Whether the skills that are there can be used."""
    try:
        found = local.skills(paths).scan() if paths.skills.is_dir() else ()
    except OSError as error:
        yield fail("skills", f"{paths.skills}: {error.strerror}", "Make yourself its owner.")
        return
    broken = [f"{one.entry} ({one.error})" for one in found if one.error is not None]
    if broken:
        hint = "Correct their SKILL.md, or remove them: openclaw call skill.list says more."
        yield warn("skills", f"can't be used: {', '.join(broken)}"[:500], hint)
    elif found:
        yield ok("skills", f"{len(found)} installed")
    if settings.skills.container == "podman" and shutil.which("podman") is None:
        hint = "Install podman, or set skills.container to none."
        yield warn("skills run", "skills' commands are to run in containers, and podman is not installed", hint)


def embeddings(settings: Settings) -> Iterator[Check]:
    """Whether there is a model for a search by meaning, where one is wanted."""
    if not settings.memory.embeddings:
        return
    from openclaw_rpc.domain.memory.embedding import embedding_model

    model = embedding_model(settings.memory, settings.providers)
    if model is None:
        hint = "Set memory.embedding_model to the name of one, or memory.embeddings to false."
        yield warn("memory", "memory.embeddings is on, and no model that embeds is known", hint)
    else:
        yield ok("memory", f"{model} embeds memories")

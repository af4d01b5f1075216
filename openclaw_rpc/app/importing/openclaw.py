"""The whole import of an OpenClaw home."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from openclaw_rpc.app.importing.files import import_context, import_skills, workspaces_of
from openclaw_rpc.app.importing.home import read_settings
from openclaw_rpc.app.importing.report import Report
from openclaw_rpc.app.importing.schedule import import_jobs
from openclaw_rpc.app.importing.settings import import_settings
from openclaw_rpc.app.importing.transcripts import import_sessions
from openclaw_rpc.app.local import kept
from openclaw_rpc.app.migration import gateway_runs
from openclaw_rpc.protocol.errors import Conflict
from openclaw_rpc.threads import in_thread

if TYPE_CHECKING:
    from openclaw_rpc.config.file import GatewayFile
    from openclaw_rpc.config.paths import Paths

SECTIONS = frozenset({"agents", "channels", "models", "skills", "meta", "$schema"})
"""What is read of `openclaw.json`."""


async def import_openclaw(home: Path, file: GatewayFile, paths: Paths, *, dry_run: bool, with_secrets: bool) -> Report:
    """Bring over what is not here yet. Their home is only read.

    Raises:
        Conflict: a gateway of ours runs in our home.
        InvalidRequest, Unavailable: theirs, or ours, can't be read.
    """
    if await in_thread(gateway_runs, paths):
        raise Conflict("A gateway runs in this home. Stop it first, then import.", reason="gateway runs")
    config = await in_thread(read_settings, home)
    settings = file.load()
    report = Report(home=str(home), dry_run=dry_run)
    workspaces = workspaces_of(config, home)
    if not dry_run:
        await in_thread(paths.prepare)
    context = await in_thread(import_context, workspaces, paths, report)
    await import_settings(config, file, report, context, with_secrets=with_secrets)
    await in_thread(import_skills, config, home, workspaces, paths, report)
    if dry_run and settings.storage.postgres is None and not paths.database(settings.storage.file).exists():
        await import_jobs(home, None, report, time.time())
        await import_sessions(home, None, report)
    else:
        async with kept(settings.storage, paths) as everything:
            await import_jobs(home, everything.sessions.documents, report, time.time())
            await import_sessions(home, everything.sessions, report)
    for name in sorted(config.keys() - SECTIONS):
        report.add("settings", name, "left out", "this section of openclaw.json is not imported")
    report.add("credentials", "sign-ins", "left out", "keys and logins that OpenClaw keeps itself are not read")
    return report

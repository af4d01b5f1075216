"""Deleting a user, with everything that is kept of them, while no gateway runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from openclaw_rpc.adapters.memory.files import Folder
from openclaw_rpc.adapters.workspace.local import folder_name
from openclaw_rpc.app.backup import Made, known
from openclaw_rpc.app.migration import gateway_runs, vacuum
from openclaw_rpc.app.storage import opened
from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.domain.principals import OWNER
from openclaw_rpc.durable import replacing
from openclaw_rpc.threads import in_thread

if TYPE_CHECKING:
    from openclaw_rpc.config.paths import Paths
    from openclaw_rpc.config.settings import StorageSettings

LOGS: Final = "gateway.log*"


class Deleted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What went of a user, and what is left.

    ``backups`` were made while the user may have been there, and hold what was kept then. ``named_in_audit`` records of
    older versions name the user in the audit log; the others hold a random id.
    """

    users: list[str]
    rows: dict[str, int]
    folders: int
    log_lines: int
    named_in_audit: int
    backups: list[Made]


async def delete_user(user: str, storage: StorageSettings, paths: Paths) -> Deleted:
    """Delete a user and the people below.

    Raises:
        StorageUnusable: a gateway runs; the user is the owner, or there is nothing of them; or it can't be used.
    """
    if user == OWNER:
        raise StorageUnusable("The owner can't be deleted: all that is left then is to remove the gateway's home.")
    if await in_thread(gateway_runs, paths):
        raise StorageUnusable("A gateway runs in this home, and would write of the user again. Stop it first.")
    async with opened(storage, paths, place="alone") as kept:
        users = kept.users()
        traces = await users.traces(user)
        names = traces.names | {user}
        rows = await users.delete(user)
    folders = await in_thread(_remove_folders, paths, names, traces.sessions)
    lines = await in_thread(_clean_logs, paths, names)
    if not (any(rows.values()) or folders or lines):
        raise StorageUnusable(f"There is no user {user!r}: nothing is kept of them.")
    backups = [one for one in known(paths) if os.path.exists(one.path)]  # noqa: ASYNC240, PTH110 - a command's own loop
    if storage.postgres is None:
        # What was deleted can still be read in the file until it is written anew.
        await vacuum(storage, paths)
    return Deleted(
        users=sorted(names),
        rows={table: count for table, count in rows.items() if count > 0},
        folders=folders,
        log_lines=lines,
        named_in_audit=traces.named_in_audit,
        backups=backups,
    )


def _remove_folders(paths: Paths, names: Iterable[str], sessions: Iterable[str]) -> int:
    """Remove the workspaces, the dated files of memories, and the long results of their sessions."""
    memories = Folder(paths.state / "memory")
    found = [paths.home / "workspaces" / folder_name(name) for name in names]
    found += [memories.path(name, "2000-01-01", 1).parent for name in names]
    found += [paths.state / "results" / folder_name(session) for session in sessions]
    there = [folder for folder in found if folder.exists()]
    for folder in there:
        shutil.rmtree(folder)
    return len(there)


def _clean_logs(paths: Paths, names: Iterable[str]) -> int:
    """Take the lines that name one of them out of the log's files."""
    spelt = [msgspec.json.encode(name) for name in names]
    removed = 0
    for path in sorted(paths.logs.glob(LOGS)):
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if not any(name in line for name in spelt)]
        if len(kept) < len(lines):
            with replacing(path) as file:
                file.writelines(kept)
            removed += len(lines) - len(kept)
    return removed

"""All that is kept of a user: handed out, or deleted while no gateway runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
import msgspec

from openclaw_rpc.adapters.memory.files import Folder
from openclaw_rpc.adapters.workspace.local import folder_name
from openclaw_rpc.app.backup import Made, known
from openclaw_rpc.app.migration import gateway_runs, vacuum
from openclaw_rpc.app.storage import opened
from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.domain.principals import OWNER
from openclaw_rpc.domain.records import SessionQuery, SessionRecord
from openclaw_rpc.durable import replacing
from openclaw_rpc.threads import in_thread

if TYPE_CHECKING:
    from openclaw_rpc.config.paths import Paths
    from openclaw_rpc.config.storage import StorageSettings
    from openclaw_rpc.domain.ports import Store
    from openclaw_rpc.protocol.chat import ChatMessage

PAGE: Final = 200
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
        raise StorageUnusable("A gateway runs in this home, and would store the user's data again. Stop it first.")
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


async def export_user(user: str, storage: StorageSettings, paths: Paths, target: Path) -> dict[str, int]:
    """Write all that is kept of a user and the people below to a new folder; how much of each kind. A gateway may run.

    Raises:
        StorageUnusable: there is nothing of them, or it can't be used.
        OSError: the folder is there already, or can't be written.
    """
    async with opened(storage, paths) as kept:
        traces = await kept.users().traces(user)
        names = traces.names | {user}
        told = await kept.users().told(user)
        folders = {name: paths.workspace if name == OWNER else _workspace(paths, name) for name in names}
        there = {name: folder for name, folder in folders.items() if folder.is_dir()}
        if not (there or any(told.values()) or traces.sessions):
            raise StorageUnusable(f"There is no user {user!r}: nothing is kept of them.")
        await anyio.Path(target).mkdir(mode=0o700, parents=True)
        counts = {kind: len(records) for kind, records in told.items() if records}
        for kind in counts:
            _write(target / f"{kind}.json", told[kind])
        counts["sessions"] = 0
        for name in sorted(names):
            async for record, messages in _sessions(kept.sessions, name):
                counts["sessions"] += 1
                _write_session(target / "sessions" / folder_name(f"{name} {record.key}"), record, messages)
    counts["files"] = await in_thread(_copy_files, there, target / "files")
    return counts


def _copy_files(folders: Mapping[str, Path], target: Path) -> int:
    """Copy workspaces; how many files they have. A link stays one, and leads nowhere else than before."""
    for name, folder in folders.items():
        shutil.copytree(folder, target / folder_name(name), symlinks=True)
    return sum(path.is_file() for path in target.rglob("*"))


async def _sessions(store: Store, user: str) -> AsyncGenerator[tuple[SessionRecord, list[ChatMessage]]]:
    """Every session of a user with all its messages, oldest first."""
    cursor: str | None = None
    while True:
        page, _, cursor = await store.list_sessions(SessionQuery(user=user, limit=PAGE, cursor=cursor))
        for record in page:
            messages: list[ChatMessage] = []
            more, before = True, None
            while more:
                older, more = await store.messages(record.id, PAGE, before)
                messages = older + messages
                before = messages[0].message_id if messages else None
            yield record, messages
        if cursor is None:
            return


def _write_session(path: Path, record: SessionRecord, messages: Sequence[ChatMessage]) -> None:
    path.parent.mkdir(exist_ok=True)
    _write(path.with_name(f"{path.name}.json"), {"session": record, "messages": messages})
    lines = [f"# {record.title or record.key}", "", f"{record.key}, {record.created_at} to {record.updated_at}"]
    for message in messages:
        lines += ["", f"## {message.role}, {message.created_at}", "", message.content]
    path.with_name(f"{path.name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write(path: Path, value: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def _workspace(paths: Paths, name: str) -> Path:
    return paths.home / "workspaces" / folder_name(name)


def _remove_folders(paths: Paths, names: Iterable[str], sessions: Iterable[str]) -> int:
    """Remove the workspaces, the dated files of memories, and the long results of their sessions."""
    memories = Folder(paths.state / "memory")
    found = [_workspace(paths, name) for name in names]
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

"""Backups: all that a gateway keeps in one file, made while it runs; looked at; and put back."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from openclaw_rpc import __version__
from openclaw_rpc.adapters.backup import archive, postgres, sqlite
from openclaw_rpc.adapters.backup.archive import ArchiveWriter, Manifest
from openclaw_rpc.adapters.backup.sealing import BackupDamaged
from openclaw_rpc.adapters.memory.files import Folder
from openclaw_rpc.app.migration import gateway_runs
from openclaw_rpc.config.paths import RUNNING
from openclaw_rpc.domain.clock import iso, new_id
from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.durable import TEMPORARY, existing

if TYPE_CHECKING:
    from openclaw_rpc.config.paths import Paths
    from openclaw_rpc.config.storage import StorageSettings

BackupUnusable = BackupDamaged, StorageUnusable
"""What may go wrong; the messages say what to do."""
is_sealed = archive.is_sealed

STAGING: Final = ".openclaw-backup-"
LIST: Final = "backups.jsonl"
"""The file in the state folder that says which backups were made."""
SQLITE: Final = "database/gateway.db"
POSTGRES: Final = "database/postgres.dump"
_LEFT_OUT: Final = frozenset({RUNNING, "browser", "memory"})
"""Of the state folder: what says that a gateway runs, the browser's profile, and files that the database names."""


class Made(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A backup that was made; a line of the list."""

    id: str
    path: str
    created_at: str
    sealed: bool


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was put back. ``aside``: what stood in its place before, and is called otherwise now."""

    manifest: Manifest
    aside: list[Path] = field(default_factory=list[Path])


def parts(paths: Paths) -> dict[str, Path]:
    """What belongs to a gateway besides its database, by the name in a backup."""
    return {
        "gateway.yaml": paths.config,
        ".env": paths.home / ".env",
        "skills": paths.skills,
        "channels": paths.channels,
        "workspace": paths.workspace,
        "workspaces": paths.home / "workspaces",
        "state": paths.state,
    }


async def create(
    storage: StorageSettings, paths: Paths, target: Path, passphrase: str | None, told: Callable[[int, int], None]
) -> Manifest:
    """Write a backup, whole or not at all; a gateway may run. ``told``: how many of how many pages are copied.

    Raises:
        StorageUnusable: what is kept can't be read.
        OSError: the backup can't be written.
    """
    paths.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Where the database lies itself: the copy is for nobody else's eyes either.
    with tempfile.TemporaryDirectory(dir=paths.state, prefix=STAGING) as name:
        staging = Path(name)
        if storage.postgres is None:
            database, rows = staging / "gateway.db", _copied(storage, paths, staging, told)
        else:
            database, rows = staging / "postgres.dump", dict[str, int]()
            await postgres.dump(storage.postgres, database)
        with archive.written(target, passphrase) as writer:
            writer.add(SQLITE if storage.postgres is None else POSTGRES, database, steady=True)
            _add_below(writer, "state/memory", staging / "memory", frozenset())
            mine = {database.name, *(paths.database(storage.file).name + end for end in ("", "-wal", "-shm"))}
            for part, path in parts(paths).items():
                _add_below(writer, part, path, _LEFT_OUT | mine if part == "state" else frozenset())
            manifest = Manifest(
                id=new_id("bk"),
                created_at=iso(time.time()),
                version=__version__,
                engine="sqlite" if storage.postgres is None else "postgres",
                rows=rows,
                files=writer.entries,
            )
            writer.finish(manifest)
    made = Made(id=manifest.id, path=str(target), created_at=manifest.created_at, sealed=passphrase is not None)
    with (paths.state / LIST).open("ab") as file:
        file.write(msgspec.json.encode(made) + b"\n")
    return manifest


def known(paths: Paths) -> list[Made]:
    """The backups that were made of this home, wherever they are now."""
    try:
        lines = (paths.state / LIST).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [msgspec.json.decode(line, type=Made) for line in lines if line.strip()]


async def verify(path: Path, passphrase: str | None) -> Manifest:
    """Read a backup to its end, and look at its database.

    Raises:
        BackupDamaged: something of it is not as it was written.
        StorageUnusable: PostgreSQL's programs are needed, and missing.
        OSError: it can't be read.
    """
    with tempfile.TemporaryDirectory(prefix=STAGING) as name:
        staging = Path(name)
        manifest = archive.unpack(path, passphrase, staging, only=("database/", "state/memory/"))
        await _check(staging, manifest)
    return manifest


async def restore(
    path: Path,
    passphrase: str | None,
    paths: Paths,
    environ: Mapping[str, str],
    *,
    database: str | None = None,
    replace: bool = False,
) -> Restored:
    """Put back what a backup holds, after all of it was looked at.

    Args:
        path: The backup.
        passphrase: Of one that is sealed.
        paths: Where to.
        environ: The variables that its `gateway.yaml` may name.
        database: The SQLite file or PostgreSQL URL to fill, in place of the one that its `gateway.yaml` says.
        replace: Whether what is there is set aside; else the target must be empty.

    Raises:
        BackupDamaged: something of it is not as it was written; nothing was changed.
        StorageUnusable: a gateway runs there, or something is there already, and named; nothing was changed.
        OSError: something can't be written.
    """
    if gateway_runs(paths):
        raise StorageUnusable("A gateway runs in this home. Stop it first.")
    parent = existing(paths.home.parent)
    with tempfile.TemporaryDirectory(dir=parent, prefix=STAGING) as name:
        staging = Path(name)
        manifest = archive.unpack(path, passphrase, staging)
        await _check(staging, manifest)
        url, file = _database_of(staging / "gateway.yaml", manifest.engine, paths, environ, database)
        moves = [(staging / part, target) for part, target in parts(paths).items() if (staging / part).exists()]
        if file is not None:
            sqlite.begin_anew(staging / SQLITE)
            moves.append((staging / SQLITE, file))
        aside = _in_the_way(paths, file)
        if aside and not replace:
            raise StorageUnusable(f"{aside[0]} is there already. Name an empty home, or use --replace.")
        if url is not None:
            if not await postgres.is_empty(url) and not replace:
                raise StorageUnusable("The database holds a gateway's tables. Name an empty one, or use --replace.")
            await postgres.load(staging / POSTGRES, url)
        stamp = time.strftime("%Y%m%dT%H%M%S")
        moved = [_set_aside(one, stamp) for one in aside]
        for source, target in moves:
            _put(source, target)
    return Restored(manifest=manifest, aside=moved)


def _copied(storage: StorageSettings, paths: Paths, staging: Path, told: Callable[[int, int], None]) -> dict[str, int]:
    """Copy the database, and the dated files that its memories lie in, which a compaction may take away meanwhile."""
    source, folder = paths.database(storage.file), Folder(paths.state / "memory")
    copied = staging / "gateway.db"
    for _ in range(sqlite.TRIES):
        copied.unlink(missing_ok=True)
        sqlite.copy(source, copied, told)
        for file in sqlite.memory_files(copied, folder):
            place = staging / "memory" / file.relative_to(folder.root)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if file.exists():
                shutil.copy2(file, place)
        if next(sqlite.unreadable_memories(copied, Folder(staging / "memory")), None) is None:
            return sqlite.counted(copied)
        shutil.rmtree(staging / "memory", ignore_errors=True)
    raise StorageUnusable(f"Memories can't be read from their files in {folder.root}: `openclaw doctor` tells more.")


def _add_below(writer: ArchiveWriter, name: str, path: Path, left_out: frozenset[str]) -> None:
    """Add a file, or a folder with all below it; what is gone when its turn comes is not there."""
    try:
        writer.add(name, path)
        if path.is_dir() and not path.is_symlink():
            for child in sorted(path.iterdir()):
                if child.name not in left_out and not child.name.startswith((STAGING, TEMPORARY, f"{RUNNING}.")):
                    _add_below(writer, f"{name}/{child.name}", child, frozenset())
    except FileNotFoundError:
        return


async def _check(staging: Path, manifest: Manifest) -> None:
    """Look at the database of a backup that was unpacked."""
    place = staging / (SQLITE if manifest.engine == "sqlite" else POSTGRES)
    if not place.exists():
        raise BackupDamaged("The backup holds no database.")
    if manifest.engine == "sqlite":
        sqlite.check(place, Folder(staging / "state" / "memory"))
    else:
        await postgres.check(place)


def _database_of(
    config: Path, engine: str, paths: Paths, environ: Mapping[str, str], chosen: str | None
) -> tuple[str | None, Path | None]:
    """The URL, or the file, that is to be filled."""
    from openclaw_rpc.config.loading import decode
    from openclaw_rpc.config.parsing import ParsedFile, parse, read

    whole = parse(read(config), str(config))
    section: object = whole.value.get("storage", {})
    if chosen is not None:
        section = {"url": chosen} if "://" in chosen else {"path": chosen}
    value = {"storage": section}
    settings = decode(ParsedFile(file=whole.file, value=value, lines=whole.lines), environ, {}).storage
    if (settings.postgres is None) != (engine == "sqlite"):
        wanted = "a SQLite file" if engine == "sqlite" else "a PostgreSQL URL"
        raise StorageUnusable(f"The backup is of {engine}: name {wanted} with --database.")
    return settings.postgres, paths.database(settings.file) if settings.postgres is None else None


def _in_the_way(paths: Paths, database: Path | None) -> list[Path]:
    """What would be written over; a log that was left beside a database would spoil the one that is put back."""
    files = [] if database is None else [database.with_name(database.name + end) for end in ("", "-wal", "-shm")]
    inside = [one for one in files if paths.state not in one.parents]
    return [path for path in (*parts(paths).values(), *inside) if _is_something(path)]


def _is_something(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        return any(_is_something(child) for child in path.iterdir())
    return os.path.lexists(path)


def _set_aside(path: Path, stamp: str) -> Path:
    target = path.with_name(f"{path.name}.before-{stamp}")
    path.rename(target)
    return target


def _put(source: Path, target: Path) -> None:
    """Move something to its place, where only empty folders may be."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    shutil.move(source, target)


def backup_name(now: float) -> str:
    """What a backup is called where nobody says it."""
    return f"openclaw-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}.backup"


def lines_of(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """What a person is told of a backup."""
    yield "made", manifest.created_at
    yield "by", f"openclaw_rpc {manifest.version}"
    yield "database", manifest.engine
    yield "files", f"{len(manifest.files):,}, {sum(entry.size for entry in manifest.files):,} bytes"
    for name in ("sessions", "messages", "runs", "memories"):
        if name in manifest.rows:
            yield name, f"{manifest.rows[name]:,}"

"""The folder of skills on this machine. Entries whose names begin with a dot are the gateway's own."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from openclaw_rpc.adapters.skills.archive import unpack
from openclaw_rpc.adapters.skills.copying import copy_folder, read_file, unreadable
from openclaw_rpc.adapters.skills.names import IGNORED, MAX_ARCHIVE, MIB, refused, too_large
from openclaw_rpc.adapters.skills.swapping import OLD, put, recover
from openclaw_rpc.domain.files import Piece
from openclaw_rpc.domain.skills.manifest import (
    MAX_MANIFEST,
    BrokenSkill,
    Manifest,
    is_slug,
    read_json,
    read_markdown,
    slug_of,
)
from openclaw_rpc.domain.skills.ports import MAX_LISTED, FoundSkill, Origin, Staged
from openclaw_rpc.durable import sync_folder
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound

STAGING: Final = ".staging-"
JSON: Final = "skill.json"
MARKDOWN: Final = ("SKILL.md", "skill.md")
ZIP: Final = b"PK"

Mark = tuple[tuple[str, int, int, int], ...]
"""By what a change shows: names, times, sizes and inodes of the files that are read."""


class SkillFolder:
    """A `SkillShelf`: `skills/`, read again where something changed. Installed skills are folders called by slug."""

    def __init__(self, root: Path, *, atomic: bool = True) -> None:
        """Which folder.

        Args:
            root: It need not be there yet.
            atomic: Whether to try to exchange folders in one step.
        """
        self._root = root
        self._atomic = atomic
        self._known: dict[str, tuple[Mark, FoundSkill]] = {}
        self._stamp: tuple[int, int] | None = None

    def scan(self) -> Sequence[FoundSkill]:
        """All that lie there, by entry."""
        known: dict[str, tuple[Mark, FoundSkill]] = {}
        self._stamp = _stamp(self._root)  # before it is read: what comes meanwhile is found the next time
        try:
            with os.scandir(self._root) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name in IGNORED:
                        continue
                    with suppress(OSError):  # it went away meanwhile
                        self._look(entry, known)
        except FileNotFoundError:
            pass
        self._known = known
        return [found for _, (_, found) in sorted(known.items())]

    def _look(self, entry: os.DirEntry[str], known: dict[str, tuple[Mark, FoundSkill]]) -> None:
        folder = entry.is_dir()
        if not folder and not entry.name.endswith(".json"):
            return
        paths = [f"{entry.path}/{name}" for name in (JSON, *MARKDOWN)] if folder else [entry.path]
        mark, changed = _mark(paths)
        before = self._known.get(entry.name)
        if before is None or before[0] != mark:
            before = mark, _found(Path(entry.path), entry.name, changed, folder=folder)
        known[entry.name] = before

    def stage(self, origin: Origin) -> Staged:
        """Copy or unpack a skill beside the others and read it."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = self._root / f"{STAGING}{secrets.token_hex(8)}"
        place.mkdir(mode=0o700)
        try:
            inner, fallback, called = place / "skill", origin.fallback, ""
            inner.mkdir(mode=0o700)
            if origin.archive is not None:
                unpack(origin.archive, inner)
            else:
                called = _fetch(Path(origin.path or "").expanduser(), inner)
            skill = _top(inner)
            fallback = fallback or (called if skill == inner else skill.name)
            manifest = _read(skill, fallback)
            return Staged(place=str(skill), manifest=manifest, digest=_digest(skill))
        except BrokenSkill as error:
            shutil.rmtree(place, ignore_errors=True)
            raise refused(str(error)) from None
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise

    def changed(self) -> bool:
        """Whether an entry came or went since the last scan."""
        return _stamp(self._root) != self._stamp

    def files(self, found: FoundSkill) -> list[str]:
        """The files of a skill's folder by their paths in it."""
        listed: list[str] = []
        for above, folders, files in os.walk(found.folder) if found.folder else ():
            folders[:] = sorted(name for name in folders if name not in IGNORED)
            inside = os.path.relpath(above, found.folder)
            listed += [name if inside == "." else f"{inside}/{name}" for name in sorted(files) if name not in IGNORED]
            if len(listed) >= MAX_LISTED:
                break
        return listed[:MAX_LISTED]

    def read(self, found: FoundSkill, path: str, offset: int, limit: int) -> Piece:
        """A part of a file of a skill's folder, by its path in it."""
        root = Path(found.folder)
        target = (root / path.removeprefix("./")).resolve() if found.folder and "\0" not in path else root
        if not found.folder or target == root or not target.is_relative_to(root):
            raise InvalidRequest(f"path: {path!r} is not in the skill's folder", field="path", reason="outside")
        try:
            status = target.stat()
            if not stat.S_ISREG(status.st_mode):
                raise InvalidRequest(f"path: {path!r} is not a file", field="path", reason="not a file")
            with target.open("rb") as source:
                source.seek(offset)
                return Piece(data=source.read(limit), size=status.st_size, modified=status.st_mtime)
        except OSError as error:
            why = error.strerror or "it can't be read"
            raise NotFound(f"{path!r} of the skill {found.slug}: {why}", field="path", reason="not there") from None

    def digest(self, entry: str) -> str:
        """The digest of a skill's folder; empty for a single file, which is none."""
        path = self._entry(entry)
        try:
            return _digest(path) if path.is_dir() else ""
        except OSError:
            return ""

    def place(self, staged: Staged, replaced: Sequence[str]) -> None:
        """Put a staged skill in its place, and remove what it replaces."""
        slug = staged.manifest.slug
        if not is_slug(slug):
            raise refused("it has no slug")
        old = put(Path(staged.place), self._root / slug, atomic=self._atomic)
        self._known.pop(slug, None)
        if old is not None:
            _discard(old)
        for entry in replaced:
            if entry != slug:
                self.remove(entry)
        self.discard(staged)
        with suppress(OSError):
            sync_folder(self._root)

    def discard(self, staged: Staged) -> None:
        """Remove what is left of a staged skill."""
        staging = next((up for up in Path(staged.place).parents if up.name.startswith(STAGING)), None)
        if staging is not None and staging.parent == self._root:
            shutil.rmtree(staging, ignore_errors=True)

    def remove(self, entry: str) -> bool:
        """Remove a skill: it is gone at once, its files a moment later."""
        path = self._entry(entry)
        aside = self._root / f"{STAGING}{secrets.token_hex(8)}"
        try:
            path.rename(aside)
        except FileNotFoundError:
            return False
        self._known.pop(entry, None)
        _discard(aside)
        return True

    def recover(self) -> None:
        """Clean up what a crash left behind: half-staged skills go, one that was set aside comes back."""
        try:
            entries = list(self._root.iterdir())
        except FileNotFoundError:
            return
        for path in entries:
            if path.name.startswith(STAGING) or (path.name.startswith(OLD) and not recover(path)):
                _discard(path)

    def _entry(self, entry: str) -> Path:
        if not entry or entry.startswith(".") or "/" in entry or "\0" in entry or os.sep in entry:
            raise NotFound(f"there is no skill {entry!r}", field="name")
        return self._root / entry


def _stamp(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def _mark(paths: Sequence[str]) -> tuple[Mark, float]:
    mark: list[tuple[str, int, int, int]] = []
    changed = 0.0
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 - hundreds of skills: making paths costs more
        except OSError:
            continue
        mark.append((path, status.st_mtime_ns, status.st_size, status.st_ino))
        changed = max(changed, status.st_mtime)
    return tuple(mark), changed


def _found(path: Path, entry: str, changed: float, *, folder: bool) -> FoundSkill:
    """What lies there, as it is now."""
    name = entry if folder else entry.removesuffix(".json")
    root = str(path.resolve()) if folder else ""
    try:
        manifest = _read(path, name) if folder else read_json(_text(path), name)
    except (BrokenSkill, InvalidRequest) as error:
        why = (error.reason or error.message) if isinstance(error, InvalidRequest) else str(error)
        slug = name if is_slug(name) else slug_of(name) or "nameless"
        return FoundSkill(entry=entry, slug=slug, changed=changed, folder=root, error=why)
    if not folder and any(tool.command for tool in manifest.tools):
        error = f"a tool with a command needs a folder: put it into {manifest.slug}/{JSON}, or install it"
        return FoundSkill(entry=entry, slug=manifest.slug, changed=changed, error=error)
    return FoundSkill(entry=entry, slug=manifest.slug, changed=changed, folder=root, manifest=manifest)


def _read(folder: Path, name: str) -> Manifest:
    """The manifest of a folder.

    Raises:
        BrokenSkill, InvalidRequest: it has none that can be used.
    """
    described = next((folder / each for each in MARKDOWN if (folder / each).is_file()), None)
    beside = _text(folder / JSON) if (folder / JSON).is_file() else None
    if described is not None:
        return read_markdown(_text(described), name, beside=beside)
    if beside is None:
        raise BrokenSkill(f"it has neither {MARKDOWN[0]} nor {JSON}")
    return read_json(beside, name)


def _text(path: Path) -> str:
    data = read_file(path, MAX_MANIFEST)
    if len(data) > MAX_MANIFEST:
        raise BrokenSkill(f"{path.name} is larger than {MAX_MANIFEST // MIB} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BrokenSkill(f"{path.name} is not UTF-8") from None


def _fetch(source: Path, target: Path) -> str:
    """Bring what lies at a path: a folder, a zip or a JSON file. Answers what it is called."""
    try:
        status = source.stat()
    except FileNotFoundError:
        raise NotFound(f"there is nothing at {source}", field="source", reason="not there") from None
    except (OSError, ValueError) as error:
        raise unreadable(source, error if isinstance(error, OSError) else OSError(str(error))) from None
    if stat.S_ISDIR(status.st_mode):
        copy_folder(source, target)
        return source.resolve().name
    data = read_file(source, MAX_ARCHIVE)
    if len(data) > MAX_ARCHIVE:
        raise too_large(f"its zip is larger than {MAX_ARCHIVE // MIB} MiB", MAX_ARCHIVE)
    if data.startswith(ZIP) or source.suffix.lower() == ".zip":
        unpack(data, target)
    elif source.suffix.lower() == ".json":
        if len(data) > MAX_MANIFEST:
            raise too_large(f"its JSON is larger than {MAX_MANIFEST // MIB} MiB", MAX_MANIFEST)
        (target / JSON).write_bytes(data)
    else:
        raise refused("it is neither a folder nor a zip nor a JSON file")
    return source.stem


def _top(folder: Path) -> Path:
    """Where the manifest is: at the top, or in the one folder that is all there is."""
    inside = list(folder.iterdir())
    if len(inside) == 1 and inside[0].is_dir():
        return inside[0]
    return folder


def _digest(folder: Path) -> str:
    """SHA-256 of the names, contents and executable bits of all files."""
    whole = hashlib.sha256()
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in IGNORED)
        for name in sorted(files):
            if name in IGNORED:
                continue
            path = Path(above) / name
            with path.open("rb") as source:
                contents = hashlib.file_digest(source, "sha256").digest()
            executable = b"x" if path.stat().st_mode & 0o100 else b"-"
            whole.update(os.fsencode(path.relative_to(folder)) + b"\0" + executable + contents)
    return whole.hexdigest()


def _discard(path: Path) -> None:
    """Remove a file, a link or a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)

"""The file of a backup: a tar archive, compressed, whose last entry says what is in it."""

from __future__ import annotations

import gzip
import hashlib
import stat
import tarfile
import tempfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final, Protocol, cast

import msgspec

from openclaw_rpc.adapters.backup.sealing import MAGIC, BackupDamaged, Opening, Sealing
from openclaw_rpc.durable import replacing

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
IN_MEMORY: Final = 8 * 1024 * 1024
PIECE: Final = 1024 * 1024
LEVEL: Final = 6
"""How hard is packed."""
_MANIFEST_BYTES: Final = 1024 * 1024 * 1024


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the backup. ``link``: it is a symbolic link that leads there; its size is 0, and its sum empty."""

    name: str
    size: int
    sha256: str
    link: str | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a backup holds. ``engine`` keeps its database; ``rows`` counts those of each table."""

    id: str
    created_at: str
    version: str
    engine: str
    rows: dict[str, int]
    files: list[Entry]
    format: int = FORMAT


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Summed:
    """What is read of it is summed up."""

    def __init__(self, file: _Readable) -> None:
        self._file = file
        self._sum = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._sum.update(data)
        self.size += len(data)
        return data

    def entry(self, name: str) -> Entry:
        """What was read, by the name it has in the archive."""
        return Entry(name=name, size=self.size, sha256=self._sum.hexdigest())


class ArchiveWriter:
    """Adds files, and at the end what they were."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.entries: list[Entry] = []
        self._tar = tar

    def add(self, name: str, path: Path, *, steady: bool = False) -> None:
        """Add a file or a symbolic link; of anything else, only a folder's name and mode.

        A file that others may write to meanwhile is read first, since its size stands before it; one that is
        ``steady`` is not.

        Raises:
            OSError: it can't be read.
        """
        found = path.lstat()
        info = tarfile.TarInfo(name)
        info.mode, info.mtime = stat.S_IMODE(found.st_mode), found.st_mtime
        if stat.S_ISLNK(found.st_mode):
            info.type, info.linkname = tarfile.SYMTYPE, str(path.readlink())
            self._tar.addfile(info)
            self.entries.append(Entry(name=name, size=0, sha256="", link=info.linkname))
        elif stat.S_ISDIR(found.st_mode):
            info.type = tarfile.DIRTYPE
            self._tar.addfile(info)
        elif stat.S_ISREG(found.st_mode):
            with path.open("rb") as file:
                if steady:
                    self._add(info, file, found.st_size)
                    return
                with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as copy:
                    while piece := file.read(PIECE):
                        copy.write(piece)
                    size = copy.tell()
                    copy.seek(0)
                    self._add(info, copy, size)

    def finish(self, manifest: Manifest) -> None:
        """Say what is in it."""
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(data), 0o600
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            file.write(data)
            file.seek(0)
            self._tar.addfile(info, file)

    def _add(self, info: tarfile.TarInfo, file: IO[bytes], size: int) -> None:
        info.size = size
        summed = _Summed(file)
        self._tar.addfile(info, summed)  # pyright: ignore[reportArgumentType] - it only reads
        self.entries.append(summed.entry(info.name))


@contextmanager
def written(path: Path, passphrase: str | None) -> Generator[ArchiveWriter]:
    """A new backup, which is there, and on disk, when the context ends; after an exception nothing of it is."""
    with replacing(path) as file:
        sealing = None if passphrase is None else Sealing(file, passphrase)
        target = cast("IO[bytes]", sealing or file)  # a sealing has what gzip asks for
        with (
            gzip.GzipFile("", "wb", LEVEL, target) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            yield ArchiveWriter(tar)
        if sealing is not None:
            sealing.close()


def is_sealed(path: Path) -> bool:
    """Whether a passphrase is needed to read it."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def unpack(path: Path, passphrase: str | None, folder: Path, *, only: tuple[str, ...] = ("",)) -> Manifest:
    """Read a backup to its end, look at every sum, and put what begins with one of ``only`` into a folder.

    Raises:
        BackupDamaged: it is cut off or was changed, the passphrase is another one, or it is something else.
        OSError: it can't be read, or the folder can't be written to.
    """
    seen: list[Entry] = []
    links: list[tuple[Path, str]] = []
    manifest = None
    with path.open("rb") as file:
        try:
            for info, content in _members(file, passphrase):
                if info.name == MANIFEST:
                    manifest = _manifest(content, info.size)
                    continue
                if manifest is not None:
                    raise BackupDamaged("The backup was changed: something stands behind its end.")
                entry = _one(info, content, folder / safe(info.name) if info.name.startswith(only) else None, links)
                if entry is not None:
                    seen.append(entry)
        except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BackupDamaged(f"The backup is damaged, or not a backup: {error}.") from None
    if manifest is None:
        raise BackupDamaged("The backup is cut off: the list of its files, which ends it, is missing.")
    for wanted, found in zip(sorted(manifest.files, key=_name), sorted(seen, key=_name), strict=False):
        if wanted != found:
            raise BackupDamaged(f"The backup was changed in {min(wanted.name, found.name)}.")
    if len(manifest.files) != len(seen):
        raise BackupDamaged("The backup was changed: it holds more or fewer files than its list says.")
    # Last, so that nothing is written through one.
    for place, target in links:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.symlink_to(target)
    return manifest


def safe(name: str) -> PurePosixPath:
    """The path of an entry, which stays below its folder.

    Raises:
        BackupDamaged: it would not.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in name or "\0" in name:
        raise BackupDamaged(f"The backup holds a file that would be written outside its folder: {name!r}.")
    return path


def _members(file: IO[bytes], passphrase: str | None) -> Iterator[tuple[tarfile.TarInfo, _Readable]]:
    source = file
    if file.read(len(MAGIC)) == MAGIC:
        if passphrase is None:
            raise BackupDamaged("The backup is encrypted: its passphrase is needed.")
        source = cast("IO[bytes]", Opening(file, passphrase))  # it has what gzip asks for
    else:
        file.seek(0)
    with gzip.GzipFile("", "rb", fileobj=source) as packed:
        with tarfile.open(fileobj=packed, mode="r|") as tar:
            for info in tar:
                yield info, (tar.extractfile(info) if info.isreg() else None) or file
        # To its end, where the sum of all of it stands.
        while packed.read(PIECE):
            pass


def _manifest(content: _Readable, size: int) -> Manifest:
    if size > _MANIFEST_BYTES:
        raise BackupDamaged("The backup was changed: its list of files is too long.")
    data = content.read(size)
    try:
        known = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, ValueError):
        raise BackupDamaged("The backup was changed: its list of files can't be read.") from None
    if known.format != FORMAT:
        raise BackupDamaged(f"The backup has the format {known.format}: restore it with the version that made it.")
    return known


def _one(info: tarfile.TarInfo, content: _Readable, place: Path | None, links: list[tuple[Path, str]]) -> Entry | None:
    """Read an entry, and put it in its place where it has one. A folder has no sum."""
    if info.isdir():
        if place is not None:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.chmod(0o700 | info.mode & 0o777)
        return None
    if info.issym():
        if place is not None:
            links.append((place, info.linkname))
        return Entry(name=info.name, size=0, sha256="", link=info.linkname)
    if not info.isreg():
        raise BackupDamaged(f"The backup holds something that is not a file: {info.name!r}.")
    summed = _Summed(content)
    if place is None:
        while summed.read(PIECE):
            pass
        return summed.entry(info.name)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with place.open("xb") as file:
        while piece := summed.read(PIECE):
            file.write(piece)
    place.chmod(0o600 | info.mode & 0o777)
    return summed.entry(info.name)


def _name(entry: Entry) -> str:
    return entry.name

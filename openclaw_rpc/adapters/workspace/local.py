"""Workspaces as folders of this machine. Every path is opened beneath its workspace's folder (`opening`)."""

import asyncio
import hashlib
import os
import shutil
import stat
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from openclaw_rpc.adapters.workspace.faults import fault, told, wrong
from openclaw_rpc.adapters.workspace.opening import FOLDER, NOFOLLOW, Opener, rename_new, system_opener
from openclaw_rpc.adapters.workspace.searching import Searching
from openclaw_rpc.adapters.workspace.walking import Walk, next_step, removing
from openclaw_rpc.config.paths import private_folder
from openclaw_rpc.domain.files import FileHit, FolderEntry, Parts, Piece, Query, shown
from openclaw_rpc.domain.principals import OWNER
from openclaw_rpc.durable import replacing
from openclaw_rpc.protocol.errors import Conflict, NotFound, TooLarge
from openclaw_rpc.threads import in_thread

T = TypeVar("T")

READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
AT_ONCE_BYTES: Final = 64 * 1024
"""So much is read without a thread, where it is in memory."""
APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | NOFOLLOW | getattr(os, "O_NONBLOCK", 0)
NEW_MODE: Final = 0o666


class LocalWorkspaces:
    """The owner's folder, and one for each other user, never inside of it."""

    def __init__(self, owner: Path, others: Path, *, opener: Opener | None = None) -> None:
        """Where they lie.

        Args:
            owner: The owner's workspace itself.
            others: The folder that holds the other users' workspaces.
            opener: How paths are opened; what works best here where it is missing.
        """
        self._owner = owner
        self._others = others
        self._opener = opener

    def of(self, user: str) -> "LocalWorkspace":
        """That user's workspace; its folder is made when it is first used."""
        root = self._owner if user == OWNER else self._others / folder_name(user)
        return LocalWorkspace(root, self._opener or system_opener())


class KeptResults:
    """Folders of sessions, in which results are kept that are too long for a model."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def of(self, session_id: str) -> "LocalWorkspace":
        """That session's; made at its first use."""
        return LocalWorkspace(self._root / folder_name(session_id), system_opener())

    async def forget(self, session_id: str) -> None:
        """Remove all of a session's."""
        folder = self._root / folder_name(session_id)
        await in_thread(lambda: shutil.rmtree(folder, ignore_errors=True))


def folder_name(user: str) -> str:
    """A name for a user's folder: readable, no path, and another for each user, on any file system."""
    readable = quote(user, safe="").replace(".", "%2E")[:80]
    return f"{readable}-{hashlib.sha256(user.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


class LocalWorkspace:
    """One workspace; see `domain.files.Workspace`. The disk is used in worker threads, in bounded steps."""

    def __init__(self, root: Path, opener: Opener) -> None:
        self._root = root
        self._opener = opener

    async def read(self, path: Parts, offset: int, limit: int) -> Piece:
        """A part of a regular file: at once where that needs no disk."""
        try:
            piece = self._read_cached(path, offset, limit)
        except FileNotFoundError as error:
            raise fault(error, path) from None
        if piece is not None:
            return piece
        # Costs half of what anyio's threads do; a reader that is cancelled needs neither the answer nor its end.
        return await asyncio.get_running_loop().run_in_executor(None, self._read, path, offset, limit)

    async def write(
        self, path: Parts, data: bytes, *, create_parents: bool, append: bool, max_bytes: int
    ) -> tuple[int, bool]:
        """Replace or add to a file; on disk on return."""
        if len(data) > max_bytes:
            raise _too_large(path, max_bytes)
        with told(path):
            return await in_thread(lambda: self._write(path, data, create_parents, max_bytes if append else None))

    async def entries(self, path: Parts, *, recursive: bool, limit: int) -> tuple[list[FolderEntry], bool]:
        """What is in a folder."""
        with told(path):
            folder = await in_thread(lambda: self._folder(path))
            try:
                walk = Walk()
                entries: list[FolderEntry] = []
                with closing(walk.entries(folder, path, recursive=recursive)) as found:
                    done = False
                    while not done and len(entries) <= limit:
                        step, done = await next_step(found)
                        entries += (each.entry for each in step)
                return entries[:limit], walk.cut or len(entries) > limit
            finally:
                os.close(folder)

    async def search(self, query: Query) -> tuple[list[FileHit], bool]:
        """What fits."""
        with told(query.folder):
            folder = await in_thread(lambda: self._folder(query.folder))
            try:
                return await Searching(query).run(folder)
            finally:
                os.close(folder)

    async def delete(self, path: Parts, *, recursive: bool) -> None:
        """Remove something."""
        with told(path):
            parent = await in_thread(lambda: self._folder(path[:-1]))
            try:
                if await in_thread(lambda: _remove(parent, path[-1])):
                    return
                if not recursive:
                    await in_thread(lambda: os.rmdir(path[-1], dir_fd=parent))
                    return
                with closing(removing(parent, path[-1])) as steps:
                    while not (await next_step(steps))[1]:
                        pass
            finally:
                os.close(parent)

    async def move(self, source: Parts, to: Parts, *, overwrite: bool) -> None:
        """Rename something."""
        await in_thread(lambda: self._move(source, to, overwrite))

    @property
    def root(self) -> str:
        """The absolute path of the workspace."""
        return os.path.realpath(self._root)

    async def folder(self, path: Parts) -> str:
        """The absolute path of a folder."""

        def find() -> str:
            os.close(self._folder(path))
            return str(Path(os.path.realpath(self._root), *path))

        with told(path, "cwd"):
            return await in_thread(find)

    def _open_root(self) -> int:
        try:
            return os.open(self._root, FOLDER)
        except FileNotFoundError:
            private_folder(self._root)
            return os.open(self._root, FOLDER)

    @contextmanager
    def _rooted(self) -> Generator[int]:
        root = self._open_root()
        try:
            yield root
        finally:
            os.close(root)

    def _folder(self, path: Parts) -> int:
        with self._rooted() as root:
            return self._opener.open(root, path, FOLDER)

    def _made_folder(self, path: Parts) -> int:
        """A folder, made with its parents where it is missing."""
        with self._rooted() as root:
            folder = self._opener.open(root, (), FOLDER)
            for depth in range(1, len(path) + 1):
                try:
                    below = self._opener.open(root, path[:depth], FOLDER)
                except FileNotFoundError:
                    try:
                        with suppress(FileExistsError):
                            os.mkdir(path[depth - 1], dir_fd=folder)
                        below = self._opener.open(root, path[:depth], FOLDER)
                    except OSError:
                        os.close(folder)
                        raise
                except OSError:
                    os.close(folder)
                    raise
                os.close(folder)
                folder = below
            return folder

    def _read(self, path: Parts, offset: int, limit: int) -> Piece:
        with told(path):
            with self._rooted() as root:
                file = self._opener.open(root, path, READ)
            try:
                status = os.fstat(file)
                _must_be_file(path, status)
                data = _pread(file, offset, limit)
                return Piece(data=data, size=status.st_size, modified=status.st_mtime)
            finally:
                os.close(file)

    def _read_cached(self, path: Parts, offset: int, limit: int) -> Piece | None:
        """A part of a small file that the system has in memory; None where anything is otherwise, or wrong."""
        file = self._opener.open_cached(str(self._root), path, READ)
        if file is None:
            return None
        try:
            status = os.fstat(file)
            wanted = min(limit, status.st_size - offset)
            if not stat.S_ISREG(status.st_mode) or not 0 <= wanted <= AT_ONCE_BYTES:
                return None
            data = bytearray(wanted)
            if os.preadv(file, [data], offset, os.RWF_NOWAIT) < wanted:
                return None
            return Piece(data=bytes(data), size=status.st_size, modified=status.st_mtime)
        except OSError:  # it is not in memory, or its file system can't tell
            return None
        finally:
            os.close(file)

    def _write(self, path: Parts, data: bytes, create_parents: bool, append_max: int | None) -> tuple[int, bool]:
        parent = self._made_folder(path[:-1]) if create_parents else self._folder(path[:-1])
        try:
            before = _status(parent, path[-1])
            if before is not None:
                _must_be_file(path, before)
            if append_max is not None:
                size = _append(parent, path, data, append_max)
                if before is None:
                    os.fsync(parent)
            else:
                mode = NEW_MODE if before is None else stat.S_IMODE(before.st_mode) & 0o777
                with replacing(Path(path[-1]), mode=mode, exact=before is not None, folder=parent) as file:
                    size = file.write(data)
            return size, before is None
        finally:
            os.close(parent)

    def _move(self, source: Parts, to: Parts, overwrite: bool) -> None:
        with told(source, "from"):
            here = self._folder(source[:-1])
        try:
            with told(source, "from"):
                if _status(here, source[-1]) is None:
                    raise NotFound(f"there is no {shown(source)}", field="from", reason="not there")
            with told(to, "to"):
                there = self._made_folder(to[:-1])
                try:
                    if overwrite:
                        os.rename(source[-1], to[-1], src_dir_fd=here, dst_dir_fd=there)
                    else:
                        rename_new(source[-1], here, to[-1], there)
                    os.fsync(there)
                except (IsADirectoryError, NotADirectoryError):
                    reason = "already exists, and is of another kind"
                    raise Conflict(f"{shown(to)} {reason}", field="to", reason=reason) from None
                finally:
                    os.close(there)
        finally:
            os.close(here)


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _must_be_file(path: Parts, status: os.stat_result) -> None:
    mode = status.st_mode
    if stat.S_ISLNK(mode):
        raise wrong(shown(path), "is a link: write to what it points to")
    if stat.S_ISDIR(mode):
        raise wrong(shown(path), "is a folder")
    if not stat.S_ISREG(mode):
        raise wrong(shown(path), "is not a regular file")


def _pread(file: int, offset: int, limit: int) -> bytes:
    pieces: list[bytes] = []
    while limit > 0:
        piece = os.pread(file, min(limit, 1 << 20), offset)
        if not piece:
            break
        pieces.append(piece)
        offset += len(piece)
        limit -= len(piece)
    return b"".join(pieces)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _append(parent: int, path: Parts, data: bytes, max_bytes: int) -> int:
    file = os.open(path[-1], APPEND, NEW_MODE, dir_fd=parent)
    try:
        status = os.fstat(file)
        _must_be_file(path, status)
        if status.st_size + len(data) > max_bytes:
            raise _too_large(path, max_bytes)
        try:
            _write_all(file, data)
            os.fsync(file)
        except OSError:
            os.ftruncate(file, status.st_size)
            raise
        return status.st_size + len(data)
    finally:
        os.close(file)


def _remove(parent: int, name: str) -> bool:
    """Remove what is no folder; false where it is one."""
    status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        return False
    os.unlink(name, dir_fd=parent)
    return True


def _too_large(path: Parts, max_bytes: int) -> TooLarge:
    return TooLarge(
        f"{shown(path)} would have more than {max_bytes} bytes", field="content", reason="too large", limit=max_bytes
    )

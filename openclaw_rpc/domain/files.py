"""Files of a user's workspace: what a path means, what is text, how much is read; and the port to the disk."""

import base64
import binascii
import codecs
import re
from collections.abc import Sequence
from typing import Annotated, Final, Protocol
from weakref import WeakValueDictionary

import anyio
import msgspec
from msgspec import Meta

from openclaw_rpc.domain.clock import iso
from openclaw_rpc.domain.editing import patched, replaced
from openclaw_rpc.domain.globs import Glob
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, TooLarge
from openclaw_rpc.protocol.file import (
    FileContent,
    FileDeleted,
    FileDeleteParams,
    FileEdited,
    FileEditParams,
    FileEntry,
    FileFound,
    FileListing,
    FileListParams,
    FileMoved,
    FileMoveParams,
    FileReadParams,
    FileSearchParams,
    FilesFound,
    FileType,
    FileWriteParams,
    FileWritten,
)

MIB: Final = 1024 * 1024
MAX_DEPTH: Final = 64
MAX_NAME: Final = 255
LONGEST_CHARACTER: Final = 4
ATTACHMENT_BYTES: Final = MIB
EARLIEST, LATEST = -62_135_596_800, 253_402_300_799

Parts = tuple[str, ...]
"""A path in a workspace, its names one by one; the workspace itself is the empty one."""


class FileSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of file calls."""

    max_read_bytes: Annotated[int, Meta(ge=1024, le=1024 * MIB, description="Read by one call, in bytes.")] = 10 * MIB
    max_write_bytes: Annotated[
        int, Meta(ge=1024, le=1024 * MIB, description="A file's size after a call that wrote it, in bytes.")
    ] = 10 * MIB
    search_seconds: Annotated[float, Meta(ge=0.1, le=300, description="How long a search may take.")] = 10.0


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a file, and of the whole its size in bytes and when it was changed (s since 1970)."""

    data: bytes
    size: int
    modified: float


class FolderEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a folder. ``parts`` is its path in the workspace."""

    parts: Parts
    type: FileType
    size: int
    modified: float


class FileHit(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was found; ``line`` counts from 1 and is 0 where no content was asked for."""

    entry: FolderEntry
    line: int = 0
    text: str = ""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for below a folder; ``content`` is a regular expression where ``regex`` says so."""

    folder: Parts
    glob: Glob
    content: str | None
    regex: bool
    limit: int
    seconds: float


class Workspace(Protocol):
    """One user's files. No path leads out of it: not by ``..``, not by a link, not while somebody swaps folders.

    Every method may raise NotFound where a path leads nowhere, InvalidRequest where it leads to what it should not
    (out of the workspace, to no regular file), Conflict where things change too quickly, and Unavailable where the
    disk is full or refuses.
    """

    async def read(self, path: Parts, offset: int, limit: int) -> Piece:
        """At most ``limit`` bytes of a regular file, from ``offset`` on."""
        ...

    async def write(
        self, path: Parts, data: bytes, *, create_parents: bool, append: bool, max_bytes: int
    ) -> tuple[int, bool]:
        """Replace a file as a whole, or add to it; its size then, and whether it is new. On disk on return.

        Raises:
            TooLarge: it would have more than ``max_bytes``.
        """
        ...

    async def entries(self, path: Parts, *, recursive: bool, limit: int) -> tuple[list[FolderEntry], bool]:
        """What is in a folder, by name, each folder's content behind it; whether there is more."""
        ...

    async def search(self, query: Query) -> tuple[list[FileHit], bool]:
        """What fits; whether there may be more.

        Raises:
            Timeout: the regular expression takes too long.
        """
        ...

    async def delete(self, path: Parts, *, recursive: bool) -> None:
        """Remove a file, a link or a folder.

        Raises:
            Conflict: the folder is not empty.
        """
        ...

    async def move(self, source: Parts, to: Parts, *, overwrite: bool) -> None:
        """Rename; the folders above ``to`` are made.

        Raises:
            Conflict: there is something at ``to``, and it may not or can't be replaced.
        """
        ...

    async def folder(self, path: Parts) -> str:
        """The absolute path of a folder on this machine, for a command to work in."""
        ...

    @property
    def root(self) -> str:
        """The absolute path of the workspace itself, as commands in it see it."""
        ...


class Workspaces(Protocol):
    """Every user's workspace, apart from each other."""

    def of(self, user: str) -> Workspace:
        """That user's; made at its first use."""
        ...


PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,100}")


class Files:
    """What the rows `file.*` do."""

    def __init__(self, workspaces: Workspaces, settings: FileSettings | None = None) -> None:
        self._workspaces = workspaces
        self._editing: WeakValueDictionary[tuple[str, Parts], anyio.Lock] = WeakValueDictionary()
        self.settings = settings or FileSettings()

    def _place(self, user: str, path: str, field: str = "path") -> tuple[Workspace, Parts]:
        workspace = self._workspaces.of(user)
        return workspace, within(workspace.root, path, field=field)

    async def beginning(self, user: str, path: str, most: int) -> tuple[str, bool]:
        """The text of a file, at most ``most`` bytes of it, and whether it goes on: cheap where there is none.

        Raises:
            NotFound: there is no such file. InvalidRequest: it is no text.
        """
        workspace = self._workspaces.of(user)
        parts = (path,) if PLAIN_NAME.fullmatch(path) else within(workspace.root, path)
        piece = await workspace.read(parts, 0, most)
        ends = len(piece.data) >= piece.size
        return text_of(piece.data, parts, begins=True, ends=ends)[0], not ends

    async def read(self, user: str, params: FileReadParams) -> FileContent:
        """A part of a file, of the size that may be read at most where none is named.

        Raises:
            TooLarge: no part was named, and all is too much.
            InvalidRequest: it is not UTF-8, and text was asked for.
        """
        return await self.read_from(*self._place(user, params.path), params)

    async def read_from(self, workspace: Workspace, parts: Parts, params: FileReadParams) -> FileContent:
        """The same, of a file of any workspace.

        Raises:
            As `read`.
        """
        most = self.settings.max_read_bytes
        whole = params.limit is None and params.offset == 0
        if params.limit is not None and params.limit > most:
            raise _too_large(f"at most {most} bytes can be read at once", "limit", most)
        wanted = params.limit or most
        if params.encoding == "text":
            wanted = max(wanted, LONGEST_CHARACTER)  # else a page could hold none, and the next begin at the same place
        piece = await workspace.read(parts, params.offset, wanted)
        if whole and piece.size > most:
            raise _too_large(
                f"{shown(parts)} has {piece.size} bytes, at most {most} can be read at once: use offset and limit",
                "path",
                most,
            )
        data, end = piece.data, params.offset + len(piece.data)
        if params.encoding == "base64":
            content = base64.b64encode(data).decode()
        else:
            content, left = text_of(data, parts, begins=params.offset == 0, ends=end >= piece.size)
            end -= left
        return FileContent(
            path=shown(parts),
            content=content,
            encoding=params.encoding,
            size=piece.size,
            modified_at=when(piece.modified),
            next_offset=end if end < piece.size and data else None,
        )

    async def write(self, user: str, params: FileWriteParams) -> FileWritten:
        """Make or replace a file, or add to it.

        Raises:
            TooLarge: it would be too large.
            InvalidRequest: the content is no base64.
        """
        workspace, parts = self._place(user, params.path)
        if not parts or params.path.endswith("/"):
            raise _no_file()
        size, created = await workspace.write(
            parts,
            _bytes_of(params),
            create_parents=params.create_parents,
            append=params.append,
            max_bytes=self.settings.max_write_bytes,
        )
        return FileWritten(path=shown(parts), size=size, created=created)

    async def edit(self, user: str, params: FileEditParams) -> FileEdited:
        """Change a part of a text file. Edits of one file go one after the other.

        Raises:
            InvalidRequest: neither a text nor a diff was given, or it does not fit the file.
            TooLarge: the file is, or would be.
        """
        workspace, parts = self._place(user, params.path)
        if (params.diff is None) == (params.old is None) or (params.old is None) != (params.new is None):
            raise InvalidRequest("either old and new are needed, or a diff", field="old", reason="old and new, or diff")
        most = self.settings.max_write_bytes
        lock = self._editing.setdefault((user, parts), anyio.Lock())
        async with lock:
            piece = await workspace.read(parts, 0, most + 1)
            if piece.size > most:
                raise _too_large(f"{shown(parts)} has {piece.size} bytes, at most {most} can be changed", "path", most)
            text, _ = text_of(piece.data, parts, begins=True, ends=True)
            if params.diff is not None:
                text, changes = patched(text, params.diff)
            else:
                text, changes = replaced(text, params.old or "", params.new or "", every=params.every)
            data = _encoded(text, "new")
            size, _ = await workspace.write(parts, data, create_parents=False, append=False, max_bytes=most)
        return FileEdited(path=shown(parts), size=size, changes=changes)

    async def list(self, user: str, params: FileListParams) -> FileListing:
        """What is in a folder."""
        workspace, parts = self._place(user, params.path)
        entries, more = await workspace.entries(parts, recursive=params.recursive, limit=params.limit)
        return FileListing(path=shown(parts), entries=[_entry(entry) for entry in entries], truncated=more)

    async def search(self, user: str, params: FileSearchParams) -> FilesFound:
        """Files whose names and content fit."""
        workspace, parts = self._place(user, params.path)
        if params.regex and params.content is None:
            raise InvalidRequest("regex needs content", field="regex", reason="needs content")
        query = Query(
            folder=parts,
            glob=Glob(params.pattern),
            content=params.content,
            regex=params.regex,
            limit=params.limit,
            seconds=self.settings.search_seconds,
        )
        hits, more = await workspace.search(query)
        results = [_found(hit) for hit in hits]
        return FilesFound(
            path=shown(parts), pattern=params.pattern, results=results, total=len(results), truncated=more
        )

    async def delete(self, user: str, params: FileDeleteParams) -> FileDeleted:
        """Delete something."""
        workspace, parts = self._place(user, params.path)
        if not parts:
            raise InvalidRequest("the workspace itself can't be deleted", field="path", reason="is the workspace")
        await workspace.delete(parts, recursive=params.recursive)
        return FileDeleted(path=shown(parts), deleted=True)

    async def move(self, user: str, params: FileMoveParams) -> FileMoved:
        """Move something."""
        workspace, source = self._place(user, params.source, "from")
        _, to = self._place(user, params.to, "to")
        for field, parts in (("from", source), ("to", to)):
            if not parts:
                raise InvalidRequest("the workspace itself can't be moved", field=field, reason="is the workspace")
        if to[: len(source)] == source and to != source:
            raise InvalidRequest("a folder can't be moved into itself", field="to", reason="is inside from")
        await workspace.move(source, to, overwrite=params.overwrite)
        return FileMoved(source=shown(source), to=shown(to))

    async def attachable(self, user: str, path: str) -> None:
        """Whether there is such a file, to be sent as it is.

        Raises:
            NotFound: there is none.
        """
        await self._workspaces.of(user).read(clean(path), 0, 1)

    async def look(self, user: str, path: str) -> tuple[str, Piece]:
        """A file's path as it is shown, its size and when it was changed; a byte of it at most.

        Raises:
            NotFound: there is none. InvalidRequest: it is no file's path.
        """
        workspace, parts = self._place(user, path)
        return shown(parts), await workspace.read(parts, 0, 1)

    async def attachment(self, user: str, path: str) -> str:
        """The text of a file that came with a message.

        Raises:
            TooLarge: it has more than 1 MiB.
            InvalidRequest: it is not UTF-8.
        """
        workspace, parts = self._place(user, path)
        piece = await workspace.read(parts, 0, ATTACHMENT_BYTES)
        if piece.size > ATTACHMENT_BYTES:
            raise _too_large(f"{shown(parts)} is too large to be attached", "path", ATTACHMENT_BYTES)
        return text_of(piece.data, parts, begins=True, ends=True)[0]


def within(root: str, path: str, *, field: str = "path") -> Parts:
    """A path as a client or a model writes it: `~/a` and the workspace's own absolute path are in it, too.

    Raises:
        InvalidRequest: as `clean`.
    """
    below = below_root(root, path)
    if below is None and (path == "~" or path.startswith("~/")):
        below = path[1:]
    return clean(path if below is None else below, field=field)


def below_root(root: str, path: str) -> str | None:
    """What of an absolute path lies below a folder; None where it does not."""
    return path[len(root) :] if path == root or path.startswith(f"{root}/") else None


def clean(path: str, *, field: str = "path") -> Parts:
    """A client's path as the names it consists of: ``/a/b``, ``a/b`` and ``./a//b`` are the same.

    Raises:
        InvalidRequest: it has ``..``, a NUL, no UTF-8, a name that is too long, or too many names.
    """
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    reason = None
    if ".." in parts:
        reason = "'..' is not allowed"
    elif "\x00" in path:
        reason = "has a NUL"
    elif len(parts) > MAX_DEPTH:
        reason = f"has more than {MAX_DEPTH} folders"
    else:
        try:
            if any(len(part.encode()) > MAX_NAME for part in parts):
                reason = f"has a name of more than {MAX_NAME} bytes"
        except UnicodeEncodeError:
            reason = "is not UTF-8"
    if reason is not None:
        raise InvalidRequest(f"{field}: {reason}", field=field, reason=reason)
    return parts


def shown(parts: Sequence[str]) -> str:
    """A path as clients see it. Names that are no UTF-8 on disk get U+FFFD for the bytes that are none."""
    path = "/" + "/".join(parts)
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def when(seconds: float) -> str:
    """A file's time, ISO 8601; what no calendar has is brought to the nearest day that one has."""
    return iso(min(max(seconds, EARLIEST), LATEST))


def text_of(data: bytes, parts: Parts, *, begins: bool, ends: bool) -> tuple[str, int]:
    """UTF-8 as text, and how many bytes at its end are left over: the begin of a character that was cut.

    ``begins`` and ``ends`` say whether the file begins and ends with this part; at a cut edge, bytes of a character
    whose other bytes are elsewhere are no fault.

    Raises:
        InvalidRequest: it is not UTF-8.
    """
    start = 0
    if not begins:
        while start < min(3, len(data)) and data[start] & 0xC0 == 0x80:
            start += 1
    try:
        text, read = codecs.utf_8_decode(data[start:], "strict", ends)
    except UnicodeDecodeError:
        reason = "is not UTF-8 text: ask for encoding base64"
        raise InvalidRequest(f"{shown(parts)} {reason}", field="encoding", reason=reason) from None
    return text, len(data) - start - read


def _encoded(text: str, field: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        reason = "has half a character, which can't be kept as UTF-8"
        raise InvalidRequest(f"{field} {reason}", field=field, reason=reason) from None


def _bytes_of(params: FileWriteParams) -> bytes:
    if params.encoding == "text":
        return _encoded(params.content, "content")
    try:
        return base64.b64decode(params.content, validate=True)
    except (binascii.Error, ValueError):
        reason = "is not base64"
        raise InvalidRequest(f"content {reason}", field="content", reason=reason) from None


def _entry(entry: FolderEntry) -> FileEntry:
    path = shown(entry.parts)
    return FileEntry(
        name=path.rpartition("/")[2],
        path=path,
        type=entry.type,
        size=entry.size,
        modified_at=when(entry.modified),
    )


def _found(hit: FileHit) -> FileFound:
    return FileFound(
        path=shown(hit.entry.parts),
        type=hit.entry.type,
        size=hit.entry.size,
        modified_at=when(hit.entry.modified),
        line=hit.line or None,
        text=hit.text if hit.line else None,
    )


def _too_large(message: str, field: str, limit: int) -> TooLarge:
    return TooLarge(message, field=field, reason="too large", limit=limit)


def _no_file() -> GatewayError:
    return InvalidRequest("path names a folder, not a file", field="path", reason="is a folder")

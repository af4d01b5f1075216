"""Unpacking a stranger's zip: everything is judged before a byte is written, and once more while it is.

Python's `zipfile` reads the format (PKWARE's APPNOTE 6.3.10); what it lets pass is refused here: names that lead
elsewhere, links and devices, encryption, members that overlap or unpack to far more than they are (D. Fifield, "A
better zip bomb", 2019), tables of contents that are lies or bombs themselves, archives in archives.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from openclaw_rpc.adapters.skills.names import (
    MAX_ARCHIVE,
    MAX_FILES,
    MAX_UNPACKED,
    MIB,
    Names,
    ignored,
    refused,
    too_large,
)
from openclaw_rpc.durable import sync

MAX_RATIO: Final = 200
RATIO_FROM: Final = MIB
"""Only what is larger than this, unpacked, has to keep to the ratio: small texts of blanks do no harm."""
MAX_CONTENTS: Final = 2 * MIB
MAX_NESTED: Final = 3
PIECE: Final = 64 * 1024
HEADER: Final = 30
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_END_64: Final = b"PK\x06\x07"
_END_64_SIZE: Final = 20
_ZIP: Final = b"PK\x03\x04"
_PACKED: Final = (b"\x1f\x8b", b"BZh", b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"Rar!\x1a\x07")
"""How gzip, bzip2, 7z, xz, zstd and RAR begin."""


def unpack(data: bytes, folder: Path) -> None:
    """Write a zip's files below an empty folder. Whatever is raised, some may have been written already.

    Raises:
        InvalidRequest: it is not a zip, or holds what no skill may.
        TooLarge: it is larger than skills may be.
    """
    try:
        with open_zip(data) as archive:
            members = judged(archive)
            budget = _Budget()
            for info in members:
                _write(archive, info, folder, budget)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, UnicodeDecodeError) as error:
        raise refused(f"its zip is damaged: {error}") from None


def open_zip(data: bytes) -> zipfile.ZipFile:
    """A zip whose table of contents is small enough to be read.

    Raises:
        InvalidRequest: it is none, is split, or in the form for archives larger than skills may be (zip64).
        TooLarge: it, or its table of contents, is too large.
    """
    if len(data) > MAX_ARCHIVE:
        raise too_large(f"its zip is larger than {MAX_ARCHIVE // MIB} MiB", MAX_ARCHIVE)
    # As zipfile looks for it: without a comment first, then the last one within reach.
    at = len(data) - _END_SIZE
    if at < 0 or data[at : at + 4] != _END or data[-2:] != b"\0\0":
        at = data.rfind(_END, max(0, len(data) - _END_SIZE - 0xFFFF))
    if at < 0 or at + _END_SIZE > len(data):
        raise refused("it is not a zip")
    disk, contents_disk, here, count, size, offset = struct.unpack_from("<4xHHHHLL", data, at)
    if data[max(0, at - _END_64_SIZE) : at].startswith(_END_64) or 0xFFFF in (count, here) or offset == 0xFFFFFFFF:
        raise too_large("its zip is a zip64", MAX_ARCHIVE)
    if disk or contents_disk or here != count:
        raise refused("its zip is one of several parts")
    if count > MAX_FILES or size > MAX_CONTENTS:
        raise too_large(f"more than {MAX_FILES} files", MAX_FILES)
    return zipfile.ZipFile(io.BytesIO(data))


def judged(archive: zipfile.ZipFile, depth: int = 1) -> list[zipfile.ZipInfo]:
    """The members that are files of the skill; all are looked at, before any is unpacked.

    Raises:
        InvalidRequest, TooLarge: the archive must not be unpacked.
    """
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise too_large(f"more than {MAX_FILES} files", MAX_FILES)
    _check_overlap(infos)
    names, files, total = Names(), list[zipfile.ZipInfo](), 0
    for info in infos:
        _check_kind(info)
        folder = info.filename.endswith("/")
        parts = names.add(info.filename.removesuffix("/"), folder=folder)
        if folder and info.file_size:
            raise refused(f"the folder {info.filename[:80]!r} has contents")
        total += info.file_size
        if not folder and not ignored(parts):
            files.append(info)
    if total > MAX_UNPACKED:
        raise too_large(f"more than {MAX_UNPACKED // MIB} MiB unpacked", MAX_UNPACKED)
    for info in files:
        _look_inside(archive, info, depth)
    return files


def _check_kind(info: zipfile.ZipInfo) -> None:
    """Refuse what is no plain file or folder, or is not packed in a way that everybody unpacks alike."""
    shown = repr(info.filename[:80])
    if info.orig_filename != info.filename:
        raise refused(f"the name {info.orig_filename[:80]!r} means different files to different programs")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused(f"{shown} is a link, a device or the like")
    if (kind == stat.S_IFDIR) != info.filename.endswith("/") and kind != 0:
        raise refused(f"{shown} is a file and a folder")
    if info.flag_bits & _ENCRYPTED:
        raise refused(f"{shown} is encrypted")
    if info.compress_type not in _METHODS:
        raise refused(f"{shown} uses a compression method that is not supported")
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise refused(f"{shown} unpacks to more than {MAX_RATIO} times its size")


def _check_overlap(infos: Sequence[zipfile.ZipInfo]) -> None:
    """Members that share their bytes unpack to more than was sent."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise refused("its members overlap")
        end = info.header_offset + HEADER + info.compress_size


def _look_inside(archive: zipfile.ZipFile, info: zipfile.ZipInfo, depth: int) -> None:
    """Judge an archive in the archive: a zip (many documents are) like the outer one; others can't be judged."""
    with archive.open(info) as member:
        head = member.read(8)
        if head.startswith(_PACKED):
            raise refused(f"{info.filename[:80]!r} is an archive in the archive")
        if not head.startswith((_ZIP, _END)):
            return
        if depth >= MAX_NESTED:
            raise refused("archives are nested too deeply")
        data = head + member.read(MAX_ARCHIVE + 1 - len(head))
    with open_zip(data) as inner:
        judged(inner, depth + 1)


class _Budget:
    """How much may still be written: what an archive says of its sizes is not believed."""

    def __init__(self) -> None:
        self.left = MAX_UNPACKED

    def take(self, size: int) -> None:
        """Use some of it."""
        self.left -= size
        if self.left < 0:
            raise too_large(f"more than {MAX_UNPACKED // MIB} MiB unpacked", MAX_UNPACKED)


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, budget: _Budget) -> None:
    executable = bool(info.external_attr >> 16 & 0o100)
    with archive.open(info) as source, new_file(folder, tuple(info.filename.split("/")), executable) as target:
        while piece := source.read(PIECE):
            budget.take(len(piece))
            target.write(piece)
        sync(target)  # before its folder gets its name


def new_file(root: Path, parts: tuple[str, ...], executable: bool) -> IO[bytes]:
    """A new file below a folder that is ours alone, for its owner alone."""
    path = root.joinpath(*parts)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o700 if executable else 0o600), "wb")

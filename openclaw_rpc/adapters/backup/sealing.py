"""A file sealed by a passphrase: scrypt makes the key of it, AES-256-GCM seals piece by piece.

After the first line comes one of JSON that says how the key is made, then each piece behind its length. A piece's nonce
holds its number and whether it is the last, so that none can be changed, moved, left out or cut off unnoticed.
"""

from __future__ import annotations

import os
import struct
from typing import IO, TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC: Final = b"openclaw-backup-sealed-1\n"
PIECE: Final = 1024 * 1024
TAG: Final = 16
COST: Final = 2**17
"""Of scrypt, which takes 128 MiB and a part of a second with it: for us, and for each guess of somebody else."""
COSTLIEST: Final = 2**20
_HEADER_BYTES: Final = 4096
_LENGTH: Final = struct.Struct(">I")
_NONCE: Final = struct.Struct(">7sI?")


class BackupDamaged(Exception):
    """A backup is not what was written. The message says in what, and what to do."""


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the key is made. ``salt`` has 16 bytes, ``nonce`` the 7 that all nonces of the file begin with."""

    n: int
    r: int
    p: int
    salt: bytes
    nonce: bytes


class Sealing:
    """A file that can be written to; what is written comes out sealed. `close` seals the last piece."""

    def __init__(self, file: IO[bytes], passphrase: str, *, cost: int = COST) -> None:
        header = Header(n=cost, r=8, p=1, salt=os.urandom(16), nonce=os.urandom(7))
        self._head = MAGIC + msgspec.json.encode(header) + b"\n"
        self._key, self._nonce = _key(passphrase, header), header.nonce
        self._file, self._waiting, self._number = file, bytearray(), 0
        file.write(self._head)

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self._waiting += data
        # The last piece is not known to be the last before the end.
        while len(self._waiting) > PIECE:
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(data)

    def close(self) -> None:
        """Seal what is left. The file below stays open."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        sealed = self._key.encrypt(_NONCE.pack(self._nonce, self._number, last), piece, self._head)
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1


class Opening:
    """A sealed file that can be read, once its first line has been; raises `BackupDamaged` where it was changed."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        line = file.readline(_HEADER_BYTES)
        try:
            header = msgspec.json.decode(line, type=Header)
        except (msgspec.MsgspecError, ValueError):
            raise BackupDamaged("The backup's first lines were changed, or are missing.") from None
        if not 2 <= header.n <= COSTLIEST or (header.r, header.p) != (8, 1) or header.n & (header.n - 1):
            raise BackupDamaged("The backup's first lines were changed: its key would cost too much to make.")
        self._head = MAGIC + line
        self._key, self._nonce = _key(passphrase, header), header.nonce
        self._file, self._ready, self._number, self._ended = file, bytearray(), 0, False

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes; fewer only at the end."""
        while not self._ended and (size < 0 or len(self._ready) < size):
            self._ready += self._next()
        taken = bytes(self._ready if size < 0 else self._ready[:size])
        del self._ready[: len(taken)]
        return taken

    def _next(self) -> bytes:
        length = self._file.read(_LENGTH.size)
        if len(length) < _LENGTH.size:
            raise BackupDamaged("The backup is cut off: it ends before its last piece.")
        (size,) = _LENGTH.unpack(length)
        if not TAG <= size <= PIECE + TAG:
            raise BackupDamaged("The backup was changed: a piece of it has an impossible size.")
        sealed = self._file.read(size)
        for last in (False, True):
            piece = self._opened(sealed, last=last)
            if piece is not None:
                self._number, self._ended = self._number + 1, last
                return piece
        if self._number:
            raise BackupDamaged(f"The backup was changed, or is cut off, in its piece {self._number + 1}.")
        raise BackupDamaged("The passphrase is wrong, or the backup was changed.")

    def _opened(self, sealed: bytes, *, last: bool) -> bytes | None:
        from cryptography.exceptions import InvalidTag

        try:
            return self._key.decrypt(_NONCE.pack(self._nonce, self._number, last), sealed, self._head)
        except InvalidTag:
            return None


def _key(passphrase: str, header: Header) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    made = Scrypt(salt=header.salt, length=32, n=header.n, r=header.r, p=header.p)
    return AESGCM(made.derive(passphrase.encode()))

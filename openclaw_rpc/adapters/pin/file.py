"""The PIN's hash in a file, shared between the gateway and the command line: what one writes, the other sees at once.

The hash is scrypt's (RFC 7914). A PIN is short: who can read the file can try them all, so only its owner can.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import sys
from pathlib import Path
from typing import Final

import anyio.to_thread
import msgspec

from openclaw_rpc.domain.tools.pin import MAX_PIN
from openclaw_rpc.protocol.errors import InvalidRequest, Unavailable

MIN_PIN: Final = 4
# As strong as N = 2^17 with p = 1, in 16 MiB of memory (OWASP, Password Storage Cheat Sheet).
_N: Final = 2**14
_R: Final = 8
_P: Final = 5
_MEMORY: Final = 64 * 1024 * 1024


class _Document(msgspec.Struct, kw_only=True, frozen=True):
    """`pin.json`."""

    salt: str
    hash: str
    kdf: str = "scrypt"
    n: int = _N
    r: int = _R
    p: int = _P


class FilePinStore:
    """A `PinStore` in a folder: ``pin.json``, for its owner alone. Read again at every question."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "pin.json"

    async def is_set(self) -> bool:
        """Whether there is a PIN.

        Raises:
            Unavailable: the file is there and can't be read.
        """
        return await anyio.to_thread.run_sync(self._read) is not None

    async def verify(self, pin: str) -> bool:
        """Whether that is the PIN; hashing it takes some 0.3 s of a worker thread.

        Raises:
            Unavailable: the file is there and can't be read.
        """
        return await anyio.to_thread.run_sync(self.check, pin)

    def check(self, pin: str) -> bool:
        """As `verify`, in this thread."""
        kept = self._read()
        if kept is None:
            return False
        try:
            salt, wanted = base64.b64decode(kept.salt, validate=True), base64.b64decode(kept.hash, validate=True)
            found = _hash(pin, salt, kept, len(wanted))
        except (binascii.Error, ValueError) as error:
            raise self._broken(error) from None
        return hmac.compare_digest(found, wanted)

    def known(self) -> bool:
        """As `is_set`, in this thread."""
        return self._read() is not None

    def set(self, pin: str) -> None:
        """Keep a PIN in place of the old one.

        Raises:
            InvalidRequest: it is too short or too long, or no text.
            Unavailable: it could not be written.
        """
        if not MIN_PIN <= len(pin) <= MAX_PIN or not pin.isprintable():
            reason = f"must have {MIN_PIN} to {MAX_PIN} characters that can be printed"
            raise InvalidRequest(f"the PIN {reason}", field="pin", reason=reason)
        salt = secrets.token_bytes(16)
        blank = _Document(salt=base64.b64encode(salt).decode(), hash="")
        digest = base64.b64encode(_hash(pin, salt, blank, 32)).decode()
        content = msgspec.json.encode(msgspec.structs.replace(blank, hash=digest)) + b"\n"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._replace(content)
        except OSError as error:
            raise self._broken(error) from None

    def remove(self) -> bool:
        """Forget the PIN; what is guarded is refused from now on. False where there was none.

        Raises:
            Unavailable: the file could not be removed.
        """
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._broken(error) from None
        return True

    def _read(self) -> _Document | None:
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Document)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, ValueError) as error:
            raise self._broken(error) from None
        if kept.kdf != "scrypt" or not kept.hash:
            raise self._broken(ValueError("it holds no hash of scrypt"))
        return kept

    def _replace(self, content: bytes) -> None:
        new = self._path.with_name(f".pin.json.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        if sys.platform != "win32":
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _broken(self, error: Exception) -> Unavailable:
        what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Unavailable(
            f"{self._path} can't be used: {what}; `openclaw pin set` makes it anew", reason="pin_unusable"
        )


def _hash(pin: str, salt: bytes, how: _Document, length: int) -> bytes:
    return hashlib.scrypt(
        pin.encode("utf-8", "surrogatepass"), salt=salt, n=how.n, r=how.r, p=how.p, maxmem=_MEMORY, dklen=length
    )

"""A PIN's hash, scrypt's (RFC 7914). A PIN is short: who can read the hash can try them all, so only its owner may."""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Final

import msgspec

from openclaw_rpc.protocol.errors import InvalidRequest, Unavailable

MIN_PIN: Final = 4
MAX_PIN: Final = 200
# As strong as N = 2^17 with p = 1, in 16 MiB of memory (OWASP, Password Storage Cheat Sheet).
_N: Final = 2**14
_R: Final = 8
_P: Final = 5
_MEMORY: Final = 64 * 1024 * 1024


class PinHash(msgspec.Struct, kw_only=True, frozen=True):
    """What is kept of a PIN; salt and hash in base64."""

    salt: str
    hash: str
    kdf: str = "scrypt"
    n: int = _N
    r: int = _R
    p: int = _P


def hashed(pin: str) -> bytes:
    """A PIN as it is kept, JSON of a `PinHash`; takes some 0.3 s: call it in a thread.

    Raises:
        InvalidRequest: it is too short or too long, or not text that can be printed.
    """
    if not MIN_PIN <= len(pin) <= MAX_PIN or not pin.isprintable():
        reason = f"must have {MIN_PIN} to {MAX_PIN} characters that can be printed"
        raise InvalidRequest(f"the PIN {reason}", field="pin", reason=reason)
    salt = secrets.token_bytes(16)
    blank = PinHash(salt=base64.b64encode(salt).decode(), hash="")
    digest = base64.b64encode(_scrypt(pin, salt, blank, 32)).decode()
    return msgspec.json.encode(msgspec.structs.replace(blank, hash=digest))


def matches(pin: str, kept: bytes) -> bool:
    """Whether that is the PIN that is kept, as slow as `hashed`.

    Raises:
        Unavailable: what is kept is damaged.
    """
    try:
        known = msgspec.json.decode(kept, type=PinHash)
        if known.kdf != "scrypt" or not known.hash:
            raise ValueError("it is not a scrypt hash")
        salt, wanted = base64.b64decode(known.salt, validate=True), base64.b64decode(known.hash, validate=True)
        found = _scrypt(pin, salt, known, len(wanted))
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        message = f"the PIN's hash can't be used: {error}; `openclaw pin set` makes a new one"
        raise Unavailable(message, reason="pin_unusable") from None
    return hmac.compare_digest(found, wanted)


def _scrypt(pin: str, salt: bytes, how: PinHash, length: int) -> bytes:
    return hashlib.scrypt(
        pin.encode("utf-8", "surrogatepass"), salt=salt, n=how.n, r=how.r, p=how.p, maxmem=_MEMORY, dklen=length
    )

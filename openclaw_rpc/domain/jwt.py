"""A token's text: a JWT (RFC 7519) signed HS256 with the gateway's own key. Whether it stands, `auth` says."""

import re
from typing import TYPE_CHECKING, Final

import msgspec

from openclaw_rpc.domain.records import TokenRecord
from openclaw_rpc.protocol.base import Scope

if TYPE_CHECKING:
    from jwt.types import Options

# PyJWT is imported where a token is made or seen: it brings cryptography, which costs 70 ms and some MB.

ISSUER: Final = "openclaw"
_ALGORITHM: Final = "HS256"
_LONGEST: Final = 4096
# Three parts in base64url without padding, the last one HS256's 32 bytes (RFC 7515, 7.1). PyJWT takes padding as well,
# which would give one token two spellings.
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}")


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a token says (RFC 7519, 4.1). ``iat`` and ``exp`` in s since 1970."""

    iss: str
    sub: str
    name: str
    scopes: list[Scope]
    iat: int
    jti: str
    exp: int | None = None
    sessions: list[str] | None = None
    end_user_header: str | None = None


def plausible(text: str) -> bool:
    """Whether it looks like a token of ours: told without a key, so that a guess costs next to nothing."""
    return len(text) <= _LONGEST and _SHAPE.fullmatch(text) is not None


def of(record: TokenRecord, issued: int, expires: int | None, end_user_header: str | None = None) -> Claims:
    """What the token of a record says; ``issued`` and ``expires`` in s since 1970."""
    return Claims(
        iss=ISSUER,
        sub=record.user,
        name=record.name,
        scopes=record.scopes,
        iat=issued,
        jti=record.jti,
        exp=expires,
        sessions=record.sessions,
        end_user_header=end_user_header,
    )


def encode(
    record: TokenRecord, issued: int, expires: int | None, secret: bytes, end_user_header: str | None = None
) -> str:
    """The token of a record; see `of`."""
    import jwt

    return jwt.encode(msgspec.to_builtins(of(record, issued, expires, end_user_header)), secret, algorithm=_ALGORITHM)


def decode(token: str, secret: bytes) -> Claims | None:
    """What a token says, if it was signed with this key; its times are not looked at, but are the caller's to check."""
    import jwt

    options: Options = {"verify_exp": False, "verify_iat": False, "require": ["iss", "sub", "iat", "jti"]}
    try:
        said = jwt.decode(token, secret, algorithms=[_ALGORITHM], issuer=ISSUER, options=options)
        return msgspec.convert(said, Claims)
    except (jwt.PyJWTError, msgspec.ValidationError, ValueError, TypeError):
        return None


def subject(token: str, secret: str, issuer: str) -> str | None:
    """Whom a token of somebody else's is about (``sub``), if it stands: signed HS256 with this key, and not expired."""
    import jwt

    if len(token) > _LONGEST:
        return None
    options: Options = {"require": ["sub", "exp"]}
    try:
        said = jwt.decode(token, secret, algorithms=[_ALGORITHM], issuer=issuer, options=options)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    found = said["sub"]
    return found if isinstance(found, str) and found else None

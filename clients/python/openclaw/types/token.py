"""What `token.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class TokenInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A token, but for its secret. With `sessions` it is valid in these alone."""

    name: str
    user: str
    scopes: list[Literal["read", "chat", "tools", "admin"]]
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    expires_at: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    revoked: bool = False
    sessions: list[str] | None = None


class TokenList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All tokens that were made, the newest first."""

    next_cursor: str | None = None
    tokens: list[TokenInfo]


class TokenCreateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A name to revoke it by; all scopes but `admin` where none is named; it never expires where no time is given."""

    name: str
    scopes: list[Literal["read", "chat", "tools", "admin"]] | None = None
    expires_in: str | None = None
    """A number and s, m, h, d or w."""
    user: str = "owner"
    sessions: list[str] | None = None
    """For somebody else's browser: the token may speak in these sessions, and nothing more."""
    end_user_header: str | None = None
    """For a front end with many users: the header in which it names the user it asks for."""


class TokenCreated(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The token itself, shown this once: a JWT (RFC 7519) signed HS256."""

    name: str
    user: str
    scopes: list[Literal["read", "chat", "tools", "admin"]]
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    expires_at: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    revoked: bool = False
    sessions: list[str] | None = None
    token: str
    end_user_header: str | None = None


class TokenRevokeParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The token's name."""

    name: str


class TokenRevoked(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """It is refused from now on; sockets that it opened are closed."""

    name: str
    revoked: bool


class TokenRevokedEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A token was revoked: its name and its user."""

    name: str
    user: str

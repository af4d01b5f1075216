"""Who is calling, and what they showed to prove it (RFC 6750, 7617)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from openclaw_rpc.domain.guessing import Kind
from openclaw_rpc.protocol.base import Scope

OWNER: Final = "owner"
ALL_SCOPES: Final = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling, and what they may do.

    ``name`` is the token's; ``gateway`` for the token in the configuration, ``password``, or ``anonymous`` where
    authentication is disabled. ``jti`` and ``expires_at`` (s since 1970) are there for tokens that were made;
    ``sign_in`` for a browser that signed in with one of these: the digest of what its cookie holds. With ``sessions``
    it may speak in these, and nothing more.
    """

    user: str
    name: str
    scopes: frozenset[Scope]
    jti: str | None = None
    expires_at: float | None = None
    sign_in: str | None = None
    sessions: frozenset[str] | None = None
    guest: bool = False
    """Somebody whom the user lets in over a chat: what they say is remembered in their session alone."""
    account: str | None = None
    """The token's user, where this is a person whom its front end asks for."""
    end_user_header: str | None = None
    """The header in which a front end with this token names the person that it asks for."""
    generation: int = 0
    """How often the configured token or password had changed when this one was shown."""
    limit_key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Computed once: the limiter reads it on every call.
        object.__setattr__(self, "limit_key", f"{self.user}/{self.jti or self.name}")

    def below(self, person: str) -> Principal:
        """Somebody whom a front end asks for with this token: a user of their own, counted as the token is."""
        found = replace(self, user=f"{self.user}/{person}", account=self.user, scopes=self.scopes - {Scope.ADMIN})
        object.__setattr__(found, "limit_key", self.limit_key)
        return found

    def may_enter(self, session_key: str | None) -> bool:
        """Whether a session is open to it, its user aside."""
        return self.sessions is None or session_key in self.sessions

    def reaches(self, user: str) -> bool:
        """Whether what is kept for ``user`` may be used by who knows its id, which nobody guesses.

        A user's own; for a front end, what it made for its people; for these, what it made without naming anybody.
        """
        return user in (self.user, self.account) or user.startswith(f"{self.user}/")

    @property
    def is_end_user(self) -> bool:
        """Whether it is somebody whom the owner lets in: they are not told where models' servers are."""
        return self.user != OWNER or self.guest or self.sessions is not None

    @property
    def is_owner_admin(self) -> bool:
        """Whether this is the owner with the scope ``admin``, who sees every user's things."""
        return self.user == OWNER and Scope.ADMIN in self.scopes


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as it is kept with a run, and goes from node to node."""

    user: str
    name: str
    scopes: list[Scope]
    jti: str | None
    expires_at: float | None
    sessions: list[str] | None
    guest: bool
    account: str | None = None

    @classmethod
    def of(cls, principal: Principal) -> Caller:
        """The same as a principal."""
        return cls(
            user=principal.user,
            name=principal.name,
            scopes=sorted(principal.scopes),
            jti=principal.jti,
            expires_at=principal.expires_at,
            sessions=None if principal.sessions is None else sorted(principal.sessions),
            guest=principal.guest,
            account=principal.account,
        )

    def principal(self) -> Principal:
        """The same, read again."""
        return Principal(
            self.user,
            self.name,
            frozenset(self.scopes),
            self.jti,
            self.expires_at,
            sessions=None if self.sessions is None else frozenset(self.sessions),
            guest=self.guest,
            account=self.account,
        )


def bare(token: str) -> str:
    """A token without the word before it: what is copied as `Bearer TOKEN` is pasted where that stands already."""
    while (inner := token.strip())[:7].lower() == "bearer ":
        token = inner[7:].strip()
    return token


def owner(name: str) -> Principal:
    """The owner with every scope: the configured token, the password, or whoever sits at the machine."""
    return Principal(OWNER, name, ALL_SCOPES)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client showed. ``bearer`` is a token, ``basic`` what follows ``Basic`` in the header (base64).

    ``cookie`` is what the dashboard's cookie holds; it counts where nothing else was shown, and only where the door
    found that the request comes from a page of the gateway's own.
    """

    bearer: str | None = field(default=None, repr=False)
    basic: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    cookie: str | None = field(default=None, repr=False)
    address: str = ""
    """Where they came from; empty where that is of no interest."""

    def __post_init__(self) -> None:
        if self.bearer is not None:
            object.__setattr__(self, "bearer", bare(self.bearer))

    @classmethod
    def from_headers(
        cls,
        authorization: str | None = None,
        password_header: str | None = None,
        query_token: str | None = None,
        query_password: str | None = None,
        cookie: str | None = None,
    ) -> Credentials:
        """Exactly one of what was sent counts: Authorization, X-OpenClaw-Password, ``?token=``, ``?password=``, cookie.

        An Authorization that can't be read counts too, as a wrong one.
        """
        if authorization is not None:
            scheme, _, rest = authorization.strip().partition(" ")
            match scheme.lower():
                case "basic":
                    return cls(basic=rest.strip())
                case "bearer":
                    return cls(bearer=rest.strip())
                case _:
                    return cls(bearer="")
        if password_header is not None:
            return cls(password=password_header)
        if query_token is not None:
            return cls(bearer=query_token)
        if query_password is not None:
            return cls(password=query_password)
        return cls(cookie=cookie)

    @property
    def given(self) -> bool:
        """Whether the client said anything of its own, right or wrong; a browser sends its cookie by itself."""
        return self.bearer is not None or self.basic is not None or self.password is not None

    @property
    def kind(self) -> Kind | None:
        """What of the client's own it is."""
        return "token" if self.bearer is not None else "password" if self.given else None

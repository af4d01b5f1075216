"""Who is calling: credentials become a principal, and tokens are made and taken back (RFC 6750, 7519, 7617)."""

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

import anyio
import msgspec

from openclaw_rpc.domain import jwt
from openclaw_rpc.domain.clock import Clock, iso, new_id, parse_duration
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.guessing import Guesses, Kind
from openclaw_rpc.domain.records import TokenRecord
from openclaw_rpc.domain.tokens import LOOK_SECONDS, KnownTokens
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Forbidden, InvalidRequest, NotFound, Unauthorized, Unavailable
from openclaw_rpc.protocol.token import TokenCreated, TokenCreateParams, TokenInfo, TokenRevokedEvent, token_revoked

OWNER: Final = "owner"
ALL_SCOPES: Final = frozenset(Scope)
_SPEAKING: Final = frozenset({Scope.READ, Scope.CHAT})
"""What a token that is for some sessions alone may be good for."""
_VERIFIED_KEPT: Final = 1024


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
    generation: int = 0
    """How often the configured token or password had changed when this one was shown."""
    limit_key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Computed once: the limiter reads it on every call.
        object.__setattr__(self, "limit_key", f"{self.user}/{self.jti or self.name}")

    def may_enter(self, session_key: str | None) -> bool:
        """Whether a session is open to it, its user aside."""
        return self.sessions is None or session_key in self.sessions

    @property
    def is_owner_admin(self) -> bool:
        """Whether this is the owner with the scope ``admin``, who sees every user's things."""
        return self.user == OWNER and Scope.ADMIN in self.scopes


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

    @classmethod
    def from_headers(
        cls,
        authorization: str | None = None,
        password_header: str | None = None,
        query_token: str | None = None,
        query_password: str | None = None,
        cookie: str | None = None,
    ) -> "Credentials":
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


class AuthSettings(Protocol):
    """What of `gateway.auth` is needed here. An empty token or password lets nobody in."""

    @property
    def enabled(self) -> bool:
        """False: everybody is the owner."""
        ...

    @property
    def token(self) -> str | None:
        """The owner's token."""
        ...

    @property
    def password(self) -> str | None:
        """The owner's password."""
        ...


class Authenticator:
    """Tells from credentials who is calling."""

    def __init__(self, settings: AuthSettings, tokens: KnownTokens, clock: Clock) -> None:
        self._tokens = tokens
        self._clock = clock
        self._verified: OrderedDict[bytes, tuple[Principal, bytes]] = OrderedDict()
        self._settings = settings
        self._anonymous = owner("anonymous")
        self._gateway = owner("gateway")
        self._password = owner("password")
        self.guesses = Guesses(clock)
        self.failures = 0
        """How many wrong credentials were shown since the start."""

    @property
    def settings(self) -> AuthSettings:
        """The settings in force; replaced, they apply to the next request."""
        return self._settings

    @settings.setter
    def settings(self, settings: AuthSettings) -> None:
        # `valid` knows by the generation who came in with the old secret.
        if settings.token != self._settings.token:
            self._gateway = replace(self._gateway, generation=self._gateway.generation + 1)
        if settings.password != self._settings.password:
            self._password = replace(self._password, generation=self._password.generation + 1)
        self._settings = settings

    async def recognise(self, credentials: Credentials) -> Principal:
        """As `identify`; a token of ours is looked at anew: another process may just have made or revoked it.

        Raises:
            Unauthorized: they are missing or wrong, expired or revoked.
            RateLimited: too many from that address were; see `domain.guessing`.
            Unavailable: the tokens that were made can't be read, and this one is not known.
        """
        self._refuse_guessers(credentials)
        principal = self._known(credentials)
        if self._signed(credentials.bearer) if principal is None else principal.jti is not None:
            try:
                await self._tokens.refresh()
            except Unavailable:
                if principal is None:
                    raise
            principal = self._known(credentials)
        return self._let_in(principal, credentials)

    def identify(self, credentials: Credentials) -> Principal:
        """Who showed these credentials. With authentication disabled it is the owner, whatever was shown.

        Raises:
            Unauthorized: they are missing or wrong, expired or revoked.
            RateLimited: too many from that address were; see `domain.guessing`.
        """
        self._refuse_guessers(credentials)
        return self._let_in(self._known(credentials), credentials)

    def _refuse_guessers(self, credentials: Credentials) -> None:
        """Before anything is verified: what a guesser is told does not depend on what it shows."""
        if credentials.kind is not None and self._settings.enabled:
            self.guesses.check(credentials.address, credentials.kind)

    def _let_in(self, principal: Principal | None, credentials: Credentials) -> Principal:
        if principal is None:
            self.failures += credentials.given
            # A token of ours that is revoked or too old is not a guess.
            if credentials.kind is not None and not self._signed(credentials.bearer):
                self.guesses.failed(credentials.address, credentials.kind)
            raise Unauthorized("Missing or invalid authentication token")
        return principal

    def valid(self, principal: Principal) -> bool:
        """Whether somebody who was identified some time ago would still be let in: for connections that last."""
        if not self._settings.enabled:
            return True
        if principal.sign_in is not None:
            return self._signed_in(principal.sign_in) is not None
        if principal.jti is not None:
            return self._stands(principal, principal.jti)
        known = {"gateway": self._gateway, "password": self._password}.get(principal.name)
        return known is not None and principal.generation == known.generation

    def owner(self) -> Principal | None:
        """The owner, as by the configuration's token or else its password; None where nobody has to prove anything."""
        if not self._settings.enabled:
            return None
        return self._gateway if self._settings.token else self._password

    def proof(self, principal: Principal) -> str | None:
        """What a sign-in by the configuration's token or password is kept with, so that it ends when that changes."""
        secret = {"gateway": self._settings.token, "password": self._settings.password}.get(principal.name)
        if principal.jti is not None or not secret:
            return None
        text = f"{principal.name}:{secret}".encode("utf-8", "surrogateescape")
        return hmac.new(self._tokens.key, text, hashlib.sha256).hexdigest()

    def standing(self, named: str) -> Principal | None:
        """Whom a token lets in now, by its id, or as ``gateway`` or ``password`` the configured one."""
        made = self._tokens.find(named)
        if made is None:
            return {"gateway": self._gateway, "password": self._password}.get(named)
        principal = _principal_of(jwt.of(made, 0, _end_of(made)))
        return principal if self._stands(principal, named) else None

    def _signed_in(self, digest: str) -> Principal | None:
        """Who signed in, as long as that and the token it was done with stand."""
        record = self._tokens.find_sign_in(digest)
        if record is None or self._clock.now() >= record.expires_at:
            return None
        if record.jti is not None:
            made = self._tokens.find(record.jti)
            principal = None if made is None else _principal_of(jwt.of(made, 0, int(record.expires_at)))
            if principal is None or not self._stands(principal, record.jti):
                return None
            return replace(principal, sign_in=digest)
        for principal in (self._gateway, self._password):
            if _same(record.proof, self.proof(principal)):
                return replace(principal, sign_in=digest)
        return None

    def _signed(self, bearer: str | None) -> bool:
        """Whether it may be a token of ours; before the key is known, whether it looks like one."""
        if bearer is None or not jwt.plausible(bearer):
            return False
        return not self._tokens.key or jwt.decode(bearer, self._tokens.key) is not None

    def _known(self, credentials: Credentials) -> Principal | None:
        if not self._settings.enabled:
            return self._anonymous
        if credentials.cookie is not None:
            return self._signed_in(digest_of(credentials.cookie))
        if credentials.bearer is not None:
            if _same(credentials.bearer, self._settings.token):
                return self._gateway
            return self._verify(credentials.bearer)
        if credentials.basic is not None:
            return self._password if _same(_basic_password(credentials.basic), self._settings.password) else None
        return self._password if _same(credentials.password, self._settings.password) else None

    def _verify(self, token: str) -> Principal | None:
        """The principal of a token that was made here and still stands."""
        secret = self._tokens.key
        if not secret or not jwt.plausible(token):
            return None
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        # A signature, once checked, stays good as long as the key is the same; standing is asked anew every time.
        if known is not None and known[1] == secret:
            principal = known[0]
        else:
            said = jwt.decode(token, secret)
            if said is None:
                return None
            principal = _principal_of(said)
        if principal.jti is None or not self._stands(principal, principal.jti):
            self._verified.pop(digest, None)
            return None
        self._verified[digest] = principal, secret
        self._verified.move_to_end(digest)
        if len(self._verified) > _VERIFIED_KEPT:
            self._verified.popitem(last=False)
        return principal

    def _stands(self, principal: Principal, jti: str) -> bool:
        if principal.expires_at is not None and self._clock.now() >= principal.expires_at:
            return False
        record = self._tokens.find(jti)
        return record is not None and not record.revoked


class TokenService:
    """Makes tokens and takes them back."""

    def __init__(self, tokens: KnownTokens, clock: Clock, bus: Bus | None = None) -> None:
        self._tokens = tokens
        self._clock = clock
        self._bus = bus
        self.on_looked: list[Callable[[], None]] = []
        """Called by `watch` each time it has looked: tokens may have been revoked, or have expired."""

    async def create(self, maker: Principal, params: TokenCreateParams) -> TokenCreated:
        """Make a token; nobody gives away what they don't have.

        Raises:
            Forbidden: it is for another user, or an admin's, and the maker no admin of the owner; or a scope is
                missing from the maker's own.
            Conflict: there is a token of that name, neither revoked nor expired.
            InvalidRequest: ``expires_in`` leads past the year 9999; a token for sessions asks for other scopes.
        """
        most = ALL_SCOPES - {Scope.ADMIN} if params.sessions is None else _SPEAKING
        wanted = most if params.scopes is None else frozenset(params.scopes)
        if params.sessions is not None and not wanted <= _SPEAKING:
            reason = "a token for sessions has the scopes read and chat at most"
            raise InvalidRequest(reason, field="scopes", reason=reason)
        _allow(maker, params.user, wanted)
        now = self._clock.now()
        expires = None if params.expires_in is None else int(now) + parse_duration(params.expires_in)
        record = TokenRecord(
            name=params.name,
            jti=new_id("tok"),
            user=params.user,
            scopes=[scope for scope in Scope if scope in wanted],
            created_at=iso(now),
            expires_at=None if expires is None else _expiry(expires),
            sessions=params.sessions,
        )
        await self._tokens.add(record)
        token = jwt.encode(record, int(now), expires, self._tokens.key)
        return TokenCreated(**msgspec.structs.asdict(_info(record)), token=token)

    async def list_(self, viewer: Principal) -> list[TokenInfo]:
        """The tokens that were made, the newest first; those of the viewer's user alone, unless an owner's admin."""
        await self._tokens.refresh()
        return [_info(record) for record in self._tokens.all if _sees(viewer, record)]

    async def revoke(self, viewer: Principal, name: str) -> str:
        """Take a token back and answer its ``jti``, for `announce`. It may have been revoked before.

        Raises:
            NotFound: there is none of that name, or it is another user's.
        """
        jti = await self._tokens.revoke(name, None if viewer.is_owner_admin else viewer.user)
        if jti is not None:
            return jti
        raise NotFound(f"there is no token called {name!r}", field="name")

    def announce(self, jti: str) -> None:
        """Tell that a token is gone: what it opened is closed."""
        record = self._tokens.find(jti)
        if record is not None and self._bus is not None:
            event = TokenRevokedEvent(name=record.name, user=record.user)
            self._bus.publish(Published(token_revoked, event, user=record.user))

    async def watch(self) -> None:
        """Announce what other processes revoke, until cancelled.

        Raises:
            Unavailable: the tokens can't be read.
        """
        while True:
            await anyio.sleep(LOOK_SECONDS)
            for jti in await self._tokens.refresh():
                self.announce(jti)
            for looked in self.on_looked:
                looked()


def digest_of(secret: str) -> str:
    """What is kept of a code or a cookie: who reads it can't sign in with it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _end_of(record: TokenRecord) -> int | None:
    """When a token ends, in s since 1970."""
    end = record.expires_at
    return None if end is None else int(datetime.fromisoformat(end.replace("Z", "+00:00")).timestamp())


def _principal_of(said: jwt.Claims) -> Principal:
    sessions = None if said.sessions is None else frozenset(said.sessions)
    return Principal(said.sub, said.name, frozenset(said.scopes), said.jti, said.exp, sessions=sessions)


def _allow(maker: Principal, user: str, scopes: frozenset[Scope]) -> None:
    if user != maker.user and not maker.is_owner_admin:
        raise Forbidden("only an admin of the owner makes tokens for other users", field="user", reason="other_user")
    if Scope.ADMIN in scopes and not maker.is_owner_admin:
        raise Forbidden("only an admin of the owner makes admin tokens", field="scopes", reason="admin_token")
    missing = [scope.value for scope in Scope if scope in scopes - maker.scopes]
    if missing:
        raise Forbidden(
            f"you can't grant scopes that you don't have: {', '.join(missing)}", field="scopes", reason="missing_scope"
        )


def _sees(viewer: Principal, record: TokenRecord) -> bool:
    return viewer.is_owner_admin or viewer.user == record.user


def _info(record: TokenRecord) -> TokenInfo:
    return TokenInfo(
        name=record.name,
        user=record.user,
        scopes=record.scopes,
        created_at=record.created_at,
        expires_at=record.expires_at,
        revoked=record.revoked,
        sessions=record.sessions,
    )


def _expiry(seconds: int) -> str:
    try:
        return iso(seconds)
    except (ValueError, OverflowError, OSError):
        reason = "leads past the year 9999"
        raise InvalidRequest(f"expiresIn {reason}", field="expiresIn", reason=reason) from None


def _basic_password(credentials: str) -> bytes | None:
    """The password of RFC 7617's ``user:password`` in base64; any user name will do."""
    try:
        _, colon, password = base64.b64decode(credentials, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return password if colon else None


def _same(shown: str | bytes | None, wanted: str | None) -> bool:
    """Compare in constant time. Nothing is never right, and neither is an empty secret."""
    if not shown or not wanted:
        return False
    try:
        # Header bytes that are no ASCII may come as surrogates.
        given = shown.encode("utf-8", "surrogateescape") if isinstance(shown, str) else shown
    except UnicodeEncodeError:
        return False
    return hmac.compare_digest(given, wanted.encode("utf-8", "surrogateescape"))

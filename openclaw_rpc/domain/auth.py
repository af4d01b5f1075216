"""Credentials become a principal (RFC 7519)."""

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from openclaw_rpc.domain import jwt
from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.guessing import Guesses
from openclaw_rpc.domain.principals import Credentials, Principal, bare, owner
from openclaw_rpc.domain.records import TokenRecord
from openclaw_rpc.domain.tokens import KnownTokens
from openclaw_rpc.protocol.errors import Unauthorized, Unavailable

_VERIFIED_KEPT: Final = 1024


class OwnerSecrets(Protocol):
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

    def __init__(self, settings: OwnerSecrets, tokens: KnownTokens, clock: Clock) -> None:
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
    def settings(self) -> OwnerSecrets:
        """The settings in force; replaced, they apply to the next request."""
        return self._settings

    @settings.setter
    def settings(self, settings: OwnerSecrets) -> None:
        # `valid` knows by the generation who came in with the old secret.
        if settings.token != self._settings.token:
            self._gateway = replace(self._gateway, generation=self._gateway.generation + 1)
        if settings.password != self._settings.password:
            self._password = replace(self._password, generation=self._password.generation + 1)
        self._settings = settings

    async def recognise(self, credentials: Credentials) -> Principal:
        """As `identify`; a token of ours is looked at anew: another process may just have made or revoked it, or signed
        in whoever shows a cookie that is not known.

        Raises:
            Unauthorized: they are missing or wrong, expired or revoked.
            RateLimited: too many from that address were; see `domain.guessing`.
            Unavailable: the tokens that were made can't be read, and this one is not known.
        """
        self._refuse_guessers(credentials)
        principal = self._known(credentials)
        if self._maybe_ours(credentials) if principal is None else principal.jti is not None:
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

    def _maybe_ours(self, credentials: Credentials) -> bool:
        """Whether another process may have made what is not known here."""
        return credentials.cookie is not None or self._signed(credentials.bearer)

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
            if _same(credentials.bearer, bare(self._settings.token or "")):
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


def digest_of(secret: str) -> str:
    """What is kept of a code or a cookie: who reads it can't sign in with it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _end_of(record: TokenRecord) -> int | None:
    """When a token ends, in s since 1970."""
    end = record.expires_at
    return None if end is None else int(datetime.fromisoformat(end.replace("Z", "+00:00")).timestamp())


def _principal_of(said: jwt.Claims) -> Principal:
    sessions = None if said.sessions is None else frozenset(said.sessions)
    return Principal(
        said.sub,
        said.name,
        frozenset(said.scopes),
        said.jti,
        said.exp,
        sessions=sessions,
        end_user_header=said.end_user_header,
    )


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

"""Signing in to the dashboard: codes that work once, and what a browser's cookie holds."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from openclaw_rpc.domain.auth import Authenticator, digest_of
from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.records import SignInRecord
from openclaw_rpc.domain.tokens import KnownTokens
from openclaw_rpc.protocol.errors import Unauthorized

CODE_SECONDS: Final = 600
SESSION_SECONDS: Final = 30 * 86_400
_RANDOM_BYTES: Final = 24
_MOST_CODES: Final = 1000


class SignIns:
    """Offers codes, and turns a code or a token into a sign-in, which has the user, scopes and end of its token.

    Codes are in memory: a restart makes them worthless, and `openclaw gateway` prints a new one.
    """

    def __init__(self, authenticator: Authenticator, tokens: KnownTokens, clock: Clock) -> None:
        self._authenticator = authenticator
        self._tokens = tokens
        self._clock = clock
        self._codes: dict[str, tuple[float, Principal]] = {}
        self.mark = ""
        """What codes begin with, where other processes have to know whose they are."""
        self.elsewhere: Callable[[str], Awaitable[str | None]] | None = None
        """Uses a code up where another process offered it: the id of the token whose owner it signs in."""

    def offer(self, principal: Principal) -> str:
        """A code that signs in as ``principal``, once, within ``CODE_SECONDS``."""
        now = self._clock.now()
        self._codes = {digest: (end, who) for digest, (end, who) in self._codes.items() if end > now}
        while len(self._codes) >= _MOST_CODES:
            del self._codes[next(iter(self._codes))]
        code = self.mark + secrets.token_urlsafe(_RANDOM_BYTES)
        self._codes[digest_of(code)] = now + CODE_SECONDS, principal
        return code

    async def take(self, code: str) -> Principal:
        """Whom a code signs in; it is used up.

        Raises:
            Unauthorized: it was used, is too old, or was never offered; or its token is no longer valid.
        """
        principal = self.use(code)
        if principal is None and self.elsewhere is not None:
            named = await self.elsewhere(code)
            if named is not None:
                await self._tokens.refresh()
                principal = self._authenticator.standing(named)
        if principal is None:
            raise Unauthorized("This sign-in link was used already, is too old, or is not one of this gateway's")
        return principal

    def use(self, code: str) -> Principal | None:
        """Use up a code that was offered here."""
        end, principal = self._codes.pop(digest_of(code), (0.0, None))
        if principal is None or self._clock.now() >= end or not self._authenticator.valid(principal):
            return None
        return principal

    async def begin(self, principal: Principal) -> str:
        """Sign in: what the browser's cookie is to hold."""
        now = self._clock.now()
        cookie = secrets.token_urlsafe(_RANDOM_BYTES)
        end = now + SESSION_SECONDS
        record = SignInRecord(
            digest=digest_of(cookie),
            created_at=now,
            expires_at=end if principal.expires_at is None else min(end, principal.expires_at),
            jti=principal.jti,
            proof=self._authenticator.proof(principal),
        )
        await self._tokens.sign_in(record, now)
        return cookie

    async def end(self, cookie: str) -> None:
        """Sign out."""
        await self._tokens.sign_out(digest_of(cookie))

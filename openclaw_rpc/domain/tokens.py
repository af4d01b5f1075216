"""The tokens that were made: as they were a moment ago, since every request asks for them, and making more of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import anyio
import msgspec

from openclaw_rpc.domain import jwt
from openclaw_rpc.domain.clock import Clock, iso, new_id, parse_duration
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.ports import TokenSet, TokenStore
from openclaw_rpc.domain.principals import ALL_SCOPES, Principal
from openclaw_rpc.domain.records import SignInRecord, TokenRecord
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Forbidden, InvalidRequest, NotFound
from openclaw_rpc.protocol.token import TokenCreated, TokenCreateParams, TokenInfo, TokenRevokedEvent, token_revoked

LOOK_SECONDS: Final = 0.5
"""How often it is looked whether another process changed them."""
_SPEAKING: Final = frozenset({Scope.READ, Scope.CHAT})
"""What a token that is for some sessions alone may be good for."""


class KnownTokens:
    """A view of the store. What this process changes, it knows at once."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store
        self._known = TokenSet(revision=-1)
        self._by_jti: dict[str, TokenRecord] = {}
        self._sign_ins: dict[str, SignInRecord] = {}
        self._turn = anyio.Lock()

    @property
    def key(self) -> bytes:
        """What tokens are signed with; empty before the first `refresh`."""
        return self._known.key

    @property
    def all(self) -> list[TokenRecord]:
        """Every token, the newest first."""
        return list(self._known.records)

    def find(self, jti: str) -> TokenRecord | None:
        """The token with that id."""
        return self._by_jti.get(jti)

    def find_sign_in(self, digest: str) -> SignInRecord | None:
        """The sign-in with that digest."""
        return self._sign_ins.get(digest)

    async def refresh(self) -> list[str]:
        """Know what the store knows now; answers the ids of those that were revoked since.

        Raises:
            Unavailable: the store can't be read; what was known stays.
        """
        async with self._turn:
            return await self._refresh()

    async def add(self, record: TokenRecord) -> None:
        """Keep a token, see `TokenStore.add`."""
        async with self._turn:
            await self._store.add(record)
            await self._refresh()

    async def revoke(self, name: str, user: str | None) -> str | None:
        """Mark a token as revoked, see `TokenStore.revoke`."""
        async with self._turn:
            jti = await self._store.revoke(name, user)
            await self._refresh()
            return jti

    async def sign_in(self, record: SignInRecord, now: float) -> None:
        """Keep a sign-in, see `TokenStore.sign_in`."""
        async with self._turn:
            await self._store.sign_in(record, now)
            await self._refresh()

    async def sign_out(self, digest: str) -> None:
        """Forget a sign-in."""
        async with self._turn:
            await self._store.sign_out(digest)
            await self._refresh()

    async def _refresh(self) -> list[str]:
        if await self._store.revision() == self._known.revision:
            return []
        before, self._known = self._by_jti, await self._store.load()
        self._by_jti = {record.jti: record for record in self._known.records}
        self._sign_ins = {record.digest: record for record in self._known.sign_ins}
        return [jti for jti, record in before.items() if not record.revoked and not self._stands(jti)]

    def _stands(self, jti: str) -> bool:
        record = self._by_jti.get(jti)
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
        token = jwt.encode(record, int(now), expires, self._tokens.key, params.end_user_header)
        return TokenCreated(
            **msgspec.structs.asdict(_info(record)), token=token, end_user_header=params.end_user_header
        )

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


def _allow(maker: Principal, user: str, scopes: frozenset[Scope]) -> None:
    if user != maker.user and not maker.is_owner_admin:
        raise Forbidden("only the owner's admin tokens make tokens for other users", field="user", reason="other_user")
    if Scope.ADMIN in scopes and not maker.is_owner_admin:
        raise Forbidden("only the owner's admin tokens make admin tokens", field="scopes", reason="admin_token")
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

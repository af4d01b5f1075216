"""The tokens that were made, as they were a moment ago: every request asks for them, and waits for nothing."""

from __future__ import annotations

from typing import Final

import anyio

from openclaw_rpc.domain.ports import TokenSet, TokenStore
from openclaw_rpc.domain.records import SignInRecord, TokenRecord

LOOK_SECONDS: Final = 0.5
"""How often it is looked whether another process changed them."""


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

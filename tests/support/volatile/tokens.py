"""Tokens in memory."""

import secrets

import msgspec

from openclaw_rpc.adapters.tokens.rules import MOST_SIGN_INS, name_taken
from openclaw_rpc.domain.ports import TokenSet
from openclaw_rpc.domain.records import SignInRecord, TokenRecord


class MemoryTokenStore:
    """A `TokenStore` that ends with its process."""

    def __init__(self) -> None:
        self._tokens = TokenSet(revision=0, key=secrets.token_bytes(32))

    async def load(self) -> TokenSet:
        """See the port."""
        return self._tokens

    async def revision(self) -> int:
        """See the port."""
        return self._tokens.revision

    async def add(self, record: TokenRecord) -> None:
        """See the port."""
        known = self._tokens.records
        for one in known:
            expired = one.expires_at is not None and one.expires_at <= record.created_at
            if one.name == record.name and not one.revoked and not expired:
                raise name_taken(record.name)
        self._change([record, *(one for one in known if one.name != record.name)])

    async def revoke(self, name: str, user: str | None) -> str | None:
        """See the port."""
        found = [one for one in self._tokens.records if one.name == name and user in (None, one.user)]
        if not found:
            return None
        if not found[0].revoked:
            gone = msgspec.structs.replace(found[0], revoked=True)
            self._change([gone if one is found[0] else one for one in self._tokens.records])
        return found[0].jti

    async def sign_in(self, record: SignInRecord, now: float) -> None:
        """See the port."""
        known = self._tokens
        kept = [*(one for one in known.sign_ins if one.expires_at > now), record][-MOST_SIGN_INS:]
        self._tokens = msgspec.structs.replace(known, revision=known.revision + 1, sign_ins=kept)

    async def sign_out(self, digest: str) -> None:
        """See the port."""
        known = self._tokens
        kept = [one for one in known.sign_ins if one.digest != digest]
        self._tokens = msgspec.structs.replace(known, revision=known.revision + 1, sign_ins=kept)

    def _change(self, records: list[TokenRecord]) -> None:
        self._tokens = msgspec.structs.replace(self._tokens, revision=self._tokens.revision + 1, records=records)

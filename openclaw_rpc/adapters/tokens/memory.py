"""Tokens in memory: for tests, and for a gateway that is to leave nothing behind."""

import secrets

import msgspec

from openclaw_rpc.domain.records import TokenRecord
from openclaw_rpc.protocol.errors import Conflict


def with_record(records: list[TokenRecord], record: TokenRecord) -> list[TokenRecord]:
    """The tokens with a new one, the newest first; it takes the place of a revoked one of its name.

    Raises:
        Conflict: one of that name is there and not revoked.
    """
    if any(known.name == record.name and not known.revoked for known in records):
        raise Conflict(f"there is a token called {record.name!r}; revoke it first", field="name", reason="exists")
    return [record, *(known for known in records if known.name != record.name)]


def without_name(records: list[TokenRecord], name: str) -> list[TokenRecord] | None:
    """The tokens with the one of that name revoked; None where none of that name was valid."""
    if not any(known.name == name and not known.revoked for known in records):
        return None
    return [msgspec.structs.replace(known, revoked=True) if known.name == name else known for known in records]


class MemoryTokenStore:
    """A `TokenStore` that ends with its process."""

    def __init__(self) -> None:
        self._records: list[TokenRecord] = []
        self._secret = secrets.token_bytes(32)

    def all(self) -> list[TokenRecord]:
        """Every token, the newest first."""
        return list(self._records)

    def find(self, jti: str) -> TokenRecord | None:
        """The token with that id."""
        return next((record for record in self._records if record.jti == jti), None)

    def add(self, record: TokenRecord) -> None:
        """Keep a token.

        Raises:
            Conflict: one of that name is there and not revoked.
        """
        self._records = with_record(self._records, record)

    def revoke(self, name: str) -> bool:
        """Mark a token as revoked; false where none of that name was valid."""
        records = without_name(self._records, name)
        if records is None:
            return False
        self._records = records
        return True

    def secret(self) -> bytes:
        """The key that tokens are signed with."""
        return self._secret

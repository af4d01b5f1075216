"""Tokens in PostgreSQL, where the command line finds them as well."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Final

import msgspec

from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.transaction import Row, Transaction
from openclaw_rpc.adapters.tokens.rules import MOST_SIGN_INS, name_taken
from openclaw_rpc.domain.ports import TokenSet
from openclaw_rpc.domain.records import SignInRecord, TokenRecord
from openclaw_rpc.protocol.base import Scope

_CHANGED: Final = """INSERT INTO counters VALUES ('token_revision', 1)
    ON CONFLICT (name) DO UPDATE SET value = counters.value + 1"""
_REVISION: Final = "SELECT value FROM counters WHERE name = 'token_revision'"
_KEY: Final = "SELECT value FROM single_values WHERE name = 'token_key'"


class PostgresTokenStore:
    """See the port `TokenStore`."""

    def __init__(self, database: Postgres) -> None:
        self._database = database

    async def load(self) -> TokenSet:
        """See the port."""
        found = await self._database.read(_load)
        if not found.key:
            await self._database.write(_make_key)
            found = await self._database.read(_load)
        return found

    async def revision(self) -> int:
        """See the port."""
        return await self._database.read(_revision, single=True)

    async def add(self, record: TokenRecord) -> None:
        """See the port."""
        await self._database.write(partial(_add, record=record))

    async def revoke(self, name: str, user: str | None) -> str | None:
        """See the port."""
        return await self._database.write(partial(_revoke, name=name, user=user))

    async def sign_in(self, record: SignInRecord, now: float) -> None:
        """See the port."""
        await self._database.write(partial(_sign_in, record=record, now=now))

    async def sign_out(self, digest: str) -> None:
        """See the port."""
        await self._database.write(partial(_sign_out, digest=digest))


async def _load(db: Transaction) -> TokenSet:
    rows = await db.all(
        """SELECT jti, name, user_name, scopes, created_at, expires_at, revoked, sessions FROM tokens
            ORDER BY place DESC"""
    )
    sign_ins = await db.all("SELECT digest, created_at, expires_at, jti, proof FROM sign_ins ORDER BY place")
    return TokenSet(
        revision=await _revision(db),
        key=await db.value(_KEY) or b"",
        records=[_token_of(row) for row in rows],
        sign_ins=[
            SignInRecord(digest=row[0], created_at=row[1], expires_at=row[2], jti=row[3], proof=row[4])
            for row in sign_ins
        ],
    )


async def _revision(db: Transaction) -> int:
    return await db.value(_REVISION) or 0


async def _make_key(db: Transaction) -> None:
    sql = "INSERT INTO single_values VALUES ('token_key', $1) ON CONFLICT DO NOTHING"
    await db.change(sql, secrets.token_bytes(32))


async def _add(db: Transaction, record: TokenRecord) -> None:
    standing = "SELECT 1 FROM tokens WHERE name = $1 AND NOT revoked AND coalesce(expires_at > $2, true)"
    if await db.value(standing, record.name, record.created_at) is not None:
        raise name_taken(record.name)
    await db.change("DELETE FROM tokens WHERE name = $1", record.name)
    sessions = None if record.sessions is None else msgspec.json.encode(record.sessions)
    await db.change(
        """INSERT INTO tokens (jti, name, user_name, scopes, created_at, expires_at, revoked, sessions)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        record.jti,
        record.name,
        record.user,
        ",".join(record.scopes),
        record.created_at,
        record.expires_at,
        record.revoked,
        sessions,
    )
    await db.change(_CHANGED)


async def _revoke(db: Transaction, name: str, user: str | None) -> str | None:
    mine = "name = $1 AND ($2::text IS NULL OR user_name = $2)"
    jti: str | None = await db.value(f"SELECT jti FROM tokens WHERE {mine}", name, user)  # noqa: S608
    if jti is None:
        return None
    if await db.change(f"UPDATE tokens SET revoked = true WHERE {mine} AND NOT revoked", name, user):  # noqa: S608
        await db.change(_CHANGED)
    return jti


async def _sign_in(db: Transaction, record: SignInRecord, now: float) -> None:
    await db.change("DELETE FROM sign_ins WHERE expires_at <= $1", now)
    sql = "INSERT INTO sign_ins (digest, created_at, expires_at, jti, proof) VALUES ($1, $2, $3, $4, $5)"
    await db.change(sql, *msgspec.structs.astuple(record))
    oldest = "SELECT place FROM sign_ins ORDER BY place DESC LIMIT 1 OFFSET $1"
    await db.change(f"DELETE FROM sign_ins WHERE place <= ({oldest})", MOST_SIGN_INS)  # noqa: S608
    await db.change(_CHANGED)


async def _sign_out(db: Transaction, digest: str) -> None:
    if await db.change("DELETE FROM sign_ins WHERE digest = $1", digest):
        await db.change(_CHANGED)


def _token_of(row: Row) -> TokenRecord:
    return TokenRecord(
        jti=row[0],
        name=row[1],
        user=row[2],
        scopes=[Scope(scope) for scope in row[3].split(",") if scope],
        created_at=row[4],
        expires_at=row[5],
        revoked=row[6],
        sessions=None if row[7] is None else msgspec.json.decode(row[7], type=list[str]),
    )

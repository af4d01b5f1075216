"""Tokens in the gateway's file, which the command line opens as well."""

import secrets
import sqlite3
from functools import partial
from typing import Any, Final

import msgspec

from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.adapters.tokens.rules import MOST_SIGN_INS, name_taken
from openclaw_rpc.domain.ports import TokenSet
from openclaw_rpc.domain.records import SignInRecord, TokenRecord
from openclaw_rpc.protocol.base import Scope

_CHANGED: Final = """INSERT INTO single_values VALUES ('token_revision', 1)
    ON CONFLICT (name) DO UPDATE SET value = value + 1"""
_REVISION: Final = "SELECT value FROM single_values WHERE name = 'token_revision'"
_KEY: Final = "SELECT value FROM single_values WHERE name = 'token_key'"


class SqliteTokenStore:
    """See the port `TokenStore`."""

    def __init__(self, database: Database) -> None:
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


def _load(db: sqlite3.Connection) -> TokenSet:
    key = db.execute(_KEY).fetchone()
    rows = db.execute(
        "SELECT jti, name, user, scopes, created_at, expires_at, revoked, sessions FROM tokens ORDER BY place DESC"
    ).fetchall()
    sign_ins = db.execute("SELECT digest, created_at, expires_at, jti, proof FROM sign_ins ORDER BY place").fetchall()
    return TokenSet(
        revision=_revision(db),
        key=key[0] if key else b"",
        records=[_token_of(row) for row in rows],
        sign_ins=[
            SignInRecord(digest=row[0], created_at=row[1], expires_at=row[2], jti=row[3], proof=row[4])
            for row in sign_ins
        ],
    )


def _revision(db: sqlite3.Connection) -> int:
    row = db.execute(_REVISION).fetchone()
    return row[0] if row else 0


def _make_key(db: sqlite3.Connection) -> None:
    db.execute("INSERT OR IGNORE INTO single_values VALUES ('token_key', ?)", (secrets.token_bytes(32),))


def _add(db: sqlite3.Connection, record: TokenRecord) -> None:
    standing = db.execute(
        "SELECT 1 FROM tokens WHERE name = ? AND NOT revoked AND coalesce(expires_at > ?, 1)",
        (record.name, record.created_at),
    )
    if standing.fetchone():
        raise name_taken(record.name)
    db.execute("DELETE FROM tokens WHERE name = ?", (record.name,))
    row = (record.jti, record.name, record.user, ",".join(record.scopes), record.created_at, record.expires_at)
    sessions = None if record.sessions is None else msgspec.json.encode(record.sessions)
    db.execute("INSERT INTO tokens VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, record.revoked, sessions))
    db.execute(_CHANGED)


def _revoke(db: sqlite3.Connection, name: str, user: str | None) -> str | None:
    mine = "name = ?1 AND (?2 IS NULL OR user = ?2)"
    row = db.execute(f"SELECT jti FROM tokens WHERE {mine}", (name, user)).fetchone()  # noqa: S608
    if row is None:
        return None
    if db.execute(f"UPDATE tokens SET revoked = 1 WHERE {mine} AND NOT revoked", (name, user)).rowcount:  # noqa: S608
        db.execute(_CHANGED)
    return row[0]


def _sign_in(db: sqlite3.Connection, record: SignInRecord, now: float) -> None:
    db.execute("DELETE FROM sign_ins WHERE expires_at <= ?", (now,))
    db.execute("INSERT INTO sign_ins VALUES (NULL, ?, ?, ?, ?, ?)", msgspec.structs.astuple(record))
    oldest = "SELECT place FROM sign_ins ORDER BY place DESC LIMIT 1 OFFSET ?"
    db.execute(f"DELETE FROM sign_ins WHERE place <= ({oldest})", (MOST_SIGN_INS,))  # noqa: S608
    db.execute(_CHANGED)


def _sign_out(db: sqlite3.Connection, digest: str) -> None:
    if db.execute("DELETE FROM sign_ins WHERE digest = ?", (digest,)).rowcount:
        db.execute(_CHANGED)


def _token_of(row: tuple[Any, ...]) -> TokenRecord:
    return TokenRecord(
        jti=row[0],
        name=row[1],
        user=row[2],
        scopes=[Scope(scope) for scope in row[3].split(",") if scope],
        created_at=row[4],
        expires_at=row[5],
        revoked=bool(row[6]),
        sessions=None if row[7] is None else msgspec.json.decode(row[7], type=list[str]),
    )

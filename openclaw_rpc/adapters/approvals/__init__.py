"""Calls that wait for a human: in the gateway's file."""

import sqlite3
from typing import Final

import msgspec

from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.domain.tools.approvals import WaitingCall

_PUT: Final = "INSERT OR REPLACE INTO approvals VALUES (?, ?)"


class SqliteApprovalStore:
    """See the port `ApprovalStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, call: WaitingCall) -> None:
        """See the port."""
        row = call.info.approval_id, msgspec.json.encode(call)
        await self._database.write(lambda db: db.execute(_PUT, row).rowcount)

    async def remove(self, approval_id: str) -> None:
        """See the port."""
        sql = "DELETE FROM approvals WHERE id = ?"
        await self._database.write(lambda db: db.execute(sql, (approval_id,)).rowcount)

    async def all(self) -> list[WaitingCall]:
        """See the port."""
        return await self._database.read(_all, single=True)


def _all(db: sqlite3.Connection) -> list[WaitingCall]:
    rows = db.execute("SELECT data FROM approvals ORDER BY rowid")
    return [msgspec.json.decode(row[0], type=WaitingCall) for row in rows]

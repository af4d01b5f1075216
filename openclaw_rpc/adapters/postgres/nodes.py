"""The nodes of a gateway, and whose each session is, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.documents import PostgresDocuments
from openclaw_rpc.adapters.postgres.reads import SELECT_RUN, SELECT_SESSION
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.adapters.store.rows import first_place, run_of, session_of
from openclaw_rpc.domain.nodes.ports import Claimed, NameTaken, NodeSeen, NodeState, NotMember, StreamPosition
from openclaw_rpc.domain.records import RunRecord

_SILENT: Final = "extract(epoch FROM clock_timestamp() - greatest(beat_at, pg_postmaster_start_time()))"
"""Seconds of silence. While PostgreSQL was away nobody could beat: that is not held against anybody."""
_JOIN: Final = """INSERT INTO nodes (name, lease, beat_at, state) VALUES ($1, $2, clock_timestamp(), $3)
    ON CONFLICT (name) DO NOTHING RETURNING number"""
_BEAT: Final = "UPDATE nodes SET beat_at = clock_timestamp(), state = $2 WHERE number = $1"
_SEE: Final = f"""SELECT number, name, state, {_SILENT}::float8, lease, true,
        EXISTS (SELECT FROM letters WHERE node = number) FROM nodes
    UNION ALL SELECT number, name, state, extract(epoch FROM clock_timestamp() - beat_at)::float8, 0, false, false
    FROM past_nodes WHERE beat_at > clock_timestamp() - interval '1 hour' ORDER BY number"""  # noqa: S608
_BURY: Final = f"""WITH gone AS (DELETE FROM nodes WHERE number = $1 AND ($2 OR {_SILENT} > lease) RETURNING *)
    INSERT INTO past_nodes SELECT number, name, beat_at, state FROM gone"""  # noqa: S608
_UNREAD: Final = "DELETE FROM letters WHERE NOT EXISTS (SELECT FROM nodes WHERE number = letters.node)"
_FORGET: Final = "DELETE FROM past_nodes WHERE beat_at < clock_timestamp() - interval '1 hour'"
_OPEN_RUN: Final = "status IN ('queued', 'running')"
_NOBODYS: Final = "(owner IS NULL OR NOT EXISTS (SELECT FROM nodes WHERE number = owner))"
_ADOPT: Final = f"""UPDATE sessions SET owner = $1
    WHERE number IN (SELECT place >> 32 FROM runs WHERE {_OPEN_RUN}) AND {_NOBODYS}"""  # noqa: S608
_AT_WORK: Final = f"""SELECT id FROM sessions
    WHERE number IN (SELECT place >> 32 FROM runs WHERE {_OPEN_RUN}) AND owner = $1"""  # noqa: S608
_ACTIVE: Final = f"""SELECT sessions.id, runs.id FROM runs JOIN sessions ON number = place >> 32
    WHERE {_OPEN_RUN} AND sessions.id = ANY($1) ORDER BY place"""  # noqa: S608
_CLAIM: Final = f"UPDATE sessions SET owner = $2 WHERE id = $1 AND owner IS DISTINCT FROM $2 AND {_NOBODYS}"  # noqa: S608
_WHOSE: Final = SELECT_SESSION.replace(" FROM", f", owner, {_NOBODYS} FROM") + "WHERE id = $1"


class PostgresNodes:
    """The port :class:`~openclaw_rpc.domain.nodes.ports.NodeStore`."""

    def __init__(self, database: Postgres, documents: PostgresDocuments) -> None:
        self.fenced: Callable[[], None] = _nothing
        self.changed: Callable[[str], None] = _nobody
        documents.changed = self._when_changed
        self._database = database
        self._number = 0
        database.writer.fenced = self._when_fenced
        database.last = self.leave

    def _when_fenced(self) -> None:
        self.fenced()

    def _when_changed(self, kind: str) -> None:
        self.changed(kind)

    async def join(self, name: str, lease: float, state: NodeState) -> int:
        """See the port."""
        row = name, lease, msgspec.json.encode(state)

        async def join(db: Transaction) -> int | None:
            holder = await db.value("SELECT number FROM nodes WHERE name = $1", name)
            if holder is not None:
                await db.change(_BURY, holder, False)
            made = await db.changing(_JOIN, *row)
            return made[0][0] if made else None

        number = await self._database.apart(join)
        if number is None:
            raise NameTaken(name)
        self._number = self._database.writer.node = number
        return number

    async def beat(self, state: NodeState) -> list[NodeSeen]:
        """See the port."""

        async def beat(db: Transaction) -> list[NodeSeen]:
            if not await db.change(_BEAT, self._number, msgspec.json.encode(state)):
                raise NotMember
            return [
                NodeSeen(
                    number=number,
                    name=name,
                    state=msgspec.json.decode(kept, type=NodeState),
                    silent=silent,
                    lease=lease,
                    living=living,
                    letters=letters,
                )
                for number, name, kept, silent, lease, living, letters in await db.all(_SEE)
            ]

        return await self._database.apart(beat, single=True)

    async def bury(self, number: int) -> bool:
        """See the port."""

        async def bury(db: Transaction) -> bool:
            await self._stand(db)
            await db.change(_FORGET)
            await db.change(_UNREAD)
            return await db.change(_BURY, number, False) > 0

        return await self._database.apart(bury)

    async def adopt(self) -> list[str]:
        """See the port."""

        async def adopt(db: Transaction) -> list[str]:
            await self._stand(db)
            await db.change(_ADOPT, self._number)
            return [row[0] for row in await db.all(_AT_WORK, self._number)]

        return await self._database.apart(adopt)

    async def _stand(self, db: Transaction) -> None:
        """Hold this node's own row: what follows is undone by nobody who takes it for dead meanwhile."""
        if await db.one("SELECT number FROM nodes WHERE number = $1 FOR KEY SHARE", self._number) is None:
            raise NotMember

    async def leave(self) -> None:
        """See the port."""
        if not self._number:
            return
        await self._database.apart(lambda db: db.change(_BURY, self._number, True))

    async def claim(self, session_id: str) -> Claimed | None:
        """See the port."""

        async def whose(db: Transaction, fresh: bool) -> Claimed | None:
            row = await db.one(_WHOSE, session_id)
            return None if row is None or row[-1] else Claimed(session_of(row[:-2]), row[-2], fresh)

        async def claim(db: Transaction) -> Claimed | None:
            return await whose(db, await db.change(_CLAIM, session_id, self._number) > 0)

        # Mostly it is somebody's: that is read, and waits for none of this node's writes.
        held = await self._database.read(lambda db: whose(db, fresh=False), single=True)
        return held or await self._database.write(claim)

    async def unfinished(self, session_id: str) -> list[RunRecord]:
        """See the port."""

        async def read(db: Transaction) -> list[RunRecord]:
            number = await db.value("SELECT number FROM sessions WHERE id = $1", session_id)
            if number is None:
                return []
            sql = SELECT_RUN + f"WHERE place >= $1 AND place < $2 AND {_OPEN_RUN} ORDER BY place"
            rows = await db.all(sql, first_place(number), first_place(number + 1))
            return [run_of(row) for row in rows]

        return await self._database.read(read)

    async def active(self, session_ids: Sequence[str]) -> dict[str, str]:
        """See the port."""
        rows = await self._database.read(lambda db: db.all(_ACTIVE, list(session_ids)), single=True)
        return dict(reversed(rows))

    async def post(self, node: int, message: bytes) -> None:
        """See the port."""
        sql = "INSERT INTO letters (node, message) SELECT $1, $2 WHERE EXISTS (SELECT FROM nodes WHERE number = $1)"
        await self._database.apart(lambda db: db.change(sql, node, message), single=True)

    async def letters(self) -> list[bytes]:
        """See the port."""
        sql = "DELETE FROM letters WHERE node = $1 RETURNING place, message"
        rows = await self._database.apart(lambda db: db.changing(sql, self._number), single=True)
        return [message for _, message in sorted(rows)]

    async def positions(self, session_ids: Sequence[str]) -> dict[str, StreamPosition]:
        """See the port."""
        sql = "SELECT id, epoch, seq, began FROM sessions WHERE id = ANY($1)"
        rows = await self._database.read(lambda db: db.all(sql, list(session_ids)), single=True)
        return {row[0]: StreamPosition(*row[1:]) for row in rows}


def _nobody(_kind: str) -> None:
    """Nobody is told."""


def _nothing() -> None:
    """Nobody is told."""

"""The audit log's lines as rows. What writes is called inside the writer's transaction."""

import sqlite3
from collections.abc import Iterator

import msgspec

from openclaw_rpc.adapters.audit import chain
from openclaw_rpc.adapters.audit.chain import ChainEnd
from openclaw_rpc.domain.tools.audit import AuditQuery
from openclaw_rpc.protocol.audit import AuditRecord, AuditVerdict

_INSERT = "INSERT INTO audit (line, seq, at, tool, user, outcome) VALUES (?, ?, ?, ?, ?, ?)"


def append(db: sqlite3.Connection, record: AuditRecord) -> None:
    """Keep a record behind the last one."""
    line, head = chain.link(record, read_head(db))
    keep(db, line)
    save_head(db, head)


def keep(db: sqlite3.Connection, line: bytes) -> ChainEnd | None:
    """Keep a line as it is; answers the head behind it, None where the line can't be read."""
    try:
        record = chain.read(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        db.execute(_INSERT, (line, None, None, None, None, None))
        return None
    db.execute(_INSERT, (line, record.seq, record.at, record.tool, record.user, record.outcome))
    return chain.head_of(line, record.seq)


def read_head(db: sqlite3.Connection) -> ChainEnd:
    """Where the chain ends."""
    row = db.execute("SELECT value FROM single_values WHERE name = 'audit_head'").fetchone()
    return msgspec.json.decode(row[0], type=ChainEnd) if row else ChainEnd()


def save_head(db: sqlite3.Connection, head: ChainEnd) -> None:
    """Say where the chain ends."""
    db.execute("INSERT OR REPLACE INTO single_values VALUES ('audit_head', ?)", (msgspec.json.encode(head),))


def query(db: sqlite3.Connection, query: AuditQuery) -> tuple[list[AuditRecord], int | None]:
    """See ``AuditLog.query``."""
    wanted = ["seq IS NOT NULL"]
    values: list[object] = []
    for condition, value in (
        ("seq < ?", query.before),
        ("at >= ?", query.since),
        ("at < ?", query.until),
        ("tool = ?", query.tool),
        ("user = ?", query.user),
        ("outcome = ?", query.outcome),
    ):
        if value is not None:
            wanted.append(condition)
            values.append(value)
    sql = f"SELECT line FROM audit WHERE {' AND '.join(wanted)} ORDER BY place DESC LIMIT ?"  # noqa: S608
    found = [chain.read(row[0]) for row in db.execute(sql, (*values, query.limit + 1))]
    page = found[: query.limit]
    return page, page[-1].seq if len(found) > len(page) else None


def verify(db: sqlite3.Connection) -> AuditVerdict:
    """See ``AuditLog.verify``."""
    return chain.verify(_lines(db), read_head(db))


def _lines(db: sqlite3.Connection) -> Iterator[bytes]:
    for row in db.execute("SELECT line FROM audit ORDER BY place"):
        yield row[0]

"""The audit log's lines as rows. What writes is called inside the writer's transaction."""

import secrets
import sqlite3
from collections.abc import Iterator

import msgspec

from openclaw_rpc.adapters.audit import chain
from openclaw_rpc.adapters.audit.chain import ChainEnd, Head
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.tools.audit import AuditQuery
from openclaw_rpc.protocol.audit import AuditRecord, AuditVerdict

_INSERT = "INSERT INTO audit (line, seq, at, tool, user, outcome) VALUES (?, ?, ?, ?, ?, ?)"


def append(db: sqlite3.Connection, record: AuditRecord) -> None:
    """Keep a record behind the last one. What is chained names the user by a random id, which may lose its user."""
    known = msgspec.structs.replace(record, user=_id_of(db, record.user))
    line, head = chain.link(known, read_head(db))
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


def prune(db: sqlite3.Connection, before: str, limit: int) -> int:
    """See ``AuditLog.prune``."""
    key = _key(db)
    rows = db.execute("SELECT line, at FROM audit ORDER BY place LIMIT ?", (limit,)).fetchall()
    head, count = chain.pruned(read_pruned(db), key, rows, before)
    if count:
        # The table lets go of what lies before this head, and of nothing else.
        db.execute("INSERT OR REPLACE INTO single_values VALUES ('audit_pruned', ?)", (msgspec.json.encode(head),))
        db.execute("DELETE FROM audit WHERE seq <= ?", (head.seq,))
    return count


def read_pruned(db: sqlite3.Connection) -> Head:
    """Where what was pruned ended."""
    row = db.execute("SELECT value FROM single_values WHERE name = 'audit_pruned'").fetchone()
    return msgspec.json.decode(row[0], type=Head) if row else Head()


def _key(db: sqlite3.Connection) -> bytes:
    """The key that heads are signed with, made when it is first needed."""
    db.execute("INSERT OR IGNORE INTO single_values VALUES ('audit_key', ?)", (secrets.token_bytes(32),))
    return db.execute("SELECT value FROM single_values WHERE name = 'audit_key'").fetchone()[0]


def _id_of(db: sqlite3.Connection, user: str) -> str:
    if not user:
        return ""
    db.execute("INSERT OR IGNORE INTO audit_users VALUES (?, ?)", (new_id("u"), user))
    return db.execute("SELECT id FROM audit_users WHERE user = ?", (user,)).fetchone()[0]


def query(db: sqlite3.Connection, query: AuditQuery) -> tuple[list[AuditRecord], int | None]:
    """See ``AuditLog.query``."""
    wanted = ["seq IS NOT NULL"]
    values: list[object] = []
    for condition, value in (
        ("seq < ?", query.before),
        ("at >= ?", query.since),
        ("at < ?", query.until),
        ("tool = ?", query.tool),
        ("outcome = ?", query.outcome),
    ):
        if value is not None:
            wanted.append(condition)
            values.append(value)
    if query.user is not None:
        # Records of older versions name the user itself.
        wanted.append("audit.user IN (?, (SELECT id FROM audit_users WHERE user = ?))")
        values += [query.user, query.user]
    sql = f"""SELECT line, u.user FROM audit LEFT JOIN audit_users u ON u.id = audit.user
        WHERE {" AND ".join(wanted)} ORDER BY place DESC LIMIT ?"""  # noqa: S608
    found = [chain.named(*row) for row in db.execute(sql, (*values, query.limit + 1))]
    page = found[: query.limit]
    return page, page[-1].seq if len(found) > len(page) else None


def verify(db: sqlite3.Connection) -> AuditVerdict:
    """See ``AuditLog.verify``."""
    row = db.execute("SELECT value FROM single_values WHERE name = 'audit_key'").fetchone()
    return chain.verify(_lines(db), read_head(db), read_pruned(db), row[0] if row else b"")


def _lines(db: sqlite3.Connection) -> Iterator[bytes]:
    for row in db.execute("SELECT line FROM audit ORDER BY place"):
        yield row[0]

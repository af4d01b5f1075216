"""The file: its tables, its versions, and how it is opened, made private and brought up to date."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

APPLICATION_ID = 0x0C1A_11DB
"""Marks the file as ours (`PRAGMA application_id`, https://www.sqlite.org/pragma.html#pragma_application_id)."""

BUSY_SECONDS = 5.0
WAL_BYTES = 64 * 1024 * 1024
CHECKPOINT_PAGES = 4_000
"""After how many pages the WAL is folded into the file: a page that is written again and again is folded once."""

Statements = tuple[str, ...]

MIGRATIONS: Sequence[Statements] = (
    (
        """CREATE TABLE sessions (
            id TEXT NOT NULL PRIMARY KEY, user TEXT NOT NULL, key TEXT NOT NULL, agent_id TEXT NOT NULL,
            channel TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, epoch TEXT NOT NULL,
            seq INTEGER NOT NULL, message_count INTEGER NOT NULL, title TEXT, summary TEXT, model TEXT,
            labels BLOB, context BLOB,
            UNIQUE (key, user)
        )""",
        "CREATE INDEX sessions_by_user ON sessions (user, updated_at, id)",
        "CREATE INDEX sessions_by_time ON sessions (updated_at, id)",
        # A message's place is its rowid: it only grows, and a message that is replaced keeps it.
        """CREATE TABLE messages (
            place INTEGER PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
            message_id TEXT NOT NULL, role TEXT NOT NULL, content TEXT NOT NULL, created_at TEXT NOT NULL,
            status TEXT NOT NULL, run_id TEXT, model TEXT, extra BLOB,
            UNIQUE (message_id, session_id)
        )""",
        "CREATE INDEX messages_by_session ON messages (session_id, place)",
        "CREATE INDEX messages_partial ON messages (run_id) WHERE status = 'partial'",
        """CREATE TABLE runs (
            id TEXT NOT NULL PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
            user TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL, idempotency_key TEXT,
            data BLOB NOT NULL
        )""",
        "CREATE INDEX runs_by_session ON runs (session_id)",
        "CREATE INDEX runs_by_key ON runs (user, idempotency_key, created_at) WHERE idempotency_key IS NOT NULL",
        "CREATE INDEX runs_unfinished ON runs (created_at) WHERE status IN ('queued', 'running')",
        # New rows go to the end of the table, which touches fewer pages than keeping it in the order of its key.
        """CREATE TABLE events (
            session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, seq INTEGER NOT NULL,
            type TEXT NOT NULL, data BLOB NOT NULL, run_id TEXT, marks BLOB,
            PRIMARY KEY (session_id, seq)
        )""",
        # No reference to sessions: what was used stays when its session goes.
        """CREATE TABLE usage (
            at TEXT NOT NULL, user TEXT NOT NULL, session_id TEXT NOT NULL, session_key TEXT NOT NULL,
            agent_id TEXT NOT NULL, token TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,
            prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, latency_ms INTEGER NOT NULL, cost REAL
        )""",
        "CREATE INDEX usage_by_user ON usage (user, at)",
        "CREATE INDEX usage_by_time ON usage (at)",
    ),
    # A session has a number, and what belongs to it lies at places from number * 2^32 on, in a table of rowids: a
    # range of the table stands for an index by session, and a turn's new rows share a page. Rows name no session's
    # id, so no foreign key is looked up for each; who deletes a session deletes its ranges.
    (
        """CREATE TABLE new_sessions (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL, key TEXT NOT NULL,
            agent_id TEXT NOT NULL, channel TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
            epoch TEXT NOT NULL, seq INTEGER NOT NULL, message_count INTEGER NOT NULL, title TEXT, summary TEXT,
            model TEXT, labels BLOB, context BLOB,
            UNIQUE (key, user)
        )""",
        """INSERT INTO new_sessions SELECT row_number() OVER (ORDER BY rowid), id, user, key, agent_id, channel,
            created_at, updated_at, epoch, seq, message_count, title, summary, model, labels, context FROM sessions""",
        """CREATE TABLE new_messages (
            place INTEGER PRIMARY KEY, session INTEGER NOT NULL, message_id TEXT NOT NULL, role TEXT NOT NULL,
            content TEXT NOT NULL, created_at TEXT NOT NULL, status TEXT NOT NULL, run_id TEXT, model TEXT, extra BLOB,
            UNIQUE (message_id, session)
        )""",
        """INSERT INTO new_messages SELECT (number << 32) + row_number() OVER (PARTITION BY number ORDER BY place),
            number, message_id, role, content, messages.created_at, status, run_id, messages.model, extra
            FROM messages JOIN new_sessions ON new_sessions.id = session_id""",
        """CREATE TABLE new_runs (
            place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL, status TEXT NOT NULL,
            created_at TEXT NOT NULL, idempotency_key TEXT, data BLOB NOT NULL
        )""",
        """INSERT INTO new_runs SELECT (number << 32) + row_number() OVER (PARTITION BY number ORDER BY runs.rowid),
            runs.id, runs.user, status, runs.created_at, idempotency_key, data
            FROM runs JOIN new_sessions ON new_sessions.id = session_id""",
        # The lower half of an event's place is its seq.
        """CREATE TABLE new_events (
            place INTEGER PRIMARY KEY, type TEXT NOT NULL, data BLOB NOT NULL, run_id TEXT, marks BLOB
        )""",
        """INSERT INTO new_events SELECT (number << 32) + events.seq, type, data, run_id, marks
            FROM events JOIN new_sessions ON new_sessions.id = session_id""",
        *(f"DROP TABLE {table}" for table in ("events", "runs", "messages", "sessions")),
        *(f"ALTER TABLE new_{table} RENAME TO {table}" for table in ("sessions", "messages", "runs", "events")),
        "CREATE INDEX sessions_by_user ON sessions (user, updated_at, id)",
        "CREATE INDEX sessions_by_time ON sessions (updated_at, id)",
        "CREATE INDEX runs_by_key ON runs (user, idempotency_key, created_at) WHERE idempotency_key IS NOT NULL",
        "CREATE INDEX runs_unfinished ON runs (created_at) WHERE status IN ('queued', 'running')",
    ),
    # What everybody has is asked for seldom, and written with every turn: the indexes by user serve it as well.
    ("DROP INDEX sessions_by_time", "DROP INDEX usage_by_time"),
    # What is to be sent to the outside, in the order it came; and what may be done once, by whom it was claimed.
    (
        """CREATE TABLE deliveries (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, target TEXT NOT NULL,
            lane TEXT NOT NULL, body BLOB NOT NULL, created_at TEXT NOT NULL, next_at TEXT NOT NULL,
            status TEXT NOT NULL, attempts INTEGER NOT NULL, last_error TEXT
        )""",
        """CREATE INDEX deliveries_open ON deliveries (kind, target, lane, number)
            WHERE status IN ('pending', 'sending')""",
        "CREATE INDEX deliveries_by_target ON deliveries (kind, target, status)",
        "CREATE TABLE claims (name TEXT NOT NULL, key TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (name, key))",
    ),
)
"""Version n of the file is reached by the first n entries. Never change one that was released: add another."""


class StoreUnusable(Exception):
    """The store's file can't be used. The message names ``path`` and says what to do."""

    def __init__(self, path: Path, problem: str, advice: str) -> None:
        super().__init__(f"The store {path} can't be used: {problem}. {advice}")
        self.path = path


def open_writer(path: Path, migrations: Sequence[Statements] = MIGRATIONS) -> sqlite3.Connection:
    """Open the file for writing, at the newest version; it and its folder are made where they are missing.

    The file is readable by its owner alone (0600), a folder that is made as well (0700). The connection is in
    autocommit mode and may be used from any one thread at a time.

    Raises:
        StoreUnusable: it can't be made or opened, is damaged, is no store of ours, or is newer than this program.
    """
    _make_private(path)
    _bind_as_they_are()
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    try:
        _check_version(connection, path, len(migrations))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        _migrate(connection, path, migrations)
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that only reads; :func:`open_writer` must have opened the file before.

    Raises:
        StoreUnusable: it can't be opened.
    """
    try:
        return sqlite3.connect(
            path.absolute().as_uri() + "?mode=ro",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def _bind_as_they_are() -> None:
    """Have NULL and bytes bound without a search for something that adapts them, which costs half of binding a row.

    `sqlite3` spares that search for other types, and for these where an adapter is registered.
    """
    sqlite3.register_adapter(type(None), {None: None}.get)
    sqlite3.register_adapter(bytes, bytes)


def _make_private(path: Path) -> None:
    """Make the folder and the file, so that SQLite finds it with its mode set; -wal and -shm take the file's mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        advice = "Let `storage.path` name a file in a folder that the gateway's user can write to."
        raise StoreUnusable(path, error.strerror or str(error), advice) from error


def _check_version(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    owner: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if owner != APPLICATION_ID and (owner or tables):
        raise StoreUnusable(path, "it is another program's database", "Let `storage.path` name another file.")
    if version > newest:
        problem = f"its version is {version}, and this program knows versions up to {newest}"
        raise StoreUnusable(path, problem, "Start the newer program that wrote it, or name another file.")
    return version


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Statements]) -> None:
    """Bring the file to the newest version, all steps or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again under the lock: another process may just have done the same.
        version = _check_version(connection, path, len(migrations))
        if version < len(migrations):
            for statements in migrations[version:]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _unusable(path: Path, error: sqlite3.Error) -> StoreUnusable:
    if isinstance(error, sqlite3.OperationalError):
        advice = "See that no other program holds it, that its folder is writable, and that the disk is not full."
        return StoreUnusable(path, str(error), advice)
    advice = f"Move it away to start anew, or put back a copy; `sqlite3 {path} .recover` shows what can be saved."
    return StoreUnusable(path, f"it is damaged, or no database ({error})", advice)

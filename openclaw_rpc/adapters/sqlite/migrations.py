"""The tables, from the first version to the newest."""

from collections.abc import Sequence

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
    # One file for all that is kept. A memory's number is made of its user's and a count: `adapters/memory/schema.py`.
    (
        # The sums are there for BM25: how many memories, how many words in all.
        """CREATE TABLE memory_users (
            no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL,
            entries INTEGER NOT NULL DEFAULT 0, words INTEGER NOT NULL DEFAULT 0, compacted_at TEXT
        )""",
        # A memory lies in the log, with its line in `memory_contents`, or in a file, `size` bytes from `place` on.
        """CREATE TABLE memories (
            id INTEGER PRIMARY KEY, user_no INTEGER NOT NULL, key TEXT NOT NULL, folded TEXT NOT NULL,
            kind TEXT NOT NULL, session_key TEXT, category TEXT, created_at TEXT NOT NULL, words INTEGER NOT NULL,
            size INTEGER NOT NULL, file_no INTEGER, place INTEGER,
            UNIQUE (user_no, key)
        )""",
        "CREATE INDEX memories_by_time ON memories (user_no, created_at, file_no)",
        "CREATE INDEX memories_by_folded ON memories (user_no, folded)",
        "CREATE INDEX memories_by_session ON memories (user_no, session_key) WHERE session_key IS NOT NULL",
        "CREATE INDEX memories_in_log ON memories (user_no, created_at, size) WHERE file_no IS NULL",
        "CREATE INDEX memories_in_files ON memories (file_no, place) WHERE file_no IS NOT NULL",
        "CREATE TABLE memory_contents (id INTEGER PRIMARY KEY, line BLOB NOT NULL)",
        # `state`: 'writing' before and 'gone' after its time; whatever bears these at a start is a crash's leftover.
        # `dirty`: it holds lines of memories that were removed.
        """CREATE TABLE memory_files (
            no INTEGER PRIMARY KEY, user_no INTEGER NOT NULL, date TEXT NOT NULL, part INTEGER NOT NULL,
            state TEXT NOT NULL, bytes INTEGER NOT NULL DEFAULT 0, dirty INTEGER NOT NULL DEFAULT 0,
            UNIQUE (user_no, date, part)
        )""",
        # The words come ready-made, between single spaces, and in no order that matters to the index.
        "CREATE VIRTUAL TABLE memory_words USING fts5(body, tokenize = 'ascii', detail = none, columnsize = 0)",
        # Each segment of the index has to be looked into for every word that is searched: `writes.MERGED_PAGES`.
        "INSERT INTO memory_words (memory_words, rank) VALUES ('usermerge', 3)",
        "CREATE TABLE memory_signs (id INTEGER PRIMARY KEY, model TEXT NOT NULL, bits BLOB NOT NULL)",
        "CREATE TABLE memory_vectors (id INTEGER PRIMARY KEY, vector BLOB NOT NULL)",
        """CREATE TABLE responses (
            id TEXT NOT NULL PRIMARY KEY, user TEXT NOT NULL, created_at TEXT NOT NULL, finished INTEGER NOT NULL,
            body BLOB NOT NULL, input BLOB NOT NULL, context BLOB NOT NULL, events BLOB NOT NULL, conversation TEXT,
            session_key TEXT, run_id TEXT
        )""",
        "CREATE INDEX responses_by_time ON responses (created_at)",
        "CREATE INDEX responses_unfinished ON responses (created_at) WHERE NOT finished",
        """CREATE INDEX responses_by_conversation ON responses (user, conversation, created_at)
            WHERE conversation IS NOT NULL""",
        # A token that was revoked keeps its name until another takes it.
        """CREATE TABLE tokens (
            place INTEGER PRIMARY KEY, jti TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, user TEXT NOT NULL,
            scopes TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT, revoked INTEGER NOT NULL, sessions BLOB
        )""",
        # Browsers that signed in to the dashboard; times in s since 1970.
        """CREATE TABLE sign_ins (
            place INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, created_at REAL NOT NULL, expires_at REAL NOT NULL,
            jti TEXT, proof TEXT
        )""",
        # Wrong PINs of a user in a row; times in s since 1970.
        """CREATE TABLE pin_tries (
            user TEXT NOT NULL PRIMARY KEY, wrong INTEGER NOT NULL, last REAL NOT NULL, locked_until REAL NOT NULL
        )""",
        # Calls that wait for a human, as JSON.
        "CREATE TABLE approvals (id TEXT NOT NULL PRIMARY KEY, data BLOB NOT NULL)",
        """CREATE TABLE skills (
            slug TEXT NOT NULL PRIMARY KEY, enabled INTEGER NOT NULL DEFAULT 1, invocations INTEGER NOT NULL DEFAULT 0,
            last_used TEXT, installed_at TEXT, source TEXT, version TEXT
        )""",
        # A line is a record as it was hashed; the columns beside it are what records are searched by.
        """CREATE TABLE audit (
            place INTEGER PRIMARY KEY, line BLOB NOT NULL, seq INTEGER, at TEXT, tool TEXT, user TEXT, outcome TEXT
        )""",
        """CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
        """CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
        # What there is one of: the key that signs tokens, the PIN's hash, where the chain of the audit log ends.
        "CREATE TABLE single_values (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL)",
        # The files of version 0.1.0 whose contents were taken over.
        "CREATE TABLE taken_over (file TEXT NOT NULL PRIMARY KEY)",
    ),
    # Small records that a service keeps whole: webhooks, tasks and their times, devices.
    (
        """CREATE TABLE documents (
            kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, version INTEGER NOT NULL, data BLOB NOT NULL,
            PRIMARY KEY (kind, id)
        ) WITHOUT ROWID""",
        "CREATE INDEX documents_by_parent ON documents (kind, parent, id) WHERE parent != ''",
    ),
    # What is due of what waits for nothing else: found at once, however much there is.
    ("CREATE INDEX deliveries_due ON deliveries (kind, target, next_at) WHERE status = 'pending' AND lane = ''",),
    # What of a request came from the provider's cache, and what of the answer was reasoning: they have their own price.
    (
        "ALTER TABLE usage ADD COLUMN cached_tokens INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE usage ADD COLUMN reasoning_tokens INTEGER NOT NULL DEFAULT 0",
    ),
    # What is chained names a user by a random id; and the oldest records may go, behind a head that was signed.
    (
        "CREATE TABLE audit_users (id TEXT NOT NULL PRIMARY KEY, user TEXT NOT NULL UNIQUE)",
        "DROP TRIGGER audit_is_never_cut",
        """CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit
            WHEN old.seq IS NULL OR old.seq > coalesce((
                SELECT json_extract(CAST(value AS TEXT), '$.seq') FROM single_values WHERE name = 'audit_pruned'), 0)
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    ),
)
"""Version n of the file is reached by the first n entries. Never change one that was released: add another."""

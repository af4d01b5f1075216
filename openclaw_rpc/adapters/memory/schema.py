"""The memories' own SQLite file: its tables.

A memory's number is made of its user's (the upper bits) and a count (the lower 40): so a user's memories are one range
of numbers, in the index of words too, and no search can leave it. Numbers grow with time and are never given twice.
"""

from collections.abc import Sequence
from typing import Final

from openclaw_rpc.adapters.store.schema import Statements

SHIFT: Final = 40

MIGRATIONS: Final[Sequence[Statements]] = (
    (
        # The sums are there for BM25: how many memories, how many words in all.
        """CREATE TABLE users (
            no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL,
            entries INTEGER NOT NULL DEFAULT 0, words INTEGER NOT NULL DEFAULT 0, compacted_at TEXT
        )""",
        # A memory lies in the log, with its line in `contents`, or in a file, `size` bytes from `place` on.
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
        "CREATE TABLE contents (id INTEGER PRIMARY KEY, line BLOB NOT NULL)",
        # `state`: 'writing' before and 'gone' after its time; whatever bears these at a start is a crash's leftover.
        # `dirty`: it holds lines of memories that were removed.
        """CREATE TABLE files (
            no INTEGER PRIMARY KEY, user_no INTEGER NOT NULL, date TEXT NOT NULL, part INTEGER NOT NULL,
            state TEXT NOT NULL, bytes INTEGER NOT NULL DEFAULT 0, dirty INTEGER NOT NULL DEFAULT 0,
            UNIQUE (user_no, date, part)
        )""",
        # The words come ready-made, between single spaces, and in no order that matters to the index.
        "CREATE VIRTUAL TABLE words USING fts5(body, tokenize = 'ascii', detail = none, columnsize = 0)",
        "CREATE TABLE signs (id INTEGER PRIMARY KEY, model TEXT NOT NULL, bits BLOB NOT NULL)",
        "CREATE TABLE vectors (id INTEGER PRIMARY KEY, vector BLOB NOT NULL)",
    ),
    # Each segment of the index has to be looked into for every word that is searched: `writes.MERGED_PAGES`.
    ("INSERT INTO words (words, rank) VALUES ('usermerge', 3)",),
)

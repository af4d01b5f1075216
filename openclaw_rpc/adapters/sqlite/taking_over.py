"""What version 0.1.0 kept in files of their own comes into the one file. Nothing is lost: they stay as `.bak`.

All of it comes in one transaction, which also notes the files' names; they are renamed afterwards. So a crash in
between takes nothing over twice.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from openclaw_rpc.adapters.audit import chain, rows
from openclaw_rpc.adapters.sqlite.file import APPLICATION_ID, StoreUnusable, unusable
from openclaw_rpc.domain.records import TokenRecord
from openclaw_rpc.domain.skills.ports import SkillRecord

_ADVICE: Final = "Repair it, or move it away to do without what is in it."

Take = Callable[[sqlite3.Connection, Path], None]


class _Tokens(msgspec.Struct):
    """`tokens.json`."""

    tokens: list[TokenRecord]


def take_over(db: sqlite3.Connection, beside: Path, state: Path) -> None:
    """Take over what lies beside the database and in the state folder.

    Raises:
        StoreUnusable: a file can't be read; nothing was taken over.
    """
    takers: Mapping[Path, Take] = {
        beside / "responses.db": _responses,
        state / "memory.db": _memories,
        state / "secret.key": _key,
        state / "tokens.json": _tokens,
        state / "pin.json": _pin,
        state / "skills.json": _skills,
        state / "audit": _audit,
    }
    there = {path: take for path, take in takers.items() if path.exists()}
    if not there:
        return
    attached = [path for path in there if path.suffix == ".db"]
    for path in attached:
        _attach(db, path)
    db.execute("BEGIN IMMEDIATE")
    try:
        for path, take in there.items():
            if db.execute("INSERT OR IGNORE INTO taken_over VALUES (?)", (str(path),)).rowcount:
                _take(db, path, take)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    finally:
        for path in attached:
            db.execute(f"DETACH {path.stem}_of_0_1")
    (state / "tokens.lock").unlink(missing_ok=True)
    for path in there:
        backup = path.with_name(f"{path.name}.bak")
        # Another process may just have done it; and what lies there as a backup is not written over.
        with suppress(OSError):
            if not backup.exists():
                path.rename(backup)


def _take(db: sqlite3.Connection, path: Path, take: Take) -> None:
    try:
        take(db, path)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError, sqlite3.Error) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise StoreUnusable(path, problem, _ADVICE) from error


def _attach(db: sqlite3.Connection, path: Path) -> None:
    """Fold an old database's WAL into its file, so that it is one file, and attach it."""
    try:
        with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as old:
            if old.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise StoreUnusable(path, "it is another program's database", _ADVICE)
            old.execute("PRAGMA journal_mode = DELETE")
        db.execute(f"ATTACH ? AS {path.stem}_of_0_1", (str(path),))
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def _responses(db: sqlite3.Connection, path: Path) -> None:
    columns = "id, user, created_at, finished, body, input, context, events, conversation, session_key, run_id"
    db.execute(f"INSERT INTO responses SELECT {columns} FROM responses_of_0_1.responses ORDER BY rowid")  # noqa: S608


def _memories(db: sqlite3.Connection, path: Path) -> None:
    for table, columns in (
        ("memory_users", "no, name, last, entries, words, compacted_at"),
        ("memories", "id, user_no, key, folded, kind, session_key, category, created_at, words, size, file_no, place"),
        ("memory_contents", "id, line"),
        ("memory_files", "no, user_no, date, part, state, bytes, dirty"),
        ("memory_signs", "id, model, bits"),
        ("memory_vectors", "id, vector"),
    ):
        old = table.removeprefix("memory_")
        db.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM memory_of_0_1.{old}")  # noqa: S608
    kept = db.execute("SELECT id, c0 FROM memory_of_0_1.words_content ORDER BY id")
    db.executemany("INSERT INTO memory_words (rowid, body) VALUES (?, ?)", _stemmed_anew(kept))


def _stemmed_anew(bodies: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The words of memories with those that today's stemmer makes: it leaves `-logi` and `-bli` as they are."""
    for number, body in bodies:
        more = [f"{word}i" for word in body.split(" ") if word.endswith(("log", "bl"))]
        yield number, " ".join((body, *more))


def _key(db: sqlite3.Connection, path: Path) -> None:
    key = path.read_bytes()
    if len(key) != 32:
        raise ValueError("it must hold 32 bytes")
    db.execute("INSERT OR REPLACE INTO single_values VALUES ('token_key', ?)", (key,))


def _tokens(db: sqlite3.Connection, path: Path) -> None:
    tokens = msgspec.json.decode(path.read_bytes(), type=_Tokens).tokens
    # The newest come first there, and have the highest place here.
    for token in reversed(tokens):
        scopes = ",".join(token.scopes)
        row = (token.jti, token.name, token.user, scopes, token.created_at, token.expires_at, token.revoked)
        db.execute("INSERT INTO tokens VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, NULL)", row)


def _pin(db: sqlite3.Connection, path: Path) -> None:
    kept = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    if kept.get("kdf", "scrypt") != "scrypt" or not kept.get("hash"):
        raise ValueError("it does not hold a scrypt hash")
    db.execute("INSERT OR REPLACE INTO single_values VALUES ('pin', ?)", (msgspec.json.encode(kept),))


def _skills(db: sqlite3.Connection, path: Path) -> None:
    for slug, kept in msgspec.json.decode(path.read_bytes(), type=dict[str, SkillRecord]).items():
        row = (slug, *msgspec.structs.astuple(kept))
        db.execute("INSERT INTO skills VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _audit(db: sqlite3.Connection, folder: Path) -> None:
    """The lines as they are, damaged ones too: whether the chain is whole is for `audit.verify` to say."""
    head, known = chain.ChainEnd(), chain.ChainEnd()
    files = [*sorted(folder.glob("audit-*.jsonl")), folder / "audit.jsonl"]
    for path in files:
        # A last line without an end was never acknowledged.
        for line in path.read_bytes().split(b"\n")[:-1] if path.exists() else ():
            head = rows.keep(db, line) or head
    with suppress(FileNotFoundError, msgspec.MsgspecError, ValueError):
        known = msgspec.json.decode((folder / "head.json").read_bytes(), type=chain.ChainEnd)
    rows.save_head(db, head if head.seq > known.seq else known)

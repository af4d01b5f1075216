"""What a user has in which table, in the SQL that both engines speak: `$1` is the user's name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

import msgspec


def _mine(column: str) -> str:
    """The user's own rows, and those of the people below (`owner/ada` of `owner`)."""
    return f"({column} = $1 OR substr({column}, 1, length($1) + 1) = $1 || '/')"


NAMED: Final[Mapping[str, str]] = {
    "sessions": "user_name",
    "runs": "user_name",
    "usage": "user_name",
    "responses": "user_name",
    "tokens": "user_name",
    "pin_tries": "user_name",
    "memory_users": "name",
    "audit_users": "user_name",
}
"""Tables with a column that names a user, and what PostgreSQL calls it."""
_SESSIONS: Final = f"SELECT number FROM sessions WHERE {_mine('user_name')}"  # noqa: S608 - no value is in any of these
_MEMORIES: Final = f"""SELECT id FROM memories WHERE user_no IN (
    SELECT no FROM memory_users WHERE {_mine("name")})"""  # noqa: S608

NAMES: Final = " UNION ".join(
    f"SELECT {column} FROM {table} WHERE {_mine(column)}"  # noqa: S608
    for table, column in NAMED.items()
)
"""The user and the people below, wherever one of them is named."""
SESSION_IDS: Final = f"SELECT id FROM sessions WHERE {_mine('user_name')}"  # noqa: S608
RUN_IDS: Final = f"SELECT id FROM runs WHERE {_mine('user_name')} OR place >> 32 IN ({_SESSIONS})"  # noqa: S608
OLD_RECORDS: Final = f"SELECT count(*) FROM audit WHERE {_mine('user_name')}"  # noqa: S608
"""Records of the audit log from before it named users by random ids."""

DELETE: Final[Mapping[str, str]] = {
    "messages": f"session IN ({_SESSIONS})",
    "events": f"place >> 32 IN ({_SESSIONS})",
    "runs": f"{_mine('user_name')} OR place >> 32 IN ({_SESSIONS})",
    "sessions": _mine("user_name"),
    "usage": _mine("user_name"),
    "responses": _mine("user_name"),
    "sign_ins": f"jti IN (SELECT jti FROM tokens WHERE {_mine('user_name')})",  # noqa: S608
    "tokens": _mine("user_name"),
    "pin_tries": _mine("user_name"),
    "memory_signs": f"id IN ({_MEMORIES})",
    "memory_vectors": f"id IN ({_MEMORIES})",
    "memories": f"id IN ({_MEMORIES})",
    "memory_users": _mine("name"),
    "audit_users": _mine("user_name"),
}
"""Which rows of which tables go, in this order."""
IN_FILES: Final[Mapping[str, str]] = {
    "memory_words": f"rowid IN ({_MEMORIES})",
    "memory_contents": f"id IN ({_MEMORIES})",
    "memory_files": f"user_no IN (SELECT no FROM memory_users WHERE {_mine('name')})",  # noqa: S608
}
"""What SQLite has besides; it goes first."""


TOLD: Final[Mapping[str, str]] = {
    "usage": f"""SELECT at, session_key, agent_id, token, model, provider, prompt_tokens, completion_tokens, latency_ms,
        cost FROM usage WHERE {_mine("user_name")} ORDER BY at""",  # noqa: S608
    "responses": f"SELECT id, created_at, body, input FROM responses WHERE {_mine('user_name')} ORDER BY created_at",  # noqa: S608
    "tokens": f"SELECT name, scopes, created_at, expires_at, revoked FROM tokens WHERE {_mine('user_name')}",  # noqa: S608
}
"""What a user is told of each kind, besides sessions and files."""
MEMORIES: Final = f"{_MEMORIES} ORDER BY id"
SECRET: Final = frozenset({"secret", "secrets", "grant", "token"})
"""Fields of records that are not handed out."""


class Content(NamedTuple):
    """A table whose rows hold JSON that may be a user's."""

    table: str
    key: str
    data: str


CONTENTS: Final = (
    Content("documents", "kind || '/' || id", "data"),
    Content("deliveries", "id", "body"),
    Content("approvals", "id", "data"),
)
_WHOSE: Final = frozenset({"user", "userId", "user_id", "owner"})


def plain(value: Any) -> Any:
    """A column's value as JSON has it."""
    if not isinstance(value, bytes):
        return value
    try:
        return without_secrets(msgspec.json.decode(value))
    except msgspec.DecodeError:
        return value.decode(errors="replace")


def unpacked(row: str) -> dict[str, Any]:
    """A row that PostgreSQL wrote as JSON, in which bytes are digits."""
    fields: dict[str, Any] = msgspec.json.decode(row)
    return {
        name: plain(bytes.fromhex(value[2:])) if isinstance(value, str) and value.startswith("\\x") else value
        for name, value in fields.items()
    }


def without_secrets(value: Any) -> Any:
    """A tree of JSON without the fields that hold secrets."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: without_secrets(inner) for name, inner in fields.items() if name not in SECRET}
    if isinstance(value, list):
        return [without_secrets(inner) for inner in cast("list[Any]", value)]
    return value


def is_of(data: bytes, names: Collection[str], ids: Collection[str]) -> bool:
    """Whether JSON says that it is one of these users', or names a session or a run of theirs."""
    try:
        return any(
            text in ids or (key in _WHOSE and text in names) for key, text in _texts("", msgspec.json.decode(data))
        )
    except msgspec.DecodeError:
        return False


def _texts(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text, with the field that it stands in."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            yield from _texts(name, inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(key, inner)

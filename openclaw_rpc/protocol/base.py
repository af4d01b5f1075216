"""The shapes every row is made of: what a client may send, what it may expect, and the words they share."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

JsonObject = dict[str, Any]
"""A JSON object whose keys the table does not fix."""

SessionKey = Annotated[
    str,
    Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", description="The client's name of a session."),
]
RunId = Annotated[str, Meta(min_length=1, max_length=100, description="The id that `chat.run` returned.")]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Pin = Annotated[str, Meta(min_length=1, max_length=200, description="The PIN that was set with `openclaw pin set`.")]
PageSize = Annotated[int, Meta(ge=1, le=1000, description="How many items at most.")]
Timestamp = Annotated[
    str, Meta(min_length=10, max_length=40, description="A date or a time, ISO 8601; UTC where no zone is given.")
]
When = Annotated[str, Meta(description="A time in UTC, ISO 8601 with milliseconds.")]


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What a client sends. Unknown fields are refused, so that a misspelt one never passes in silence."""


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What a client is sent. Open: a later version may add fields. A field that has no value is left out."""


class Scope(StrEnum):
    """What a token may do; a row names the one it needs."""

    READ = "read"
    CHAT = "chat"
    TOOLS = "tools"
    ADMIN = "admin"


class Rate(StrEnum):
    """Which bucket a call draws from, besides `requests`, from which every call draws."""

    REQUESTS = "requests"
    MESSAGES = "messages"
    SKILLS = "skills"
    FILES = "files"


class Topic(StrEnum):
    """What `event.subscribe` can follow across sessions."""

    MESSAGES = "messages"
    SESSIONS = "sessions"
    CHANNELS = "channels"
    TASKS = "tasks"
    LOGS = "logs"
    GATEWAY = "gateway"


class Empty(Params, frozen=True, kw_only=True):
    """No parameters."""


class Guarded(Params, frozen=True, kw_only=True):
    """Params of what does the same as an agent's tool: the PIN, where it is wanted for that (`require_pin_for`)."""

    pin: Pin | None = None


class Paged(Empty, frozen=True, kw_only=True):
    """Which page of the list; the first where no cursor is given."""

    cursor: Annotated[str, Meta(pattern=r"^[0-9]{1,9}$", description="The last page's `nextCursor`.")] | None = None


class Page(Result, frozen=True, kw_only=True):
    """A list, or the part of it that one message may hold; ``nextCursor`` leads to what is left."""

    next_cursor: str | None = None

"""What every store does alike, whatever it keeps things in: cursors, summaries, the life of an idempotency key."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.events.change import Claim
from openclaw_rpc.domain.records import EventRecord, SessionQuery, SessionRecord
from openclaw_rpc.protocol.chat import ChatMessage
from openclaw_rpc.protocol.errors import AlreadyClaimed, InvalidRequest, NotFound, SessionExists

T = TypeVar("T")

KEPT_EVENTS = 5_000
"""How many lasting events of a session are kept where nobody says otherwise."""

SUMMARY_CHARACTERS = 120
KEY_LIFE = timedelta(hours=24)


def summary_of(message: ChatMessage) -> str | None:
    """The start of a user's message on one line, as a session's summary; None for anybody else's or an empty one."""
    if message.role != "user":
        return None
    return " ".join(message.content[:4_000].split())[:SUMMARY_CHARACTERS] or None


def key_expiry(created_at: str) -> str:
    """The time up to which runs are too old to answer for a run created at ``created_at``, as records spell it."""
    moment = datetime.fromisoformat(created_at)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return (moment - KEY_LIFE).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def copies(messages: Iterable[ChatMessage]) -> list[ChatMessage]:
    """Messages as a fork keeps them: under ids of their own, and closed where they were still being said.

    Nobody will ever complete the copy of a ``partial`` message, so it says that it was interrupted.
    """
    ids: dict[str, str] = {}
    found: list[ChatMessage] = []
    for message in messages:
        ids[message.message_id] = new_id("m")
        stands_for = message.stands_for
        if stands_for is not None:
            stands_for = msgspec.structs.replace(stands_for, upto=ids.get(stands_for.upto, stands_for.upto))
        found.append(
            msgspec.structs.replace(
                message,
                message_id=ids[message.message_id],
                status="interrupted" if message.status == "partial" else message.status,
                stands_for=stands_for,
            )
        )
    return found


def trimming(kept: int, before: int, now: int) -> bool:
    """Whether a stream that went from seq ``before`` to ``now`` is to be trimmed: every eighth of ``kept``."""
    step = max(1, kept // 8)
    return before // step != now // step


def plain(event: EventRecord) -> EventRecord:
    """The event with its marks as an immutable tuple of pairs, as stores give it out."""
    if event.marks == ():
        return event
    return msgspec.structs.replace(event, marks=tuple((seq, characters) for seq, characters in event.marks))


def cursor_after(record: SessionRecord) -> str:
    """The cursor of the page that begins after ``record``; opaque to clients."""
    return written_cursor((record.updated_at, record.id))


def whole(query: SessionQuery, found: int) -> int | None:
    """How many sessions match, where the page says it: one more than ``limit`` was looked for. None: to be counted.

    Who searches for few finds them all on the first page, and a search that counts them as well looks twice.
    """
    if query.cursor is not None or found > query.limit or (query.offset and not found):
        return None
    return min(query.offset + found, query.count_to + 1)


def read_cursor(cursor: str) -> tuple[str, str]:
    """The ``updated_at`` and the id after which a page begins.

    Raises:
        InvalidRequest: it is none that :func:`cursor_after` made.
    """
    return cursor_read(cursor, tuple[str, str])


def written_cursor(place: object) -> str:
    """A place in a list as a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def cursor_read(cursor: str, shape: type[T]) -> T:
    """The place that a cursor stands for.

    Raises:
        InvalidRequest: it was not made by :func:`written_cursor`.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=shape)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise InvalidRequest("cursor is not one that a list gave", field="cursor", reason="malformed") from None


def key_taken(key: str) -> SessionExists:
    """What a second session of one key is refused with."""
    return SessionExists(f"a session {key!r} already exists", field="sessionKey", reason="exists")


def no_such_message(message_id: str) -> NotFound:
    """What a page before an unknown message is refused with."""
    return NotFound(f"the session has no message {message_id!r}", field="before", reason="unknown")


def claimed_before(claim: Claim) -> AlreadyClaimed:
    """What a second claim of the same is refused with."""
    return AlreadyClaimed(f"{claim.name} {claim.key!r} was claimed before", reason="claimed")


def due(
    targets: Iterable[tuple[int, Sequence[tuple[int, str]]]], now: str, limit: int, per_target: int
) -> tuple[list[int], str | None]:
    """Which deliveries are sent now, and when the next will be: see ``Deliveries.claim``.

    Of each target: how many are being sent, and the number and ``next_at`` of those that wait for nothing else.
    """
    ranked: list[tuple[int, str, int]] = []
    coming: list[str] = []
    for sending, waiting in targets:
        ready = sorted((next_at, number) for number, next_at in waiting if next_at <= now)[: per_target - sending]
        coming += [next_at for _, next_at in waiting if next_at > now]
        ranked += [(sending + place, next_at, number) for place, (next_at, number) in enumerate(ready)]
    # By the place in each target's own row first: targets take turns.
    taken = [number for _, _, number in sorted(ranked)][:limit]
    return taken, min(coming, default=None)

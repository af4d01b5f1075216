"""What the domain asks of the outside. One conformance suite holds for all who keep the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any, Protocol, Self, TypeVar

import msgspec

from openclaw_rpc.domain.documents import Documents
from openclaw_rpc.domain.events.change import Change, Delivery, DeliveryKind, DeliveryStatus
from openclaw_rpc.domain.records import (
    DeliveryQuery,
    EventRecord,
    RunRecord,
    SessionQuery,
    SessionRecord,
    SignInRecord,
    Spent,
    TokenRecord,
    UsageQuery,
    UsageSum,
)
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatMessage
from openclaw_rpc.protocol.config import ConfigStatus

T = TypeVar("T")


class Store(Protocol):
    """Sessions, messages, runs, events, usage and what is to be delivered.

    Every write returns when it is durable, each is atomic.
    A ``session_id`` that is gone makes a write do nothing: whoever deleted the session knew.
    """

    @property
    def deliveries(self) -> Deliveries:
        """What is to be sent to the outside."""
        ...

    @property
    def documents(self) -> Documents:
        """Small records of all kinds."""
        ...

    async def find_session(self, user: str, key: str, *, of_anybody: bool = False) -> SessionRecord | None:
        """The session ``key`` of ``user``; where there is none and ``of_anybody``, the last used of that key."""
        ...

    async def list_sessions(self, query: SessionQuery) -> tuple[list[SessionRecord], int, str | None]:
        """A page of sessions, the last updated first, how many match, and the next page's cursor.

        More than ``count_to`` are told as one more than it.

        Raises:
            InvalidRequest: the cursor is none that was given out.
        """
        ...

    async def delete_session(self, session_id: str) -> bool:
        """Remove a session and its messages, runs and events; usage stays. False where there is none."""
        ...

    async def copy_session(
        self, source_id: str, record: SessionRecord, upto: str | None, *, before: bool = False
    ) -> bool:
        """Keep ``record`` with copies of the source's messages, up to and including the message ``upto``.

        Copies get message ids of their own. Returns False, and keeps nothing, where ``upto`` is not the source's.

        Raises:
            Conflict: the user has a session of that key.
        """
        ...

    async def messages(
        self, session_id: str, limit: int, before: str | None = None, *, with_it: bool = False
    ) -> tuple[list[ChatMessage], bool]:
        """The newest ``limit`` messages older than ``before``, or ``with_it``, oldest first; whether there are older.

        Raises:
            NotFound: the session has no message ``before``.
        """
        ...

    async def admit(self, change: Change, *, of_anybody: bool = False) -> RunRecord:
        """Keep a run with its messages, and its session where that is new: ``run`` and ``session`` must be given.

        Answers the run. Where ``run.idempotency_key`` was used by that user within the 24 h before
        ``run.created_at``, nothing is kept and the run of that time is answered.

        Raises:
            SessionExists: the session is new, and its user has another with its key, or anybody with ``of_anybody``.
            AlreadyClaimed: one of the claims was taken before, and nothing was kept.
        """
        ...

    async def commit(self, change: Change) -> SessionRecord | None:
        """Keep a change. Where it makes or patches a session, answers how that stands now; None where it is gone.

        Raises:
            SessionExists: the session is new, and its user has another with its key.
            AlreadyClaimed: one of the claims was taken before, and nothing was kept.
        """
        ...

    async def commit_all(self, changes: Sequence[Change]) -> None:
        """Keep many changes, which make no session and claim nothing, in one write."""
        ...

    async def find_run(self, run_id: str) -> RunRecord | None:
        """A run by its id."""
        ...

    async def unfinished_runs(self) -> list[RunRecord]:
        """Runs that are queued or running: at start, those that the last process left behind."""
        ...

    async def events(self, session_id: str, after: int, limit: int) -> list[EventRecord]:
        """The session's kept events whose ``seq`` is greater than ``after``, in order."""
        ...

    async def usage(self, query: UsageQuery) -> tuple[list[UsageSum], UsageSum]:
        """Sums per key, days the newest first and others the largest first, and the sum of all that match."""
        ...

    async def spent(self, since: str, until: str) -> list[Spent]:
        """What every user used with every token for every agent, ``since`` <= at < ``until``."""
        ...

    async def find_repeated(self, user: str, key: str, at: str) -> RunRecord | None:
        """The run that ``admit`` would answer in the place of one with this idempotency key, created ``at``."""
        ...


class Deliveries(Protocol):
    """What is to be sent to the outside. It comes in with a `Change`; writes are as those of the :class:`Store`."""

    kept: Callable[[Collection[DeliveryKind]], None]
    """Called when something of these kinds was kept, or is to be sent once more."""

    async def claim(
        self, kind: DeliveryKind, now: str, limit: int, *, per_target: int
    ) -> tuple[list[Delivery], str | None]:
        """Take deliveries that are due: their status becomes ``sending``, their ``attempts`` one more.

        Of each lane at most the oldest that is open (``pending`` or ``sending``) is taken, of each target as many
        as make ``per_target`` with those that are being sent. Targets take turns, those that are due longest first.
        Answers them and when the next will be, those aside that wait for others to be over.
        """
        ...

    async def broken_off(self, kind: DeliveryKind, limit: int) -> list[Delivery]:
        """Those that are being sent by a process that is gone. Of one process alone: all that are being sent."""
        ...

    async def settle(
        self, delivery_id: str, status: DeliveryStatus, *, next_at: str | None = None, error: str | None = None
    ) -> bool:
        """Say what came of one that is being sent; ``next_at`` where it is pending again. False: it was not."""
        ...

    async def redeliver(self, delivery_id: str, now: str) -> bool:
        """Have one that is delivered, dead or unknown sent once more, its attempts counted anew. False: it is not."""
        ...

    async def drop(self, kind: DeliveryKind, target: str) -> int:
        """Forget all of a target that was removed; how many there were."""
        ...

    async def find(self, delivery_id: str) -> Delivery | None:
        """A delivery by its id."""
        ...

    async def list(self, query: DeliveryQuery) -> tuple[list[Delivery], str | None]:
        """A page of deliveries, the newest first, and the next page's cursor.

        Raises:
            InvalidRequest: the cursor was not given out.
        """
        ...

    async def count(self, kind: DeliveryKind, target: str | None = None) -> dict[DeliveryStatus, int]:
        """How many there are in each status, those of one target or all."""
        ...

    async def prune(self, before: str) -> int:
        """Forget deliveries that are over, and claims, from before a time; how many deliveries."""
        ...


class TokenSet(msgspec.Struct, kw_only=True, frozen=True):
    """All tokens at one moment, the newest first, and what signed in with them to the dashboard, the oldest first.

    ``revision`` differs after every change; ``key`` signs tokens.
    """

    revision: int
    key: bytes = b""
    records: Sequence[TokenRecord] = ()
    sign_ins: Sequence[SignInRecord] = ()


class TokenStore(Protocol):
    """The tokens that were made; shared with the command line, so another process may change it at any time.

    Every method may raise ``Unavailable`` where the disk is full or fails.
    """

    async def load(self) -> TokenSet:
        """All of them; the key is made where there is none, 32 bytes."""
        ...

    async def revision(self) -> int:
        """The revision as it is now. Cheap: it is asked again and again."""
        ...

    async def add(self, record: TokenRecord) -> None:
        """Keep a token, in the place of a revoked or expired one of its name.

        Raises:
            Conflict: one of that name stands.
        """
        ...

    async def revoke(self, name: str, user: str | None) -> str | None:
        """Mark a token as revoked, of that user where one is named; its ``jti``, None where there is none."""
        ...

    async def sign_in(self, record: SignInRecord, now: float) -> None:
        """Keep a sign-in; those that ended before ``now`` (s since 1970), and all but the newest 1,000, may go."""
        ...

    async def sign_out(self, digest: str) -> None:
        """Forget a sign-in."""
        ...


class ConfigFile(Protocol):
    """`gateway.yaml`, as `config.get` and `config.update` see it."""

    def redacted(self) -> JsonObject:
        """The configuration in force, defaults included, secrets replaced."""
        ...

    def schema(self) -> tuple[JsonObject, list[str]]:
        """What may stand in it, as a JSON Schema, and the paths that need a restart."""
        ...

    def guarded(self, patch: JsonObject) -> list[str]:
        """The dotted paths that a patch would change and that need the PIN over a door."""
        ...

    async def update(self, patch: JsonObject, *, outside: bool = False) -> tuple[list[str], list[str]]:
        """Merge a patch, write the file, apply it. Answers the changed paths, and those that need a restart.
        ``outside``: it came over a door, so that `${NAME}` in it is text and not a variable.

        Raises: InvalidRequest: a key is unknown or a value wrong. Conflict: the file was made invalid meanwhile.
        """
        ...

    async def reload(self) -> tuple[list[str], list[str]]:
        """Take the file as it stands now. Answers the changed paths, and all that wait for a restart.

        Raises: Conflict: it is not valid; the old configuration stays in force.
        """
        ...

    def status(self) -> ConfigStatus:
        """How the file and what is in force differ."""
        ...


class LogBook(Protocol):
    """The newest lines of the log."""

    def tail(
        self, lines: int, level: str, since: str | None = None, component: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """The newest ``lines`` of at least ``level``, oldest first: timestamp, level, component, message, fields."""
        ...


class Log(Protocol):
    """Where a part writes down what happens: an event in a few plain words, its details as fields.

    Secrets are taken out by whoever implements it. ``exc_info=True`` adds the exception being handled. Never
    raises, and returns at once where the level is not kept.
    """

    def debug(self, event: str, /, **fields: Any) -> None:
        """Details that help to find a fault."""
        ...

    def info(self, event: str, /, **fields: Any) -> None:
        """What an operator may want to know."""
        ...

    def warning(self, event: str, /, **fields: Any) -> None:
        """Something is wrong, and the gateway goes on as well as it can."""
        ...

    def error(self, event: str, /, **fields: Any) -> None:
        """Something failed."""
        ...


class BackgroundTasks(Protocol):
    """Tasks beside whoever starts them. Leaving them, as a context, cancels what was started and waits for all."""

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin; what it raises is nobody's but the log's."""
        ...

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Await work that goes on to its end where whoever waits for it is cancelled."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

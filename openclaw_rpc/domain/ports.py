"""What the domain asks of the outside. Each port has a memory adapter first, and one conformance suite for all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol, Self, TypeVar

import msgspec

from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.documents import Documents
from openclaw_rpc.domain.events.change import Change, Delivery, DeliveryKind, DeliveryStatus
from openclaw_rpc.domain.records import (
    DeliveryQuery,
    EventRecord,
    RunRecord,
    SessionQuery,
    SessionRecord,
    SignInRecord,
    TokenRecord,
    UsageQuery,
    UsageSum,
)
from openclaw_rpc.domain.refusals import error_told
from openclaw_rpc.protocol.base import JsonObject, Scope
from openclaw_rpc.protocol.chat import ChatMessage, Thinking, Usage
from openclaw_rpc.protocol.errors import ProviderError

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
        """A page of sessions, the last updated first, how many match in all, and the next page's cursor.

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

    async def messages(self, session_id: str, limit: int, before: str | None = None) -> tuple[list[ChatMessage], bool]:
        """The newest ``limit`` messages older than the message ``before``, oldest first; whether there are older.

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


class Deliveries(Protocol):
    """What is to be sent to the outside. It comes in with a `Change`; writes are as those of the :class:`Store`."""

    async def claim(
        self, kind: DeliveryKind, now: str, limit: int, *, per_target: int
    ) -> tuple[list[Delivery], str | None]:
        """Take deliveries that are due: their status becomes ``sending``, their ``attempts`` one more.

        Of each lane at most the oldest that is open (``pending`` or ``sending``) is taken, of each target as many
        as make ``per_target`` with those that are being sent. Targets take turns, those that are due longest first.
        Answers them and, where no more is due, when the next will be.
        """
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


class ToolSpec(msgspec.Struct, kw_only=True, frozen=True):
    """A tool as the model is told of it: ``parameters`` is a JSON Schema of an object.

    Calls of one turn run side by side where all their tools are ``parallel``. ``skill`` is the slug of the skill
    that brought the tool.
    """

    name: str
    description: str
    parameters: JsonObject
    parallel: bool = True
    skill: str | None = None


class Prompt(msgspec.Struct, kw_only=True, frozen=True):
    """What a model is asked: messages in the form of OpenAI's Chat Completions, and the tools it may ask for.

    The same list of tools is best passed each time: what a provider makes of it can be kept. ``user`` and
    ``session_key`` say for whom, for providers that answer from the gateway's own state.
    """

    model: str
    messages: Sequence[JsonObject]
    tools: Sequence[ToolSpec] = ()
    thinking: Thinking | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    more: JsonObject = {}
    """Further fields of the request, by their names in Chat Completions."""
    user: str = "owner"
    session_key: str = ""
    language: str = "en"


class OfferedModel(msgspec.Struct, kw_only=True, frozen=True):
    """A model that a provider offers. ``created`` in s since 1970, 0 where unknown."""

    id: str
    owned_by: str
    created: int = 0


Fault = Literal[
    "refused", "auth", "model", "request", "rate_limited", "server", "cut", "garbage", "timeout", "too_long"
]


class ProviderFault(ProviderError):
    """A model's server failed: which provider, what kind of fault, and in the message what to do. ``details`` say what
    the server said: ``upstreamStatus``, ``upstreamError``, and ``retryAfter`` in s."""

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        fault: Fault,
        upstream_status: int | None = None,
        upstream_body: bytes | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, provider=provider, fault=fault)
        self.provider = provider
        self.fault: Fault = fault
        self.upstream_status = upstream_status
        self.upstream_body = upstream_body
        self.retry_after = retry_after
        if upstream_status is not None:
            self.details["upstreamStatus"] = upstream_status
        if retry_after is not None:
            self.details["retryAfter"] = retry_after
        if (told := error_told(upstream_body)) is not None:
            self.details["upstreamError"] = told


class Completed(msgspec.Struct, kw_only=True):
    """A whole completion in the spelling of OpenAI's Chat Completions, and what it says it used."""

    body: bytes
    usage: Usage | None


class Provider(Protocol):
    """A model's server."""

    name: str

    @property
    def default_model(self) -> str:
        """The model that is asked where a request names none."""
        ...

    def context_tokens(self, model: str) -> int:
        """How many tokens a request to ``model`` may hold, its answer included."""
        ...

    def stream(self, prompt: Prompt) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """Ask, and yield what one upstream read brought, again and again. Leaving the context cuts the request.

        Raises:
            ProviderFault: on entering or while iterating; retries, before the first token alone, are used up.
        """
        ...

    def chat(
        self, body: bytes, *, carry: bool, counted: bool
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """Ask with a client's own request for a streamed completion, once, and yield as `stream`. ``carry``: chunks
        bring their ``payloads``. ``counted``: usage is asked for, where the request does not.

        Raises:
            ProviderFault: as `stream`; with ``upstream_status`` and ``upstream_body`` where the server refused.
        """
        ...

    async def complete(self, body: bytes) -> Completed:
        """Ask with a client's own request for a completion that is not streamed, once.

        Raises:
            ProviderFault: as `chat`.
        """
        ...

    async def embed(self, body: bytes, *, retried: bool = False) -> bytes:
        """Ask with a request for embeddings, and answer what the server did. ``retried``: again where that may help.

        Raises:
            ProviderFault: as `chat`.
        """
        ...

    async def models(self) -> list[OfferedModel]:
        """What it offers.

        Raises:
            ProviderFault: it did not say.
        """
        ...

    async def aclose(self) -> None:
        """Close its connections."""
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


class RunContext(msgspec.Struct, kw_only=True, frozen=True):
    """For whom a run works: what tools may look at and act as. ``pin`` is what came with an HTTP request.

    ``token`` is the name of the token that asked. A ``guest`` is somebody whom the user lets in over a chat.
    """

    run_id: str
    session_id: str
    session_key: str
    user: str
    scopes: frozenset[Scope]
    agent_id: str
    message: str
    pin: str | None = None
    token: str = ""
    guest: bool = False
    channel: str = ""

    @property
    def memory_user(self) -> str:
        """Under whose name things are remembered and found."""
        return guests_memory(self.user, self.session_key) if self.guest else self.user


def guests_memory(user: str, session_key: str) -> str:
    """The name under which what a guest says is remembered: nobody finds it but in that session."""
    return f"{user}\n{session_key}"


class Tasks(Protocol):
    """Tasks beside whoever starts them. Leaving them, as a context, cancels what was started and waits for all."""

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin; what it raises is nobody's but the log's."""
        ...

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Await work that goes on to its end where whoever waits for it is cancelled."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...


class Preparation(msgspec.Struct, kw_only=True, frozen=True):
    """What a run is given before the model is asked: more of a prompt, tools, and the skills it was told to use."""

    system: Sequence[str] = ()
    tools: Sequence[ToolSpec] = ()
    skills: Sequence[str] = ()


class Toolbox(Protocol):
    """What agents can do besides talking."""

    async def prepare(self, context: RunContext) -> Preparation:
        """What belongs to a run of that agent with that message."""
        ...

    async def use(self, name: str, params: JsonObject, context: RunContext, call_id: str) -> Any:
        """Use a tool; its result as JSON-like data. Cancelling ends it, its children too.

        Raises:
            GatewayError: it failed; the message goes to the model as text.
        """
        ...

    async def read_attachment(self, path: str, context: RunContext) -> str:
        """The text of a file of the workspace that came with a message.

        Raises:
            NotFound, InvalidRequest, TooLarge: as they say.
        """
        ...

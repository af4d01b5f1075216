"""What the store keeps. Times are ISO 8601 in UTC with milliseconds, so that they sort as text."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from openclaw_rpc.domain.principals import Caller
from openclaw_rpc.protocol.base import JsonObject, Scope
from openclaw_rpc.protocol.chat import FinishReason, RunError, RunStatus, ToolUse, Usage


class SessionRecord(msgspec.Struct, kw_only=True):
    """A session: ``id`` is the gateway's, (``user``, ``key``) the client's name for it, unique together.

    ``epoch`` and ``seq`` are where its event stream stood when its last lasting event was kept.
    """

    id: str
    user: str
    key: str
    agent_id: str
    channel: str
    created_at: str
    updated_at: str
    epoch: str
    seq: int = 0
    message_count: int = 0
    title: str | None = None
    summary: str | None = None
    model: str | None = None
    labels: dict[str, str] = {}
    context: JsonObject = {}


class ReplyTo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The chat that a run came from, and is answered in. ``message_id`` and ``sender`` are the platform's."""

    channel: str
    to: str
    sender: str
    message_id: str | None = None


class Asked(msgspec.Struct, kw_only=True, frozen=True):
    """What a run was asked for by whom, so that another process can do it. ``params``: `ChatRunParams` as JSON.

    What its messages say as well (attachments, history, outputs of tools) is left out, and so is a PIN.
    """

    caller: Caller
    params: msgspec.Raw


class RunRecord(msgspec.Struct, kw_only=True):
    """A run: who asked, how it stands, what it came to.

    Its events come after ``seq`` of ``epoch``. ``fingerprint`` tells params apart under one idempotency key. ``asked``
    is there while it has not ended, where another process may do it; ``acted``: it is about to use a tool, or did.
    """

    id: str
    session_id: str
    session_key: str
    user: str
    agent_id: str
    status: RunStatus
    created_at: str
    epoch: str = ""
    seq: int = 0
    token: str = ""
    model: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    finish_reason: FinishReason | None = None
    message_id: str | None = None
    response: str | None = None
    reasoning: str | None = None
    usage: Usage | None = None
    error: RunError | None = None
    tool_calls: list[ToolUse] = []
    skills_used: list[str] = []
    duration_ms: int | None = None
    idempotency_key: str | None = None
    fingerprint: str | None = None
    reply: ReplyTo | None = None
    asked: Asked | None = None
    acted: bool = False


class EventRecord(msgspec.Struct, kw_only=True, frozen=True):
    """A lasting event, or all deltas of one stretch of a run merged into one.

    ``data`` is its JSON. ``marks`` belongs to merged deltas: (seq, characters up to and including that delta), so
    that a client which saw some of them can be given the rest.
    """

    session_id: str
    seq: int
    type: str
    data: bytes
    run_id: str | None = None
    marks: Sequence[tuple[int, int]] = ()


class UsageRecord(msgspec.Struct, kw_only=True, frozen=True):
    """What one request to a model used: a row of the ledger. ``token`` is the name of the token that asked.

    ``cached_tokens`` are part of the prompt's, ``reasoning_tokens`` of the completion's.
    """

    at: str
    user: str
    session_id: str
    session_key: str
    agent_id: str
    token: str
    model: str
    provider: str
    prompt_tokens: int
    completion_tokens: int
    latency_ms: int
    cost: float | None = None
    cached_tokens: int = 0
    reasoning_tokens: int = 0


COUNTED = 10_000
"""Of how many sessions a list tells the exact number: counting all of them would cost more with each that is kept."""


class SessionQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which sessions. ``user`` None means everybody's. ``since`` <= updated_at < ``until``.

    What matches is counted up to ``count_to``; one more than that means that there are more.
    """

    user: str | None
    limit: int
    offset: int = 0
    cursor: str | None = None
    channel: str | None = None
    agent_id: str | None = None
    since: str | None = None
    until: str | None = None
    text: str | None = None
    count_to: int = COUNTED


class DeliveryQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which deliveries; None means any."""

    limit: int
    cursor: str | None = None
    kind: str | None = None
    target: str | None = None
    lane: str | None = None
    status: str | None = None


class UsageQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which usage, added up by what. ``user`` None means everybody's. ``since`` <= at < ``until``."""

    user: str | None
    by: Literal["day", "session", "agent", "user", "token", "provider", "model"]
    limit: int
    since: str | None = None
    until: str | None = None
    session_key: str | None = None
    agent_id: str | None = None
    model: str | None = None


class UsageSum(msgspec.Struct, kw_only=True, frozen=True):
    """The sums of one day (``YYYY-MM-DD``), session, agent, user, token, provider or model."""

    key: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    latency_ms: int
    cost: float | None
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class Spent(NamedTuple):
    """What was used by one user with one token for one agent. ``tokens``: the prompts' and the completions'."""

    user: str
    token: str
    agent_id: str
    tokens: int
    cost: float


class TokenRecord(msgspec.Struct, kw_only=True):
    """A token that was made: its JWT is not kept, only its id ``jti``."""

    name: str
    jti: str
    user: str
    scopes: list[Scope]
    created_at: str
    expires_at: str | None = None
    revoked: bool = False
    sessions: list[str] | None = None


class SignInRecord(msgspec.Struct, kw_only=True, frozen=True):
    """A browser that signed in to the dashboard. ``digest`` is of what its cookie holds; times in s since 1970.

    It stands on a token that was made (``jti``), or on the secret of the configuration that ``proof`` was made of.
    """

    digest: str
    created_at: float
    expires_at: float
    jti: str | None = None
    proof: str | None = None


class LogRecord(msgspec.Struct, kw_only=True, frozen=True):
    """A line of the log."""

    timestamp: str
    level: str
    component: str
    message: str
    fields: dict[str, Any] = {}

"""What `system.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class GatewayStatus(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Where the gateway listens, and how clients prove who they are: `token`, `password` or `none`."""

    port: int
    bind: str
    auth: str
    addresses: list[str] = []
    """Every address that it really listens at, as `host:port`."""


class ReasoningStatus(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The primary provider, and what went through all of them since the start."""

    primary_provider: str
    primary_model: str
    total_requests: int
    avg_latency_ms: float
    latency_p50_ms: float = 0.0
    """Of the newest answers: half took no longer."""
    latency_p95_ms: float = 0.0
    """Of the newest answers: 95 % took no longer."""


class LoadStatus(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What the gateway is busy with now."""

    connections: int
    runs_running: int
    runs_queued: int
    memory_bytes: int | None = None
    """Resident; missing where the system does not tell."""


class ChoreStatus(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A piece of background work: `waiting` until it is started again after it failed, `done` if nothing is left.

    `failures` counts since the start of the gateway; `error` is what it failed with the last time.
    """

    state: Literal["done", "running", "waiting"]
    failures: int
    error: str | None


class NodeStatus(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A process of the gateway: its name, and how it was when it last told. The dead are shown for an hour."""

    node: str
    status: Literal["dead", "draining", "ready"]
    version: str
    started_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    beat_ms: int
    """How long ago it last said that it is alive, in ms."""
    runs_running: int
    runs_queued: int
    connections: int


class SystemStatus(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The gateway's state. `uptime` in s; `channels`: each one's status; `chores`: background work by name.

    `node` is the process that answered; all but `nodes` is its own.
    """

    status: str
    version: str
    uptime: float
    gateway: GatewayStatus
    channels: dict[str, str]
    reasoning: ReasoningStatus
    load: LoadStatus
    chores: dict[str, ChoreStatus]
    node: str
    nodes: list[NodeStatus]
    """All processes of the gateway."""
    warnings: list[str] = []
    """Problems that do not stop the gateway, but need attention."""


class MethodInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A row of the table, in short."""

    name: str
    doc: str
    scope: str
    rate: str
    emits: list[str]
    errors: list[str]


class MethodList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All rows."""

    next_cursor: str | None = None
    methods: list[MethodInfo]

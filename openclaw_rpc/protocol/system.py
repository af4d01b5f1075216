"""`system.*` and `rpc.*`: what this gateway is, and what it can be asked."""

from typing import Annotated, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import Empty, JsonObject, Page, Paged, Result, Scope, When
from openclaw_rpc.protocol.method import Method


class GatewayStatus(Result, frozen=True, kw_only=True):
    """Where the gateway listens, and how clients prove who they are: ``token``, ``password`` or ``none``."""

    port: int
    bind: str
    auth: str
    addresses: Annotated[list[str], Meta(description="Every address that it really listens at, as `host:port`.")] = []


class ReasoningStatus(Result, frozen=True, kw_only=True):
    """The primary provider, and what went through all of them since the start."""

    primary_provider: str
    primary_model: str
    total_requests: int
    avg_latency_ms: float
    latency_p50_ms: Annotated[float, Meta(description="Of the newest answers: half took no longer.")] = 0.0
    latency_p95_ms: Annotated[float, Meta(description="Of the newest answers: 95 % took no longer.")] = 0.0


class LoadStatus(Result, frozen=True, kw_only=True):
    """What the gateway is busy with now."""

    connections: int
    runs_running: int
    runs_queued: int
    memory_bytes: Annotated[int, Meta(description="Resident; missing where the system does not tell.")] | None = None


NodeState = Literal["ready", "draining", "dead"]
ChoreState = Literal["running", "waiting", "done"]


class ChoreStatus(Result, frozen=True, kw_only=True):
    """A piece of background work: ``waiting`` until it is started again after it failed, ``done`` if nothing is left.

    ``failures`` counts since the start of the gateway; ``error`` is what it failed with the last time.
    """

    state: ChoreState
    failures: int
    error: str | None


class NodeStatus(Result, frozen=True, kw_only=True):
    """A process of the gateway: its name, and how it was when it last told. The dead are shown for an hour."""

    node: str
    status: NodeState
    version: str
    started_at: When
    beat_ms: Annotated[int, Meta(description="How long ago it last said that it is alive, in ms.")]
    runs_running: int
    runs_queued: int
    connections: int


class SystemStatus(Result, frozen=True, kw_only=True):
    """The gateway's state. ``uptime`` in s; ``channels``: each one's status; ``chores``: background work by name.

    ``node`` is the process that answered; all but ``nodes`` is its own.
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
    nodes: Annotated[list[NodeStatus], Meta(description="All processes of the gateway.")]
    warnings: Annotated[list[str], Meta(description="Problems that do not stop the gateway, but need attention.")] = []


class MethodInfo(Result, frozen=True, kw_only=True):
    """A row of the table, in short."""

    name: str
    doc: str
    scope: str
    rate: str
    emits: list[str]
    errors: list[str]


class MethodList(Page, frozen=True, kw_only=True):
    """All rows."""

    methods: list[MethodInfo]


status = Method(
    name="system.status",
    params=Empty,
    result=SystemStatus,
    doc="The state of the gateway.",
    scope=Scope.READ,
)
methods = Method(
    name="system.methods",
    params=Paged,
    result=MethodList,
    pages="methods",
    doc="Every method, with the scope and the rate it needs.",
    scope=Scope.READ,
)
discover = Method(
    name="rpc.discover",
    params=Empty,
    result=JsonObject,
    doc="The OpenRPC document of this gateway (OpenRPC 1.3.2).",
    scope=Scope.READ,
)

METHODS = (status, methods, discover)

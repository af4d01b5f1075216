"""All that `gateway.yaml` may say, as typed structs with their defaults, and what must hold between its keys."""

import socket
from collections.abc import Iterator
from typing import Annotated, Any, Final, cast

from msgspec import Meta

from openclaw_rpc.config.gateway import GatewaySettings, LoggingSettings, RunSettings, Section
from openclaw_rpc.config.gateway import contradictions as of_gateway
from openclaw_rpc.config.storage import StorageSettings
from openclaw_rpc.config.storage import contradictions as of_storage
from openclaw_rpc.domain import mcp
from openclaw_rpc.domain.agents import AgentSettings
from openclaw_rpc.domain.browser import BrowserSettings
from openclaw_rpc.domain.budgets import BudgetSettings
from openclaw_rpc.domain.commands import CommandSettings
from openclaw_rpc.domain.files import FileSettings
from openclaw_rpc.domain.mcp import McpSettings
from openclaw_rpc.domain.memory.settings import MemorySettings
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.domain.outbound import OutboundSettings
from openclaw_rpc.domain.retention import RetentionSettings
from openclaw_rpc.domain.skills.settings import SkillSettings
from openclaw_rpc.domain.webhooks.service import WebhookSettings
from openclaw_rpc.protocol.base import Name

FreeForm = dict[str, Any]

RESTART: Final = (
    ("gateway", "port"),
    ("gateway", "bind"),
    ("gateway", "reuse_port"),
    ("gateway", "tls"),
    ("gateway", "control_ui"),
    ("storage",),
    ("tracing",),
    ("bus",),
    ("cluster",),
)
"""What is read at the start alone."""


class BusSettings(Section, frozen=True, kw_only=True):
    """How the processes of one gateway speak to each other, where there are several."""

    url: (
        Annotated[
            str,
            Meta(
                pattern="^((redis|valkey)s?|unix)://.",
                max_length=4096,
                description="`redis://:PASSWORD@HOST:6379/0`, also `rediss://`, `valkey://`, `unix://`. With it, every "
                "process of the same `storage.url` is a node of one gateway.",
            ),
        ]
        | None
    ) = None
    prefix: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100,
            pattern="^[A-Za-z0-9:._-]+$",
            description="What the names of its channels begin with; gateways that share a Redis need different ones.",
        ),
    ] = "openclaw"


class ClusterSettings(Section, frozen=True, kw_only=True):
    """This process among those of one gateway."""

    node: (
        Annotated[Name, Meta(description="Its name among them; else it is made of the host's name and the port.")]
        | None
    ) = None
    lease_seconds: Annotated[
        float, Meta(ge=1, le=60, description="How long a node may be silent before others take over its work.")
    ] = 3


class TracingSettings(Section, frozen=True, kw_only=True):
    """Spans of runs, requests to models and tools, sent to a collector of OpenTelemetry (extra `otel`)."""

    endpoint: (
        Annotated[
            str,
            Meta(
                pattern="^https?://[^\\s/]+",
                max_length=4096,
                description="A collector's address for OTLP over HTTP, such as http://127.0.0.1:4318.",
            ),
        ]
        | None
    ) = None
    headers: Annotated[dict[str, str], Meta(description="Headers that the collector wants, such as its key.")] = {}
    service_name: Annotated[
        str, Meta(min_length=1, max_length=200, description="What the gateway is called in traces.")
    ] = "openclaw-rpc"
    sample: Annotated[
        float, Meta(ge=0, le=1, description="Which part of the traces that begin here is recorded; 1 is all.")
    ] = 1.0


class OpenAISettings(Section, frozen=True, kw_only=True):
    """The doors that speak OpenAI's API."""

    allow_provider_models: Annotated[
        bool, Meta(description="Whether clients may ask the providers' models directly, besides agents.")
    ] = True
    user_jwt_secret: (
        Annotated[
            str,
            Meta(
                min_length=32,
                description="What Open WebUI signs its people's tokens with (`FORWARD_USER_INFO_HEADER_JWT_SECRET`).",
            ),
        ]
        | None
    ) = None


class Settings(Section, frozen=True, kw_only=True):
    """`gateway.yaml`."""

    gateway: Annotated[GatewaySettings, Meta(description="The port and its limits.")] = GatewaySettings()
    providers: Annotated[
        dict[Name, ProviderSettings],
        Meta(description="Models' servers by their names; `primary` is asked where none is named."),
    ] = {}
    agents: Annotated[
        dict[Name, AgentSettings], Meta(description="Agents by their ids, besides the built-in `default`.")
    ] = {}
    budgets: Annotated[
        dict[Name, BudgetSettings], Meta(description="How much may be spent a day or a month, by names of your choice.")
    ] = {}
    runs: Annotated[RunSettings, Meta(description="How many runs, how long.")] = RunSettings()
    storage: Annotated[StorageSettings, Meta(description="Where things are kept.")] = StorageSettings()
    bus: Annotated[BusSettings, Meta(description="How several processes are one gateway.")] = BusSettings()
    cluster: Annotated[ClusterSettings, Meta(description="This process among several.")] = ClusterSettings()
    retention: Annotated[RetentionSettings, Meta(description="How long things are kept.")] = RetentionSettings()
    logging: Annotated[LoggingSettings, Meta(description="What is logged.")] = LoggingSettings()
    security: Annotated[CommandSettings, Meta(description="What dangerous acts need.")] = CommandSettings()
    outbound: Annotated[OutboundSettings, Meta(description="What may be connected to.")] = OutboundSettings()
    channels: Annotated[dict[Name, FreeForm], Meta(description="Channels' own settings, by their names.")] = {}
    webhooks: Annotated[WebhookSettings, Meta(description="How other systems are called.")] = WebhookSettings()
    skills: Annotated[SkillSettings, Meta(description="Skills: where they come from, what they run in.")] = (
        SkillSettings()
    )
    memory: Annotated[MemorySettings, Meta(description="What is remembered, and for how long in the log.")] = (
        MemorySettings()
    )
    files: Annotated[FileSettings, Meta(description="Bounds of the workspace's files.")] = FileSettings()
    browser: Annotated[BrowserSettings, Meta(description="The browser that agents and clients drive.")] = (
        BrowserSettings()
    )
    mcp: Annotated[McpSettings, Meta(description="MCP servers.")] = McpSettings()
    tracing: Annotated[TracingSettings, Meta(description="Where spans are sent.")] = TracingSettings()
    openai: Annotated[OpenAISettings, Meta(description="OpenAI's API.")] = OpenAISettings()


def node_name(settings: Settings) -> str:
    """What this process is called among those of its gateway."""
    return settings.cluster.node or f"{socket.gethostname()}-{settings.gateway.port}"


def switched_on(settings: Settings, name: str) -> bool:
    """Whether a setting, `browser.headless` or `channels.discord.token`, is there and neither false nor empty."""
    value: Any = settings
    for part in name.split("."):
        value = cast("FreeForm", value).get(part) if isinstance(value, dict) else getattr(value, part, None)
    return bool(value)


def _unpriced(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Budgets that would count nothing."""
    if any(provider.prices for provider in settings.providers.values()):
        return
    for name, budget in settings.budgets.items():
        if budget.unit == "cost":
            yield ("budgets", name, "cost"), "no provider has `prices`, so nothing costs money: use `tokens`"


def contradictions(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Problems between keys: where, and what is wrong with it."""
    yield from of_gateway(settings.gateway)
    yield from of_storage(settings.storage)
    if settings.storage.postgres is None:
        for name, given in (("bus", settings.bus.url is not None), ("cluster", settings.cluster != ClusterSettings())):
            if given:
                needed = "storage.url must be a PostgreSQL database (postgresql://…)"
                yield (name,), f"several processes share one gateway only on PostgreSQL: {needed}, or remove {name}"
    yield from ((("mcp", *where), why) for where, why in mcp.contradictions(settings.mcp))
    yield from _unpriced(settings)
    defaults = [agent_id for agent_id, agent in settings.agents.items() if agent.default]
    for agent_id in defaults[1:]:
        yield ("agents", agent_id, "default"), f"agents.{defaults[0]} is the default agent already"

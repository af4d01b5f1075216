"""References 000 and 004: the gateway itself, its channels, configuration and log."""

from __future__ import annotations

import msgspec

from openclaw_rpc.dialects.rest import Ask, Endpoint, Inputs, Plan, Reply, direct
from openclaw_rpc.protocol import channel, config, log, memory, skill, system
from openclaw_rpc.protocol.base import Empty, JsonObject
from openclaw_rpc.protocol.channel import ChannelInfo, ChannelList, ChannelStatus
from openclaw_rpc.protocol.config import ConfigDocument, ConfigUpdated, ConfigUpdateParams
from openclaw_rpc.protocol.memory import MemoryStats
from openclaw_rpc.protocol.skill import SkillList
from openclaw_rpc.protocol.system import ReasoningStatus, SystemStatus
from openclaw_rpc.protocol.validation import checked

UP = "connected"
DOWN = ("connecting", "disconnected", "error")


class FlatGateway(msgspec.Struct, frozen=True, kw_only=True):
    """Where the gateway listens."""

    port: int
    bind: str
    auth_enabled: bool


class FlatReasoning(msgspec.Struct, frozen=True, kw_only=True):
    """The primary provider, and what went through all of them since the start."""

    primary_provider: str
    primary_model: str
    total_requests: int
    avg_latency_ms: float


class FlatMemory(msgspec.Struct, frozen=True, kw_only=True):
    """How much is remembered."""

    wal_entries: int = 0
    compacted_files: int = 0
    total_size_mb: float = 0.0


class FlatSkillCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many skills there are. Their tools do not run in containers."""

    installed: int = 0
    active: int = 0
    container_engine: str | None = None
    rootless: bool | None = None


class FlatLinks(msgspec.Struct, frozen=True, kw_only=True):
    """The channels that are set up, by how they stand."""

    connected: list[str]
    disconnected: list[str]


class FlatStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the gateway."""

    status: str
    version: str
    uptime_seconds: int
    gateway: FlatGateway
    reasoning: FlatReasoning
    memory: FlatMemory
    skills: FlatSkillCounts
    channels: FlatLinks


class FlatChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A channel and how it stands."""

    type: str
    status: ChannelStatus
    name: str
    enabled: bool
    account: str | None = None
    bot_username: str | None = None
    connected_since: str | None = None
    messages_today: int | None = None
    last_error: str | None = None


class FlatChannels(msgspec.Struct, frozen=True, kw_only=True):
    """All channels."""

    channels: list[FlatChannel]


class FlatConfigUpdated(msgspec.Struct, frozen=True, kw_only=True):
    """What changed, as dotted paths, and which of it waits for a restart."""

    restart_required: bool
    changed: list[str]
    needs_restart: list[str]


def status(inputs: Inputs) -> Plan:
    """How the gateway is: one call a section."""
    found: SystemStatus = yield Ask(system.status, Empty())
    stats: MemoryStats = yield Ask(memory.stats, Empty())
    skills: SkillList = yield Ask(skill.list_, Empty())
    return Reply(
        FlatStatus(
            status="running" if found.status == "ok" else found.status,
            version=found.version,
            uptime_seconds=int(found.uptime),
            gateway=FlatGateway(
                port=found.gateway.port, bind=found.gateway.bind, auth_enabled=found.gateway.auth != "none"
            ),
            reasoning=reasoning_of(found.reasoning),
            memory=FlatMemory(
                wal_entries=stats.wal.entries,
                compacted_files=stats.compacted.files,
                total_size_mb=stats.total_size_mb,
            ),
            skills=FlatSkillCounts(
                installed=skills.total, active=sum(each.status == "active" for each in skills.skills)
            ),
            channels=FlatLinks(
                connected=sorted(name for name, state in found.channels.items() if state == UP),
                disconnected=sorted(name for name, state in found.channels.items() if state in DOWN),
            ),
        )
    )


def reasoning_of(found: ReasoningStatus) -> FlatReasoning:
    """The models, in 000's words."""
    return FlatReasoning(**{name: getattr(found, name) for name in FlatReasoning.__struct_fields__})


def channel_of(found: ChannelInfo) -> FlatChannel:
    """A channel in 000's words, where its id is its type."""
    names = [name for name in FlatChannel.__struct_fields__ if name != "type"]
    return FlatChannel(type=found.id, **{name: getattr(found, name) for name in names})


def channels_of(found: ChannelList) -> FlatChannels:
    """The channels in 000's words."""
    return FlatChannels(channels=[channel_of(item) for item in found.channels])


def document(found: ConfigDocument) -> JsonObject:
    """The configuration itself."""
    return found.config


def update(inputs: Inputs) -> Plan:
    """Change a part of the configuration."""
    given = checked({"config": inputs.body}, ConfigUpdateParams, config.update.name)
    done: ConfigUpdated = yield Ask(config.update, given)
    return Reply(FlatConfigUpdated(**msgspec.structs.asdict(done)))


ENDPOINTS = (
    Endpoint(
        verb="GET",
        path="/api/v1/status",
        plan=status,
        doc=system.status.doc,
        calls=(system.status, memory.stats, skill.list_),
        answer=FlatStatus,
    ),
    direct("GET", "/api/v1/channels", channel.list_, shape=channels_of, answer=FlatChannels),
    direct(
        "GET",
        "/api/v1/channels/{type}/status",
        channel.status,
        names={"type": "channelId"},
        shape=channel_of,
        answer=FlatChannel,
    ),
    direct("GET", "/api/v1/config", config.get, shape=document, answer=dict),
    Endpoint(
        verb="PUT",
        path="/api/v1/config",
        plan=update,
        doc=config.update.doc,
        calls=(config.update,),
        body=dict,
        answer=FlatConfigUpdated,
        fields={"config": "body"},
    ),
    direct("GET", "/api/v1/logs", log.tail),
)

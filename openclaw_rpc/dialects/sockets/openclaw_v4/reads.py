"""What the screens ask for when they open: how the gateway is, its agents, models, skills, tools, logs and usage."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from openclaw_rpc.dialects.sockets.openclaw_v4.events import approval
from openclaw_rpc.dialects.sockets.openclaw_v4.method import Open, OpenClawPeer, Row, fixed
from openclaw_rpc.dialects.sockets.openclaw_v4.names import (
    APPROVALS,
    MAIN,
    PAIRING,
    agent_named,
    agent_shown,
    full_key,
    millis,
    moment,
    now_ms,
    row_of,
)
from openclaw_rpc.dialects.sockets.openclaw_v4.sessions import default_model, defaults_of, find
from openclaw_rpc.protocol import agent, channel, config, log, model, session, skill, system, tool, usage
from openclaw_rpc.protocol.base import Empty, JsonObject
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest
from openclaw_rpc.protocol.log import LogTailParams
from openclaw_rpc.protocol.session import SessionInfo, SessionListParams
from openclaw_rpc.protocol.tool import ToolApproveParams, ToolDenyParams, ToolInvokeParams, ToolListParams
from openclaw_rpc.protocol.usage import UsageQueryParams
from openclaw_rpc.protocol.validation import checked
from openclaw_rpc.rpc.frames import Ask, SocketPlan

HIDDEN, REDACTED = "***REDACTED***", "__OPENCLAW_REDACTED__"


class AgentIdParams(Open, frozen=True, kw_only=True):
    """Which agent."""

    agent_id: str | None = None


class ToolsParams(Open, frozen=True, kw_only=True):
    """Whose tools."""

    session_key: str | None = None
    agent_id: str | None = None


class InvokeParams(Open, frozen=True, kw_only=True):
    """Which tool."""

    name: str
    args: JsonObject = {}
    session_key: str | None = None


class LogsParams(Open, frozen=True, kw_only=True):
    """Which lines: ``cursor`` is where the last answer ended."""

    cursor: int | None = None
    limit: int = 200


class CostParams(Open, frozen=True, kw_only=True):
    """How many days."""

    days: int = 30


class DecisionParams(Open, frozen=True, kw_only=True):
    """A decision over a call that waits."""

    id: str
    decision: str


class PageParams(Open, frozen=True, kw_only=True):
    """A page."""

    limit: int = 50
    offset: int = 0


def _agents() -> SocketPlan:
    found = yield Ask(agent.list_, Empty())
    return found.agents


def _recent(peer: OpenClawPeer, limit: int) -> SocketPlan:
    page = yield Ask(session.list_, SessionListParams(limit=limit))
    return page


def health(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`health`."""
    began = time.monotonic()
    status = yield Ask(system.status, Empty())
    agents = yield from _agents()
    page = yield from _recent(peer, 5)
    return {
        "ok": status.status == "ok",
        "ts": now_ms(),
        "durationMs": int((time.monotonic() - began) * 1000),
        "channels": {},
        "channelOrder": [],
        "channelLabels": {},
        "heartbeatSeconds": 0,
        "defaultAgentId": MAIN,
        "agents": [
            {
                "agentId": agent_shown(item.id),
                "isDefault": item.default,
                "heartbeat": {"enabled": False, "every": "0m", "everyMs": None},
                "sessions": _sessions([found for found in page.sessions if found.agent_id == item.id]),
            }
            for item in agents
        ],
        "sessions": _sessions(page.sessions) | {"count": page.total},
    }


def _sessions(recent: Sequence[SessionInfo]) -> JsonObject:
    return {"path": "gateway.db", "count": len(recent), "recent": [_short(found) for found in recent]}


def _short(found: Any) -> JsonObject:
    row = row_of(found)
    age = max(now_ms() - row["updatedAt"], 0)
    return {"key": row["key"], "updatedAt": row["updatedAt"], "age": age, "sessionId": row["sessionId"]}


def status(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`status`."""
    now = yield Ask(system.status, Empty())
    page = yield from _recent(peer, 10)
    default = yield from default_model()
    recent = [_short(item) | {"kind": "direct", "model": item.model or default[1]} for item in page.sessions]
    return {
        "runtimeVersion": now.version,
        "heartbeat": {"defaultAgentId": MAIN, "agents": []},
        "channelSummary": [],
        "queuedSystemEvents": [],
        "sessions": {
            "paths": [],
            "count": page.total,
            "defaults": defaults_of(default),
            "recent": recent,
            "byAgent": [],
        },
    }


def presence(peer: OpenClawPeer) -> list[JsonObject]:
    """Who is there, as far as this connection is told: the gateway, and itself."""
    gateway = {"ts": now_ms(), "host": "gateway", "mode": "gateway", "reason": "self"}
    if peer.client is None:
        return [gateway]
    client = peer.client
    own = {"ts": now_ms(), "host": client.display_name or client.id, "mode": client.mode, "reason": "connect"}
    return [gateway, own | {"platform": client.platform, "version": client.version}]


def system_presence(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`system-presence`."""
    return presence(peer)
    yield  # a plan is a generator, even one that needs no call


def system_info(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`system.info`."""
    now = yield Ask(system.status, Empty())
    host = platform.node()
    about = {"machineName": host, "hostname": host, "platform": platform.system().lower(), "port": now.gateway.port}
    return {**about, "uptimeMs": int(now.uptime * 1000), "version": now.version}


def agents_list(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`agents.list`. Without a model the Control UI lets nobody write."""
    agents = yield from _agents()
    provider, name = yield from default_model()
    rows: list[JsonObject] = []
    for item in agents:
        primary = item.model or (f"{provider}/{name}" if provider else name or "default")
        rows.append(
            {"id": agent_shown(item.id), "name": item.name or agent_shown(item.id), "model": {"primary": primary}}
        )
    return {"defaultId": MAIN, "mainKey": MAIN, "scope": "per-sender", "agents": rows}


def identity(peer: OpenClawPeer, params: AgentIdParams) -> SocketPlan:
    """`agent.identity.get`."""
    agents = yield from _agents()
    wanted = agent_shown(params.agent_id)
    found = next((item for item in agents if agent_shown(item.id) == wanted), None)
    if found is None:
        raise InvalidRequest(f"there is no agent {wanted!r}", field="agentId", reason="unknown")
    return {"agentId": wanted, "name": found.name or "OpenClaw"}


def _models() -> SocketPlan:
    found = yield Ask(model.list_, Empty())
    rows: list[JsonObject] = []
    for item in found.models:
        tags = ["default"] if item.default else []
        row = {
            "id": item.id,
            "name": item.id,
            "provider": item.provider,
            "available": item.default or item.error is None,
        }
        rows.append(row | {"tags": tags})
    return rows


def models(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`models.list`."""
    return {"models": (yield from _models())}


def models_auth(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`models.authStatus`."""
    rows = yield from _models()
    names = dict.fromkeys(row["provider"] for row in rows)
    shown = [{"provider": name, "displayName": name, "status": "static", "profiles": list[str]()} for name in names]
    return {"ts": now_ms(), "providers": shown}


def _commands() -> SocketPlan:
    found = yield Ask(skill.list_, Empty())
    return [
        {
            "name": item.slug,
            "textAliases": [f"@{item.slug}"],
            "description": item.description,
            "category": "skills",
            "source": "skill",
            "scope": "text",
            "acceptsArgs": True,
        }
        for item in found.skills
        if item.enabled
    ]


def commands(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`commands.list`: the skills, which a message names."""
    return {"commands": (yield from _commands())}


def metadata(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`chat.metadata`."""
    rows = yield from _models()
    return {"models": rows, "commands": (yield from _commands())}


def tools(peer: OpenClawPeer, params: ToolsParams) -> SocketPlan:
    """`tools.effective` and `tools.catalog`."""
    found = yield Ask(tool.list_, ToolListParams(agent_id=agent_named(params.agent_id)))
    rows = [{"id": item.name, "label": item.name, "description": item.description} for item in found.tools]
    group = {"id": "gateway", "label": "Gateway", "source": "core", "tools": rows}
    return {"agentId": agent_shown(params.agent_id), "profile": "full", "groups": [group]}


def invoke(peer: OpenClawPeer, params: InvokeParams) -> SocketPlan:
    """`tools.invoke`."""
    key = None
    if params.session_key:
        found = yield from find(peer, params.session_key)
        key = found.session_key if found is not None else full_key(params.session_key)
    given = {"name": params.name, "params": params.args, **({"sessionKey": key} if key else {})}
    used = yield Ask(tool.invoke, checked(given, ToolInvokeParams, tool.invoke.name))
    return {"ok": True, "result": used.result}


def skills(peer: OpenClawPeer, params: AgentIdParams) -> SocketPlan:
    """`skills.status`."""
    found = yield Ask(skill.list_, Empty())
    rows = [
        {
            "name": item.name,
            "description": item.description,
            "source": item.source or "workspace",
            "skillKey": item.slug,
            "eligible": item.error is None,
            "disabled": not item.enabled,
        }
        for item in found.skills
    ]
    return {"workspaceDir": "", "managedSkillsDir": "", "agentId": agent_shown(params.agent_id), "skills": rows}


def channels(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`channels.status`: those that are configured."""
    found = yield Ask(channel.list_, Empty())
    shown: list[channel.ChannelInfo] = [
        item for item in found.channels if item.status != "not_configured" and item.enabled
    ]
    states = {item.id: {"configured": True, "running": item.status == "connected"} for item in shown}
    accounts: JsonObject = {
        item.id: [
            {
                "accountId": "default",
                "enabled": item.enabled,
                "configured": True,
                "running": item.status == "connected",
                "connected": item.status == "connected",
                "lastError": item.last_error,
            }
        ]
        for item in shown
    }
    return {
        "ts": now_ms(),
        "channelOrder": [item.id for item in shown],
        "channelLabels": {item.id: item.name for item in shown},
        "channels": states,
        "channelAccounts": accounts,
        "channelDefaultAccountId": {item.id: "default" for item in shown},
    }


def config_get(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`config.get`, without its secrets."""
    found = yield Ask(config.get, Empty())
    shown = _hidden(found.config)
    raw = json.dumps(shown, ensure_ascii=False, indent=2, sort_keys=True)
    return {
        "path": "gateway.yaml",
        "exists": True,
        "valid": True,
        "raw": raw,
        "parsed": shown,
        "config": shown,
        "hash": hashlib.sha256(raw.encode()).hexdigest(),
        "issues": [],
        "warnings": [],
        "legacyIssues": [],
    }


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _hidden(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [_hidden(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return REDACTED if value == HIDDEN else value


def logs(peer: OpenClawPeer, params: LogsParams) -> SocketPlan:
    """`logs.tail`: a line is JSON; the cursor is the last one's time."""
    since = None if params.cursor is None else moment(params.cursor + 1)
    wanted = LogTailParams(lines=min(max(params.limit, 1), 10_000), level="info", since=since)
    found = yield Ask(log.tail, wanted)
    lines = [_line(item) for item in found.logs]
    cursor = millis(found.logs[-1].timestamp) if found.logs else params.cursor or 0
    return {
        "file": "gateway.log",
        "cursor": cursor,
        "size": cursor,
        "lines": lines,
        "truncated": False,
        "reset": False,
    }


def _line(item: Any) -> str:
    level = "WARN" if item.level == "warn" else item.level.upper()
    told = {"time": item.timestamp, "message": item.message, "0": item.component, **item.fields}
    return json.dumps(
        {**told, "_meta": {"logLevelName": level, "date": item.timestamp}}, ensure_ascii=False, default=str
    )


def _sums(row: Any) -> JsonObject:
    cost = row.cost or 0
    return {
        "input": row.prompt_tokens,
        "output": row.completion_tokens,
        "cacheRead": 0,
        "cacheWrite": 0,
        "totalTokens": row.total_tokens,
        "totalCost": cost,
    }


def cost(peer: OpenClawPeer, params: CostParams) -> SocketPlan:
    """`usage.cost`."""
    days = min(max(params.days, 1), 365)
    since = (datetime.now(UTC) - timedelta(days=days - 1)).strftime("%Y-%m-%d")
    report = yield Ask(usage.query, UsageQueryParams(by="day", since=since, limit=days))
    daily = [{"date": row.key, **_sums(row)} for row in report.rows]
    return {"updatedAt": now_ms(), "days": days, "daily": daily, "totals": _sums(report.total)}


def approvals(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`exec.approval.list`."""
    found = yield Ask(tool.pending, Empty())
    return [approval(item, peer.events.key(item.session_key)) for item in found.approvals]


def decide(peer: OpenClawPeer, params: DecisionParams) -> SocketPlan:
    """`exec.approval.resolve`: a call goes on, this once, or does not."""
    try:
        if params.decision == "deny":
            yield Ask(tool.deny, checked({"approvalId": params.id}, ToolDenyParams, tool.deny.name))
        elif params.decision in ("allow-once", "allow-always"):
            yield Ask(tool.approve, checked({"approvalId": params.id}, ToolApproveParams, tool.approve.name))
        else:
            raise InvalidRequest("decision must be allow-once, allow-always or deny", field="decision")
    except GatewayError as error:
        if error.code == "not_found":
            raise ApprovalNotFound(error.message) from None
        raise
    return {"ok": True}


class ApprovalNotFound(InvalidRequest):
    """There is no such call that waits."""

    v4 = "APPROVAL_NOT_FOUND"


def jobs(peer: OpenClawPeer, params: PageParams) -> SocketPlan:
    """`cron.list`: this gateway's tasks are not theirs; the page is echoed, or their command line refuses it."""
    page = {"total": 0, "offset": params.offset, "limit": params.limit, "hasMore": False, "nextOffset": None}
    return {"jobs": [], **page, "snapshotRevision": "0"}
    yield  # a plan is a generator, even one that needs no call


ROWS: dict[str, Row] = {
    "health": Row(Open, health),
    "status": Row(Open, status),
    "system-presence": Row(Open, system_presence),
    "system.info": Row(Open, system_info),
    "last-heartbeat": fixed(lambda: None),
    "config.get": Row(Open, config_get),
    "agents.list": Row(Open, agents_list),
    "agent.identity.get": Row(AgentIdParams, identity),
    "models.list": Row(Open, models),
    "models.authStatus": Row(Open, models_auth),
    "commands.list": Row(Open, commands),
    "chat.metadata": Row(Open, metadata),
    "tools.effective": Row(ToolsParams, tools),
    "tools.catalog": Row(ToolsParams, tools),
    "tools.invoke": Row(InvokeParams, invoke, APPROVALS, counted=True),
    "channels.status": Row(Open, channels),
    "logs.tail": Row(LogsParams, logs),
    "skills.status": Row(AgentIdParams, skills),
    "usage.cost": Row(CostParams, cost),
    "exec.approval.list": Row(Open, approvals, APPROVALS),
    "exec.approval.resolve": Row(DecisionParams, decide, APPROVALS, counted=True),
    "cron.list": Row(PageParams, jobs),
    "cron.status": fixed(lambda: {"enabled": False, "jobs": 0}),
    "cron.runs": fixed(lambda: {"entries": []}),
    "node.pair.list": fixed(lambda: {"pending": [], "paired": []}, PAIRING),
    "node.list": fixed(lambda: {"ts": now_ms(), "nodes": []}),
    "question.list": fixed(lambda: {"questions": []}),
    "taskSuggestions.list": fixed(lambda: {"suggestions": []}),
    "plugin.approval.list": fixed(list),
    "sessions.groups.list": fixed(lambda: {"groups": [], "sectionOrder": []}),
    "sessions.groups.defaults": fixed(lambda: {"defaults": []}),
}

"""Groups of commands that are rows of the table, laid out: approvals, memory, mcp, usage, budget, audit."""

from datetime import UTC, datetime
from typing import Any

import click

from openclaw_rpc.cli.derived import Verb, command, group, show_fields
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.output import aside, print_table
from openclaw_rpc.protocol import audit as audit_rows
from openclaw_rpc.protocol import budget as budget_rows
from openclaw_rpc.protocol import mcp as mcp_rows
from openclaw_rpc.protocol import memory as memory_rows
from openclaw_rpc.protocol import tool, usage


def _intact(found: dict[str, Any]) -> None:
    if not found["intact"]:
        raise CliError(f"The audit log is not intact from entry {found.get('seq')} on: {found.get('fault')}")
    click.echo(f"The audit log is intact: {found['records']} entries.")


def _usage(found: dict[str, Any]) -> None:
    shown = ("key", "requests", "promptTokens", "completionTokens", "cachedTokens", "cost", "avgLatencyMs")
    rows = [[_number(row.get(name)) for name in shown] for row in found["rows"]]
    total = found.get("total")
    if total and len(rows) > 1:
        rows.append(["total", *(_number(total.get(name)) for name in shown[1:])])
    titles = ["", "REQUESTS", "TOKENS IN", "OUT", "CACHED", "COST", "MS ON AVERAGE"]
    print_table(titles, rows, empty="No model was asked in that time.")


def _budget(found: dict[str, Any]) -> None:
    if found.get("removed"):
        aside("It is removed.")
    else:
        show_fields(found["budget"])


def _left(found: dict[str, Any]) -> None:
    shown = ("budget", "subject", "unit", "period", "limit", "used", "held", "left")
    rows = [
        [*(str(one.get(name, "")) for name in shown[:4]), *(f"{one[name]:.12g}" for name in shown[4:]), _until(one)]
        for one in found["budgets"]
    ]
    print_table([*(name.upper() for name in shown), "UNTIL"], rows, empty="No budget applies to you.")


def _until(state: dict[str, Any]) -> str:
    return datetime.fromtimestamp(state["resetAt"], UTC).strftime("%Y-%m-%d %H:%MZ")


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


approvals = group(
    "approvals",
    "What waits for a human: see it, allow it, refuse it.",
    (
        Verb(
            "list",
            tool.pending,
            columns=("approvalId", "tool", "params", "needsPin", "sessionKey", "createdAt"),
            empty="Nothing waits for approval.",
        ),
        Verb("approve", tool.approve, ("approvalId",), done="{approvalId} goes on."),
        Verb("deny", tool.deny, ("approvalId",), done="{approvalId} is refused."),
    ),
)
memory = group(
    "memory",
    "What is remembered: look for it, add to it, forget it.",
    (
        Verb(
            "search",
            memory_rows.search,
            ("query",),
            columns=("key", "value", "tags", "createdAt"),
            empty="Nothing is remembered of that.",
        ),
        Verb("store", memory_rows.store, ("key", "value"), done="{key} is remembered."),
        Verb("delete", memory_rows.delete, ("key",), done="{key} is forgotten."),
        Verb("stats", memory_rows.stats),
        Verb("compact", memory_rows.compact),
    ),
)
mcp = group(
    "mcp",
    "MCP servers, and the tools that they bring.",
    (
        Verb(
            "list",
            mcp_rows.list_,
            columns=("name", "transport", "status", "tools", "restarts", "error"),
            empty="No MCP server is configured: mcp.servers in gateway.yaml names them.",
        ),
    ),
)
usage_command = command(Verb("usage", usage.query, show=_usage))
budget = group(
    "budget",
    "How much may be spent on models, and what of it is left.",
    (
        Verb(
            "list",
            budget_rows.list_,
            columns=("name", "per", "period", "tokens", "cost", "only"),
            empty="There are no budgets: openclaw budget set NAME --tokens 1000000 makes one.",
        ),
        Verb("set", budget_rows.set_, ("name",), show=_budget),
        Verb("status", budget_rows.status, ("budget",), show=_left),
    ),
)
audit = group(
    "audit",
    "What dangerous tools did, and who allowed it.",
    (
        Verb(
            "query",
            audit_rows.query,
            columns=("seq", "at", "user", "outcome", "tool", "params", "reason"),
            empty="Nothing in the log matches.",
        ),
        Verb("verify", audit_rows.verify, show=_intact),
    ),
)

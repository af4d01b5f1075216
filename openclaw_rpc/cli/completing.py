"""What a shell completes: keys of `gateway.yaml`, and names that the gateway knows."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, cast

import click

COMPLETE_SECONDS = 2.0


def complete_key(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The dotted paths that begin so, one step further than what is written."""
    from openclaw_rpc.config.schema import settings_schema

    schema = settings_schema()
    outer, dot, last = incomplete.rpartition(".")
    at: dict[str, Any] = _resolved(schema, schema)
    for name in outer.split(".") if dot else []:
        values: Any = at.get("additionalProperties")
        inner: Any = at.get("properties", {}).get(name, values)
        at = _resolved(schema, cast("dict[str, Any]", inner) if isinstance(inner, dict) else {})
    return [f"{outer}{dot}{name}" for name in at.get("properties", {}) if name.startswith(last)]


KNOWN: dict[str, tuple[str, str, str]] = {
    "sessionKey": ("session.list", "sessions", "sessionKey"),
    "agentId": ("agent.list", "agents", "id"),
    "model": ("model.list", "models", "id"),
    "channelId": ("channel.list", "channels", "id"),
    "taskId": ("task.list", "tasks", "id"),
    "webhookId": ("webhook.list", "webhooks", "id"),
    "approvalId": ("tool.pending", "approvals", "approvalId"),
    "deviceId": ("device.list", "devices", "deviceId"),
    "commandId": ("command.list", "commands", "commandId"),
    "tool": ("tool.list", "tools", "name"),
    "skill.name": ("skill.list", "skills", "slug"),
    "tool.name": ("tool.list", "tools", "name"),
    "token.name": ("token.list", "tokens", "name"),
}
"""Which list of the gateway's holds what a field may say, and in which of its items' fields."""


def is_known(namespace: str, field: str) -> bool:
    """Whether the gateway has a list of what a field may say."""
    return f"{namespace}.{field}" in KNOWN or field in KNOWN


def complete_name(namespace: str, field: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Names that the gateway knows for a field; none where it does not answer at once."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        found = KNOWN.get(f"{namespace}.{field}") or KNOWN.get(field)
        if found is None:
            return []
        # a shell that completes shows no errors, and a person who presses a key waits for nothing
        with suppress(Exception):
            return [name for name in asyncio.run(_names(ctx, *found)) if name.startswith(incomplete)]
        return []

    return complete


async def _names(ctx: click.Context, method: str, items: str, field: str) -> list[str]:
    from openclaw_rpc.cli.connecting import connect
    from openclaw_rpc.cli.options import shared
    from openclaw_rpc.cli.target import find_target

    async with asyncio.timeout(COMPLETE_SECONDS), connect(find_target(shared(ctx))) as client:
        found: dict[str, Any] = await client.call(method)
        return [str(one[field]) for one in found[items]]


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A part of a JSON Schema as the object that it describes, references followed; empty where it is none."""
    for one in _alternatives(schema, part):
        if "properties" in one or isinstance(one.get("additionalProperties"), dict):
            return one
    return {}


def _alternatives(schema: dict[str, Any], part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in part:
        found: Any = schema
        for step in str(part["$ref"]).removeprefix("#/").split("/"):
            found = found[step]
        yield from _alternatives(schema, cast("dict[str, Any]", found))
        return
    yield part
    for key in ("anyOf", "oneOf", "allOf"):
        for one in part.get(key, ()):
            yield from _alternatives(schema, one)

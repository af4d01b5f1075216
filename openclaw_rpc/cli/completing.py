"""What a shell completes: keys of `gateway.yaml` and their values, names that the gateway knows, files."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, cast

import click
from click.shell_completion import CompletionItem

COMPLETE_SECONDS = 2.0


def complete_key(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The dotted paths that begin so, one step further than what is written."""
    from openclaw_rpc.config.schema import settings_schema

    schema = settings_schema()
    outer, dot, last = incomplete.rpartition(".")
    at = _resolved(schema, _at(schema, outer.split(".") if dot else []))
    return [f"{outer}{dot}{name}" for name in at.get("properties", {}) if name.startswith(last)]


def complete_value(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The values that a key of `gateway.yaml` may have, where there are few."""
    from openclaw_rpc.config.schema import settings_schema

    schema, key = settings_schema(), str(ctx.params.get("key") or "")
    found: list[str] = []
    for one in _alternatives(schema, _at(schema, key.split("."))):
        found += ["true", "false"] if one.get("type") == "boolean" else [str(each) for each in one.get("enum", ())]
    return [each for each in found if each.startswith(incomplete)]


def complete_file(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders, which the shell itself looks for."""
    return [CompletionItem(incomplete, type="file")]


def _at(schema: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """What the schema says of a path."""
    part = schema
    for name in path:
        at = _resolved(schema, part)
        inner: Any = at.get("properties", {}).get(name, at.get("additionalProperties"))
        part = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
    return part


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
    "budget": ("budget.list", "budgets", "name"),
    "deliveryId": ("webhook.deliveries", "deliveries", "id"),
    "pageId": ("browser.status", "pages", "pageId"),
    "tool": ("tool.list", "tools", "name"),
    "user": ("token.list", "tokens", "user"),
    "file.path": ("file.list", "entries", "path"),
    "budget.name": ("budget.list", "budgets", "name"),
    "skill.name": ("skill.list", "skills", "slug"),
    "tool.name": ("tool.list", "tools", "name"),
    "token.name": ("token.list", "tokens", "name"),
}
"""Which list of the gateway's holds what a field may say, and in which of its items' fields."""
OF: dict[str, str] = {"webhook.deliveries": "webhookId"}
"""Lists that are of one thing, which the words before must name."""


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
            names = dict.fromkeys(asyncio.run(_names(ctx, *found)))
            return [name for name in names if name.startswith(incomplete)]
        return []

    return complete


def complete_event(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The events that a webhook can be called for, and all of a kind, as `task.*`."""
    from openclaw_rpc.domain.webhooks.naming import MADE
    from openclaw_rpc.protocol.table import events

    names = {*events(), *MADE}
    kinds = {f"{name.partition('.')[0]}.*" for name in names if "." in name}
    return sorted(name for name in names | kinds if name.startswith(incomplete))


def complete_token(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of tokens, out of the gateway's own file."""
    return [name for name, _ in _tokens(ctx) if name.startswith(incomplete)]


def complete_scopes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Scopes, after the last comma."""
    from openclaw_rpc.protocol.base import Scope

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{scope}" for scope in Scope if scope.startswith(last)]


def complete_user(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The users that tokens were made for."""
    return sorted({user for _, user in _tokens(ctx) if user.startswith(incomplete)})


def _tokens(ctx: click.Context) -> list[tuple[str, str]]:
    """The names of the tokens that hold, and whose they are."""
    with suppress(Exception):
        from openclaw_rpc.cli.kept import with_tokens
        from openclaw_rpc.cli.options import shared

        found = with_tokens(shared(ctx), lambda store: store.load())
        return [(one.name, one.user) for one in found.records if not one.revoked]
    return []


async def _names(ctx: click.Context, method: str, items: str, field: str) -> list[str]:
    from openclaw_rpc.cli.connecting import connect
    from openclaw_rpc.cli.options import shared
    from openclaw_rpc.cli.target import find_target

    async with asyncio.timeout(COMPLETE_SECONDS), connect(find_target(shared(ctx))) as client:
        of = OF.get(method)
        found: dict[str, Any] = await client.call(method, {of: _given(ctx, of)} if of else {})
        return [str(one[field]) for one in found[items]]


def _given(ctx: click.Context, field: str) -> Any:
    """What the words before say of a field: `webhookId` is `webhook_id` to a command, `field_webhookId` to a row's."""
    plain = {name.removeprefix("field_").replace("_", "").lower(): value for name, value in ctx.params.items()}
    return plain.get(field.lower())


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

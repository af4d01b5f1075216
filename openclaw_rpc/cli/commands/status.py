"""`openclaw status`: the gateway's state, and what of the configuration is in force."""

import asyncio
from collections.abc import Iterator
from typing import Any

import click

import openclaw
from openclaw import AsyncOpenClawClient
from openclaw_rpc.cli.commands.lists import whole_list
from openclaw_rpc.cli.connecting import connect
from openclaw_rpc.cli.options import Shared, gateway_command, shared
from openclaw_rpc.cli.output import duration, print_json
from openclaw_rpc.cli.target import find_paths, find_target, is_given
from openclaw_rpc.protocol import config, mcp, system


@click.command()
@gateway_command
@click.pass_context
def status(ctx: click.Context) -> None:
    """The state of the gateway, and what is in force."""
    options = shared(ctx)
    found = asyncio.run(_found(options))
    if options.json:
        print_json(found)
        return
    for name, value in _lines(found, options):
        click.echo(f"{name:<9} {value}")


async def _found(options: Shared) -> dict[str, Any]:
    """`system.status`, with ``config`` and ``mcp`` beside it as far as the token may ask for them."""
    async with connect(find_target(options)) as client:
        found: dict[str, Any] = await client.call(system.status.name)
        found["mcp"] = (await whole_list(client, mcp.list_))["servers"]
        taken = await in_force(client)
        return found if taken is None else found | {"config": taken}


async def in_force(client: AsyncOpenClawClient) -> dict[str, Any] | None:
    """What `config.status` says; None where the token may not ask, or the gateway is older than that."""
    try:
        found: dict[str, Any] = await client.call(config.status.name)
    except (openclaw.ForbiddenError, openclaw.NotFoundError):
        return None
    return found


def differences(taken: dict[str, Any], options: Shared) -> Iterator[tuple[str, str]]:
    """How the file and what is in force differ: what is so, and what to do."""
    own = str(find_paths(options).config)
    if not is_given(options) and taken["path"] != own:
        yield f"the gateway took {taken['path']}, this command reads {own}", f"Say --config {taken['path']}."
    if taken.get("error"):
        yield f"refused as it stands, an older one is in force: {taken['error']}", "Correct it: openclaw config check"
    elif taken.get("edited"):
        yield "edited, and not in force yet", "openclaw config reload takes it at once."
    if taken.get("needsRestart"):
        yield f"waits for a restart: {', '.join(taken['needsRestart'])}", "openclaw stop, and start it again."


def _lines(found: dict[str, Any], options: Shared) -> Iterator[tuple[str, str]]:
    gateway, reasoning, load = found["gateway"], found["reasoning"], found["load"]
    used = {name: state for name, state in found["channels"].items() if state != "not_configured"}
    listens = ", ".join(gateway.get("addresses") or [f"{gateway['bind']}:{gateway['port']}"])
    yield "status", f"{found['status']}, version {found['version']}, up {duration(found['uptime'])}"
    yield "listens", f"{listens}, auth {gateway['auth']}"
    if "config" in found:
        yield from _config(found["config"], options)
    yield "model", f"{reasoning['primaryModel']} ({reasoning['primaryProvider']})"
    yield "requests", f"{reasoning['totalRequests']}, {reasoning['avgLatencyMs']:.0f} ms on average"
    yield "runs", f"{load['runsRunning']} running, {load['runsQueued']} queued"
    yield "clients", str(load["connections"])
    yield "channels", ", ".join(f"{name} {state}" for name, state in used.items()) or "none configured"
    for server in found["mcp"]:
        why = f": {server['error']}" if server.get("error") else f", {len(server['tools'])} tools"
        yield "mcp", f"{server['name']} {server['status']}{why}"


def _config(taken: dict[str, Any], options: Shared) -> Iterator[tuple[str, str]]:
    yield "config", taken["path"] if taken["exists"] else f"{taken['path']} is not there; the defaults hold"
    for path in taken.get("overridden", []):
        yield "", f"{path} comes from the gateway's command line"
    for said, _ in differences(taken, options):
        yield "", click.style(said, fg="yellow")

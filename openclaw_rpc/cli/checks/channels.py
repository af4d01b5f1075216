"""Checks of channels: whether each is reached, and what is missing."""

from __future__ import annotations

import asyncio
from typing import Any

import openclaw
from openclaw import AsyncOpenClawClient
from openclaw_rpc.app import local
from openclaw_rpc.cli.checks.check import Check, Silence, fail, ok, warn
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.channels.channel import ChannelFault, Unauthorized
from openclaw_rpc.protocol import channel
from openclaw_rpc.protocol.errors import GatewayError

SECONDS = 15.0
NETWORK = "Check the network, and api_url where it is set."
LOOKS, PAUSE = 120, 0.25
"""How often a channel that connects is looked at, and how long apart."""


async def running(client: AsyncOpenClawClient) -> list[Check]:
    """How the running gateway's channels stand, those that connect just now in the end; a check each."""
    found: list[dict[str, Any]] = []
    try:
        for _ in range(LOOKS):
            listed: list[dict[str, Any]] = (await client.call(channel.list_.name))["channels"]
            found = [one for one in listed if one.get("outbox") is not None]
            if all(one["status"] != "connecting" for one in found):
                break
            await asyncio.sleep(PAUSE)
    except openclaw.APIError as error:
        return [warn("channels", error.message, "Use a token with the scope read.")]
    return [_standing(one) for one in found]


def _standing(one: dict[str, Any]) -> Check:
    title, status, why = f"channel {one['id']}", one["status"], one.get("lastError")
    said = f"{status}: {why}" if why else status
    if status == "disabled":
        return ok(title, "switched off", f"openclaw channels enable {one['id']} switches it on.")
    if status in ("error", "not_configured"):
        return fail(title, said, f"Correct channels.{one['id']} in gateway.yaml.")
    if status != "connected":
        return warn(title, said, "It is tried again; `openclaw logs` says more.")
    outbox = one["outbox"]
    if outbox["failed"] or outbox["unknown"]:
        counts = f"{outbox['failed']} messages failed, {outbox['unknown']} may or may not have arrived"
        said = f"{counts}; last: {why}" if why else counts
        return warn(title, said, f"openclaw channels status {one['id']} shows its state.")
    name = one.get("botUsername") or one.get("account")
    return ok(title, f"connected{f' as {name}' if name else ''}, {outbox['waiting']} messages wait")


async def configured(settings: Settings, paths: Paths) -> list[Check]:
    """What the platforms say of the settings, asked directly: no gateway runs that could say so."""
    sections = settings.channels.items()
    return await asyncio.gather(*(_ask(channel_id, section, paths) for channel_id, section in sections))


async def _ask(channel_id: str, section: Any, paths: Paths) -> Check:
    title, correct = f"channel {channel_id}", f"Correct channels.{channel_id} in gateway.yaml."
    if not section.get("enabled", True):
        return ok(title, "switched off")
    try:
        made = await local.channel(channel_id, section, paths, Silence())
        async with asyncio.timeout(SECONDS):
            probe = await made.probe()
    except GatewayError as error:
        return fail(title, error.message, correct)
    except Unauthorized as error:
        return fail(title, str(error).replace("channels.*.", f"channels.{channel_id}."), correct)
    except ChannelFault as error:
        return fail(title, str(error), NETWORK)
    except TimeoutError:
        return fail(title, f"did not answer within {SECONDS:g} s", NETWORK)
    if probe is None:
        return ok(title, "its settings are valid")
    said = f"answers as {probe.account}" if probe.account else "its settings are valid"
    if probe.missing:
        return warn(title, f"{said}; missing: {'; '.join(probe.missing)}", "Without that it works in part.")
    return ok(title, said)

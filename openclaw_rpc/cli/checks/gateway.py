"""Checks of the configuration, of the gateway that may run, and of its models."""

import asyncio
import os
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openclaw
from openclaw import AsyncOpenClawClient
from openclaw_rpc import __version__
from openclaw_rpc.cli.checks import channels
from openclaw_rpc.cli.checks.check import Check, fail, ok, warn
from openclaw_rpc.cli.checks.tools import tools
from openclaw_rpc.cli.commands.lists import whole_list
from openclaw_rpc.cli.commands.status import differences, in_force
from openclaw_rpc.cli.connecting import connect
from openclaw_rpc.cli.errors import CliError, NoGateway
from openclaw_rpc.cli.options import Shared
from openclaw_rpc.cli.target import find_paths, find_target, gateway_settings, is_given
from openclaw_rpc.config.dotenv import NAME, variables
from openclaw_rpc.config.errors import ConfigError
from openclaw_rpc.config.gateway import GatewaySettings
from openclaw_rpc.config.loading import load
from openclaw_rpc.config.parsing import read
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.protocol import mcp, model, system

NO_VARIABLE = "the environment has no variable"


def gateway(options: Shared) -> Iterator[Check]:
    """All of them; what needs a valid configuration is left out where there is none."""
    paths = find_paths(options)
    settings: Settings | None = None
    try:
        settings = load(read(paths.config), str(paths.config), variables(os.environ, paths.home))
        yield _file(paths.config)
    except ConfigError as error:
        yield _problem(error)
    yield from _mode("config mode", paths.config)
    if (paths.home / NAME).exists():
        yield from _mode("env mode", paths.home / NAME)
    if settings is not None:
        yield from tools(paths, settings, running=paths.announcement() is not None)
    try:
        own = gateway_settings(paths)
    except ConfigError:
        if not is_given(options):
            return
        own = GatewaySettings()
    else:
        yield _auth(own)
        yield from _tls(own)
    yield from asyncio.run(_running(options, own, settings))


def _file(path: Path) -> Check:
    if not path.exists():
        return ok("config", f"{path} is not there yet; the defaults hold", "The first start of the gateway makes it.")
    return ok("config", f"{path} is valid")


def _problem(error: ConfigError) -> Check:
    """The first problem. A variable that is missing here may well be there where the gateway is started."""
    first = str(error.problems[0])
    if all(problem.reason.startswith(NO_VARIABLE) for problem in error.problems):
        return warn("config", first, "Set it where the gateway is started, if it is not set there.")
    return fail("config", first, "Correct it; `openclaw config check` shows every problem.")


def _mode(name: str, path: Path) -> Iterator[Check]:
    if sys.platform == "win32" or not path.exists():
        return
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        yield warn(name, f"{path} can be read by others ({mode:04o})", f"It holds secrets: chmod 600 {path}")
    else:
        yield ok(name, f"{mode:04o}")


def _auth(settings: GatewaySettings) -> Check:
    if not settings.auth.enabled:
        return warn("auth", "Authentication is disabled", "Set gateway.auth.enabled to true unless that is meant.")
    kinds = [kind for kind in ("token", "password") if getattr(settings.auth, kind)]
    if not kinds:
        return ok("auth", "no token yet", "The gateway makes one at its first start.")
    return ok("auth", f"{' and '.join(kinds)} configured")


def tls_problem(settings: GatewaySettings) -> str | None:
    """What is wrong with the certificate and its key; None where all is well or none is configured."""
    tls = settings.tls
    if tls.certificate is None or tls.key is None:
        return None
    for file in (tls.certificate, tls.key):
        try:
            Path(file).open("rb").close()
        except OSError as error:
            return f"{file}: {error.strerror}"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        said = getattr(error, "reason", None) or error.strerror or str(error)
        return f"{tls.certificate} and {tls.key} can't be used: {said}"
    return None


def _tls(settings: GatewaySettings) -> Iterator[Check]:
    if settings.tls.certificate is None:
        return
    problem = tls_problem(settings)
    if problem is not None:
        yield fail("tls", problem, "Name a certificate and its key, in PEM, under gateway.tls.")
    else:
        yield ok("tls", f"{settings.tls.certificate} fits its key")


async def _running(options: Shared, own: GatewaySettings, settings: Settings | None) -> list[Check]:
    """What the running gateway says; where none runs, whether one could, and would find a model."""
    try:
        target = find_target(options)
        async with connect(target) as client:
            found = [_version(target.shown, client), *await _state(client), await _models(client)]
            own_file = await _in_force(client, options)
            return [*found, *own_file, *await _mcp(client), *await channels.running(client)]
    except NoGateway as error:
        if is_given(options):
            return [fail("gateway", error.message, "Start it there, or correct --url or OPENCLAW_URL.")]
        from openclaw_rpc.cli.checks.models import providers

        if settings is None:
            return [_port(own)]
        return [_port(own), *await providers(settings), *await channels.configured(settings, find_paths(options))]
    except CliError as error:
        return [fail("gateway", error.message, error.hint or "openclaw logs may say more.")]


def _version(url: str, client: AsyncOpenClawClient) -> Check:
    version = str(client.connection.hello.get("gatewayVersion"))
    if version != __version__:
        return warn(
            "gateway", f"answers at {url}, version {version}; this is {__version__}", "Restart it, or update openclaw."
        )
    return ok("gateway", f"answers at {url}, version {version}")


def _port(settings: GatewaySettings) -> Check:
    import socket

    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    try:
        with socket.create_server((settings.bind, settings.port), family=family):
            return ok("gateway", f"does not run; port {settings.port} is free", "Start it: openclaw gateway")
    except OSError as error:
        return fail(
            "gateway",
            f"does not run, and can't listen on {settings.bind}:{settings.port}: {error.strerror}",
            "Set gateway.port or gateway.bind to what is free, or start it with --port.",
        )


async def _state(client: AsyncOpenClawClient) -> list[Check]:
    """What the gateway says of itself: its background work, and what should be looked at."""
    try:
        status: dict[str, Any] = await client.call(system.status.name)
    except openclaw.APIError as error:
        return [warn("chores", error.message, "Use a token with the scope read.")]
    hint = "The manual at /docs has a page on several processes."
    return [_chores(status.get("chores", {})), *(warn("nodes", text, hint) for text in status.get("warnings", ()))]


def _chores(found: dict[str, dict[str, Any]]) -> Check:
    """The gateway's background work."""
    failing = {name: one for name, one in found.items() if one["state"] == "waiting"}
    if failing:
        said = "; ".join(f"{name} failed {one['failures']} times: {one['error']}" for name, one in failing.items())
        return warn("chores", said, "They are tried again; `openclaw logs` says what went wrong.")
    return ok("chores", f"{len(found)} at work")


async def _in_force(client: AsyncOpenClawClient, options: Shared) -> list[Check]:
    """Whether what the file says is in force."""
    taken = await in_force(client)
    if taken is None:
        return [warn("in force", "this token may not ask which file the gateway took", "Use the owner's token.")]
    differ = [warn("in force", said, hint) for said, hint in differences(taken, options)]
    return differ or [ok("in force", f"{taken['path']}, as it stands")]


async def _mcp(client: AsyncOpenClawClient) -> list[Check]:
    """How the running gateway's MCP servers are."""
    try:
        servers: list[dict[str, Any]] = (await whole_list(client, mcp.list_))["servers"]
    except openclaw.APIError as error:
        return [warn("mcp", error.message, "Use a token with the scope read.")]
    return [_server(one) for one in servers if one["status"] != "disabled"]


def _server(one: dict[str, Any]) -> Check:
    title = f"mcp {one['name']}"
    if one["status"] == "ready":
        return ok(title, f"ready, {len(one['tools'])} tools")
    said = f"{one['status']}: {one['error']}" if one.get("error") else one["status"]
    if one["status"] == "starting":
        return warn(title, said, "Look again in a moment; `openclaw logs` says more.")
    return fail(title, said, f"It is tried again. Correct mcp.servers.{one['name']} in gateway.yaml.")


async def _models(client: AsyncOpenClawClient) -> Check:
    """The models that the running gateway lists."""
    try:
        found: list[dict[str, Any]] = (await client.call(model.list_.name))["models"]
    except openclaw.APIError as error:
        return warn("models", error.message, "Use a token with the scope read.")
    silent = {one["provider"]: one["error"] for one in found if one.get("error")}
    if silent:
        said = "; ".join(f"{name}: {error}" for name, error in silent.items())
        answering = len({one["provider"] for one in found} - set(silent))
        hint = "Check base_url, api_key and whether the server runs (providers in gateway.yaml)."
        return warn("models", said, hint) if answering else fail("models", said, hint)
    default = next((one["id"] for one in found if one.get("default")), "none")
    return ok("models", f"{len(found)} offered, {default} answers by default")

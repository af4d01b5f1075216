"""`openclaw stop`: the gateway of this machine, ended gracefully."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import click

from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.local import listens
from openclaw_rpc.cli.options import offline_command, shared
from openclaw_rpc.cli.output import aside, print_json
from openclaw_rpc.cli.target import find_paths, gateway_settings, local_url

LOOK_SECONDS = 0.05
MORE_SECONDS = 15.0
"""How long it may take beyond what runs are given: clients are told, and what is queued is written."""


@click.command()
@offline_command
@click.pass_context
def stop(ctx: click.Context) -> None:
    """Stop the gateway that runs on this machine with this gateway.yaml, and wait until it has ended.

    Runs get gateway.shutdown_seconds to end; what was acknowledged is kept. Whatever watches over it, systemd for one,
    may start it again.
    """
    paths = find_paths(shared(ctx))
    running = paths.announcement()
    if running is None:
        _none(ctx, paths.config)
        return
    with suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + gateway_settings(paths).shutdown_seconds + MORE_SECONDS
    while _lives(running.pid):
        if time.monotonic() > deadline:
            raise CliError(f"The gateway (process {running.pid}) has not ended yet.", hint="openclaw logs may say why.")
        time.sleep(LOOK_SECONDS)
    if shared(ctx).json:
        print_json({"stopped": True, "url": running.url, "pid": running.pid})
    else:
        aside(f"The gateway at {running.url} has stopped.")


def _none(ctx: click.Context, config: Path) -> None:
    settings = gateway_settings(find_paths(shared(ctx)))
    url = local_url(settings) if settings.port else None
    if shared(ctx).json:
        print_json({"stopped": False})
    else:
        aside(f"No gateway runs with {config}.")
    if url is not None and listens(url):
        aside(
            f"Something else listens at {url.rstrip('/')}: another user's gateway, or one with another OPENCLAW_HOME."
        )


def _lives(pid: int) -> bool:
    """Whether a process is there still; one that ended and that nobody asked after counts as gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True

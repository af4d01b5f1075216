"""`openclaw logs`: the gateway's log, from the gateway itself or, where none runs, from its files."""

import asyncio
import os
from typing import Any

import click
import msgspec

from openclaw_rpc.cli.chat.words import harmless
from openclaw_rpc.cli.connecting import PATIENCE, connect
from openclaw_rpc.cli.errors import NoGateway
from openclaw_rpc.cli.logfile import RANK, read_log
from openclaw_rpc.cli.moments import MOMENT
from openclaw_rpc.cli.options import gateway_command, shared
from openclaw_rpc.cli.output import aside, colour_wanted, print_line, to_json
from openclaw_rpc.cli.target import GatewayTarget, find_paths, find_target
from openclaw_rpc.protocol import log
from openclaw_rpc.protocol.base import Topic

LEVELS = ("debug", "info", "warn", "error")
RECENT = 20_000
"""How many lines are remembered as shown; more than one `log.tail` brings."""
COLOURS = {"debug": "bright_black", "info": "green", "warn": "yellow", "warning": "yellow"}


@click.command()
@click.option("--level", type=click.Choice(LEVELS), default="info", show_default=True, help="The lowest level.")
@click.option("--lines", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@click.option("--component", metavar="NAME", help="Only lines of a part of the gateway.")
@click.option("--since", type=MOMENT, metavar="TIME", help="ISO 8601, or how long ago: 10m, 2h, 1d.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@gateway_command
@click.pass_context
def logs(ctx: click.Context, follow: bool, **wanted: Any) -> None:
    """What the gateway logged, oldest first."""
    params = {name: value for name, value in wanted.items() if value is not None}
    show = LogPrinter(json=shared(ctx).json)
    try:
        target = find_target(shared(ctx))
        asyncio.run(_follow(target, params, show) if follow else _tail(target, params, show))
    except NoGateway:
        if follow or shared(ctx).url or os.environ.get("OPENCLAW_URL"):
            raise
        for record in read_log(find_paths(shared(ctx)).logs, **params):
            show(msgspec.structs.asdict(record))
        aside("No gateway runs: these lines are from its files.")
    if not show.count:
        filtered = "component" in params or "since" in params
        aside("No line fits." if filtered else f"There are no lines of level {params['level']} or above.")


class LogPrinter:
    """Prints entries of the log: JSON, a line each, or laid out for people. ``count`` says how many."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self.count = 0
        self._colour = colour_wanted()

    def __call__(self, entry: dict[str, Any]) -> None:
        """Print one."""
        self.count += 1
        if self._json:
            print_line(entry)
            return
        level = str(entry.get("level", ""))
        fields: dict[str, Any] = entry.get("fields") or {}
        more = " ".join(
            f"{name}={value if isinstance(value, str) else to_json(value)}" for name, value in fields.items()
        )
        click.echo(
            " ".join(
                part
                for part in (
                    click.style(str(entry.get("timestamp", "")), dim=True),
                    click.style(f"{level:<5}", fg=COLOURS.get(level, "red")),
                    f"[{harmless(str(entry.get('component', '')))}]",
                    harmless(str(entry.get("message", ""))),
                    click.style(harmless(more), dim=True) if more else "",
                )
                if part
            ),
            color=self._colour,
        )


async def _tail(target: GatewayTarget, params: dict[str, Any], show: LogPrinter) -> None:
    async with connect(target) as client:
        for entry in (await client.call(log.tail.name, params))["logs"]:
            show(entry)


async def _follow(target: GatewayTarget, params: dict[str, Any], show: LogPrinter) -> None:
    """The newest lines, then what comes; after a lost connection, what was written meanwhile as well."""
    shown = SeenLines(show)

    def lost(why: str) -> None:
        aside(f"({why} Reconnecting.)")

    async with connect(target, patience=PATIENCE, on_lost=lost) as client:
        # subscribed first, so that nothing falls between the two
        lines = client.subscribe(topics=[Topic.LOGS])
        await lines.started()
        for entry in (await client.call(log.tail.name, params))["logs"]:
            shown(entry)
        async for found in lines:
            if found.type == "resync":
                for entry in (
                    await client.call(log.tail.name, {**params, "since": shown.last or None, "lines": 10_000})
                )["logs"]:
                    shown(entry)
            elif _wanted(found.data, params):
                shown(found.data)


def _wanted(entry: dict[str, Any], params: dict[str, Any]) -> bool:
    component = params.get("component")
    rank = RANK.get(str(entry.get("level")), len(RANK))
    return rank >= RANK[params["level"]] and (component is None or entry.get("component") == component)


class SeenLines:
    """Shows each line once, though it may come from `log.tail` and as an event."""

    def __init__(self, show: LogPrinter) -> None:
        self.last = ""
        self._show = show
        self._recent: dict[str, None] = {}

    def __call__(self, entry: dict[str, Any]) -> None:
        """Show a line unless it was shown just now."""
        text = to_json(entry)
        if text in self._recent:
            return
        self._recent[text] = None
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]
        self.last = max(self.last, str(entry.get("timestamp", "")))
        self._show(entry)

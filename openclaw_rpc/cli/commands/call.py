"""`openclaw call`: any row of the table, its params as options."""

import asyncio
import sys
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from openclaw import Event
from openclaw_rpc.cli import params as fields
from openclaw_rpc.cli.connecting import PATIENCE, connect, whole
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import gateway_command, shared
from openclaw_rpc.cli.output import print_json, print_line, print_table
from openclaw_rpc.cli.target import GatewayTarget, find_target
from openclaw_rpc.protocol.chat import chat_done
from openclaw_rpc.protocol.event import subscribe
from openclaw_rpc.protocol.table import METHODS, AnyMethod, by_name


class MethodGroup(click.Group):
    """A group with a command for every row."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The methods' names."""
        return sorted(by_name())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a row."""
        row = by_name().get(cmd_name)
        return None if row is None else _command(row)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the row, or say which one may have been meant."""
        name = args[0] if args else ""
        if name not in by_name() and not ctx.resilient_parsing:
            near = get_close_matches(name, by_name(), n=1, cutoff=0.5)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise CliError(
                f"There is no method {name!r}.{meant}", code="not_found", hint="openclaw call --list shows them all."
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the methods with what they are for."""
        with formatter.section("Methods"):
            formatter.write_dl([(row.name, row.doc) for row in sorted(METHODS, key=lambda row: row.name)])


def _list(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    rows = sorted(METHODS, key=lambda row: row.name)
    if shared(ctx).json:
        print_json([{"name": row.name, "doc": row.doc, "scope": row.scope, "rate": row.rate} for row in rows])
    else:
        print_table(
            ["METHOD", "SCOPE", "WHAT IT DOES"], [(row.name, row.scope, row.doc) for row in rows], empty="No methods."
        )
    ctx.exit()


@click.group(cls=MethodGroup, subcommand_metavar="METHOD [JSON] [KEY=VALUE]... [OPTIONS]...")
@click.option("--list", is_flag=True, expose_value=False, callback=_list, help="List the methods.")
@gateway_command
def call() -> None:
    """Call any method of the gateway.

    Its params come as key=value, as options (`openclaw call METHOD --help` shows them), or as JSON.
    The answer is printed as JSON. Where a method has a param --url, --token or --config, the gateway's own option of
    that name stands before the method.
    """


def _command(row: AnyMethod) -> click.Command:
    """The command that calls a row."""

    @click.pass_context
    def invoke(ctx: click.Context, words: tuple[str, ...], pairs: tuple[str, ...], **given: Any) -> None:
        follow = given.pop("follow_events", False)
        wanted = fields.merge(_given(row, words, pairs), fields.collect(given))
        if follow and not _streams(row):
            raise click.UsageError(f"{row.name} has no events to follow.", ctx)
        target = find_target(shared(ctx))
        ctx.exit(asyncio.run(_stream(target, row, wanted) if follow else _call(target, row, wanted)))

    own = fields.options(row)
    command = click.Command(
        row.name,
        callback=invoke,
        help=f"{row.doc}\n\nNeeds the scope {row.scope}. JSON: an object, @FILE, or - for standard input.",
        params=[
            click.Argument(["words"], nargs=-1, metavar="[JSON] [KEY=VALUE]...", shell_complete=_complete_pair(row)),
            *own,
            click.Option(
                ["--param", "pairs"], multiple=True, metavar="KEY=VALUE", help="The same; dots lead into objects."
            ),
        ],
    )
    # variables of their own, so that no field of a row is ever taken for them
    follow = "Follow its events, one a line."
    command.params.append(
        click.Option(["--stream", "follow_events"], is_flag=True, help=follow, hidden=not _streams(row))
    )
    gateway_command(command)
    taken = {name for option in own for name in option.opts}
    # a field of the row goes before a shared option of the same name, which `openclaw call` itself takes as well
    command.params = [one for one in command.params if one in own or not taken.intersection(one.opts)]
    return command


def _complete_pair(row: AnyMethod) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """The names of a row's params, with their ``=``."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        names = [f"{field.encode_name}=" for field in fields.fields_of(row)]
        return [name for name in names if name.startswith(incomplete)]

    return complete


def _given(row: AnyMethod, words: tuple[str, ...], pairs: tuple[str, ...]) -> dict[str, Any]:
    """The params that words bring: JSON in front, ``key=value`` behind it."""
    first = words[:1] if words and (words[0] == "-" or words[0][:1] in {"{", "[", "@"}) else ()
    base = _body(first[0]) if first else {}
    return fields.merge(base, fields.assign(row, (*words[len(first) :], *pairs)))


def _body(text: str) -> dict[str, Any]:
    """The JSON argument."""
    try:
        found: Any = msgspec.json.decode(_text(text))
    except OSError as error:
        raise click.UsageError(f"Can't read {text[1:]}: {error.strerror}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"The params are not JSON: {error}") from None
    if not isinstance(found, dict):
        raise click.UsageError("The params must be a JSON object.")
    return cast("dict[str, Any]", found)


def _text(text: str) -> str:
    if text == "-":
        return sys.stdin.read()
    return Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text


def _streams(row: AnyMethod) -> bool:
    """Whether something follows the answer: the row starts a run, or subscribes."""
    answered = set(getattr(row.result, "__struct_fields__", ()))
    return row is subscribe or (chat_done in row.emits and answered >= {"run_id", "epoch", "seq"})


async def _call(target: GatewayTarget, row: AnyMethod, wanted: dict[str, Any]) -> int:
    async with connect(target) as client:
        print_json(await client.connection.call(row.name, wanted, timeout=None))
    return 0


async def _stream(target: GatewayTarget, row: AnyMethod, wanted: dict[str, Any]) -> int:
    """Print the answer, then the events of its run until the final one; of a subscription, until interrupted."""
    if row is subscribe:
        return await _subscription(target, wanted)
    final: Event | None = None
    async with connect(target, patience=PATIENCE) as client:
        run = client.run(wanted, None)
        print_line(await run.started())
        async for event in whole(run):
            print_line(event)
            final = event
    return 1 if final is None or final.data.get("finishReason") == "error" else 0


async def _subscription(target: GatewayTarget, wanted: dict[str, Any]) -> int:
    after = wanted.pop("after", None)
    async with connect(target, patience=PATIENCE) as client:
        events = client.following(wanted, None if after is None else (after["epoch"], after["seq"]))
        print_line(await events.started())
        async for event in events:
            print_line(event)
    return 0

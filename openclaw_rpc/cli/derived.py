"""Commands out of rows of the table: a field that is named first is an argument, every other one an option."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import click
import msgspec.inspect as mi

from openclaw_rpc.cli import params as fields
from openclaw_rpc.cli.commands.lists import ask
from openclaw_rpc.cli.completing import complete_name
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import CommandGroup, gateway_command, shared
from openclaw_rpc.cli.output import aside, harmless, is_terminal, print_json, print_table, to_json

if TYPE_CHECKING:
    from openclaw_rpc.protocol.table import AnyMethod

WIDTH = 80
Show = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Verb:
    """A command of a group.

    ``arguments`` are the fields that stand without an option, ``columns`` what a list shows of each item, ``empty``
    what is said where there is none, ``done`` what is said afterwards (the answer's fields in braces), ``sure`` what is
    asked before, ``show`` lays the answer out instead.
    """

    name: str
    row: AnyMethod
    arguments: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    empty: str = "There are none."
    done: str = ""
    sure: str = ""
    show: Show | None = None


def group(name: str, doc: str, verbs: Sequence[Verb]) -> click.Group:
    """A group of commands."""
    made = CommandGroup(name, help=doc)
    for verb in verbs:
        made.add_command(command(verb))
    return made


def command(verb: Verb) -> click.Command:
    """The command that calls a row and shows what it answers."""
    row, known = verb.row, {field.encode_name: field for field in fields.fields_of(verb.row)}
    arguments: list[click.Parameter] = [_argument(row, known[name]) for name in verb.arguments]
    hidden = {f"field_{name}" for name in (*verb.arguments, "cursor")}
    made = click.Command(
        verb.name,
        callback=click.pass_context(_callback(verb)),
        help=row.doc,
        params=[*arguments, *(option for option in fields.options(row) if option.name not in hidden)],
    )
    if verb.sure:
        made.params.append(click.Option(["--yes", "sure"], is_flag=True, help="Do not ask."))
    return gateway_command(made)


def _callback(verb: Verb) -> Callable[..., None]:
    # click spells the names of arguments small
    named = {f"field_{name}".lower(): f"field_{name}" for name in verb.arguments}

    def invoke(ctx: click.Context, **values: Any) -> None:
        given = {named.get(name, name): value for name, value in values.items()}
        if verb.sure and not given.pop("sure"):
            click.confirm(verb.sure, abort=True, err=True)
        if isinstance(words := given.get("field_query"), tuple):
            given["field_query"] = " ".join(cast("tuple[str, ...]", words))
        found = ask_with_pin(ctx, verb.row, fields.collect(given))
        if shared(ctx).json:
            print_json(found)
        elif verb.show is not None:
            verb.show(found)
        elif verb.done:
            aside(re.sub(r"\{(\w+)\}", lambda at: harmless(str(found.get(at[1], ""))), verb.done))
        elif verb.columns:
            print_table([_title(name) for name in verb.columns], rows_of(verb, found), empty=verb.empty)
        else:
            show_fields(found)

    return invoke


def ask_with_pin(ctx: click.Context, row: AnyMethod, params: dict[str, Any]) -> dict[str, Any]:
    """Call a method; where it needs the PIN, a terminal is asked for it, unseen."""
    try:
        return ask(ctx, row, params)
    except CliError as error:
        takes_pin = "pin" in {field.encode_name for field in fields.fields_of(row)}
        if error.reason != "pin_required" or not takes_pin or not is_terminal(sys.stdin):
            raise
    return ask(ctx, row, {**params, "pin": click.prompt("PIN", hide_input=True, err=True, type=str)})


def _argument(row: AnyMethod, field: mi.Field) -> click.Argument:
    kind = fields.plain(field.type)[0]
    # what is looked for may be several words
    many = isinstance(kind, mi.ListType) or field.encode_name == "query"
    return click.Argument(
        [f"field_{field.encode_name}"],
        required=field.required,
        nargs=-1 if many else 1,
        metavar=fields.kebab(field.encode_name).upper().replace("-", "_"),
        type=fields.type_of(kind),
        shell_complete=complete_name(row.namespace, field.encode_name),
    )


def rows_of(verb: Verb, found: dict[str, Any]) -> list[list[str]]:
    """The items of a list, cell by cell."""
    items = cast("list[dict[str, Any]]", found[verb.row.pages or "rows"])
    return [[cell(item.get(name)) for name in verb.columns] for item in items]


def cell(value: Any) -> str:
    """A value on one line, not longer than a table bears."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = ", ".join(cell(one) for one in cast("list[Any]", value))
    text = "" if value is None else value if isinstance(value, str) else to_json(value)
    text = " ".join(harmless(text).split())
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def show_fields(found: dict[str, Any]) -> None:
    """An object, a line a field."""
    width = max((len(fields.kebab(name)) for name in found), default=0)
    for name, value in found.items():
        click.echo(f"{fields.kebab(name):<{width}}  {cell(value)}")


def _title(name: str) -> str:
    return fields.kebab(name).upper().replace("-", " ")

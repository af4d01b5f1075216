"""`openclaw pin`: the PIN that guarded tools ask for, set in the gateway's own file, whether it runs or not."""

import sys

import click

from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.kept import with_pin
from openclaw_rpc.cli.options import CommandGroup, offline_command, shared
from openclaw_rpc.cli.output import aside, is_terminal, print_json


@click.group(cls=CommandGroup)
def pin() -> None:
    """Set the PIN that `security.require_pin_for` asks for."""


def _ask() -> str:
    """The PIN, twice from a terminal; from a pipe the first line."""
    if is_terminal(sys.stdin):
        return click.prompt("PIN", hide_input=True, confirmation_prompt="Again", err=True, type=str)
    line = sys.stdin.readline(1000).rstrip("\r\n")
    if not line:
        raise CliError("no PIN was given", hint="Type it, or give it as the first line of the standard input.")
    return line


@pin.command("set")
@offline_command
@click.pass_context
def set_(ctx: click.Context) -> None:
    """Set the PIN, in place of the old one. A running gateway asks for it from now on."""
    pin = _ask()
    with_pin(shared(ctx), lambda store: store.set(pin))
    if shared(ctx).json:
        print_json({"set": True})
    else:
        aside("The PIN is set.")


@pin.command()
@offline_command
@click.pass_context
def remove(ctx: click.Context) -> None:
    """Forget the PIN. What needs one is refused until another is set."""
    removed = with_pin(shared(ctx), lambda store: store.remove())
    if shared(ctx).json:
        print_json({"removed": removed})
    else:
        aside("The PIN is removed." if removed else "No PIN was set.")


@pin.command()
@offline_command
@click.pass_context
def status(ctx: click.Context) -> None:
    """Whether a PIN is set."""
    known = with_pin(shared(ctx), lambda store: store.is_set())
    if shared(ctx).json:
        print_json({"set": known})
    else:
        click.echo("set" if known else "not set")
        if not known:
            aside("openclaw pin set sets one.")

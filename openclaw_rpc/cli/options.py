"""The options that many commands share, and where their values are kept while the command runs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import click

F = TypeVar("F", bound=Callable[..., Any])


class CommandGroup(click.Group):
    """A group of commands whose help has a whole sentence for each."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; click itself cuts what does not fit into a line."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(500)) for name, command in found if command])


@dataclass
class Shared:
    """The shared options as they were given, on whatever level; None and False where they were not."""

    json: bool = False
    debug: bool = False
    url: str | None = None
    token: str | None = None
    config: Path | None = None


def shared(ctx: click.Context) -> Shared:
    """The values of this run's shared options."""
    found = ctx.find_root().ensure_object(Shared)
    return found


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    # an inner command that was not given the option must not undo what an outer one was given
    if value is not None and value is not False and param.name:
        setattr(shared(ctx), param.name.removeprefix("shared_"), value)


def _option(*names: str, **more: Any) -> Callable[[F], F]:
    # a name of its own, so that it never clashes with a parameter of a row of the table
    variable = "shared_" + names[-1].removeprefix("--")
    return click.option(*names, variable, expose_value=False, callback=_keep, **more)


json_option = _option("--json", is_flag=True, help="Print JSON.")
debug_option = _option("--debug", is_flag=True, help="Show the traceback of an error.")
config_option = _option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="In place of gateway.yaml."
)
url_option = _option(
    "--url", metavar="URL", help="Where the gateway is; else OPENCLAW_URL, else what gateway.yaml says."
)
token_option = _option(
    "--token", metavar="TOKEN", help="Who you are; else OPENCLAW_TOKEN, else what gateway.yaml says."
)


def offline_command(function: F) -> F:
    """Options of a command that needs no gateway."""
    for option in (debug_option, config_option, json_option):
        function = option(function)
    return function


def gateway_command(function: F) -> F:
    """Options of a command that talks to a gateway."""
    options = (debug_option, config_option, token_option, url_option, json_option)
    # click turns round what stands above a function, and appends to a command
    for option in reversed(options) if isinstance(cast("object", function), click.Command) else options:
        function = option(function)
    return function

"""The command group `openclaw`: which commands there are, loaded one by one, and how each ends."""

import io
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

import click
from click.shell_completion import CompletionItem

from openclaw_rpc import __version__
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import Shared, debug_option, shared
from openclaw_rpc.cli.output import colour_wanted, complain, to_json
from openclaw_rpc.cli.program import program, typed
from openclaw_rpc.protocol.errors import GatewayError

COMPLETE = "_OPENCLAW_COMPLETE"
"""The variable by which a shell asks for completions, however the program is typed."""


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command: the module under `commands/`, the name of the click command in it, and its line in `--help`."""

    module: str
    attribute: str
    doc: str


COMMANDS: Mapping[str, CommandEntry] = MappingProxyType(
    {
        "gateway": CommandEntry("gateway", "gateway", "Start the gateway, and stay in the foreground."),
        "stop": CommandEntry("stop", "stop", "Stop the gateway that runs on this machine."),
        "chat": CommandEntry("chat", "chat", "Talk to an agent."),
        "dashboard": CommandEntry("dashboard", "dashboard", "Open the dashboard in a browser, signed in."),
        "call": CommandEntry("call", "call", "Call any method of the gateway."),
        "status": CommandEntry("status", "status", "The state of the gateway, and what is in force."),
        "sessions": CommandEntry("sessions", "sessions", "The conversations: list, show, rename, export, delete them."),
        "agents": CommandEntry("lists", "agents", "List the agents."),
        "models": CommandEntry("lists", "models", "List the models."),
        "skills": CommandEntry("skills", "skills", "List, find, install and remove skills."),
        "approvals": CommandEntry("named", "approvals", "What waits for a human: see it, allow it, refuse it."),
        "memory": CommandEntry("named", "memory", "What is remembered: look for it, add to it, forget it."),
        "mcp": CommandEntry("named", "mcp", "MCP servers, and the tools that they bring."),
        "usage": CommandEntry("named", "usage_command", "Tokens, cost and latency, added up."),
        "budget": CommandEntry("named", "budget", "How much may be spent on models, and what of it is left."),
        "audit": CommandEntry("named", "audit", "What dangerous tools did, and who allowed it."),
        "channels": CommandEntry("channels", "channels", "Chat platforms: see them, switch them, send over them."),
        "webhooks": CommandEntry("webhooks", "webhooks", "Have other systems called when something happens."),
        "tasks": CommandEntry("tasks", "tasks", "What is done on a schedule."),
        "logs": CommandEntry("logs", "logs", "Show the gateway's log."),
        "token": CommandEntry("token", "token", "Make, list and revoke tokens for clients."),
        "storage": CommandEntry("storage", "storage", "Show where everything is kept, or move it elsewhere."),
        "backup": CommandEntry("backup", "backup", "Copy all that is kept to one file, and put it back."),
        "service": CommandEntry("service", "service", "Have the system start the gateway, and watch it."),
        "user": CommandEntry("user", "user", "Export all that is kept of a user, or delete it."),
        "import": CommandEntry("import_", "import_", "Bring over what another gateway keeps."),
        "devices": CommandEntry("devices", "devices", "Programs that signed in with a key of their own."),
        "pin": CommandEntry("pin", "pin", "Set the PIN that dangerous tools ask for."),
        "config": CommandEntry("config", "config", "Read, change and check gateway.yaml."),
        "doctor": CommandEntry("doctor", "doctor", "Check this machine, the configuration and the gateway."),
        "version": CommandEntry("version", "version", "The version of this program, and of the gateway that runs."),
        "completion": CommandEntry("completion", "completion", "Print the shell's completion script."),
    }
)


class TypedFormatter(click.HelpFormatter):
    """A help page whose commands are written as they can be typed here."""

    def getvalue(self) -> str:
        """The page."""
        return typed(super().getvalue())


class LazyGroup(click.Group):
    """A group whose commands are imported when they are named; its help imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table above."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = getattr(import_module(f"openclaw_rpc.cli.commands.{entry.module}"), entry.attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above is wrong otherwise
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches  # seldom needed

            near = get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean `openclaw {near[0]}`?" if near else " `openclaw --help` lists them."
            raise click.UsageError(f"There is no command {args[0]!r}.{meant}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name from the table above, and options as click does."""
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=entry.doc) for name, entry in COMMANDS.items() if name.startswith(incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.doc) for name, entry in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 ok, 1 failed, 2 wrong usage, 130 interrupted. NO_COLOR turns colours off.",
)
@click.version_option(__version__, "-V", "--version", message="openclaw %(version)s")
@debug_option
def root() -> None:
    """A gateway between you, your agents and their models.

    Start it with `openclaw gateway`, talk with `openclaw chat`.
    """


def run(arguments: Sequence[str] | None) -> int:
    """Run a command and turn whatever ends it into an exit code; tracebacks are for `--debug` alone."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    # looked for here too, since a command may fail to load before its options are read
    values = Shared(debug="--debug" in given)
    click.Context.formatter_class = TypedFormatter
    try:
        result = root.main(
            given,
            prog_name=program(),
            complete_var=COMPLETE,
            standalone_mode=False,
            color=colour_wanted(),
            obj=values,
        )
        sys.stdout.flush()
    except BaseException as error:
        return _ended_by(error, values)
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _ended_by(error: BaseException, values: Shared) -> int:
    """Say what went wrong; the exit code."""
    if isinstance(error, BrokenPipeError):
        # whoever read has gone, `| head` for one: the interpreter's last flush must not complain either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        click.echo(err=True)
        return 130
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, click.ClickException):
        said = io.StringIO()
        error.show(said)
        click.echo(typed(said.getvalue()), nl=False, err=True)
        return error.exit_code
    if values.debug:
        traceback.print_exception(error)
    told = _as_cli_error(error)
    if values.json:
        told.hint = None if told.hint is None else typed(told.hint)
        click.echo(to_json(told.as_json()), err=True)
    else:
        complain(told.lines())
    return told.exit_code


def _as_cli_error(error: BaseException) -> CliError:
    if isinstance(error, CliError):
        return error
    if isinstance(error, GatewayError):
        hint = "`openclaw config check` shows all that is wrong with it." if hasattr(error, "problems") else None
        return CliError(error.message, code=error.code, field=error.field, reason=error.reason, hint=hint)
    if isinstance(error, OSError):
        said = error.strerror or str(error)
        return CliError(f"{said}: {error.filename}" if error.filename else said)
    return CliError(
        f"{type(error).__name__}: {error}",
        code="internal_error",
        hint="That is a fault of openclaw; --debug shows where.",
    )


def current() -> Shared:
    """The shared options of the command that runs."""
    return shared(click.get_current_context())

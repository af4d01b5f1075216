"""`openclaw config`: read, change and check `gateway.yaml`, whether a gateway runs or not."""

import asyncio
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import click

from openclaw_rpc import __version__
from openclaw_rpc.cli.commands.lists import ask
from openclaw_rpc.cli.completing import complete_key, complete_value
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import CommandGroup, gateway_command, offline_command, shared
from openclaw_rpc.cli.output import aside, complain, is_terminal, print_json
from openclaw_rpc.cli.target import find_paths
from openclaw_rpc.cli.verdict import Asked, CheckedFile
from openclaw_rpc.config.errors import ConfigError
from openclaw_rpc.config.parsing import parse, read
from openclaw_rpc.config.writing import write_atomically
from openclaw_rpc.protocol import config as rows
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest

CHECK = "openclaw config check"


@click.group(cls=CommandGroup)
def config() -> None:
    """Read, change and check gateway.yaml."""


def _file(ctx: click.Context, *, strict: bool = False) -> CheckedFile:
    paths = find_paths(shared(ctx))
    return CheckedFile(paths, strict=strict)


@config.command()
@offline_command
@click.pass_context
def path(ctx: click.Context) -> None:
    """Where gateway.yaml is."""
    paths = find_paths(shared(ctx))
    if shared(ctx).json:
        print_json({"path": str(paths.config), "exists": paths.config.exists()})
    else:
        click.echo(paths.config)


@config.command()
@offline_command
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say everything that is wrong with gateway.yaml, with its line."""
    file = _file(ctx, strict=True)
    problems: list[Any] = []
    try:
        file.load()
    except ConfigError as error:
        problems = list(error.problems)
    if shared(ctx).json:
        print_json({"path": str(file.path), "valid": not problems, "problems": problems})
    elif problems:
        for problem in problems:
            click.echo(str(problem), err=True)
    else:
        click.echo(f"{file.path} is valid." if file.path.exists() else f"{file.path} is not there; the defaults hold.")
    ctx.exit(1 if problems else 0)


@config.command()
@offline_command
def schema() -> None:
    """The JSON Schema of gateway.yaml, for editors that complete and check what is written there.

    Kept beside the file, it is named in the file's first line: # yaml-language-server: $schema=gateway.schema.json
    """
    from openclaw_rpc.config.schema import file_schema

    print_json(file_schema(__version__))


@config.command("get")
@click.argument("key", required=False, metavar="[PATH]", shell_complete=complete_key)
@offline_command
@click.pass_context
def get(ctx: click.Context, key: str | None) -> None:
    """Show the configuration in force, or one dotted PATH of it; secrets are not shown."""
    file = _file(ctx)
    file.load()
    value: Any = file.redacted()
    for name in _keys(key) if key else []:
        value = _inside(value, name, key or "")
    if shared(ctx).json:
        print_json(value)
    elif isinstance(value, dict | list):
        import yaml

        click.echo(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), nl=False)
    else:
        click.echo({None: "null", True: "true", False: "false"}.get(value, value))


def _keys(text: str) -> list[str]:
    """``gateway.allowed_hosts[0]`` → its keys."""
    found = [name for name in text.replace("[", ".").replace("]", "").split(".") if name]
    if not found:
        raise click.UsageError(f"{text!r} is not a path like gateway.port.")
    return found


def _inside(value: Any, name: str, whole: str) -> Any:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if name.isdigit() and int(name) < len(items):
            return items[int(name)]
        raise CliError(f"{whole}: the list has no item {name}.", code="not_found")
    if isinstance(value, dict) and name in value:
        return cast("dict[str, Any]", value)[name]
    known = [str(one) for one in cast("dict[str, Any]", value)] if isinstance(value, dict) else []
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else (f"There are {', '.join(known)}." if known else None)
    raise CliError(f"{whole}: there is no {name} there.", code="not_found", hint=hint)


@config.command("set")
@click.argument("key", metavar="PATH", shell_complete=complete_key)
@click.argument("value", shell_complete=complete_value)
@offline_command
@click.pass_context
def set_(ctx: click.Context, key: str, value: str) -> None:
    """Set a dotted PATH to a VALUE, which is read as YAML; - reads it from standard input, null takes it away.

    Comments and order of the file stay. A running gateway is asked whether it applies the change.
    """
    if value == "-":
        value = sys.stdin.read().rstrip("\n")
    _change(ctx, key, _value(value))


@config.command()
@click.argument("key", metavar="PATH", shell_complete=complete_key)
@offline_command
@click.pass_context
def unset(ctx: click.Context, key: str) -> None:
    """Take a dotted PATH out of the file, so that its default holds. A running gateway is asked as by `set`."""
    _change(ctx, key, None)


@config.command()
@offline_command
@click.pass_context
def edit(ctx: click.Context) -> None:
    """Open gateway.yaml in your editor ($VISUAL, $EDITOR), and keep what you write where it is valid.

    A running gateway is asked whether it applies the change.
    """
    file = _file(ctx)
    before = read(file.path)
    asked = Asked.before(shared(ctx))
    text = _edited(file, before or EMPTY)
    if text == before:
        aside("Nothing changed.")
        return
    file.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(file.path, text, private=True)
    ctx.exit(asked.tell(shared(ctx), None, [], file.missing))


EMPTY = "# The gateway's settings; `openclaw config schema` describes them.\n"


def _edited(file: CheckedFile, text: str) -> str:
    """What somebody made of a text, once it is valid; the text itself where they gave up."""
    with tempfile.TemporaryDirectory(prefix="openclaw-") as folder:
        copy = Path(folder) / "gateway.yaml"
        copy.write_text(text, encoding="utf-8")
        while True:
            click.edit(filename=str(copy))
            found = copy.read_text(encoding="utf-8")
            try:
                file.check(found)
            except ConfigError as error:
                complain([str(problem) for problem in error.problems])
                if not is_terminal(sys.stdin) or not click.confirm("Edit it again?", default=True, err=True):
                    raise CliError("The file is as it was: what you wrote is not valid.") from None
            else:
                return found


@config.command("reload")
@gateway_command
@click.pass_context
def reload_(ctx: click.Context) -> None:
    """Have the running gateway take gateway.yaml and .env as they stand now, and say what changed."""
    found = ask(ctx, rows.reload)
    if shared(ctx).json:
        print_json(found)
        return
    waiting: list[str] = found.get("needsRestart", [])
    aside(f"{', '.join(found['changed'])} changed." if found["changed"] else "Nothing changed.")
    for path in waiting:
        aside(f"{path} applies when the gateway is started again.")


def _change(ctx: click.Context, key: str, value: Any) -> None:
    """Set one key, or take it away, and ask the gateway that runs."""
    patch: Any = value
    for name in reversed(_keys(key)):
        patch = {name: patch}
    file = _file(ctx)
    file.load()
    # who asks is decided before the change, which may be of the token itself
    asked = Asked.before(shared(ctx))
    with _refused(key):
        changed, waiting = asyncio.run(file.update(patch))
    ctx.exit(asked.tell(shared(ctx), changed, waiting, file.missing))


def _value(text: str) -> Any:
    """What YAML makes of it; a text that is no YAML by itself, `a: b: c` for one, is a text."""
    try:
        return parse("value: " + text, "VALUE").value["value"]
    except ConfigError as error:
        if text[:1] in {"{", "[", '"', "'"}:
            raise click.UsageError(f"VALUE is not YAML: {error.problems[0].reason}") from None
        return text


@contextmanager
def _refused(key: str) -> Generator[None]:
    try:
        yield
    except (InvalidRequest, Conflict) as error:
        hint = None if isinstance(error, InvalidRequest) else CHECK
        raise CliError(
            error.message, code=error.code, field=error.field or key, reason=error.reason, hint=hint
        ) from None

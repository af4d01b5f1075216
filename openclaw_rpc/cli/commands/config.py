"""`openclaw config`: read, change and check `gateway.yaml`, whether a gateway runs or not."""

import asyncio
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

import click

from openclaw_rpc import __version__
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import offline_command, shared
from openclaw_rpc.cli.output import aside, print_json
from openclaw_rpc.cli.target import find_paths
from openclaw_rpc.config.errors import ConfigError
from openclaw_rpc.config.parsing import parse
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest

if TYPE_CHECKING:
    from openclaw_rpc.config.file import GatewayFile

CHECK = "openclaw config check"


@click.group()
def config() -> None:
    """Read, change and check gateway.yaml."""


def _file(ctx: click.Context) -> "GatewayFile":
    from openclaw_rpc.config.file import GatewayFile

    return GatewayFile(find_paths(shared(ctx)).config, os.environ)


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
    file = _file(ctx)
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
@click.argument("key", required=False, metavar="[PATH]")
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
@click.argument("key", metavar="PATH")
@click.argument("value")
@offline_command
@click.pass_context
def set_(ctx: click.Context, key: str, value: str) -> None:
    """Set a dotted PATH to a VALUE, which is read as YAML; - reads it from standard input, null takes it away.

    Comments and order of the file stay. A running gateway applies the change by itself.
    """
    if value == "-":
        value = sys.stdin.read().rstrip("\n")
    patch: Any = _value(value)
    for name in reversed(_keys(key)):
        patch = {name: patch}
    file = _file(ctx)
    file.load()
    with _refused(key):
        changed, waiting = asyncio.run(file.update(patch))
    if shared(ctx).json:
        print_json({"changed": changed, "needsRestart": waiting})
        return
    aside(f"{', '.join(changed)} changed." if changed else "Nothing changed.")
    if waiting:
        aside(f"{', '.join(waiting)}: applies when the gateway is started again.")


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

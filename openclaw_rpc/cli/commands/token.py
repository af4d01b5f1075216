"""`openclaw token`: made, listed and revoked in the gateway's own file, whether it runs or not."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click
import msgspec

from openclaw_rpc.cli.completing import complete_scopes, complete_token, complete_user
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.kept import with_tokens
from openclaw_rpc.cli.options import CommandGroup, offline_command, shared
from openclaw_rpc.cli.output import aside, print_json, print_table
from openclaw_rpc.cli.target import find_paths, gateway_settings
from openclaw_rpc.domain.principals import bare, owner
from openclaw_rpc.domain.tokens import TokenService
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Conflict
from openclaw_rpc.protocol.token import TokenCreateParams, TokenInfo

T = TypeVar("T")

ME = owner("cli")
"""Whoever can read the gateway's files is its owner."""


@click.group(cls=CommandGroup)
def token() -> None:
    """Make, list and revoke tokens for clients."""


def _with_service(ctx: click.Context, work: Callable[[TokenService], Awaitable[T]]) -> T:
    from openclaw_rpc.domain.clock import SystemClock
    from openclaw_rpc.domain.tokens import KnownTokens

    return with_tokens(shared(ctx), lambda store: work(TokenService(KnownTokens(store), SystemClock())))


def _scopes(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    if value is None:
        return None
    names = [name for name in re.split(r"[,\s]+", value) if name]
    unknown = [name for name in names if name not in {scope.value for scope in Scope}]
    if unknown or not names:
        known = ", ".join(scope.value for scope in Scope)
        raise click.BadParameter(f"{', '.join(unknown) or 'nothing'} is not a scope; the scopes are {known}.")
    return list(dict.fromkeys(names))


@token.command()
@click.option("--name", required=True, metavar="NAME", help="Its name, by which it can be revoked.")
@click.option("--expires-in", metavar="30d", help="A number and s, m, h, d or w; else it never expires.")
@click.option(
    "--scopes",
    callback=_scopes,
    metavar="read,chat",
    help="Out of read, chat, tools and admin; else all but admin.",
    shell_complete=complete_scopes,
)
@click.option(
    "--user",
    default="owner",
    show_default=True,
    metavar="USER",
    help="Whose sessions it sees.",
    shell_complete=complete_user,
)
@click.option(
    "--end-user-header",
    metavar="NAME",
    help="For a front end with many users: the header in which it names one, a user below USER.",
)
@click.option("--raw", is_flag=True, help="Print the token alone, without `Bearer` before it: for TOKEN=$(…).")
@offline_command
@click.pass_context
def create(ctx: click.Context, name: str, raw: bool, **given: Any) -> None:
    """Make a token, and print it this once, as `Bearer TOKEN`."""
    wanted = {
        "name": name,
        "expiresIn": given["expires_in"],
        "scopes": given["scopes"],
        "user": given["user"],
        "endUserHeader": given["end_user_header"],
    }
    try:
        params = msgspec.convert({k: v for k, v in wanted.items() if v is not None}, TokenCreateParams)
    except msgspec.ValidationError as error:
        raise click.UsageError(_readable(str(error)), ctx) from None
    try:
        made = _with_service(ctx, lambda service: service.create(ME, params))
    except Conflict as error:
        raise CliError(
            error.message, code="conflict", field="name", hint=f"openclaw token revoke {_quoted(name)}"
        ) from None
    if shared(ctx).json:
        print_json(made)
        return
    until = f"expires {made.expires_at}" if made.expires_at else "never expires"
    aside(f"{made.name}: user {made.user}, scopes {','.join(made.scopes)}, {until}. It is not shown again.")
    click.echo(made.token if raw else f"Bearer {made.token}")


@token.command()
@offline_command
@click.pass_context
def show(ctx: click.Context) -> None:
    """Print the owner's token, and say where it stands."""
    paths = find_paths(shared(ctx))
    auth = gateway_settings(paths).auth
    if not auth.enabled:
        raise CliError("Authentication is disabled: nobody needs a token.", hint="openclaw config get gateway.auth")
    if not auth.token:
        how = "A password lets the owner in" if auth.password else "The gateway makes one at its first start"
        hint = "openclaw token create --name NAME makes a token for a client."
        raise CliError(f"{paths.config} has no token of the owner. {how}.", code="not_found", hint=hint)
    if shared(ctx).json:
        print_json({"token": bare(auth.token), "path": str(paths.config), "key": "gateway.auth.token"})
        return
    aside(f"The owner's token, gateway.auth.token in {paths.config}. Whoever has it may do everything.")
    click.echo(bare(auth.token))


def _readable(text: str) -> str:
    """What msgspec says, in the names of the options."""
    found = re.search(r"^(.*) - at `\$\.(\w+)`$", text)
    if found is None:
        return text
    if found[2] == "expiresIn":
        return "--expires-in must be a number from 1 and one of s, m, h, d, w, like 30d."
    if found[2] == "name":
        return "--name must begin with a letter or a digit, and hold letters, digits, . _ @ - and spaces, at most 100."
    if found[2] == "endUserHeader":
        return "--end-user-header must be the name of a header, like X-User."
    return f"--{found[2]}: {found[1]}"


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name


@token.command("list")
@offline_command
@click.pass_context
def list_(ctx: click.Context) -> None:
    """The tokens that were made, the newest first."""
    found = _with_service(ctx, lambda service: service.list_(ME))
    if shared(ctx).json:
        print_json({"tokens": found})
        return
    print_table(
        ["NAME", "USER", "SCOPES", "CREATED", "EXPIRES", "STATE"],
        [_row(one) for one in found],
        empty="No tokens were made: openclaw token create --name NAME",
    )


def _row(info: TokenInfo) -> tuple[str, ...]:
    return info.name, info.user, ",".join(info.scopes), info.created_at, info.expires_at or "never", _state(info)


def _state(info: TokenInfo) -> str:
    from openclaw_rpc.domain.clock import SystemClock, iso

    if info.revoked:
        return "revoked"
    return "expired" if info.expires_at and info.expires_at <= iso(SystemClock().now()) else "valid"


@token.command()
@click.argument("name", shell_complete=complete_token)
@offline_command
@click.pass_context
def revoke(ctx: click.Context, name: str) -> None:
    """Revoke a token. A running gateway refuses it from now on."""
    _with_service(ctx, lambda service: service.revoke(ME, name))
    if shared(ctx).json:
        print_json({"name": name, "revoked": True})
    else:
        aside(f"{name} is revoked.")

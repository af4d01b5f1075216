"""What `openclaw gateway` says when it listens: where, which model answers, how to talk to it."""

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from openclaw_rpc import __version__
from openclaw_rpc.cli.output import colour_wanted, print_line
from openclaw_rpc.cli.program import typed

if TYPE_CHECKING:
    from openclaw_rpc.app import App

OFFLINE = "offline"
"""What `App.model` says where no model was found."""
CONFIGURE = "openclaw config set providers.primary '{type: openai, model: gpt-5, api_key: \"${OPENAI_API_KEY}\"}'"


def announce(app: "App", *, json: bool) -> None:
    """Say it on standard output; whoever closed that does not want to know."""
    with suppress(OSError, ValueError):
        if json:
            print_line(facts(app))
            return
        for name, value in lines(app):
            click.echo(f"{click.style(f'{name:<8}', dim=True)} {typed(value)}", color=colour_wanted())
        sys.stdout.flush()


def say(text: str) -> None:
    """A line on standard error, where that is still there."""
    with suppress(OSError, ValueError):
        click.secho(text, dim=True, err=True, color=colour_wanted())


def facts(app: "App") -> dict[str, Any]:
    """What a program that started the gateway needs: the address above all, and the token where it is new."""
    found: dict[str, Any] = {
        "version": __version__,
        "url": app.url,
        "model": app.model,
        "config": str(app.paths.config),
    }
    link = app.sign_in_link()
    found |= {"dashboard": link or app.url + "/"}
    return found | ({"token": app.made_token} if app.made_token else {})


def lines(app: "App") -> list[tuple[str, str]]:
    """The same for people: a name and what it stands for."""
    more = f" ({', '.join(app.listening)})" if len(app.addresses) > 1 else ""
    found = [("openclaw", f"{__version__} listens on {click.style(app.url, bold=True)}{more}")]
    if app.model == OFFLINE:
        found += [
            ("model", "the offline agent: it runs commands such as /help, and says how to get a model"),
            ("", f"or: {CONFIGURE}"),
        ]
    else:
        found.append(("model", app.model))
    link = app.sign_in_link()
    found.append(("open", f"{link}  (works once, for 10 minutes)" if link else app.url + "/"))
    found.append(("talk", "openclaw chat"))
    found.append(("", _curl(app)))
    found += _token(app)
    if app.paths.has_openclaw:
        said = f"{app.paths.home} is OpenClaw's home, too: its files are left alone"
        found.append(("beside", f"{said}; openclaw import openclaw brings them over"))
    return found


def _token(app: "App") -> list[tuple[str, str]]:
    """Where the owner's token is; the token itself where it was made just now."""
    auth = app.settings.gateway.auth
    place = f"kept in {app.paths.config}; openclaw token show prints it"
    if app.made_token:
        return [("token", app.made_token), ("", f"made just now, {place}")]
    if not auth.enabled:
        return [("token", "not needed: gateway.auth.enabled is false, so whoever reaches the port is the owner")]
    return [("token", place if auth.token else f"not there; a password lets the owner in ({app.paths.config})")]


def _curl(app: "App") -> str:
    """A line to copy; the token stands in it only as a name, so that no terminal's history keeps it."""
    auth = app.settings.gateway.auth
    if not auth.enabled:
        return f"curl {app.url}/status"
    if auth.token:
        return f'curl -H "Authorization: Bearer $TOKEN" {app.url}/status'
    return f'curl -H "X-OpenClaw-Password: $PASSWORD" {app.url}/status'

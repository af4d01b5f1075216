"""What `openclaw gateway` says when it listens: where, which model answers, how to talk to it."""

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from openclaw_rpc import __version__
from openclaw_rpc.cli.output import colour_wanted, print_line
from openclaw_rpc.cli.program import typed

if TYPE_CHECKING:
    from openclaw_rpc.app import Gateway

OFFLINE = "offline"
"""What `ModelServers.shown` says where no model was found."""
CONFIGURE = "openclaw config set providers.primary '{type: openai, model: gpt-5, api_key: \"${OPENAI_API_KEY}\"}'"


def announce(found: dict[str, Any], *, json: bool) -> None:
    """Say these facts on standard output; whoever closed that does not want to know."""
    with suppress(OSError, ValueError):
        if json:
            print_line(found)
            return
        for name, value in lines(found):
            click.echo(f"{click.style(f'{name:<8}', dim=True)} {typed(value)}", color=colour_wanted())
        sys.stdout.flush()


def say(text: str) -> None:
    """A line on standard error, where that is still there."""
    with suppress(OSError, ValueError):
        click.secho(text, dim=True, err=True, color=colour_wanted())


def facts(gateway: "Gateway") -> dict[str, Any]:
    """What a program that started the gateway needs: the address above all, and the token where it is new."""
    auth, link = gateway.settings.gateway.auth, gateway.sign_in_link()
    found: dict[str, Any] = {
        "version": __version__,
        "url": gateway.url,
        "addresses": gateway.doors.listening,
        "model": gateway.servers.shown,
        "config": str(gateway.paths.config),
        "auth": ("token" if auth.token else "password") if auth.enabled else "none",
        "dashboard": link or gateway.url + "/",
    }
    found |= {"beside": str(gateway.paths.home)} if gateway.paths.has_openclaw else {}
    return found | ({"token": gateway.made_token} if gateway.made_token else {})


def lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """The same for people: a name and what it stands for."""
    url, addresses = facts["url"], facts["addresses"]
    more = f" ({', '.join(addresses)})" if len(addresses) > 1 else ""
    found = [("openclaw", f"{facts['version']} listens on {click.style(url, bold=True)}{more}")]
    if "workers" in facts:
        found.append(("workers", f"{facts['workers']} processes"))
    if facts["model"] == OFFLINE:
        found += [
            ("model", "the offline agent: it runs commands such as /help, and says how to get a model"),
            ("", f"or: {CONFIGURE}"),
        ]
    else:
        found.append(("model", facts["model"]))
    page = facts["dashboard"]
    found.append(("open", f"{page}  (works once, for 10 minutes)" if "#" in page else page))
    found.append(("talk", "openclaw chat"))
    found.append(("", _curl(facts)))
    found += _token(facts)
    if "beside" in facts:
        said = f"{facts['beside']} is OpenClaw's home, too: its files are left alone"
        found.append(("beside", f"{said}; openclaw import openclaw brings them over"))
    return found


def _token(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Where the owner's token is; the token itself where it was made just now."""
    config, auth = facts["config"], facts["auth"]
    place = f"kept in {config}; openclaw token show prints it"
    if "token" in facts:
        return [("token", facts["token"]), ("", f"made just now, {place}")]
    if auth == "none":
        return [("token", "not needed: gateway.auth.enabled is false, so whoever reaches the port is the owner")]
    return [("token", place if auth == "token" else f"not there; a password lets the owner in ({config})")]


def _curl(facts: dict[str, Any]) -> str:
    """A line to copy; the token stands in it only as a name, so that no terminal's history keeps it."""
    url, auth = facts["url"], facts["auth"]
    if auth == "none":
        return f"curl {url}/status"
    if auth == "token":
        return f'curl -H "Authorization: Bearer $TOKEN" {url}/status'
    return f'curl -H "X-OpenClaw-Password: $PASSWORD" {url}/status'

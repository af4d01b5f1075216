"""`openclaw skills`: what a running gateway has, finds, installs and removes."""

import os
from pathlib import Path
from typing import Any

import click

from openclaw_rpc.cli.commands.lists import ask
from openclaw_rpc.cli.completing import complete_file, complete_name
from openclaw_rpc.cli.derived import Verb, command
from openclaw_rpc.cli.options import CommandGroup, gateway_command, shared
from openclaw_rpc.cli.output import aside, print_json, print_table
from openclaw_rpc.protocol import skill


@click.group(cls=CommandGroup)
def skills() -> None:
    """List, find, install and remove skills."""


@skills.command("list")
@gateway_command
@click.pass_context
def list_(ctx: click.Context) -> None:
    """The skills that are installed, and why one can't be used."""
    found = ask(ctx, skill.list_)
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["SKILL", "VERSION", "STATUS", "ABOUT"],
        [(one["slug"], one["version"], one["status"], _about(one)) for one in found["skills"]],
        empty="No skill is installed: openclaw skills search WORDS looks for some.",
    )


def _about(one: dict[str, Any]) -> str:
    why = one.get("error") or "; ".join(one.get("unmet", ()))
    text = " ".join((why or one["description"]).split())
    return text if len(text) <= 100 else f"{text[:99]}…"


@skills.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many at most.")
@gateway_command
@click.pass_context
def search(ctx: click.Context, words: tuple[str, ...], limit: int) -> None:
    """Look for skills, here and in the registry."""
    found = ask(ctx, skill.search, {"query": " ".join(words), "limit": limit})
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["SKILL", "VERSION", "INSTALLED", "ABOUT"],
        [
            (one["slug"], one.get("version"), "yes" if one["installed"] else "no", _about(one))
            for one in found["results"]
        ],
        empty="Nothing matches.",
    )
    if found.get("registryError"):
        aside(f"The registry could not be asked: {found['registryError']}")


@skills.command()
@click.argument("what", shell_complete=complete_file)
@click.option("--version", metavar="VERSION", help="Which version of a skill from the registry; else the newest.")
@click.option("--force", is_flag=True, help="Replace one that differs; accept one that the registry warns of.")
@gateway_command
@click.pass_context
def install(ctx: click.Context, what: str, version: str | None, force: bool) -> None:
    """Install a skill: a folder or a package on the gateway's machine, or the name of one in the registry."""
    place = Path(what).expanduser()
    here = os.sep in what or place.exists()
    params = {"source": str(place.absolute())} if here else {"name": what}
    done = ask(ctx, skill.install, {**params, "force": force, **({"version": version} if version else {})})
    if shared(ctx).json:
        print_json(done)
        return
    aside(f"{done['slug']} {done['version']} is installed: {done['status']}.")
    for line in (*done.get("unmet", ()), *done.get("warnings", ())):
        aside(line)


@skills.command()
@click.argument("name", shell_complete=complete_name("skill", "name"))
@gateway_command
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Remove a skill and its files."""
    done = ask(ctx, skill.remove, {"name": name})
    if shared(ctx).json:
        print_json(done)
    else:
        aside(f"{name} is removed.")


skills.add_command(command(Verb("enable", skill.enable, ("name",), done="It is offered to agents again.")))
skills.add_command(command(Verb("disable", skill.disable, ("name",), done="It is no longer offered to agents.")))


@skills.command()
@click.argument("name", shell_complete=complete_name("skill", "name"))
@gateway_command
@click.pass_context
def info(ctx: click.Context, name: str) -> None:
    """All about a skill: what it needs, its files, its instructions."""
    listed: list[dict[str, Any]] = ask(ctx, skill.list_)["skills"]
    one = next((one for one in listed if one["slug"] == name.lower()), None)
    content = {} if one is not None and one["status"] == "broken" else ask(ctx, skill.read, {"name": name})
    about = {**(one or {}), **content}
    if shared(ctx).json:
        print_json(about)
        return
    permissions: dict[str, bool] = about.pop("permissions", {})
    about["permissions"] = ", ".join(may for may, given in permissions.items() if given) or "none"
    text = about.pop("content", "")
    for label, value in about.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if shown not in (None, ""):
            click.echo(f"{label:<14} {shown}")
    if text:
        click.echo(f"\n{text}")

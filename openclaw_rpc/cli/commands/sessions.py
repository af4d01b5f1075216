"""`openclaw sessions`: the conversations."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import click

from openclaw_rpc.cli.commands.lists import ask
from openclaw_rpc.cli.completing import complete_name
from openclaw_rpc.cli.derived import Verb, cell, command
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.moments import MOMENT
from openclaw_rpc.cli.options import CommandGroup, gateway_command, shared
from openclaw_rpc.cli.output import aside, harmless, print_json, print_table
from openclaw_rpc.domain.nearest import meant
from openclaw_rpc.protocol import agent as agents
from openclaw_rpc.protocol import chat, session

PAGE = 100

key_argument = click.argument("key", shell_complete=complete_name("session", "sessionKey"))


@click.group(cls=CommandGroup, invoke_without_command=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@click.option("--text", metavar="TEXT", help="Only those with this text in their title, key or messages.")
@click.option("--since", type=MOMENT, metavar="TIME", help="Only those used since: ISO 8601, or 2h for two hours ago.")
@click.option(
    "--channel", metavar="CHANNEL", help="Only those of a channel.", shell_complete=complete_name("", "channelId")
)
@click.option("--agent", metavar="ID", help="Only those of an agent.", shell_complete=complete_name("", "agentId"))
@gateway_command
@click.pass_context
def sessions(ctx: click.Context, limit: int, agent: str | None, **filters: str | None) -> None:
    """The conversations, the last used first: list them, or show, rename, export or delete one."""
    if ctx.invoked_subcommand is not None:
        return
    wanted = {name: value for name, value in (*filters.items(), ("agentId", agent)) if value}
    found = ask(ctx, session.list_, {"limit": limit, **wanted})
    if agent is not None and not found["sessions"]:
        _known(ctx, agent)
    if shared(ctx).json:
        print_json(found)
        return
    columns = ("sessionKey", "title", "messageCount", "agentId", "channel", "updatedAt")
    print_table(
        ["SESSION", "TITLE", "MESSAGES", "AGENT", "CHANNEL", "UPDATED"],
        [[cell(one.get(name)) for name in columns] for one in found["sessions"]],
        empty="No session fits." if wanted else "There are no sessions yet: openclaw chat begins one.",
    )
    more = found["total"] - len(found["sessions"])
    if more > 0:
        aside(f"and {more} more")


def _known(ctx: click.Context, agent: str) -> None:
    """Refuse the name of an agent that is not there: what one had that is gone would have been found."""
    names = [one["id"] for one in ask(ctx, agents.list_)["agents"]]
    if agent not in names:
        raise CliError(f"There is no agent {agent!r}{meant(agent, names)}.", code="not_found", field="--agent")


@sessions.command()
@key_argument
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many messages at most.")
@gateway_command
@click.pass_context
def show(ctx: click.Context, key: str, limit: int) -> None:
    """A conversation: what is known of it, and its newest messages."""
    found = ask(ctx, session.get, {"sessionKey": key, "limit": limit})
    if shared(ctx).json:
        print_json(found)
        return
    about = {name: value for name, value in found.items() if not isinstance(value, dict | list)}
    for name in ("title", "sessionKey", "agentId", "model", "channel", "createdAt", "updatedAt", "messageCount"):
        if about.get(name) not in (None, ""):
            label = {"sessionKey": "session", "agentId": "agent", "messageCount": "messages"}.get(name, name)
            click.echo(f"{label.removesuffix('At'):<9} {cell(about[name])}")
    for line in _messages(cast("list[dict[str, Any]]", found["messages"])):
        click.echo(harmless(line))


@sessions.command()
@key_argument
@click.option(
    "--format", "form", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True, help="How."
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it to this file."
)
@gateway_command
@click.pass_context
def export(ctx: click.Context, key: str, form: str, output: Path | None) -> None:
    """A whole conversation, as Markdown or JSON."""
    found = ask(ctx, session.get, {"sessionKey": key, "limit": 1})
    messages = _all_messages(ctx, key)
    names = ("sessionKey", "title", "agentId", "createdAt", "updatedAt")
    about = {name: found[name] for name in names if name in found}
    if form == "json" or shared(ctx).json:
        text = json.dumps({**about, "messages": messages}, ensure_ascii=False, indent=2) + "\n"
    else:
        heading = [f"# {found.get('title') or key}", "", f"{key}, {found['createdAt']} to {found['updatedAt']}"]
        text = "\n".join([*heading, *_messages(messages)]) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        aside(f"{len(messages)} messages are in {output}.")


def _all_messages(ctx: click.Context, key: str) -> list[dict[str, Any]]:
    """Every message, the oldest first, a page at a time."""
    found: list[dict[str, Any]] = []
    before: str | None = None
    while True:
        params = {"sessionKey": key, "limit": PAGE} | ({} if before is None else {"before": before})
        page = cast("list[dict[str, Any]]", ask(ctx, chat.history, params)["messages"])
        if not page:
            return found
        found = [*page, *found]
        before = page[0]["messageId"]


def _messages(messages: list[dict[str, Any]]) -> Iterator[str]:
    for message in messages:
        yield ""
        yield f"## {message['role']}, {message['createdAt']}"
        yield ""
        content = message.get("content")
        yield content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        for call in message.get("toolCalls") or ():
            yield f"- used {call['function']['name']}: {cell(call['function'].get('arguments'))}"
        for file in message.get("attachments") or ():
            yield f"- attached {file.get('name') or file['type']}"


@sessions.command()
@key_argument
@click.argument("title", nargs=-1, required=True)
@gateway_command
@click.pass_context
def rename(ctx: click.Context, key: str, title: tuple[str, ...]) -> None:
    """Give a conversation another title."""
    found = ask(ctx, session.update, {"sessionKey": key, "title": " ".join(title)})
    if shared(ctx).json:
        print_json(found)
    else:
        aside(f"{key} is called {found.get('title')} now.")


sessions.add_command(
    command(
        Verb(
            "delete",
            session.delete,
            ("sessionKey",),
            done="It is deleted.",
            sure="Delete the session and all that belongs to it?",
        )
    )
)

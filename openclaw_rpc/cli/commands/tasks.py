"""`openclaw tasks`: what is done by the clock."""

from typing import Any

import click
import msgspec

from openclaw_rpc.cli.commands.lists import ask
from openclaw_rpc.cli.completing import complete_name
from openclaw_rpc.cli.options import CommandGroup, gateway_command, shared
from openclaw_rpc.cli.output import print_json, print_table, to_json
from openclaw_rpc.protocol import task

MAX_OUTPUT = 60


@click.group(cls=CommandGroup)
def tasks() -> None:
    """What is done on a schedule."""


@tasks.command("list")
@gateway_command
@click.pass_context
def list_(ctx: click.Context) -> None:
    """All tasks."""
    found = ask(ctx, task.list_)
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["TASK", "NAME", "WHEN", "ZONE", "NEXT", "LAST", "ON"],
        [
            (
                one["id"],
                one["name"],
                one.get("schedule") or one.get("every") or one.get("at"),
                one.get("timezone", "UTC"),
                one.get("nextRunAt"),
                one.get("lastStatus"),
                "yes" if one["enabled"] else "no",
            )
            for one in found["tasks"]
        ],
        empty="There are no tasks: openclaw tasks create NAME --cron '0 9 * * *' --message TEXT makes one.",
    )


@tasks.command()
@click.argument("task_id", metavar="ID", shell_complete=complete_name("task", "taskId"))
@gateway_command
@click.pass_context
def get(ctx: click.Context, task_id: str) -> None:
    """One task."""
    _show(ctx, ask(ctx, task.get, {"taskId": task_id}))


@tasks.command()
@click.argument("name")
@click.option("--cron", "schedule", metavar="CRON", help="Five fields, or six with seconds first; @daily and the like.")
@click.option("--every", metavar="INTERVAL", help="30s, 5m, 2h, 1d.")
@click.option("--at", metavar="TIME", help="Once, ISO 8601.")
@click.option("--timezone", metavar="ZONE", help="IANA's name, Europe/Berlin; else UTC.")
@click.option("--message", metavar="TEXT", help="Ask the agent this.")
@click.option("--command", metavar="LINE", help="Run this in the workspace.")
@click.option(
    "--skill",
    metavar="SKILL:TOOL",
    help="Use a skill's tool, its params from --params.",
    shell_complete=complete_name("skill", "name"),
)
@click.option("--params", metavar="JSON", help="The params of the skill's tool.")
@click.option(
    "--agent",
    metavar="AGENT",
    help="Which agent --message asks, if not the default one.",
    shell_complete=complete_name("", "agentId"),
)
@click.option("--to", metavar="CHANNEL:CHAT", help="Send its result to a chat.")
@click.option("--overlap", type=click.Choice(["skip", "allow"]), help="What to do when it is due while still running.")
@click.option(
    "--missed", type=click.Choice(["skip", "once"]), help="Whether to make up for times missed while it was off."
)
@gateway_command
@click.pass_context
def create(ctx: click.Context, name: str, **given: Any) -> None:
    """Do something on a schedule."""
    action = _action(ctx, given)
    if action is None:
        raise click.UsageError("Give one of --message, --command and --skill.", ctx)
    found = ask(ctx, task.create, {"name": name, "action": action, **_fields(ctx, given)})
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"{found['id']}, next {found.get('nextRunAt', 'never')}")


@tasks.command()
@click.argument("task_id", metavar="ID", shell_complete=complete_name("task", "taskId"))
@click.option("--name", metavar="NAME", help="A new name.")
@click.option("--cron", "schedule", metavar="CRON", help="In place of its schedule.")
@click.option("--every", metavar="INTERVAL", help="In place of its schedule.")
@click.option("--at", metavar="TIME", help="In place of its schedule.")
@click.option("--timezone", metavar="ZONE", help="IANA's name.")
@click.option("--message", metavar="TEXT", help="Ask the agent this from now on.")
@click.option("--command", metavar="LINE", help="Run this from now on.")
@click.option("--to", metavar="CHANNEL:CHAT", help="Send its result to this chat.")
@click.option("--overlap", type=click.Choice(["skip", "allow"]), help="What to do when it is due while still running.")
@click.option(
    "--missed", type=click.Choice(["skip", "once"]), help="Whether to make up for times missed while it was off."
)
@click.option("--enable/--disable", "enabled", default=None, help="Switch it on or off.")
@gateway_command
@click.pass_context
def update(ctx: click.Context, task_id: str, **given: Any) -> None:
    """Change one."""
    action = _action(ctx, given)
    params = {**_fields(ctx, given), **({"action": action} if action is not None else {})}
    if not params:
        raise click.UsageError("Say what is to be changed.", ctx)
    _show(ctx, ask(ctx, task.update, {"taskId": task_id, **params}))


def _action(ctx: click.Context, given: dict[str, Any]) -> dict[str, Any] | None:
    """What the options say is to be done; None where they say nothing of that."""
    message, command, skill, agent, params = (
        given.pop(each, None) for each in ("message", "command", "skill", "agent", "params")
    )
    if sum(each is not None for each in (message, command, skill)) > 1:
        raise click.UsageError("Give one of --message, --command and --skill.", ctx)
    if message is not None:
        return {"type": "message", "params": {"content": message, **({"agentId": agent} if agent else {})}}
    if command is not None:
        return {"type": "command", "params": {"command": command}}
    if skill is None:
        return None
    slug, _, tool = skill.partition(":")
    try:
        values = msgspec.json.decode(params or "{}", type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise click.UsageError(f"--params must be a JSON object: {error}", ctx) from None
    return {"type": "skill", "name": slug, "params": {**values, **({"action": tool} if tool else {})}}


def _fields(ctx: click.Context, given: dict[str, Any]) -> dict[str, Any]:
    """The other options as the method takes them."""
    to = given.pop("to", None)
    params = {name: value for name, value in given.items() if value is not None}
    if to is not None:
        channel_id, colon, chat = to.partition(":")
        if not colon or not chat:
            raise click.UsageError("--to must be CHANNEL:CHAT, like telegram:12345.", ctx)
        params["deliver"] = {"channelId": channel_id, "to": chat}
    return params


def _show(ctx: click.Context, found: dict[str, Any]) -> None:
    """One task, a line for each thing that is known of it."""
    if shared(ctx).json:
        print_json(found)
        return
    action, deliver = found["action"], found.get("deliver")
    for name, value in (
        ("task", f"{found['id']} ({found['name']})"),
        ("does", f"{action['type']} {to_json(action.get('params') or {})}"),
        ("when", f"{found.get('schedule') or found.get('every') or found.get('at')}, {found.get('timezone', 'UTC')}"),
        ("next", found.get("nextRunAt")),
        ("last", " ".join(each for each in (found.get("lastRunAt"), found.get("lastStatus")) if each)),
        ("to", f"{deliver['channelId']}:{deliver['to']}" if deliver else None),
        ("overlap", found["overlap"]),
        ("missed", found["missed"]),
        ("on", "yes" if found["enabled"] else "no"),
    ):
        if value:
            click.echo(f"{name:<8} {value}")


@tasks.command()
@click.argument("task_id", metavar="ID", shell_complete=complete_name("task", "taskId"))
@gateway_command
@click.pass_context
def delete(ctx: click.Context, task_id: str) -> None:
    """Remove one and its history."""
    found = ask(ctx, task.delete, {"taskId": task_id})
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"{found['id']} is removed.")


@tasks.command()
@click.argument("task_id", metavar="ID", shell_complete=complete_name("task", "taskId"))
@gateway_command
@click.pass_context
def run(ctx: click.Context, task_id: str) -> None:
    """Do it now, besides its times."""
    found = ask(ctx, task.run, {"taskId": task_id})
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"{found['id']} is {found['status']}.")


@tasks.command()
@click.argument("task_id", metavar="ID", shell_complete=complete_name("task", "taskId"))
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@gateway_command
@click.pass_context
def runs(ctx: click.Context, task_id: str, limit: int) -> None:
    """Its times, the newest first, and what came of them."""
    found = ask(ctx, task.runs, {"taskId": task_id, "limit": limit})
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["DUE", "STATUS", "BEGAN", "ENDED", "CAME TO"],
        [
            (
                one["scheduledAt"],
                one["status"],
                one.get("startedAt"),
                one.get("finishedAt"),
                one.get("error") or _short(one.get("output")),
            )
            for one in found["runs"]
        ],
        empty="It has not been due yet.",
    )


@tasks.command()
@click.option("--cron", "schedule", metavar="CRON", help="Five fields, or six with seconds first.")
@click.option("--every", metavar="INTERVAL", help="30s, 5m, 2h, 1d.")
@click.option("--at", metavar="TIME", help="Once, ISO 8601.")
@click.option("--timezone", metavar="ZONE", help="IANA's name; else UTC.")
@click.option("--count", type=click.IntRange(1, 100), default=5, show_default=True, help="How many.")
@gateway_command
@click.pass_context
def preview(ctx: click.Context, **given: Any) -> None:
    """The next times of a schedule."""
    found = ask(ctx, task.preview, {name: value for name, value in given.items() if value is not None})
    if shared(ctx).json:
        print_json(found)
        return
    for time in found["times"]:
        click.echo(time)


def _short(output: Any) -> str:
    """The beginning of what a time of a task came to, on one line."""
    text = " ".join((output if isinstance(output, str) else to_json(output)).split()) if output is not None else ""
    return text if len(text) <= MAX_OUTPUT else f"{text[: MAX_OUTPUT - 1]}…"

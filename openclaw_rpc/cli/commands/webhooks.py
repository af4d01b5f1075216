"""`openclaw webhooks`: other systems are called when something happens."""

from typing import Any

import click

from openclaw_rpc.cli.commands.lists import ask
from openclaw_rpc.cli.completing import complete_event, complete_name
from openclaw_rpc.cli.options import CommandGroup, gateway_command, shared
from openclaw_rpc.cli.output import aside, print_json, print_table
from openclaw_rpc.protocol import webhook


@click.group(cls=CommandGroup)
def webhooks() -> None:
    """Have other systems called when something happens."""


@webhooks.command("list")
@gateway_command
@click.pass_context
def list_(ctx: click.Context) -> None:
    """All webhooks."""
    found = ask(ctx, webhook.list_)
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["WEBHOOK", "URL", "EVENTS", "ON", "REMARK"],
        [
            (
                one["id"],
                one["url"],
                ", ".join(one["events"]),
                "yes" if one["enabled"] else "no",
                one.get("disabledReason"),
            )
            for one in found["webhooks"]
        ],
        empty="There are no webhooks: openclaw webhooks create URL EVENT… makes one.",
    )


@webhooks.command()
@click.argument("url")
@click.argument("events", metavar="EVENT…", nargs=-1, required=True, shell_complete=complete_event)
@click.option("--secret", metavar="SECRET", help="whsec_ and base64; else one is made and shown once.")
@click.option("--ordered", is_flag=True, help="An event waits until the one before has arrived.")
@gateway_command
@click.pass_context
def create(ctx: click.Context, url: str, events: tuple[str, ...], secret: str | None, ordered: bool) -> None:
    """Call URL at each EVENT: message.sent, task.*, …"""
    params: dict[str, Any] = {"url": url, "events": list(events), "ordered": ordered}
    if secret is not None:
        params["secret"] = secret
    found = ask(ctx, webhook.create, params)
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(found["id"])
    if found.get("secret"):
        aside("The secret, shown this once:")
        click.echo(found["secret"])


@webhooks.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_name("webhook", "webhookId"))
@gateway_command
@click.pass_context
def get(ctx: click.Context, webhook_id: str) -> None:
    """The state of one."""
    _show(ctx, ask(ctx, webhook.get, {"webhookId": webhook_id}))


@webhooks.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_name("webhook", "webhookId"))
@click.option("--url", metavar="URL", help="Where to call from now on.")
@click.option(
    "--event",
    "events",
    metavar="EVENT",
    multiple=True,
    help="In place of the others; may be repeated.",
    shell_complete=complete_event,
)
@click.option("--new-secret", is_flag=True, help="Make a new secret; the old one signs beside it for a day.")
@click.option("--enable/--disable", "enabled", default=None, help="Switch it on or off.")
@click.option("--ordered/--unordered", default=None, help="Whether an event waits until the one before has arrived.")
@gateway_command
@click.pass_context
def update(ctx: click.Context, webhook_id: str, events: tuple[str, ...], *, new_secret: bool, **changes: Any) -> None:
    """Change one."""
    params = {name: value for name, value in changes.items() if value is not None}
    if events:
        params["events"] = list(events)
    if new_secret:
        params["secret"] = True
    if not params:
        raise click.UsageError("Say what is to be changed.", ctx)
    _show(ctx, ask(ctx, webhook.update, {"webhookId": webhook_id, **params}))


@webhooks.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_name("webhook", "webhookId"))
@gateway_command
@click.pass_context
def delete(ctx: click.Context, webhook_id: str) -> None:
    """Remove one, and what waits for it."""
    found = ask(ctx, webhook.delete, {"webhookId": webhook_id})
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"{found['id']} is removed.")


@webhooks.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_name("webhook", "webhookId"))
@gateway_command
@click.pass_context
def test(ctx: click.Context, webhook_id: str) -> None:
    """Call it once, and say what came back."""
    found = ask(ctx, webhook.test, {"webhookId": webhook_id})
    if shared(ctx).json:
        print_json(found)
    else:
        click.echo(f"{found.get('status', '')} {found.get('error') or 'delivered'}".strip())
    if not found["delivered"]:
        ctx.exit(1)


@webhooks.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_name("webhook", "webhookId"))
@click.option("--status", type=click.Choice(["pending", "delivered", "dead"]), help="Only those.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@gateway_command
@click.pass_context
def deliveries(ctx: click.Context, webhook_id: str, status: str | None, limit: int) -> None:
    """Its calls, the newest first."""
    params: dict[str, Any] = {"webhookId": webhook_id, "limit": limit, **({"status": status} if status else {})}
    found = ask(ctx, webhook.deliveries, params)
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["DELIVERY", "EVENT", "STATUS", "TRIES", "CREATED", "ERROR"],
        [
            (one["id"], one["event"], one["status"], one["attempts"], one["createdAt"], one.get("lastError"))
            for one in found["deliveries"]
        ],
        empty="It has not been called yet.",
    )


@webhooks.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_name("webhook", "webhookId"))
@click.argument("delivery_id", metavar="DELIVERY", shell_complete=complete_name("webhook", "deliveryId"))
@gateway_command
@click.pass_context
def redeliver(ctx: click.Context, webhook_id: str, delivery_id: str) -> None:
    """Make a call again, with the same body and webhook-id."""
    found = ask(ctx, webhook.redeliver, {"webhookId": webhook_id, "deliveryId": delivery_id})
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"{found['id']} is {found['status']}.")


def _show(ctx: click.Context, found: dict[str, Any]) -> None:
    """One webhook, a line for each thing that is known of it."""
    if shared(ctx).json:
        print_json(found)
        return
    for name, value in (
        ("webhook", found["id"]),
        ("url", found["url"]),
        ("events", ", ".join(found["events"])),
        ("on", "yes" if found["enabled"] else "no"),
        ("ordered", "yes" if found.get("ordered") else "no"),
        ("remark", found.get("disabledReason")),
        ("error", found.get("lastError")),
    ):
        if value:
            click.echo(f"{name:<8} {value}")
    if found.get("secret"):
        aside("The new secret, shown this once:")
        click.echo(found["secret"])

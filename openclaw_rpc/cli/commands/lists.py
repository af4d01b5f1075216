"""`openclaw agents` and `models`: one call each, laid out for people."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from openclaw import AsyncOpenClawClient
from openclaw_rpc.cli.connecting import connect
from openclaw_rpc.cli.options import gateway_command, shared
from openclaw_rpc.cli.output import print_json, print_table
from openclaw_rpc.cli.target import find_target
from openclaw_rpc.protocol import agent, model
from openclaw_rpc.protocol.base import Paged

if TYPE_CHECKING:
    from openclaw_rpc.protocol.table import AnyMethod


def ask(ctx: click.Context, row: AnyMethod, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call a method of the gateway, and wait for its answer; of a list that comes in pages, for all of them."""

    async def call() -> dict[str, Any]:
        async with connect(find_target(shared(ctx))) as client:
            return await whole_list(client, row, params)

    return asyncio.run(call())


async def whole_list(
    client: AsyncOpenClawClient, row: AnyMethod, params: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Call a method; of a list that comes in pages, all of them."""
    found = await client.call(row.name, params)
    while issubclass(row.params, Paged) and (cursor := found.pop("nextCursor", None)):
        page = await client.call(row.name, {**(params or {}), "cursor": cursor})
        older, newer = (page, found) if row.backwards else (found, page)
        found = {**page, row.pages: older[row.pages] + newer[row.pages]}
    return found


@click.command()
@gateway_command
@click.pass_context
def agents(ctx: click.Context) -> None:
    """The agents that can be asked, the default one first."""
    found = ask(ctx, agent.list_)
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["AGENT", "NAME", "MODEL", "ABOUT"],
        [
            (one["id"] + (" *" if one["default"] else ""), one.get("name"), one.get("model"), one.get("description"))
            for one in found["agents"]
        ],
        empty="There are no agents.",
    )


@click.command()
@gateway_command
@click.pass_context
def models(ctx: click.Context) -> None:
    """The models that can be asked; the one that is asked by default is marked."""
    found = ask(ctx, model.list_)
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["MODEL", "PROVIDER", "REMARK"],
        [
            (one["id"] + (" *" if one.get("default") else ""), one["provider"], one.get("error"))
            for one in found["models"]
        ],
        empty="No provider offers a model.",
    )

"""Several processes as one gateway."""

from __future__ import annotations

from typing import Any

import anyio

from tests.support.gateway import Client


async def seen(client: Client, nodes: set[str]) -> Any:
    """The status, once a node knows of all others: it looks with each of its beats."""
    with anyio.fail_after(30):
        while True:
            status = await client.result("system.status")
            if {each["node"] for each in status["nodes"]} == nodes:
                return status
            await anyio.sleep(0.05)

"""A gateway whose agents' model does what it reads, and what tests of agents ask of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.support.gateway import Client, Frame, TestGateway, gateway, settings
from tests.support.obedient import Obedient, obedient_model

PIN = "2468"


def key() -> str:
    """A session of the test's own."""
    return f"s-{uuid4().hex[:12]}"


class World:
    """A gateway, its model, and a client of the owner's."""

    def __init__(self, served: TestGateway, model: Obedient, client: Client) -> None:
        self.served = served
        self.model = model
        self.client = client

    @property
    def workspace(self) -> Path:
        """The owner's files."""
        return self.served.app.paths.workspace

    async def run(self, message: str, **params: Any) -> Frame:
        """Run a message to its end: the data of its final event."""
        params.setdefault("sessionKey", key())
        _, done = await self.client.chat(message, **params)
        return done["data"]

    async def start(self, message: str, **params: Any) -> str:
        """Begin a run; its id."""
        accepted = await self.client.result("chat.run", message=message, sessionKey=key(), **params)
        return accepted["runId"]

    def told(self, run_id: str, name: str) -> list[dict[str, Any]]:
        """The data of a run's events of that name."""
        return [frame["data"] for frame in self.client.told(run_id, name)]

    def results(self, run_id: str) -> list[dict[str, Any]]:
        """What its tools answered."""
        return self.told(run_id, "tool.result")

    async def use(self, message: str, **params: Any) -> dict[str, Any]:
        """Run a message that has one tool used: the data of its `tool.result`."""
        done = await self.run(message, **params)
        (result,) = self.results(done["runId"])
        return result

    async def audited(self, **query: Any) -> list[tuple[str, str]]:
        """The audit log, the oldest first: tools and outcomes."""
        page = await self.client.result("audit.query", limit=200, **query)
        return [(record["tool"], record["outcome"]) for record in reversed(page["records"])]


@asynccontextmanager
async def world(
    *, agents: Mapping[str, Any] | None = None, pin: str | None = None, model: Obedient | None = None, **sections: Any
) -> AsyncGenerator[World]:
    """Everything, with these sections of `gateway.yaml` beside the tests' own."""
    async with obedient_model() as own:
        config = settings((model or own).url, shutdown_seconds=0) | sections
        if agents is not None:
            config["agents"] = dict(agents)
        async with gateway(config) as served, served.connect() as client:
            if pin is not None:
                served.set_pin(pin)
            yield World(served, model or own, client)

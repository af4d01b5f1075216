"""A channel by itself, as the gateway would hold it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import msgspec
import pytest

from openclaw_rpc.channels import Channel, ChannelFault, Message
from tests.support.logs import ListLog


class Held:
    """A channel that runs, and what it received. ``fault`` is why it ended; ``refuse`` makes receiving fail once."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.received: list[Message] = []
        self.fault: Exception | None = None
        self.states: list[bool] = []
        self.refuse: Exception | None = None
        self._changed = anyio.Event()

    async def take(self, message: Message) -> None:
        """What the gateway does with a message."""
        if self.refuse is not None:
            fault, self.refuse = self.refuse, None
            raise fault
        self.received.append(message)
        self.wake()

    def wake(self) -> None:
        """Something changed."""
        self._changed.set()
        self._changed = anyio.Event()

    async def until(self, condition: Callable[[], Any], seconds: float = 40) -> None:
        """Wait until a condition holds."""
        with anyio.fail_after(seconds):
            while not condition():
                changed = self._changed
                with anyio.move_on_after(0.2):
                    await changed.wait()

    async def connected(self) -> None:
        """Wait until it says that it is connected."""
        await self.until(lambda: self.states and self.states[-1])


Hold = Callable[..., Any]


@pytest.fixture
def hold(tmp_path: Path) -> Hold:
    """Runs a channel as a context."""

    @asynccontextmanager
    async def held(cls: type[Channel], **settings: Any) -> AsyncGenerator[Held]:
        channel = cls()
        channel.settings = msgspec.convert(settings, cls.settings_type)
        channel.data_dir, channel.log = tmp_path, ListLog()
        channel.fetch = fetched
        found = Held(channel)

        def connection(connected: bool, _: str | None) -> None:
            found.states.append(connected)
            found.wake()

        channel.on_connection = connection

        async def run() -> None:
            try:
                await channel.run(found.take)
            except Exception as error:
                found.fault = error
                found.wake()

        async with anyio.create_task_group() as group:
            group.start_soon(run)
            yield found
            group.cancel_scope.cancel()

    return held


async def fetched(url: str, *, most: int, headers: Mapping[str, str] | None = None) -> bytes:
    """Fetches without a guard."""
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        if answer.status != 200:
            raise ChannelFault(f"answered {answer.status}")
        data = await answer.read()
    if len(data) > most:
        raise ChannelFault("too large")
    return data

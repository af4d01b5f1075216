"""What the platforms have in common: a server on a free port, and answers that were prepared."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import anyio
from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Platform:
    """A server that writes down what it is asked. ``prepared`` answers come first, one a request."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.prepared: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self._told = anyio.Event()

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncGenerator[Self]:
        """Serve on loopback until left."""
        platform = cls()
        app = web.Application(client_max_size=64 << 20)
        platform.add_routes(app)
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        platform.url = f"http://{host}:{port}"
        try:
            yield platform
        finally:
            await platform.stop()
            await runner.cleanup()

    def add_routes(self, app: web.Application) -> None:
        """What is served."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Let go of whoever waits."""

    def note(self, what: str, data: dict[str, Any]) -> None:
        """Write down a request."""
        self.asked.append((what, data))
        self.changed()

    def changed(self) -> None:
        """Something happened that somebody may wait for."""
        self._told.set()
        self._told = anyio.Event()

    async def until(self, condition: Callable[[], Any], seconds: float = 40) -> Any:
        """Wait until a condition holds; its value."""
        with anyio.fail_after(seconds):
            while not (value := condition()):
                told = self._told
                with anyio.move_on_after(0.2):
                    await told.wait()
        return value

    def all(self, what: str) -> list[dict[str, Any]]:
        """The requests of a kind."""
        return [data for name, data in self.asked if name == what]

    def prepare(self, what: str, *answers: Answer) -> None:
        """Have the next requests of a kind answered so."""
        self.prepared[what].extend(answers)

    async def prepared_answer(self, what: str, request: web.Request) -> web.StreamResponse | None:
        """The answer that was prepared for a request, where one was."""
        if self.prepared[what]:
            return await self.prepared[what].popleft()(request)
        return None


def answering(
    status: int, body: Any = None, *, text: str | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """An answer with a status and JSON, or text."""

    async def answer(_: web.Request) -> web.StreamResponse:
        if text is not None:
            return web.Response(status=status, text=text, content_type="text/html", headers=headers)
        return web.json_response(body if body is not None else {}, status=status, headers=headers)

    return answer


def breaking() -> Answer:
    """The connection is cut after the request was read."""

    async def answer(request: web.Request) -> web.StreamResponse:
        await request.read()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return answer

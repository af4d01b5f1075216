"""A whole gateway in the test's own process, on a free port, with a home of its own; and a client for it."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import anyio
from websockets.asyncio.client import ClientConnection, connect

from openclaw_rpc.app import App, Gateway, Options
from openclaw_rpc.app.storage import Kept, opened
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.principals import owner
from openclaw_rpc.domain.tokens import KnownTokens, TokenService
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.token import TokenCreateParams

T = TypeVar("T")

TOKEN = "test-token-0123456789"
PASSWORD = "test-password-42"
SECONDS = 30.0

Frame = Any


class Client:
    """A WebSocket client that keeps every frame it has seen."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[Frame] = []
        self._id = 0

    async def send(self, frame: Any) -> None:
        """Send a frame: text as it is, anything else as JSON."""
        await self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def next(self, wanted: Callable[[Frame], bool] = lambda _: True, seconds: float = SECONDS) -> Frame:
        """The next frame that is wanted."""
        with anyio.fail_after(seconds):
            while True:
                frame = json.loads(await self.socket.recv())
                self.seen.append(frame)
                if wanted(frame):
                    return frame

    async def event(self, name: str, seconds: float = SECONDS, **data: Any) -> Frame:
        """The next event of that name whose data holds ``data``."""

        def wanted(frame: Frame) -> bool:
            return (
                isinstance(frame, dict)
                and frame.get("type") == name
                and all(frame["data"].get(key) == value for key, value in data.items())
            )

        return await self.next(wanted, seconds)

    async def call(self, method: str, params: Mapping[str, Any] | None = None, seconds: float = SECONDS) -> Frame:
        """Call, and answer the whole answer."""
        self._id += 1
        call_id = f"c{self._id}"
        await self.send({"jsonrpc": "2.0", "id": call_id, "method": method, "params": dict(params or {})})
        return await self.next(lambda frame: isinstance(frame, dict) and frame.get("id") == call_id, seconds)

    async def result(self, method: str, **params: Any) -> Any:
        """Call, and answer the result."""
        frame = await self.call(method, params)
        assert "result" in frame, frame
        return frame["result"]

    async def error(self, method: str, **params: Any) -> Any:
        """Call, and answer the error."""
        frame = await self.call(method, params)
        assert "error" in frame, frame
        return frame["error"]

    def told(self, run_id: str, name: str | None = None) -> list[Frame]:
        """The events of a run that were seen so far; those of one name where it is given."""
        return [
            frame
            for frame in self.seen
            if isinstance(frame, dict)
            and "type" in frame
            and frame.get("data", {}).get("runId") == run_id
            and name in (None, frame["type"])
        ]

    def text(self, run_id: str) -> str:
        """The deltas of a run that were seen so far, joined."""
        return "".join(frame["data"]["delta"] for frame in self.told(run_id, "chat.delta"))

    async def chat(self, message: str, seconds: float = SECONDS, **params: Any) -> tuple[str, Frame]:
        """Run a message to its end: its text, and its final event."""
        accepted = await self.result("chat.run", message=message, **params)
        before = len(self.seen)
        done = await self.event("chat.done", seconds, runId=accepted["runId"])
        text = "".join(
            frame["data"]["delta"]
            for frame in self.seen[before:]
            if frame.get("type") == "chat.delta" and frame["data"]["runId"] == accepted["runId"]
        )
        return text, done


class TestGateway:
    """A gateway that runs. ``home`` is its OPENCLAW_HOME."""

    __test__ = False

    def __init__(self, app: Gateway, home: Path) -> None:
        self.app = app
        self.home = home

    @property
    def url(self) -> str:
        """Its HTTP address."""
        return self.app.url

    @property
    def ws_url(self) -> str:
        """Its WebSocket address."""
        return self.app.url.replace("http", "ws", 1)

    @asynccontextmanager
    async def connect(
        self,
        path: str = "/",
        *,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
        greeted: bool = True,
        **options: Any,
    ) -> AsyncGenerator[Client]:
        """A client; with ``greeted``, after its first frame."""
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        # Nothing is left unread for want of room: a client that stops reading says so itself.
        chosen = {"max_queue": None, "max_size": None, **options}
        async with connect(self.ws_url + path, additional_headers=sent, proxy=None, **chosen) as socket:
            client = Client(socket)
            if greeted:
                await client.next(lambda frame: frame.get("type") in ("connected", "auth_success"))
            yield client

    @asynccontextmanager
    async def http(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """An answer over HTTP, on a connection of its own."""
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.url + path, json=body, headers=sent) as response,
        ):
            yield response

    def make_token(self, user: str = "owner", scopes: str = "read,chat,tools", name: str | None = None) -> str:
        """A token for a user."""
        params = TokenCreateParams(
            name=name or f"{user}-{scopes.replace(',', '-')}",
            user=user,
            scopes=[Scope(scope) for scope in scopes.split(",")],
        )

        async def make(kept: Kept) -> str:
            service = TokenService(KnownTokens(kept.tokens), SystemClock())
            return (await service.create(owner("tests"), params)).token

        return self.beside(make)

    def set_pin(self, pin: str) -> None:
        """Set the PIN, as `openclaw pin set` does."""
        self.beside(lambda kept: kept.pins.set(pin))

    def beside(self, work: Callable[[Kept], Awaitable[T]]) -> T:
        """Open what the gateway keeps once more, as the command line does, in a loop of its own."""

        async def run() -> T:
            async with opened(self.app.settings.storage, self.app.paths) as kept:
                return await work(kept)

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(anyio.run, run).result()


def settings(upstream: str | None = None, **gateway: Any) -> dict[str, Any]:
    """A configuration for tests: no limits that would be in the way, a scripted model where one is given."""
    plenty = {f"{kind}_per_minute": 10**6 for kind in ("requests", "messages", "skills", "files")}
    chosen: dict[str, Any] = {
        "gateway": {
            "port": 0,
            "heartbeat_seconds": 60,
            "shutdown_seconds": 2,
            "auth": {"token": TOKEN, "password": PASSWORD},
            "rate_limit": plenty,
            "max_connections_per_principal": 1000,
            **gateway,
        },
        "logging": {"level": "debug"},
        "outbound": {"allow_private_hosts": ["127.0.0.1"]},
    }
    if upstream is not None:
        chosen["providers"] = {
            "primary": {"type": "openai-compatible", "model": "scripted", "base_url": upstream, "api_key": "sk-test-1"}
        }
    return chosen


@asynccontextmanager
async def gateway(
    config: Mapping[str, Any], home: Path | None = None, env: Mapping[str, str] | None = None
) -> AsyncGenerator[TestGateway]:
    """A gateway with that configuration. Without a ``home`` it gets one that is gone afterwards."""
    with contextlib.ExitStack() as stack:
        if home is None:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openclaw-test-")))
        path = home / "gateway.yaml"
        path.write_text(json.dumps(config))  # which is YAML
        path.chmod(0o600)
        app = App(Options(environ={**(env or {}), "OPENCLAW_HOME": str(home)}))
        async with app.running() as gateway:
            yield TestGateway(gateway, home)

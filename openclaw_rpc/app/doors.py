"""The doors of the gateway: one port, WebSockets and HTTP."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path

import anyio

from openclaw_rpc.adapters.npm import find_control_ui, page_in
from openclaw_rpc.app.access import Access
from openclaw_rpc.app.chores import Work
from openclaw_rpc.app.features import Feature
from openclaw_rpc.app.nodes import Nodes
from openclaw_rpc.app.options import Options
from openclaw_rpc.app.outside import Outside
from openclaw_rpc.config.node_file import NodeFile
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.dialects.http import DIALECTS
from openclaw_rpc.dialects.sockets import every as sockets
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.transports.head import HeadJudge, HeadRules
from openclaw_rpc.transports.http.base import HttpDoor
from openclaw_rpc.transports.http.control_ui import ControlUiDoor
from openclaw_rpc.transports.http.dashboard import DashboardDoor
from openclaw_rpc.transports.http.health import Health
from openclaw_rpc.transports.http.hooks import HooksDoor
from openclaw_rpc.transports.http.manual import Manual
from openclaw_rpc.transports.http.mcp import McpDoor
from openclaw_rpc.transports.http.metrics import Metrics, MetricsDoor
from openclaw_rpc.transports.http.openapi import OpenApiDoor
from openclaw_rpc.transports.http.people import People
from openclaw_rpc.transports.http.rest import RestDoor
from openclaw_rpc.transports.listener import Listener, hand_over
from openclaw_rpc.transports.places import Places
from openclaw_rpc.transports.sockets import activated, adopted
from openclaw_rpc.transports.ws.door import SocketDoor

LAST_SECONDS = 1
"""How long clients have, once everything has ended, to take note of it."""
CAPABILITIES = ("chat", "channels")


class Doors(Feature):
    """All doors, and the port before them."""

    def __init__(
        self,
        file: NodeFile,
        options: Options,
        dispatcher: Dispatcher,
        access: Access,
        outside: Outside,
        nodes: Nodes,
        metrics: Metrics,
        health: Health,
    ) -> None:
        self._file = file
        self._options = options
        self._access = access
        gateway = file.settings.gateway
        self.addresses: list[tuple[str, int]] = []
        """Where it listens: host and port."""
        self._judge = HeadJudge(rules_of(file.settings), bind=gateway.bind, port=gateway.port)
        self.places = Places(
            lambda: file.settings.gateway.max_connections_per_principal, lambda: file.settings.gateway.max_connections
        )
        self.ws = SocketDoor(
            lambda: file.settings.gateway,
            access.devices,
            dispatcher,
            nodes.everywhere,
            self.places,
            CAPABILITIES,
            sockets.dialects(gateway.control_ui.base_path),
            trusts=self._judge.trusts,
        )
        self.rest = RestDoor(
            DIALECTS,
            dispatcher,
            access.limiter,
            nodes.everywhere,
            self.places,
            outbox_bytes=lambda: file.settings.gateway.outbox_bytes,
            request_seconds=lambda: file.settings.gateway.request_timeout_seconds,
            people=People(lambda: file.settings.openai.user_jwt_secret),
        )
        self.mcp = McpDoor(dispatcher)
        recognise = access.authenticator.recognise
        self.http = HttpDoor(
            (
                *health.routes(),
                *MetricsDoor(metrics).routes(),
                *OpenApiDoor(DIALECTS).routes(),
                *Manual().routes(),
                *self.mcp.routes(),
                *HooksDoor(outside.channels.hook).routes(),
                *ControlUiDoor(*self._control_ui(), recognise, access.devices.recognise).routes(),
                *self.rest.routes(),
            ),
            judge=self._judge,
            identify=recognise,
            hand_over=lambda request: hand_over(request, self.ws.server),
            spell=self.rest.spell,
            body_bytes=lambda: file.settings.gateway.max_message_bytes,
            request_seconds=lambda: file.settings.gateway.request_timeout_seconds,
        )
        dashboard = DashboardDoor(
            access.sign_ins, recognise, self.http.address, self.http.cookie, self.ws.close_invalid
        )
        self.http.add(dashboard.routes())
        self.listener = Listener(
            websockets=self.ws.server,
            http=self.http.server(),
            judge=self._judge,
            max_connections=lambda: file.settings.gateway.max_connections,
            tls=tls_context(file.settings),
            refusal=self.rest.refusal,
        )

    @property
    def url(self) -> str:
        """Where a client on this machine connects."""
        host, port = self.addresses[0]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        scheme = "https" if self._file.settings.gateway.tls.certificate else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def listening(self) -> list[str]:
        """Every address that it listens at, as ``host:port``."""
        return [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.addresses]

    async def listen(self) -> None:
        """Take connections.

        Raises:
            CannotListenError: the address could not be had.
        """
        gateway, options = self._file.settings.gateway, self._options
        await self.ws.server.start()
        self.addresses = await self.listener.start(
            gateway.bind,
            gateway.port,
            reuse_port=gateway.reuse_port,
            sockets=adopted(options.sockets) or activated(options.environ, os.getpid()),
        )

    def _control_ui(self) -> tuple[str, Callable[[], Path | None]]:
        """Where OpenClaw's page is served, and how its folder is found."""
        chosen, env = self._file.settings.gateway.control_ui, self._options.environ
        if chosen.root is None:
            return chosen.base_path, lambda: None
        root = None if chosen.root == "auto" else Path(chosen.root).expanduser()
        return chosen.base_path, lambda: find_control_ui(env) if root is None else page_in(root)

    def chores(self) -> Iterable[tuple[str, Work]]:
        """What goes on by itself."""
        yield "heartbeats", self.ws.beat
        yield "tokens", self.ws.keep_valid
        yield "probes", self.ws.probe

    def apply(self, settings: Settings) -> None:
        """Take what changed in the configuration."""
        self._judge.rules = rules_of(settings)
        self.ws.apply()

    def close_invalid(self) -> None:
        """End what is open by a token that was revoked or has expired, whichever the door."""
        self.ws.close_invalid()
        self.http.close_invalid(self._access.authenticator.valid)

    def take_nothing_new(self, busy: Callable[[str], bool]) -> None:
        """The gateway stops. ``busy``: whether a session's runs have not ended, whose streams stay open."""
        self.ws.stopping = True
        if self._options.sockets:  # who comes now waits for this worker's successor
            self.listener.close_sockets()
        self.rest.stop(busy)

    async def leave(self, deadline: float) -> None:
        """Everything has ended: send everybody away. ``deadline``: until when requests may take, on anyio's clock."""
        self.rest.end_streams()
        for door in (self.http, self.mcp):
            await door.settle(max(0, deadline - anyio.current_time()))
        await self.listener.stop(grace=LAST_SECONDS)


def rules_of(settings: Settings) -> HeadRules:
    """From where requests may come."""
    gateway = settings.gateway
    return HeadRules(tuple(gateway.allowed_hosts), tuple(gateway.allowed_origins), tuple(gateway.trusted_proxies))


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """The gateway's certificate, where one is configured."""
    tls = settings.gateway.tls
    if tls.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tls.certificate, tls.key)
    return context

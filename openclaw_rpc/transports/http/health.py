"""Is it alive, is it ready: for load balancers and supervisors, open to everybody (reference 000, health)."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

import msgspec

from openclaw_rpc import __version__
from openclaw_rpc.durable import LITTLE
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route

RETRY_SECONDS: Final = 2
Phase = Literal["starting", "ready", "draining"]
"""Calls are served between the two others, in which a gateway starts and stops."""
DISPENSABLE: Final = frozenset({"redis"})
"""Engines that hold only what may be lost."""


class Health:
    """The open routes.

    ``phase``: where the gateway is between its start and its end. ``engines`` are what keeps things and what carries
    messages, by name, and whether each answers; ``node`` is this process's name. ``room``: how many bytes are free
    where they are kept. ``warnings``: what should be looked at and anybody may know.
    """

    def __init__(
        self,
        phase: Callable[[], Phase],
        engines: Callable[[], Mapping[str, bool]],
        node: str,
        room: Callable[[], int],
        warnings: Callable[[], list[str]] = list,
        *,
        version: str = __version__,
    ) -> None:
        self._node = node
        self._phase = phase
        self._warnings = warnings
        self._engines = engines
        self._room = room
        self._version = version
        self._started = time.monotonic()

    @property
    def uptime(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def routes(self) -> Iterable[Route]:
        """`/api/v1/health`, `/healthz` (alive) and `/readyz` (ready)."""
        yield Route("GET", "/api/v1/health", self.health, open=True)
        yield Route("GET", "/healthz", self.alive, open=True)
        yield Route("GET", "/readyz", self.is_ready, open=True)

    async def health(self, _: HttpRequest) -> web.Response:
        """``{status, version, uptime_seconds}``; ``status`` is ``ok`` as long as anything answers."""
        return _json({"status": "ok", "version": self._version, "uptime_seconds": int(self.uptime)})

    async def alive(self, _: HttpRequest) -> web.Response:
        """200: the event loop turns."""
        return _json({"status": "ok"})

    async def is_ready(self, _: HttpRequest) -> web.Response:
        """``{status, node, engines, warnings}``.

        200, or 503 while the gateway is ``starting`` or ``draining``, or what keeps things is ``away``, or its disk
        nearly ``full``. Without Redis it is ``degraded``, and serves all the same.
        """
        engines = self._engines()
        told = {name: "ok" if answers else "away" for name, answers in engines.items()}
        full = self._room() < LITTLE
        warnings = [*(["the disk is nearly full"] if full else ()), *self._warnings()]
        about: dict[str, object] = {"node": self._node, "engines": told, "warnings": warnings}
        serves = all(answers for name, answers in engines.items() if name not in DISPENSABLE)
        phase = self._phase()
        if phase == "ready" and serves and not full:
            return _json({"status": "ready" if all(engines.values()) else "degraded", **about})
        status = phase if phase != "ready" else "full" if serves else "away"
        return _json({"status": status, **about}, status=503, headers={"Retry-After": str(RETRY_SECONDS)})


def _json(value: dict[str, object], *, status: int = 200, headers: Mapping[str, str] = {}) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value),
        content_type="application/json",
        charset="utf-8",
        status=status,
        headers={"Cache-Control": "no-store", **headers},
    )

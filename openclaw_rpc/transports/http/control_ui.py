"""What OpenClaw's Control UI asks of the gateway that serves it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from openclaw_rpc import __version__
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.replies import JSON
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route

CONFIG: Final = "control-ui-config.json"
BASE_PATH: Final = "/openclaw"


class ControlUiDoor:
    """The page's configuration, at `/` and at its own base path."""

    def routes(self) -> Iterable[Route]:
        """For whoever may come in."""
        yield Route("GET", f"/{CONFIG}", self.at_root)
        yield Route("GET", f"{BASE_PATH}/{CONFIG}", self.at_base)

    async def at_root(self, _: HttpRequest) -> web.Response:
        """For a page that is served at `/`, by another program."""
        return _config("")

    async def at_base(self, _: HttpRequest) -> web.Response:
        """For a page below the base path."""
        return _config(BASE_PATH)


def _config(base_path: str) -> web.Response:
    told = {
        "basePath": base_path,
        "assistantName": "OpenClaw",
        "assistantAvatar": "",
        "assistantAgentId": "main",
        "serverVersion": __version__,
    }
    return web.Response(body=msgspec.json.encode(told), headers={"Content-Type": JSON, "Cache-Control": "no-store"})

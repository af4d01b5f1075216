"""What OpenClaw's Control UI asks of the gateway that serves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import msgspec

from openclaw_rpc import __version__
from openclaw_rpc.domain.principals import Credentials, Principal
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.replies import JSON
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route

CONFIG: Final = "control-ui-config.json"
BASE_PATH: Final = "/openclaw"


class ControlUiDoor:
    """The page's configuration, at `/` and at its own base path; ``of_device`` knows the tokens of devices."""

    def __init__(
        self,
        identify: Callable[[Credentials], Awaitable[Principal]],
        of_device: Callable[[str], Awaitable[Principal | None]],
    ) -> None:
        self._identify = identify
        self._of_device = of_device

    def routes(self) -> Iterable[Route]:
        """For whoever shows a token, a device's too."""
        yield Route("GET", f"/{CONFIG}", self.at_root, open=True)
        yield Route("GET", f"{BASE_PATH}/{CONFIG}", self.at_base, open=True)

    async def at_root(self, request: HttpRequest) -> web.Response:
        """For a page that is served at `/`, by another program.

        Raises:
            Unauthorized: it shows none that is valid.
        """
        return await self._config(request, "")

    async def at_base(self, request: HttpRequest) -> web.Response:
        """For a page below the base path.

        Raises:
            Unauthorized: it shows none that is valid.
        """
        return await self._config(request, BASE_PATH)

    async def _config(self, request: HttpRequest, base_path: str) -> web.Response:
        shown = Credentials.from_headers(
            request.headers.get("Authorization"), request.headers.get("X-OpenClaw-Password")
        )
        if shown.bearer is None or await self._of_device(shown.bearer) is None:
            await self._identify(shown)
        return _config(base_path)


def _config(base_path: str) -> web.Response:
    told = {
        "basePath": base_path,
        "assistantName": "OpenClaw",
        "assistantAvatar": "",
        "assistantAgentId": "main",
        "serverVersion": __version__,
    }
    return web.Response(body=msgspec.json.encode(told), headers={"Content-Type": JSON, "Cache-Control": "no-store"})

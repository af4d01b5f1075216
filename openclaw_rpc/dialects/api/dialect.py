"""Reference 002: `/api/*`, camelCase, with error codes in upper case."""

from __future__ import annotations

from typing import Any

from openclaw_rpc.dialects.api import browser, commands, files, memory, messages, sessions, skills, tasks, webhooks
from openclaw_rpc.dialects.api.errors import ApiError, upper
from openclaw_rpc.dialects.rest import Endpoint
from openclaw_rpc.protocol.errors import GatewayError


class Api:
    """The dialect."""

    name = "Sessions"
    about = "Messages in sessions, files, the browser, webhooks: `/api/*`, in camelCase, error codes in upper case."
    prefixes: tuple[str, ...] = ("/api/", "/api")
    endpoints: tuple[Endpoint, ...] = (
        *sessions.ENDPOINTS,
        *messages.ENDPOINTS,
        *memory.ENDPOINTS,
        *files.ENDPOINTS,
        *commands.ENDPOINTS,
        *browser.ENDPOINTS,
        *skills.ENDPOINTS,
        *webhooks.ENDPOINTS,
        *tasks.ENDPOINTS,
    )
    fault = ApiError

    def error(self, error: GatewayError) -> Any:
        """An error."""
        return upper(error)

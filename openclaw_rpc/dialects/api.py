"""Reference 002: `/api/*`, camelCase, with error codes in upper case."""

from __future__ import annotations

from typing import Any

from openclaw_rpc.dialects import (
    api_browser,
    api_commands,
    api_files,
    api_memory,
    api_messages,
    api_sessions,
    api_skills,
)
from openclaw_rpc.dialects.api_errors import ApiError, upper
from openclaw_rpc.dialects.rest import Endpoint
from openclaw_rpc.protocol.errors import GatewayError


class Api:
    """The dialect."""

    name = "002"
    prefixes: tuple[str, ...] = ("/api/", "/api")
    endpoints: tuple[Endpoint, ...] = (
        *api_sessions.ENDPOINTS,
        *api_messages.ENDPOINTS,
        *api_memory.ENDPOINTS,
        *api_files.ENDPOINTS,
        *api_commands.ENDPOINTS,
        *api_browser.ENDPOINTS,
        *api_skills.ENDPOINTS,
    )
    fault = ApiError

    def error(self, error: GatewayError) -> Any:
        """An error."""
        return upper(error)

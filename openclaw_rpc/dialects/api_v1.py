"""References 000, 001 and 004: `/api/v1/*`, snake_case with flat errors; 001's two endpoints are camelCase."""

from __future__ import annotations

from typing import Any

from openclaw_rpc.dialects import (
    api_v1_conversations,
    api_v1_gateway,
    api_v1_invoke,
    api_v1_memory,
    api_v1_messages,
    api_v1_skills,
)
from openclaw_rpc.dialects.api_v1_errors import FlatError, flat
from openclaw_rpc.dialects.rest import Endpoint
from openclaw_rpc.protocol.errors import GatewayError


class ApiV1:
    """The dialect."""

    name = "000"
    prefixes: tuple[str, ...] = ("/api/v1/", "/api/v1")
    endpoints: tuple[Endpoint, ...] = (
        *api_v1_messages.ENDPOINTS,
        *api_v1_conversations.ENDPOINTS,
        *api_v1_gateway.ENDPOINTS,
        *api_v1_memory.ENDPOINTS,
        *api_v1_invoke.ENDPOINTS,
        *api_v1_skills.ENDPOINTS,
    )
    fault = FlatError

    def error(self, error: GatewayError) -> Any:
        """An error."""
        return flat(error)

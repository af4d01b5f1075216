"""References 000, 001 and 004: `/api/v1/*`, snake_case with flat errors; 001's two endpoints are camelCase."""

from __future__ import annotations

from typing import Any

from openclaw_rpc.dialects.api_v1 import conversations, gateway, invoke, memory, messages, skills
from openclaw_rpc.dialects.api_v1.errors import FlatError, flat
from openclaw_rpc.dialects.rest import Endpoint
from openclaw_rpc.protocol.errors import GatewayError


class ApiV1:
    """The dialect."""

    name = "Conversations"
    about = "Messages in conversations, skills, memory, tasks: `/api/v1/*`, in snake_case, with flat errors."
    prefixes: tuple[str, ...] = ("/api/v1/", "/api/v1")
    endpoints: tuple[Endpoint, ...] = (
        *messages.ENDPOINTS,
        *conversations.ENDPOINTS,
        *gateway.ENDPOINTS,
        *memory.ENDPOINTS,
        *invoke.ENDPOINTS,
        *skills.ENDPOINTS,
    )
    fault = FlatError

    def error(self, error: GatewayError) -> Any:
        """An error."""
        return flat(error)

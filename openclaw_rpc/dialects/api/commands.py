"""Reference 002: `/api/commands`."""

from __future__ import annotations

from openclaw_rpc.dialects.rest import direct
from openclaw_rpc.protocol import command

ENDPOINTS = (direct("POST", "/api/commands/execute", command.execute),)

"""Reference 002: `/api/files`, the caller's workspace."""

from __future__ import annotations

from openclaw_rpc.dialects.rest import direct
from openclaw_rpc.protocol import file

ENDPOINTS = (
    direct("GET", "/api/files/read", file.read),
    direct("POST", "/api/files/write", file.write),
    direct("GET", "/api/files/list", file.list_),
    direct("GET", "/api/files/search", file.search),
)

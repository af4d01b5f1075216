"""Reference 002: `/api/memory`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from openclaw_rpc.dialects.rest import Ask, Endpoint, Inputs, Plan, Reply, direct
from openclaw_rpc.protocol import memory
from openclaw_rpc.protocol.base import Name, PageSize, Timestamp
from openclaw_rpc.protocol.memory import MemoryPlace, MemorySearchParams


class ApiMemoryQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words to look for (``q``), and filters, all of which must hold."""

    q: Annotated[str, Meta(min_length=1, max_length=10_000)]
    limit: PageSize = 10
    type: MemoryPlace = "all"
    since: Timestamp | None = None
    until: Timestamp | None = None
    category: Name | None = None


def search(inputs: Inputs) -> Plan:
    """Search the memory."""
    given = msgspec.structs.asdict(inputs.query)
    return Reply((yield Ask(memory.search, MemorySearchParams(query=given.pop("q"), **given))))


ENDPOINTS = (
    direct("POST", "/api/memory", memory.store, status=201),
    Endpoint(
        verb="GET",
        path="/api/memory/search",
        plan=search,
        doc=memory.search.doc,
        calls=(memory.search,),
        query=ApiMemoryQuery,
        answer=memory.search.result,
        fields={"query": "q"},
    ),
    direct("DELETE", "/api/memory/{key}", memory.delete),
)

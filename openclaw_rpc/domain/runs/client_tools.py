"""Functions that a client brings and runs itself, beside an agent's own tools."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Literal

import msgspec

from openclaw_rpc.domain.tools.ports import Preparation, ToolSpec
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.validation import checked

_log = logging.getLogger(__name__)


class _Function(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: JsonObject | None = None


class _Tool(msgspec.Struct):
    function: _Function
    type: Literal["function"] = "function"


def client_tool(tool: JsonObject) -> ToolSpec:
    """A function that a client brings, as a model is told of it.

    Raises:
        InvalidRequest: it is something else.
    """
    found = checked(tool, _Tool, "tools").function
    return ToolSpec(
        name=found.name,
        description=found.description or "",
        parameters=found.parameters or {"type": "object", "properties": {}},
    )


def beside(preparation: Preparation, clients: Mapping[str, ToolSpec]) -> Preparation:
    """An agent's tools with those of its client beside them, whose own is taken where both have a name."""
    if not clients:
        return preparation
    hidden = [spec.name for spec in preparation.tools if spec.name in clients]
    if hidden:
        _log.info("a client brought tools of names that the agent has: its own are used: %s", ", ".join(hidden))
    own = [spec for spec in preparation.tools if spec.name not in clients]
    return msgspec.structs.replace(preparation, tools=[*own, *clients.values()])

"""What `openclaw_rpc/aiohttp_private.py` takes of aiohttp is there, in the shape that the gateway relies on."""

from __future__ import annotations

import asyncio
import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import connector, helpers, web_protocol, web_request, web_server

ROOT = Path(__file__).parents[1]
PRIVATE = re.compile(r"^\s*(?:from|import) aiohttp\.\w+", re.MULTILINE)
DOCUMENTED = {"from aiohttp.abc import AbstractResolver", "from aiohttp.resolver import DefaultResolver"}
"""Submodules whose names are part of the documented interface."""
SHAPES: list[tuple[Any, tuple[str, ...]]] = [
    (helpers.get_env_proxy_for_url, ("url",)),
    (connector.BaseConnector.connect, ("self", "req", "traces", "timeout")),
    (web_protocol.RequestHandler.set_parser, ("self", "parser")),
    (web_protocol.RequestHandler.handle_error, ("self", "request", "status", "exc", "message")),
    (web_protocol.RequestHandler.connection_made, ("self", "transport")),
    (web_protocol.RequestHandler.connection_lost, ("self", "exc")),
    (web_protocol.RequestHandler.pause_writing, ("self",)),
    (web_protocol.RequestHandler.resume_writing, ("self",)),
    (web_protocol.RequestHandler.force_close, ("self",)),
    (web_request.BaseRequest.__init__, ("self", "message", "payload", "protocol", "payload_writer", "task", "loop")),
    (web_server.Server.pre_shutdown, ("self",)),
    (web_server.Server.shutdown, ("self", "timeout")),
]


@pytest.mark.parametrize(("function", "names"), SHAPES, ids=lambda value: getattr(value, "__qualname__", ""))
def test_a_private_function_takes_what_it_is_given(function: Any, names: tuple[str, ...]) -> None:
    assert tuple(inspect.signature(function).parameters)[: len(names)] == names


def test_a_client_request_is_made_as_a_connection_asks_for_it() -> None:
    assert {"method", "url", "loop", "proxy", "proxy_auth"} <= set(inspect.signature(aiohttp.ClientRequest).parameters)


async def test_a_lease_has_a_transport_and_a_protocol_that_may_be_replaced() -> None:
    assert {"transport", "protocol", "close"} <= set(dir(connector.Connection))
    assert issubclass(web_protocol.RequestHandler, asyncio.Protocol)
    assert isinstance(inspect.getattr_static(web_protocol.RequestHandler, "writing_paused"), property)


def test_the_release_that_may_change_it_is_not_installed() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    [bound] = [line for line in wanted if line.startswith("aiohttp")]
    assert re.fullmatch(r"aiohttp>=[0-9.]+,<3\.15", bound)
    assert aiohttp.__version__.startswith("3.14.")


def test_private_modules_are_imported_in_one_place_alone() -> None:
    found: dict[str, list[str]] = {}
    for path in (ROOT / "openclaw_rpc").rglob("*.py"):
        lines = [
            line.strip()
            for line in path.read_text().splitlines()
            if PRIVATE.match(line) and not any(line.strip().startswith(known) for known in DOCUMENTED)
        ]
        if lines:
            found[path.name] = lines
    assert set(found) == {"aiohttp_private.py"}, found

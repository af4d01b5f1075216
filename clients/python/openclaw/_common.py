"""What both clients are made with."""

from __future__ import annotations

import asyncio
import os
import ssl as tls
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from openclaw._connection import Connection, Options
from openclaw._streams import Core

URL = "http://127.0.0.1:18789"
VERSION = "0.3.0"


def connection_of(
    base_url: str | None,
    token: str | None,
    headers: Mapping[str, str] | None,
    ssl: tls.SSLContext | None,
    timeout: float | None,
    max_retries: float,
) -> Connection:
    url = (base_url or os.environ.get("OPENCLAW_URL") or URL).rstrip("/")
    if "://" in url and url.split("://")[0] in ("ws", "wss"):
        url = url.replace("ws", "http", 1)
    # Who says by headers who it is gets no token from the environment.
    secret = token or (os.environ.get("GATEWAY_AUTH_TOKEN") if headers is None else None)
    chosen = dict(headers or {})
    if secret and "Authorization" not in chosen:
        chosen["Authorization"] = f"Bearer {secret}"
    return Connection(Options(url, chosen, ssl, timeout, max_retries, f"openclaw-sdk/{VERSION}"))


def followed(session_key: str | None, run_id: str | None, topics: Iterable[str] | None) -> dict[str, Any]:
    given = {"sessionKey": session_key, "runId": run_id, "topics": None if topics is None else list(topics)}
    what = {name: value for name, value in given.items() if value is not None}
    if len(what) != 1:
        raise TypeError("name exactly one of session_key, run_id and topics")
    return what


def leave_soon(loop: asyncio.AbstractEventLoop, core: Core) -> None:
    """Close a stream that nobody holds any more, from whichever thread that is found out in."""
    if not core.over:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(core.close)


def camel(names: Mapping[str, Any]) -> dict[str, Any]:
    """Names as the gateway has them."""
    words = {name: name.split("_") for name in names}
    return {words[name][0] + "".join(map(str.capitalize, words[name][1:])): value for name, value in names.items()}

"""Lists in pages: what one message may hold of them, and how a client comes to the rest."""

from __future__ import annotations

from typing import Any

import msgspec

from openclaw_rpc.domain.sizes import ENVELOPE, LARGEST, fitted, size_of
from openclaw_rpc.protocol.base import Paged
from openclaw_rpc.protocol.chat import ChatHistoryParams
from openclaw_rpc.protocol.method import Method
from openclaw_rpc.rpc.bind import AnyBound
from openclaw_rpc.rpc.call import Call

TRIES = 5
"""How often a list is asked for again that others write to meanwhile."""


def going_on(method: Method[Any, Any], params: msgspec.Struct, result: Any) -> Any:
    """The part of a whole list that a cursor leads to: as many items as the pages before had are left out."""
    skipped = int(getattr(params, "cursor", None) or 0) if isinstance(params, Paged) else 0
    if not skipped:
        return result
    items: list[Any] = getattr(result, method.pages)
    left = items[: max(0, len(items) - skipped)] if method.backwards else items[skipped:]
    return msgspec.structs.replace(result, **{method.pages: left})


def sliced(method: Method[Any, Any], params: Paged, result: Any, most: int = LARGEST - ENVELOPE) -> Any:
    """What fits of a whole list that is too long for a message, with the cursor that leads on."""
    result, fit = _shortened(method, result, most)
    items: list[Any] = getattr(result, method.pages)
    if fit >= len(items):
        return result
    kept = items[-fit:] if method.backwards else items[:fit]
    cursor = str(int(params.cursor or 0) + fit)
    return msgspec.structs.replace(result, **{method.pages: kept, "next_cursor": cursor})


async def page(bound: AnyBound, params: Any, call: Call, result: Any, most: int = LARGEST - ENVELOPE) -> Any:
    """A result whose list is too long for a message, cut to what fits, with the cursor that leads on.

    A list that knows no cursors but ours is cut; another one is asked for again, for as many items as fit.
    """
    method = bound.method
    if isinstance(params, Paged):
        return sliced(method, params, result, most)
    if isinstance(params, ChatHistoryParams) and params.message_id is not None:
        return result  # one message, of which the client has asked for all
    for _ in range(TRIES):
        result, fit = _shortened(method, result, most)
        items: list[Any] = getattr(result, method.pages)
        if fit >= len(items):
            return result
        result = bound.handler(msgspec.structs.replace(params, limit=fit), call)
        if bound.is_async:
            result = await result
    return _shortened(method, result, most)[0]


def _shortened(method: Method[Any, Any], result: Any, most: int) -> tuple[Any, int]:
    """The result with no item that is too long by itself, and how many of its items fit, one at least."""
    items: list[Any] = getattr(result, method.pages)
    rest = fitted(msgspec.structs.replace(result, **{method.pages: []}), most // 2)
    left = most - size_of(rest)
    items = [fitted(item, left - 1) if isinstance(item, msgspec.Struct) else item for item in items]
    result = msgspec.structs.replace(rest, **{method.pages: items})
    fit = 0
    for item in reversed(items) if method.backwards else items:
        left -= size_of(item) + 1
        if left < 0 and fit:
            break
        fit += 1
    return result, fit

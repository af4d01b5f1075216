"""What a caller is told when PostgreSQL does not do what it was asked."""

from __future__ import annotations

from typing import Final

from openclaw_rpc.adapters.postgres.driver import AWAY
from openclaw_rpc.protocol.errors import GatewayError, InternalError, Unavailable

RETRY_SECONDS: Final = 2


def is_away(error: BaseException) -> bool:
    """Whether the server could not be asked, as opposed to: it refused."""
    return isinstance(error, AWAY)


def away(error: BaseException | None = None) -> Unavailable:
    """What is told where the server can't be asked."""
    why = f": {type(error).__name__}" if error is not None else ""
    return Unavailable(
        f"PostgreSQL can't be reached just now{why}", reason="storage", engine="postgres", retryAfter=RETRY_SECONDS
    )


def fenced() -> Unavailable:
    """What is told by a node that the others took for dead: it keeps nothing, and begins anew."""
    stopped = "this node did not respond for a while and is starting again; try again"
    return Unavailable(stopped, reason="node", retryAfter=RETRY_SECONDS)


def as_told(error: Exception) -> GatewayError:
    """What a caller is told when work in the database failed."""
    if isinstance(error, GatewayError):
        return error
    if is_away(error):
        return away(error)
    told = InternalError(f"the store failed at this: {type(error).__name__}", reason="storage")
    told.__cause__ = error
    return told

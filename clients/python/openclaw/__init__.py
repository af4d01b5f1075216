"""The client of openclaw_rpc: typed calls, streamed answers, streams that survive a lost connection.

    client = OpenClawClient(base_url="http://127.0.0.1:18789", token="…")
    for event in client.chat.stream(message="Hello"):
        print(event.data.get("delta", ""), end="")

`OpenClawClient` waits for its answers, `AsyncOpenClawClient` is awaited; both have a method for each row of the
gateway's table (``client.session.list(limit=5)``). What those take and answer is in `openclaw.types`.
"""

from __future__ import annotations

from openclaw import types as types
from openclaw._async import AsyncRun, AsyncStream
from openclaw._connection import State
from openclaw._errors import (
    APIError,
    BudgetExceededError,
    ConflictError,
    ConnectionFailedError,
    DeadlineError,
    ForbiddenError,
    InternalServerError,
    InvalidRequestError,
    NotFoundError,
    OpenClawError,
    ProviderError,
    RateLimitedError,
    RequestTimeoutError,
    RunError,
    ServiceUnavailableError,
    TooLargeError,
    UnauthorizedError,
)
from openclaw._frames import Event
from openclaw._methods import AsyncMethods, Methods
from openclaw._sync import Run, Stream
from openclaw._verbs import AgentAnswer, Chunk, Message, Part, Sent, Tokens

__version__ = "0.3.0"


class OpenClawClient(Methods):
    """The client that waits for its answers."""


class AsyncOpenClawClient(AsyncMethods):
    """The client to be awaited."""


class OpenClaw(OpenClawClient):
    """The same client; the name that reference 002 has for it."""


class AsyncOpenClaw(AsyncOpenClawClient):
    """The same client, to be awaited."""


__all__ = [
    "APIError",
    "AgentAnswer",
    "AsyncOpenClaw",
    "AsyncOpenClawClient",
    "AsyncRun",
    "AsyncStream",
    "BudgetExceededError",
    "Chunk",
    "ConflictError",
    "ConnectionFailedError",
    "DeadlineError",
    "Event",
    "ForbiddenError",
    "InternalServerError",
    "InvalidRequestError",
    "Message",
    "NotFoundError",
    "OpenClaw",
    "OpenClawClient",
    "OpenClawError",
    "Part",
    "ProviderError",
    "RateLimitedError",
    "RequestTimeoutError",
    "Run",
    "RunError",
    "Sent",
    "ServiceUnavailableError",
    "State",
    "Stream",
    "Tokens",
    "TooLargeError",
    "UnauthorizedError",
]

"""The client to be awaited, without its methods."""

from __future__ import annotations

import asyncio
import ssl as tls
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar, cast

from msgspec import UNSET

from openclaw._common import camel, connection_of, followed, leave_soon
from openclaw._connection import State
from openclaw._errors import OpenClawError
from openclaw._frames import Event
from openclaw._streams import Core, Position, RunCore, SubscriptionCore
from openclaw._verbs import (
    AgentAnswer,
    Chunk,
    Message,
    Part,
    Sent,
    agent_answer,
    chunks,
    ended,
    message,
    new_key,
    parts,
    prepared,
    sent,
)

T = TypeVar("T")


class AsyncStream(Generic[T]):
    """What comes, one after the other. Leaving the loop, `close` or `async with` ends what is behind it."""

    def __init__(self, core: Core, spell: Callable[[Event], Iterable[T]] | None = None) -> None:
        self._core = core
        self._spell = spell
        self._spelled: deque[T] = deque()
        self._loop = asyncio.get_running_loop()

    def __aiter__(self) -> AsyncStream[T]:
        return self

    def __await__(self) -> Any:
        """The stream itself, for who awaits what makes it."""
        return self._itself().__await__()

    async def _itself(self) -> AsyncStream[T]:
        return self

    async def __anext__(self) -> T:
        if self._spell is None:
            return cast("T", await self._core.next())
        while not self._spelled:
            self._spelled.extend(self._spell(await self._core.next()))
        return self._spelled.popleft()

    async def started(self) -> dict[str, Any]:
        """What the gateway answered when the stream began: a run's ids, where a subscription stands.

        Raises:
            OpenClawError: it did not begin.
        """
        await asyncio.wait([self._core.started])
        if self._core.started.cancelled():
            await self._core.next()
            raise OpenClawError("the stream was left before it began")
        return self._core.started.result()

    def close(self) -> None:
        """Leave the stream."""
        self._core.close()

    aclose = close

    async def __aenter__(self) -> AsyncStream[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        leave_soon(self._loop, self._core)


class AsyncRun(AsyncStream[Event]):
    """A run's events."""

    @property
    def run_id(self) -> str | None:
        """The run's id, once the gateway has taken it."""
        return cast("RunCore", self._core).run_id

    @property
    def session_key(self) -> str | None:
        """Its session's key, from then on."""
        return cast("RunCore", self._core).session_key


class AsyncCaller:
    """A client to be awaited. Belongs to the event loop that it is used in; concurrent calls share its socket."""

    def __init__(
        self,
        base_url: str | None = None,
        token: str | None = None,
        *,
        api_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        ssl: tls.SSLContext | None = None,
        timeout: float | None = 60.0,
        max_retries: float = 2,
    ) -> None:
        """Connects with the first call.

        Args:
            base_url: where the gateway is; else `OPENCLAW_URL`, else this machine's.
            token: else `GATEWAY_AUTH_TOKEN`.
            api_key: the same as ``token``.
            headers: more of them for the handshake.
            ssl: whom to trust, where the system's authorities are not meant.
            timeout: seconds that a call may take; None is for ever.
            max_retries: how often a call is tried again that could not be made.
        """
        self.connection = connection_of(base_url, token or api_key, headers, ssl, timeout, max_retries)
        self.messages = AsyncMessages(self)
        self._own = new_key("py-")

    @property
    def state(self) -> State:
        """How the connection is: `connecting` until the first call, `open`, `reconnecting`, `closed`."""
        return self.connection.state

    def on_state(self, hear: Callable[[State], object]) -> Callable[[], None]:
        """Call ``hear`` each time the state changes. What is answered makes it hear no more."""
        self.connection.watchers.append(hear)
        return lambda: self.connection.watchers.remove(hear)

    async def call(self, method: str, params: Mapping[str, Any] | None = None, *, timeout: float | None = None) -> Any:
        """Call a method by its name, with params and result as JSON has them."""
        return await self.connection.call(method, params, timeout=UNSET if timeout is None else timeout)

    async def request(self, method: str, params: Any, result: Any, timeout: float | None) -> Any:
        """Call a method with its structs."""
        return await self.connection.call(method, params, result=result, timeout=UNSET if timeout is None else timeout)

    def run(self, params: Any, timeout: float | None) -> AsyncRun:
        """A run's events."""
        return AsyncRun(self._started(params, timeout))

    def _started(self, params: Any, timeout: float | None = None) -> RunCore:
        given = prepared(params, self._own)
        return RunCore(self.connection, given, UNSET if timeout is None else timeout, None)

    async def answer(self, params: Any, timeout: float | None) -> AgentAnswer:
        """A run's answer."""
        return agent_answer(await ended(self.connection, prepared(params, self._own), timeout))

    def subscribe(
        self,
        *,
        session_key: str | None = None,
        run_id: str | None = None,
        topics: Iterable[str] | None = None,
        after: Position | None = None,
    ) -> AsyncStream[Event]:
        """Follow a session, a run, or topics; with ``after``, an epoch and a seq, first all that came since.

        Leaving the loop aborts nothing. Where some events can't be had any more, `resync` says so.
        """
        return self.following(followed(session_key, run_id, topics), after)

    def following(self, what: dict[str, Any], after: Position | None) -> AsyncStream[Event]:
        """The same, with params as the gateway has them."""
        return AsyncStream(SubscriptionCore(self.connection, what, after, None))

    async def open(self) -> None:
        """Connect now; else the first call does.

        Raises:
            ConnectionFailedError: nobody answers.
            APIError: the gateway refuses this client.
        """
        await self.connection.open()

    async def message(self, text: str, conversation_id: str | None = None, **more: Any) -> Message:
        """Ask an agent and wait for its answer. ``more`` goes to `chat.run`: ``agentId``, ``metadata``, …

        Raises:
            RunError: the run failed, was aborted, or was interrupted.
        """
        return message(await ended(self.connection, self._asked(text, conversation_id, more), None))

    def message_stream(self, text: str, conversation_id: str | None = None, **more: Any) -> AsyncStream[Chunk]:
        """Ask an agent and iterate the pieces of its answer. Leaving the loop aborts the run."""
        return AsyncStream(self._started(self._asked(text, conversation_id, more)), chunks())

    def _asked(self, text: str, session_key: str | None, more: Mapping[str, Any]) -> dict[str, Any]:
        return prepared({"message": text, "sessionKey": session_key, **camel(more)}, self._own)

    async def close(self) -> None:
        """Close the connection: what waits for something fails."""
        await self.connection.close()

    async def __aenter__(self: T) -> T:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncMessages:
    """Reference 002's verbs."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def send(self, content: str, session_id: str | None = None, **more: Any) -> Sent:
        """Ask an agent and wait for its answer.

        Raises:
            RunError: the run failed, was aborted, or was interrupted.
        """
        client = self._client
        return sent(await ended(client.connection, client._asked(content, session_id, more), None))  # pyright: ignore[reportPrivateUsage]

    def stream(self, content: str, session_id: str | None = None, **more: Any) -> AsyncStream[Part]:
        """Ask an agent and iterate text and code. Leaving the loop aborts the run."""
        client = self._client
        return AsyncStream(client._started(client._asked(content, session_id, more)), parts())  # pyright: ignore[reportPrivateUsage]

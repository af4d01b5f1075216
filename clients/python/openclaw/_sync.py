"""The client that waits for its answers, without its methods: its event loop is in a thread of its own."""

from __future__ import annotations

import asyncio
import queue
import ssl as tls
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar, cast

from msgspec import UNSET

from openclaw._common import camel, connection_of, followed, leave_soon
from openclaw._connection import Connection, State
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


class Stream(Generic[T]):
    """What comes, one after the other. Leaving the loop, `close` or `with` ends what is behind it."""

    def __init__(
        self,
        client: Caller,
        begin: Callable[[Callable[[Any], None]], Core],
        spell: Callable[[Event], Iterable[T]] | None,
    ) -> None:
        self._loop = client.thread.loop
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._spell = spell
        self._spelled: deque[T] = deque()
        self._over = False

        async def made() -> Core:
            return begin(self._events.put)

        self._core = client.thread.run(made())

    def __iter__(self) -> Stream[T]:
        return self

    def __next__(self) -> T:
        while not self._spelled:
            if self._over:
                raise StopIteration
            event = self._events.get()
            if not isinstance(event, Event):
                self._over = True
                if event is not None:
                    raise event
            elif self._spell is None:
                return cast("T", event)
            else:
                self._spelled.extend(self._spell(event))
        return self._spelled.popleft()

    def close(self) -> None:
        """Leave the stream."""
        self._over = True
        self._spelled.clear()
        leave_soon(self._loop, self._core)

    def __enter__(self) -> Stream[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_core"):
            leave_soon(self._loop, self._core)


class Run(Stream[Event]):
    """A run's events."""

    @property
    def run_id(self) -> str | None:
        """The run's id, once the gateway has taken it."""
        return cast("RunCore", self._core).run_id

    @property
    def session_key(self) -> str | None:
        """Its session's key, from then on."""
        return cast("RunCore", self._core).session_key


class Thread:
    """An event loop in a thread that keeps no process alive."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._over = False
        self._lock = threading.RLock()
        """Held while something is handed to the loop: behind its end nothing would be done, nor waited for in vain."""
        self._thread = threading.Thread(target=self._live, name="openclaw", daemon=True)
        self._thread.start()

    def _live(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self.loop.close()

    def run(self, work: Any) -> Any:
        """Wait for a coroutine; an interrupt of the waiting cancels it."""
        with self._lock:
            if self._over:
                work.close()
                raise OpenClawError("the client was closed")
            future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self, connection: Connection) -> None:
        """Close the connection, and end once all who wait have been told."""

        async def closed() -> None:
            await connection.close()
            left = asyncio.all_tasks() - {asyncio.current_task()}
            if left:
                await asyncio.wait(left, timeout=1)
            self.loop.call_soon(self.loop.stop)

        with self._lock:
            if not self._over:
                self._over = True
                asyncio.run_coroutine_threadsafe(closed(), self.loop)

    def join(self) -> None:
        """Wait for that end."""
        self._thread.join()


class Caller:
    """A client that waits for its answers. Threads may share it; all their calls go over its one socket."""

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
        self.messages = Messages(self)
        self.thread = Thread()
        self._own = new_key("py-")
        self._stop = weakref.finalize(self, self.thread.stop, self.connection)
        self._stop.atexit = False

    @property
    def state(self) -> State:
        """How the connection is: `connecting` until the first call, `open`, `reconnecting`, `closed`."""
        return self.connection.state

    def on_state(self, hear: Callable[[State], object]) -> Callable[[], None]:
        """Call ``hear``, in the client's thread, each time the state changes; it must not call the client.

        What is answered makes it hear no more.
        """
        self.connection.watchers.append(hear)
        return lambda: self.connection.watchers.remove(hear)

    def call(self, method: str, params: Mapping[str, Any] | None = None, *, timeout: float | None = None) -> Any:
        """Call a method by its name, with params and result as JSON has them."""
        return self.request(method, params, Any, timeout)

    def request(self, method: str, params: Any, result: Any, timeout: float | None) -> Any:
        """Call a method with its structs."""
        seconds = UNSET if timeout is None else timeout
        return self.thread.run(self.connection.call(method, params, result=result, timeout=seconds))

    def run(self, params: Any, timeout: float | None) -> Run:
        """A run's events."""
        return Run(self, self._begin(params, timeout), None)

    def _begin(self, params: Any, timeout: float | None = None) -> Callable[[Callable[[Any], None]], Core]:
        given = prepared(params, self._own)
        return lambda sink: RunCore(self.connection, given, UNSET if timeout is None else timeout, sink)

    def answer(self, params: Any, timeout: float | None) -> AgentAnswer:
        """A run's answer."""
        return agent_answer(self.thread.run(ended(self.connection, prepared(params, self._own), timeout)))

    def subscribe(
        self,
        *,
        session_key: str | None = None,
        run_id: str | None = None,
        topics: Iterable[str] | None = None,
        after: Position | None = None,
    ) -> Stream[Event]:
        """Follow a session, a run, or topics; with ``after``, an epoch and a seq, first all that came since.

        Leaving the loop aborts nothing. Where some events can't be had any more, `resync` says so.
        """
        what = followed(session_key, run_id, topics)
        return Stream(self, lambda sink: SubscriptionCore(self.connection, what, after, sink), None)

    def message(self, text: str, conversation_id: str | None = None, **more: Any) -> Message:
        """Ask an agent and wait for its answer. ``more`` goes to `chat.run`: ``agent_id``, ``metadata``, …

        Raises:
            RunError: the run failed, was aborted, or was interrupted.
        """
        return message(self.thread.run(ended(self.connection, self._asked(text, conversation_id, more), None)))

    def message_stream(self, text: str, conversation_id: str | None = None, **more: Any) -> Stream[Chunk]:
        """Ask an agent and iterate the pieces of its answer. Leaving the loop aborts the run."""
        return Stream(self, self._begin(self._asked(text, conversation_id, more)), chunks())

    def _asked(self, text: str, session_key: str | None, more: Mapping[str, Any]) -> dict[str, Any]:
        return prepared({"message": text, "sessionKey": session_key, **camel(more)}, self._own)

    def close(self) -> None:
        """Close the connection: what waits for something fails."""
        self._stop.detach()
        self.thread.stop(self.connection)
        self.thread.join()

    def __enter__(self: T) -> T:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Messages:
    """Reference 002's verbs."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def send(self, content: str, session_id: str | None = None, **more: Any) -> Sent:
        """Ask an agent and wait for its answer.

        Raises:
            RunError: the run failed, was aborted, or was interrupted.
        """
        client = self._client
        asked = client._asked(content, session_id, more)  # pyright: ignore[reportPrivateUsage]
        return sent(client.thread.run(ended(client.connection, asked, None)))

    def stream(self, content: str, session_id: str | None = None, **more: Any) -> Stream[Part]:
        """Ask an agent and iterate text and code. Leaving the loop aborts the run."""
        client = self._client
        asked = client._asked(content, session_id, more)  # pyright: ignore[reportPrivateUsage]
        return Stream(client, client._begin(asked), parts())  # pyright: ignore[reportPrivateUsage]

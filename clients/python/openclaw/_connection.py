"""One WebSocket that carries all calls and all events, and comes back when it is lost.

A call that was sent and not answered is sent again only where that is safe; streams (`_streams.py`) subscribe again
behind the last event that they saw.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

import msgspec
from msgspec import UNSET, UnsetType

from openclaw._errors import (
    APIError,
    ConnectionFailedError,
    DeadlineError,
    OpenClawError,
    api_error,
    error_of,
    refused,
    too_large,
)
from openclaw._frames import Event, Frame
from openclaw._table import SAFE

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

State = Literal["connecting", "open", "reconnecting", "closed"]

MOST_IN_FLIGHT = 60
MOST_RESENDS = 10
FIRST_DELAY = 0.25
MOST_DELAY = 10.0
OPEN_SECONDS = 10.0
MOST_BYTES = 64 * 1024 * 1024
REFUSALS = {1007: "invalid_request", 1009: "too_large", 4001: "unauthorized", 4002: "unauthorized"}
"""Close codes after which coming back is of no use, and what they mean."""
_FOR_NOW = ("rate_limited", "service_unavailable")


class Options(msgspec.Struct, frozen=True):
    """How to reach the gateway, and how patiently."""

    url: str
    headers: Mapping[str, str]
    ssl: ssl.SSLContext | None
    timeout: float | None
    max_retries: float
    user_agent: str


class Listener(Protocol):
    """Whoever takes events: a stream."""

    what: dict[str, Any]

    def hear(self, event: Event) -> None:
        """Take an event."""
        ...

    def resume(self) -> None:
        """Subscribe again, on a new connection."""
        ...

    def fail(self, error: BaseException) -> None:
        """Nothing comes any more."""
        ...


class _Pending:
    """A call that was not answered. ``first``: it takes a stream up, goes before others, and dies with its socket."""

    __slots__ = ("answer", "first", "method", "params", "resends", "result", "retries", "settle", "withdrawn")

    def __init__(self, method: str, params: Any, retries: float, safe: bool, first: bool) -> None:
        self.method = method
        self.params = params
        self.retries = retries
        self.resends = MOST_RESENDS if safe else 0
        self.first = first
        self.settle: Callable[[Any], None] | None = None
        self.withdrawn: Callable[[], bool] | None = None
        self.result: Any = Any
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Connection:
    """The socket and all that goes over it. Belongs to the event loop that first calls it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.state: State = "connecting"
        self.hello: dict[str, Any] = {}
        """What the gateway said of itself and its client: ``gatewayVersion``, ``user``, ``scopes`` …"""
        self.watchers: list[Callable[[State], object]] = []
        self._queue: deque[_Pending] = deque()
        self._sent: dict[int, _Pending] = {}
        self._listeners: list[Listener] = []
        self._number = 0
        self._ended: BaseException | None = None
        self._life: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._greeted = False
        self._useful = False
        """Whether anything came over this socket; one that is closed before has to be waited for longer."""
        self._hello: asyncio.Future[None]
        """Done when the gateway has greeted on the socket that there is now."""
        self._broken: asyncio.Future[OpenClawError]
        """Done, with the reason, when that socket is of no use any more."""
        self._decode = msgspec.json.Decoder(Frame).decode
        self._decoders: dict[Any, Callable[[Any], Any]] = {}
        self._background: set[asyncio.Task[Any]] = set()

    # ---- what streams and clients use ----

    async def call(  # noqa: PLR0913 - its callers are this package's
        self,
        method: str,
        params: Any = None,
        *,
        result: Any = Any,
        timeout: float | UnsetType | None = UNSET,
        safe: bool | None = None,
        first: bool = False,
        retries: float | None = None,
        settle: Callable[[Any], None] | None = None,
        withdrawn: Callable[[], bool] | None = None,
    ) -> Any:
        """Call a method.

        Args:
            method: its name.
            params: its params, as JSON or as a struct.
            result: the type of its result.
            timeout: seconds to wait for the answer, a lost connection included; None waits for ever.
            safe: whether it may be sent again after a lost connection; else the table says so.
            first: see `_Pending`.
            retries: in place of the client's.
            settle: hears the result before any event that comes behind it.
            withdrawn: asked before it is sent whether anybody still wants it.
        """
        if self._ended is not None:
            raise self._ended
        tries = self.options.max_retries if retries is None else retries
        pending = _Pending(method, params, tries, method in SAFE if safe is None else safe, first)
        pending.settle, pending.result, pending.withdrawn = settle, result, withdrawn
        if first:
            self._queue.appendleft(pending)
        else:
            self._queue.append(pending)
        self._pump()
        seconds = self.options.timeout if timeout is UNSET else timeout
        try:
            if seconds is None:
                return await pending.answer
            return await asyncio.wait_for(pending.answer, seconds)
        except asyncio.TimeoutError:  # noqa: UP041 - Python 3.10 has two
            raise DeadlineError(f"{method} was not answered within {seconds:g} s") from None
        finally:
            self._drop(pending)

    async def open(self) -> None:
        """Connect, trying once."""
        await self.call("", retries=0)

    def listen(self, listener: Listener) -> None:
        """Give a stream every event from now on."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Give a stream no more events."""
        with suppress(ValueError):
            self._listeners.remove(listener)

    def unsubscribe(self, leaving: Listener) -> None:
        """Let the gateway send no more of what a listener followed and nobody else does."""
        others = [each.what for each in self._listeners if each is not leaving]
        what = dict(leaving.what)
        if "topics" in what:
            heard = {topic for other in others for topic in other.get("topics", ())}
            what["topics"] = [topic for topic in what["topics"] if topic not in heard]
        if self._greeted and what not in others and what.get("topics") != []:
            self.spawn(self.call("event.unsubscribe", what))

    def spawn(self, work: Any) -> None:
        """Do something that nobody waits for."""

        async def quietly() -> None:
            with suppress(OpenClawError):
                await work

        task = asyncio.get_running_loop().create_task(quietly())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def close(self, error: BaseException | None = None) -> None:
        """End all that waits, and close."""
        if self._background:  # an abort of a run that was just left still goes out
            await asyncio.wait(list(self._background), timeout=1)
        self._end(error or OpenClawError("the client was closed"))
        life, self._life = self._life, None
        if life is not None and life is not asyncio.current_task():
            life.cancel()
            with suppress(asyncio.CancelledError):
                await life

    # ---- the life of the socket ----

    def _end(self, error: BaseException) -> None:
        if self._ended is not None:
            return
        self._ended = error
        self._become("closed")
        for pending in [*self._queue, *self._sent.values()]:
            pending.fail(error)
        self._queue.clear()
        self._sent.clear()
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener.fail(error)

    def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        if self._life is not None and self._life.get_loop() is not loop:
            # Its loop is over, and its socket and all who waited with it.
            self._life = None
            self._wake = asyncio.Event()
            self._sent.clear()
            self._listeners.clear()
        if self._life is None or self._life.done():
            self._life = loop.create_task(self._live())
        self._wake.set()

    def _busy(self) -> bool:
        return bool(self._queue or self._sent or self._listeners)

    async def _live(self) -> None:
        """Dial, and serve the socket, as long as anybody needs it."""
        from random import random

        failures = 0
        while self._ended is None and (self._busy() or self.state == "open"):
            why = "it hung up"
            self._useful = False
            try:
                async with await self._dial() as socket:
                    await self._serve(socket)
            except (OSError, asyncio.TimeoutError, EOFError, ConnectionFailedError) as error:  # noqa: UP041
                why = str(error) or "it does not answer"
            except OpenClawError as refusal:
                self._end(refusal)
                return
            failures = 0 if self._useful else failures + 1
            if self._greeted:
                self._sort()
                self._become("reconnecting")
            else:
                self._give_up(why)
            self._greeted = False
            if failures:
                delay = min(FIRST_DELAY * 2 ** (failures - 1), MOST_DELAY)
                await asyncio.sleep(delay * (0.5 + random() / 2))  # noqa: S311 - jitter
        if self._ended is None:
            self._become("connecting")

    async def _dial(self) -> Any:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

        from openclaw._socket import Socket

        options = self.options
        loop = asyncio.get_running_loop()
        self._hello, self._broken = loop.create_future(), loop.create_future()
        url = options.url
        try:
            return await connect(
                url.replace("http", "ws", 1) + "/",
                additional_headers=dict(options.headers),
                user_agent_header=options.user_agent,
                compression=None,
                max_size=MOST_BYTES,
                open_timeout=OPEN_SECONDS,
                close_timeout=1,
                ssl=options.ssl if url.startswith("https") else None,
                proxy=None if _is_loopback(url) else True,
                create_connection=cast("type[ClientConnection]", partial(Socket, take=self._receive)),
            )
        except InvalidStatus as answer:
            raise refused(url, answer.response.status_code) from None
        except InvalidURI:
            raise OpenClawError(f"{url} is not the address of a gateway") from None
        except ssl.SSLError as error:
            raise OpenClawError(f"no TLS connection to {url}: {error.reason or error}") from None
        except InvalidHandshake as error:
            if isinstance(error.__cause__, EOFError):
                raise ConnectionFailedError("it hung up") from None
            raise OpenClawError(f"what listens at {url} is not a gateway") from None

    async def _serve(self, socket: ClientConnection) -> None:
        """Write, and let what comes be taken, until the socket closes.

        Raises:
            APIError: it was closed for good.
        """
        loop = asyncio.get_running_loop()
        closed = loop.create_task(socket.wait_closed())
        writer = loop.create_task(self._write(socket))
        try:
            ends = {closed, self._hello, self._broken}
            done, _ = await asyncio.wait(ends, timeout=OPEN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                raise ConnectionFailedError("it does not greet")
            await asyncio.wait({closed, self._broken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            writer.cancel()
            closed.cancel()
        if self._broken.done():
            raise self._broken.result()
        if socket.close_code in REFUSALS:
            reason = socket.close_reason or socket.close_code
            raise api_error(REFUSALS[socket.close_code], f"the gateway closed the connection: {reason}")

    def _receive(self, data: bytes | bytearray) -> None:
        """Take a message of the socket's; whatever goes wrong with it ends the connection."""
        try:
            frame = self._decode(data)
            if self._greeted:
                self._useful = True
                self._take(frame)
            else:
                self._greet(frame)
        except msgspec.MsgspecError as error:
            self._break(OpenClawError(f"the gateway sent something that is not a frame: {error}"))
        except OpenClawError as error:
            self._break(error)

    def _break(self, error: OpenClawError) -> None:
        if not self._broken.done():
            self._broken.set_result(error)

    def _greet(self, frame: Frame) -> None:
        if frame.type != "connected" or self._hello.done():
            raise OpenClawError(f"what listens at {self.options.url} is not a gateway")
        self._greeted = True
        self._hello.set_result(None)
        self.hello = frame.data
        self._become("open")
        for listener in list(self._listeners):
            listener.hear(Event(frame.type, frame.data))
            listener.resume()
        self._wake.set()

    async def _write(self, socket: ClientConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        encode = msgspec.json.encode
        with suppress(ConnectionClosed, OSError):
            while True:
                while self._greeted and self._queue and len(self._sent) < MOST_IN_FLIGHT:
                    pending = self._queue.popleft()
                    if pending.withdrawn is not None and pending.withdrawn():
                        pending.fail(OpenClawError("nobody waits for it any more"))
                        continue
                    if not pending.method:  # `open` waits for no answer
                        pending.answer.set_result(None)
                        continue
                    self._number += 1
                    frame: dict[str, Any] = {"jsonrpc": "2.0", "id": self._number, "method": pending.method}
                    if pending.params is not None:
                        frame["params"] = pending.params
                    data = encode(frame)
                    most = self.hello.get("maxMessageBytes")
                    if most and len(data) > most:  # it would cost the connection
                        pending.fail(too_large(pending.method, len(data), most))
                        continue
                    self._sent[self._number] = pending
                    await socket.send(data, text=True)
                self._wake.clear()
                await self._wake.wait()

    def _take(self, frame: Frame) -> None:
        if frame.type:
            said: Any = frame.data
            if frame.type == "event" or not isinstance(said, dict):
                return  # another dialect's, where authentication is switched off
            event = Event(frame.type, cast("dict[str, Any]", said), frame.epoch, frame.seq)
            for listener in list(self._listeners):
                listener.hear(event)
            return
        pending = self._sent.pop(frame.id, None) if isinstance(frame.id, int) else None
        if pending is None:
            return
        self._wake.set()
        if frame.error is not None:
            self._refuse(pending, error_of(frame.error))
            return
        try:
            result = self._decoder(pending.result)(b"null" if frame.result is UNSET else frame.result)
        except msgspec.MsgspecError as error:
            pending.fail(
                OpenClawError(f"{pending.method}: this version of the client does not know the answer: {error}")
            )
            return
        if pending.settle is not None:
            pending.settle(result)
        if not pending.answer.done():
            pending.answer.set_result(result)

    def _decoder(self, kind: Any) -> Callable[[Any], Any]:
        found = self._decoders.get(kind)
        if found is None:
            found = self._decoders[kind] = msgspec.json.Decoder(kind).decode
        return found

    def _refuse(self, pending: _Pending, error: APIError) -> None:
        if error.code not in _FOR_NOW or pending.retries <= 0:
            pending.fail(error)
            return
        # It was refused before anything was done: the same call again is safe, whatever it is.
        pending.retries -= 1

        def again() -> None:
            if not pending.answer.done():
                self._queue.append(pending)
                self._pump()

        asyncio.get_running_loop().call_later(max(error.retry_after or 0, FIRST_DELAY), again)

    def _drop(self, pending: _Pending) -> None:
        with suppress(ValueError):
            self._queue.remove(pending)
        for number, each in list(self._sent.items()):
            if each is pending:
                del self._sent[number]

    def _sort(self) -> None:
        """What was sent and may be sent again goes back into the queue; the rest fails."""
        again: list[_Pending] = []
        for pending in self._sent.values():
            if pending.first:
                pending.answer.cancel()  # its stream asks again by itself
            elif pending.resends > 0:
                pending.resends -= 1
                again.append(pending)
            else:
                pending.fail(ConnectionFailedError(f"the connection was lost before {pending.method} was answered"))
        self._sent.clear()
        for pending in self._queue:
            if pending.first:
                pending.answer.cancel()
        self._queue = deque([*again, *(pending for pending in self._queue if not pending.first)])

    def _give_up(self, why: str) -> None:
        """Calls whose tries are used up fail; streams go on."""
        for pending in list(self._queue):
            pending.retries -= 1
            if pending.retries < 0:
                self._queue.remove(pending)
                pending.fail(ConnectionFailedError(f"no gateway answers at {self.options.url}: {why}"))

    def _become(self, state: State) -> None:
        if self.state != state:
            self.state = state
            for watcher in list(self.watchers):
                watcher(state)


def _is_loopback(url: str) -> bool:
    host = url.partition("://")[2].partition("/")[0]
    return host.startswith(("127.", "localhost", "[::1]"))

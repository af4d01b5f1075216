"""A small WebSocket client of the gateway: calls, events, and the same again after a lost connection.

It speaks JSON-RPC 2.0 (jsonrpc.org/specification) and reads the gateway's event frames; it knows no method by itself.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

import msgspec
from msgspec import UNSET, UnsetType

from openclaw_rpc import __version__
from openclaw_rpc.cli.errors import CliError, ConnectionLost, NoGateway

MAX_FRAME = 64 * 1024 * 1024
"""What one frame may hold, in bytes: a page of history with pictures is far below."""
CALL_SECONDS = 30.0
CONNECT_SECONDS = 10.0


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event as it came; ``epoch`` and ``seq`` where it belongs to a stream."""

    type: str
    data: dict[str, Any]
    epoch: str | None = None
    seq: int | None = None


class _Frame(msgspec.Struct):
    """Anything the gateway sends: an answer (``id`` with ``result`` or ``error``) or an event (``type``)."""

    id: int | str | float | None = None
    result: Any = UNSET
    error: dict[str, Any] | UnsetType = UNSET
    type: str | UnsetType = UNSET
    data: Any = None
    epoch: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a gateway is, as ``ws://`` or ``wss://``, and the headers that say who asks (never shown)."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    certificate: str | None = None

    @property
    def shown(self) -> str:
        """The address as people know it, ``http://host:port``."""
        return self.url.replace("ws", "http", 1).rstrip("/")


class Client:
    """One connection. ``hello`` is what the gateway said first, ``lost`` why it is no more."""

    def __init__(self, socket: Any, hello: dict[str, Any]) -> None:
        self.hello = hello
        self._socket = socket
        self._ids = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self.lost: ConnectionLost | None = None

    async def call(self, method: str, params: Any = None, *, seconds: float | None = CALL_SECONDS) -> Any:
        """Call a method and return its result.

        Raises:
            CliError: the gateway answered with an error (``code``, ``field`` and ``reason`` as it said them).
            ConnectionLost: the socket closed before the answer.
        """
        if self.lost is not None:
            raise self.lost
        number = next(self._ids)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            frame: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params or {}, "id": number}
            with suppress(OSError):  # a closed socket is told by the reader, to all that wait
                await self._send(msgspec.json.encode(frame))
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            raise CliError(f"{method} was not answered within {seconds:g} s.", code="timeout") from None
        finally:
            self._waiting.pop(number, None)

    async def events(self) -> AsyncIterator[Event]:
        """The events, as they come.

        Raises:
            ConnectionLost: the socket closed.
        """
        while (event := await self._events.get()) is not None:
            yield event
        self._events.put_nowait(None)
        raise self.lost or ConnectionLost("The connection was closed.")

    async def _send(self, data: bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        with suppress(ConnectionClosed):
            await self._socket.send(data, text=True)

    async def read(self) -> None:
        """Hand every frame to whom it concerns, until the socket closes. `connect` runs this."""
        from websockets.exceptions import ConnectionClosed

        decoder = msgspec.json.Decoder(_Frame)
        try:
            while True:
                self._take(decoder.decode(await self._socket.recv(decode=False)))
        except ConnectionClosed as closed:
            self.lost = ConnectionLost(_why_closed(closed))
        except msgspec.MsgspecError as error:
            self.lost = ConnectionLost(f"The gateway sent what is no frame: {error}")
        finally:
            lost = self.lost = self.lost or ConnectionLost("The connection was closed.")
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(lost)
            self._events.put_nowait(None)

    def _take(self, frame: _Frame) -> None:
        if frame.type is not UNSET:
            self._events.put_nowait(Event(frame.type, _object(frame.data), frame.epoch, frame.seq))
            return
        answer = self._waiting.get(frame.id) if isinstance(frame.id, int) else None
        if answer is None or answer.done():
            return
        if frame.error is not UNSET:
            answer.set_exception(_told(frame.error))
        else:
            answer.set_result(None if frame.result is UNSET else frame.result)


def _object(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one in the place of what is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _told(error: dict[str, Any]) -> CliError:
    """The error that an answer holds."""
    known = _object(error.get("data"))
    more = {**_object(known.get("details")), **known}
    code = str(known.get("code") or error.get("code") or "failed")
    wait = more.get("retryAfter")
    hint = f"Try again in {wait} s." if wait is not None else None
    if code == "forbidden":
        hint = "The token has not the scope for it: `openclaw token create --scopes …` makes one that has."
    return CliError(
        str(error.get("message") or code), code=code, field=more.get("field"), reason=more.get("reason"), hint=hint
    )


def _why_closed(closed: Any) -> str:
    frame = closed.rcvd
    if frame is None:
        return "The connection to the gateway broke."
    said = f", {frame.reason}" if frame.reason else ""
    return f"The gateway closed the connection ({frame.code}{said})."


@asynccontextmanager
async def connect(target: Target, *, seconds: float = CONNECT_SECONDS) -> AsyncGenerator[Client]:
    """Connect, read the first frame, and close at the end.

    Raises:
        NoGateway: nothing listens there.
        CliError: something does, but it is no gateway, or refuses us.
    """
    socket = await _open(target, seconds)
    try:
        client = Client(socket, await _hello(socket, seconds))
        reader = asyncio.create_task(client.read())
        try:
            yield client
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
    finally:
        with suppress(Exception):
            await socket.close()


async def _open(target: Target, seconds: float) -> Any:
    from websockets.asyncio.client import connect as dial
    from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, InvalidURI

    try:
        return await dial(
            target.url,
            additional_headers=dict(target.headers),
            user_agent_header=f"openclaw-cli/{__version__}",
            compression=None,
            max_size=MAX_FRAME,
            open_timeout=seconds,
            close_timeout=2,
            proxy=None,
            ssl=_tls(target),
        )
    except InvalidStatus as refused:
        raise _refused(target, refused.response.status_code) from None
    except InvalidURI:
        raise CliError(f"{target.shown} is no address of a gateway.", hint="http://127.0.0.1:18789 is one.") from None
    except ssl.SSLError as error:
        raise CliError(f"No TLS connection to {target.shown}: {error.reason or error}.") from None
    except (InvalidMessage, InvalidHandshake):
        raise CliError(f"What listens at {target.shown} is no gateway.", hint="--url says where it is.") from None
    except TimeoutError:
        raise CliError(f"{target.shown} did not answer within {seconds:g} s.", code="timeout") from None
    except OSError:
        raise NoGateway(
            f"No gateway answers at {target.shown}.", code="service_unavailable", hint="Start one: openclaw gateway"
        ) from None


def _refused(target: Target, status: int) -> CliError:
    if status == 401:
        return CliError(
            f"The gateway at {target.shown} does not know this token.",
            code="unauthorized",
            hint="Give one by --token or OPENCLAW_TOKEN; `openclaw token create --name NAME` makes one.",
        )
    if status in {429, 503}:
        return CliError(f"The gateway at {target.shown} takes no more connections now.", code="service_unavailable")
    return CliError(f"What listens at {target.shown} refused the connection (HTTP {status}).", code="forbidden")


def _tls(target: Target) -> ssl.SSLContext | None:
    if not target.url.startswith("wss:"):
        return None
    if not target.certificate:
        return ssl.create_default_context()
    # This machine's own gateway: its certificate is known from its configuration, needs no authority, and may be for
    # another name than loopback's. Nothing else is trusted.
    try:
        context = ssl.create_default_context(cafile=target.certificate)
    except OSError as error:
        raise CliError(f"gateway.tls.certificate: {target.certificate}: {error.strerror or error}") from None
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return context


async def _hello(socket: Any, seconds: float) -> dict[str, Any]:
    from websockets.exceptions import ConnectionClosed

    try:
        async with asyncio.timeout(seconds):
            frame = msgspec.json.decode(await socket.recv(decode=False), type=_Frame)
    except ConnectionClosed as closed:
        raise ConnectionLost(_why_closed(closed)) from None
    except (TimeoutError, msgspec.MsgspecError):
        raise CliError("What listens there is no gateway: its first frame is not `connected`.") from None
    if frame.type != "connected":
        raise CliError("What listens there is no gateway: its first frame is not `connected`.")
    return _object(frame.data)

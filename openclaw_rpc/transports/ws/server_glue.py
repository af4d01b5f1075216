"""websockets' server without a socket of its own: the listener hands it connections that are open already."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Literal, cast

from websockets.asyncio.server import Server, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import enable_server_permessage_deflate
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

Handler = Callable[[Any], Awaitable[None]]
"""Serves one open connection; the connection is closed when it returns."""
ProcessRequest = Callable[[Any, Request], Awaitable[Response | None] | Response | None]
"""Looks at the opening request: None goes on, a response (``connection.respond(401, …)``) refuses."""
SelectSubprotocol = Callable[[Any, Sequence[Subprotocol]], Subprotocol | None]
"""Picks one of the subprotocols that the client offers; None goes on without."""


class _Owner:
    """What a ``ServerConnection`` asks of its server, and no more: the sockets belong to the listener.

    websockets' own ``Server`` wants to open its listening socket, and is built differently from 16.0 to 17.4; these
    four names are what connections of all those releases use.
    """

    def __init__(self, handler: Callable[[ServerConnection], Coroutine[Any, Any, None]]) -> None:
        self.handler = handler
        self.handler_tasks: set[asyncio.Task[None]] = set()
        self.serving = True

    def is_serving(self) -> bool:
        """False once it closes: a handshake that comes late is then answered 503."""
        return self.serving

    def start_connection_handler(self, connection: ServerConnection) -> None:
        """Called by connections of websockets before 17.4; later ones do it themselves."""
        self.handler_tasks.add(asyncio.get_running_loop().create_task(self.handler(connection)))


class _QuietLogger(logging.LoggerAdapter[logging.Logger]):
    """Never at debug level: websockets would log whole heads and frames, and with them tokens."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802
        return level > logging.DEBUG and super().isEnabledFor(level)


class WebSocketServer:
    """Makes websockets' connections for the listener, and owns them until they are closed.

    Args:
        handler: serves an open connection.
        process_request: authenticates the opening request.
        select_subprotocol: picks a subprotocol.
        create_connection: the class of the connections; takes what ``ServerConnection`` takes.
        max_size: bytes of a message; a longer one closes with 1009.
        compression: ``deflate`` costs each connection tens of KiB; None is off.
        ping_interval, ping_timeout: seconds; None is off.
        open_timeout: seconds for the opening handshake, ``process_request`` included.
        close_timeout: seconds for the closing handshake.
        max_queue: frames that wait to be read before the peer is slowed down.
        write_limit: bytes in the write buffer at which ``send`` begins to wait.
        server_header: the response's ``Server``.
    """

    def __init__(  # noqa: PLR0913 — websockets' own settings, each with its default
        self,
        handler: Handler,
        *,
        process_request: ProcessRequest | None = None,
        select_subprotocol: SelectSubprotocol | None = None,
        create_connection: type[ServerConnection] = ServerConnection,
        max_size: int | None = 10 * 1024 * 1024,
        compression: Literal["deflate"] | None = None,
        ping_interval: float | None = 20,
        ping_timeout: float | None = 20,
        open_timeout: float | None = 10,
        close_timeout: float | None = 5,
        max_queue: int | None = 16,
        write_limit: int | tuple[int, int | None] = 32 * 1024,
        server_header: str | None = "openclaw",
    ) -> None:
        self._handler = handler
        self._process_request = process_request
        self._select_subprotocol = select_subprotocol
        self._create_connection = create_connection
        self.apply(max_size, compression)
        self._open_timeout = open_timeout
        self._server_header = server_header
        self._options: dict[str, Any] = {
            "ping_interval": ping_interval,
            "ping_timeout": ping_timeout,
            "close_timeout": close_timeout,
            "max_queue": max_queue,
            "write_limit": write_limit,
        }
        self._logger = _QuietLogger(logging.getLogger("openclaw_rpc.transports.ws"), {})
        self._owner = _Owner(self._serve)
        self._made: set[ServerConnection] = set()
        self._open: set[ServerConnection] = set()
        self._close_code = 1001

    def apply(self, max_size: int | None, compression: Literal["deflate"] | None) -> None:
        """Change what holds for the connections to come."""
        self._max_size = max_size
        self._extensions = enable_server_permessage_deflate(None) if compression == "deflate" else None

    async def start(self) -> None:
        """Be ready for connections. Opens no socket."""
        self._owner.serving = True

    @property
    def connections(self) -> set[ServerConnection]:
        """The connections that are open: their handshake is done, and nobody has begun to close them."""
        return {connection for connection in self._open if connection.state is State.OPEN}

    @property
    def connection_count(self) -> int:
        """How many sockets are held, those in their handshake or closing included."""
        return len(self._owner.handler_tasks)

    def connection(self) -> ServerConnection:
        """A fresh connection, ready for ``connection_made`` and the bytes of its opening request."""
        select: Callable[[ServerProtocol, Sequence[Subprotocol]], Subprotocol | None] | None = None
        if self._select_subprotocol is not None:
            choose = self._select_subprotocol

            def select_for(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
                return choose(connection, offered)

            select = select_for
        protocol = ServerProtocol(
            extensions=self._extensions,
            select_subprotocol=select,
            max_size=self._max_size,
            logger=self._logger,
        )
        connection = self._create_connection(protocol, cast(Server, self._owner), **self._options)
        return connection

    async def close(self, code: int = 1001, reason: str = "", *, timeout: float = 10) -> None:
        """Close every connection with ``code``; return when all handlers are done.

        What is not closed after ``timeout`` s is cut, and its handler cancelled.
        """
        owner = self._owner
        owner.serving = False
        self._close_code = code
        tasks = [asyncio.ensure_future(connection.close(code, reason)) for connection in self.connections]
        tasks += owner.handler_tasks
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=timeout)
        for connection in list(self._made):
            connection.transport.abort()
        for task in late:
            task.cancel()
        if late:
            # What does not even end when it is cancelled is left to the loop's own end.
            await asyncio.wait(late, timeout=1)

    async def _serve(self, connection: ServerConnection) -> None:
        """The life of one connection, as ``websockets.asyncio.server.serve`` lives it, which needs its own socket."""
        self._made.add(connection)
        try:
            if await self._opened(connection):
                await self._handled(connection)
        finally:
            self._made.discard(connection)
            connection.transport.abort()
            if (task := asyncio.current_task()) is not None:
                self._owner.handler_tasks.discard(task)

    async def _opened(self, connection: ServerConnection) -> bool:
        try:
            async with asyncio.timeout(self._open_timeout):
                await connection.handshake(self._process_request, None, self._server_header)
        except (TimeoutError, ConnectionClosed, OSError):
            return False
        except Exception:
            self._logger.exception("the opening handshake of a WebSocket failed")
            return False
        return connection.state is State.OPEN

    async def _handled(self, connection: ServerConnection) -> None:
        self._open.add(connection)
        connection.start_keepalive()
        try:
            async with connection:
                if self._owner.serving:
                    await self._handler(connection)
                else:
                    # Closing began while the handshake's answer was on its way.
                    await connection.close(self._close_code)
        except ConnectionClosed:
            pass
        except Exception:
            self._logger.exception("the handler of a WebSocket failed")
        finally:
            self._open.discard(connection)

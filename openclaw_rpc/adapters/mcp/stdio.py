"""An MCP server that is a program: lines of JSON-RPC over its stdin and stdout (MCP, Transports, stdio).

The SDK has such a transport. This one bounds what a line may hold, keeps what the program writes to stderr, tells
when it dies, and ends its whole process group, also where the program itself has ended well.
"""

from __future__ import annotations

import os
import re
import signal
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from subprocess import PIPE
from types import TracebackType
from typing import Final

import anyio
import mcp_types as types
from anyio.abc import ByteReceiveStream, ByteSendStream, Process, TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client._transport import TransportStreams
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage

from openclaw_rpc.domain.mcp import McpServerSettings
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.errors import ProviderError
from openclaw_rpc.protocol.validation import whole_characters

MAX_LINE: Final = 32 * 1024 * 1024
PIECE: Final = 64 * 1024
LAST_LINES: Final = 10
LINE_KEPT: Final = 500
_ANSWER: Final = re.compile(rb'"id"\s*:\s*(?:(\d{1,15})\b|"([^"\\]{1,200})")')
GOOD_SECONDS: Final = 1.0
"""How long a server may take to end by itself once its stdin is closed, and again after SIGTERM."""


class StdioServer:
    """A server's process, and the two streams that the SDK talks to it through."""

    def __init__(
        self, name: str, settings: McpServerSettings, folder: str, log: Log, on_end: Callable[[str], None]
    ) -> None:
        self.died: str | None = None
        self._name = name
        self._settings = settings
        self._folder = folder
        self._log = log
        self._on_end = on_end
        self._process: Process | None = None
        self._group: TaskGroup | None = None
        self._words: deque[str] = deque(maxlen=LAST_LINES)
        self._said_all = anyio.Event()
        """Set once all is read that it wrote to stderr."""
        self._ending = False

    @property
    def last_words(self) -> str:
        """The last that it wrote to stderr."""
        return " | ".join(self._words)[-1000:]

    async def __aenter__(self) -> TransportStreams:
        """Start it.

        Raises:
            ProviderError: the program is not there, or can't be run.
        """
        command = self._settings.command or ""
        try:
            # Given up in the middle of its start, it would be killed and not be waited for.
            with anyio.CancelScope(shield=True):
                self._process = await anyio.open_process(
                    [command, *self._settings.args],
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=PIPE,
                    cwd=self._folder,
                    env=get_default_environment() | self._settings.env,
                    start_new_session=True,
                )
        except OSError as error:
            what = command if await anyio.Path(self._folder).is_dir() else f"{command} in {self._folder}"
            raise ProviderError(f"{what} can't be run: {error.strerror or error}", reason="mcp") from None
        process = self._process
        if process is None:
            raise OSError("the program was not started")
        group = self._group = anyio.create_task_group()
        try:
            await group.__aenter__()
        except BaseException:
            process.kill()
            raise
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise OSError("the program has no pipes")
        to_us, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        write, from_us = anyio.create_memory_object_stream[SessionMessage](0)
        self._streams = (to_us, read, write, from_us)
        group.start_soon(self._read, process.stdout, to_us)
        group.start_soon(self._write, process.stdin, from_us)
        group.start_soon(self._listen, process.stderr)
        return read, write

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """End it, and all that it started."""
        self._ending = True
        with anyio.CancelScope(shield=True):
            await self._end()
        for stream in self._streams:
            stream.close()
        if self._group is None:
            return None
        self._group.cancel_scope.cancel()
        return await self._group.__aexit__(kind, error, trace)

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
                await process.stdin.aclose()
        if not await _ended(process):
            self._signal(signal.SIGTERM)
            await _ended(process)
        # What it left behind is in its group still.
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        await _ended(process)
        with suppress(OSError), anyio.move_on_after(GOOD_SECONDS):
            await process.aclose()

    def _signal(self, number: int) -> None:
        process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, number)
            elif process.returncode is None:
                process.send_signal(signal.Signals(number))

    async def _read(
        self, source: ByteReceiveStream, target: MemoryObjectSendStream[SessionMessage | Exception]
    ) -> None:
        """Hand on each line that the server writes, until it ends."""
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
            async with target:
                # Told before the stream ends: the SDK would only say that it did.
                await self._gone(await self._read_lines(source, target))

    async def _read_lines(
        self, source: ByteReceiveStream, target: MemoryObjectSendStream[SessionMessage | Exception]
    ) -> str:
        """Hand on lines; answers why there are no more."""
        pending = bytearray()
        with suppress(anyio.EndOfStream):
            while True:
                first, *others = (await source.receive(PIECE)).split(b"\n")
                pending += first
                if len(pending) > MAX_LINE:
                    return f"it wrote a line of more than {MAX_LINE} bytes"
                for other in others:
                    await self._hand_on(bytes(pending), target)
                    pending = bytearray(other)
        return ""

    async def _hand_on(self, line: bytes, target: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        if line.strip():
            await target.send(self._message(line))

    def _message(self, line: bytes) -> SessionMessage | Exception:
        try:
            whole = whole_characters(line)
            return SessionMessage(types.jsonrpc_message_adapter.validate_json(whole, by_name=False))
        except ValueError as error:
            asked = _ANSWER.search(line) if b'"method"' not in line else None
            if asked is not None and b'"jsonrpc"' in line:
                # Whoever waits for it is told at once, not after its time is over.
                said = f"an answer that can't be read: {line[:LINE_KEPT].decode('utf-8', 'replace')}"
                about = types.ErrorData(code=types.PARSE_ERROR, message=said)
                call_id = int(asked[1]) if asked[1] else asked[2].decode("utf-8", "replace")
                return SessionMessage(types.JSONRPCError(jsonrpc="2.0", id=call_id, error=about))
            # Many a program prints something there that is no message.
            self._words.append(line[:LINE_KEPT].decode("utf-8", "replace"))
            return error

    async def _write(self, target: ByteSendStream, source: MemoryObjectReceiveStream[SessionMessage]) -> None:
        with suppress(OSError, anyio.ClosedResourceError, anyio.BrokenResourceError):
            async with source:
                async for message in source:
                    text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await target.send(text.encode() + b"\n")

    async def _listen(self, source: ByteReceiveStream) -> None:
        """Keep the end of what it writes to stderr, and log it."""
        pending = b""
        with suppress(anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            while True:
                *lines, pending = (pending + await source.receive(PIECE)).split(b"\n")
                pending = pending[-LINE_KEPT:]
                for line in lines:
                    self._keep_word(line)
        self._keep_word(pending)
        self._said_all.set()

    def _keep_word(self, line: bytes) -> None:
        text = line[:LINE_KEPT].decode("utf-8", "replace").strip()
        if text:
            self._words.append(text)
            self._log.debug("an MCP server says", server=self._name, text=text)

    async def _gone(self, why: str) -> None:
        """It writes no more: tell so, with its exit code where it has one."""
        process = self._process
        if self._ending or process is None:
            return
        if not why:
            code = f" with code {process.returncode}" if await _ended(process) else ""
            # What it left behind may hold its stderr open.
            with anyio.move_on_after(GOOD_SECONDS):
                await self._said_all.wait()
            why = f"it ended{code}"
        self.died = f"{why}: {self.last_words}" if self.last_words else why
        self._on_end(self.died)


async def _ended(process: Process) -> bool:
    """Whether the process ends within its time. Its pipes may be open still, held by what it started.

    So it is looked at, not waited for: waiting ends when its pipes do.
    """
    with anyio.move_on_after(GOOD_SECONDS):
        while process.returncode is None:  # noqa: ASYNC110
            await anyio.sleep(0.01)
    return process.returncode is not None

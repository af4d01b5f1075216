"""Looking for files by name and by what is in them, in steps that can be given up, within bounds of time and size."""

import os
import sys
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec
from anyio.abc import ByteReceiveStream, ByteSendStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream

from openclaw_rpc.adapters.workspace.opening import NOFOLLOW
from openclaw_rpc.adapters.workspace.walking import FoundEntry, Walk, next_step
from openclaw_rpc.domain.files import FileHit, FolderEntry, Query
from openclaw_rpc.protocol.errors import InvalidRequest, Timeout, Unavailable

MIB: Final = 1024 * 1024
MAX_FILE: Final = 4 * MIB
MAX_TOTAL: Final = 256 * MIB
HITS_A_FILE: Final = 100
BINARY_HEAD: Final = 8192
SHOWN: Final = 500
BATCH_BYTES: Final = MIB
MAX_ANSWER: Final = 64 * MIB
READ: Final = os.O_RDONLY | NOFOLLOW | getattr(os, "O_NONBLOCK", 0)
MATCHER: Final = Path(__file__).with_name("matcher.py")

Text = tuple[FolderEntry, bytes]


class Searching:
    """One search."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._walk = Walk()
        self._end = time.monotonic() + query.seconds
        self._read = 0
        self._cut = False

    async def run(self, folder: int) -> tuple[list[FileHit], bool]:
        """What fits below an open folder, and whether there may be more.

        Raises:
            InvalidRequest: the regular expression is none.
            Timeout: it takes too long; whatever else does ends the search with what was found until then.
        """
        query = self._query
        with closing(self._walk.entries(folder, query.folder, recursive=True)) as found:
            if query.content is None:
                hits = await self._gather(self._named(found))
            elif not query.regex:
                hits = await self._gather(self._containing(found, query.content.encode()))
            else:
                hits = await self._matching(found, query.content)
        more = self._cut or self._walk.cut or len(hits) > query.limit
        return hits[: query.limit], more

    async def _gather(self, source: Generator[FileHit | None]) -> list[FileHit]:
        hits: list[FileHit] = []
        with closing(source):
            done = False
            while not done and len(hits) <= self._query.limit:
                step, done = await next_step(source)
                hits += (hit for hit in step if hit is not None)
                done = done or self._too_late()
        return hits

    def _too_late(self) -> bool:
        if time.monotonic() > self._end:
            self._cut = True
        return self._cut

    def _fits(self, entry: FolderEntry) -> bool:
        return self._query.glob.fits(entry.parts[len(self._query.folder) :])

    def _named(self, found: Generator[FoundEntry]) -> Generator[FileHit | None]:
        """Those whose names fit; None for the others, so that a step ends in time."""
        for entry, _ in found:
            yield FileHit(entry=entry) if self._fits(entry) else None

    def _texts(self, found: Generator[FoundEntry]) -> Generator[Text | None]:
        """The text files whose names fit, read as far as they may be."""
        for entry, folder in found:
            if entry.type != "file" or not self._fits(entry):
                yield None
                continue
            if self._read > MAX_TOTAL:
                self._cut = True
                return
            data = _read(folder, entry.parts[-1])
            self._read += len(data)
            self._cut = self._cut or entry.size > MAX_FILE
            yield None if b"\x00" in data[:BINARY_HEAD] else (entry, data)

    def _containing(self, found: Generator[FoundEntry], wanted: bytes) -> Generator[FileHit | None]:
        for text in self._texts(found):
            if text is None:
                yield None
            else:
                yield from _lines_with(*text, wanted)

    async def _matching(self, found: Generator[FoundEntry], pattern: str) -> list[FileHit]:
        hits: list[FileHit] = []
        with closing(self._texts(found)) as texts:
            async with await Matcher.start(pattern, self._query.seconds) as matcher:
                done = False
                while not done and len(hits) <= self._query.limit:
                    step, done = await next_step(texts)
                    batch = [text for text in step if text is not None]
                    hits += await self._ask(matcher, batch)
                    done = done or self._too_late()
        return hits

    async def _ask(self, matcher: "Matcher", batch: list[Text]) -> list[FileHit]:
        hits: list[FileHit] = []
        while batch:
            size = taken = 0
            while taken < len(batch) and (not taken or size + len(batch[taken][1]) <= BATCH_BYTES):
                size += len(batch[taken][1])
                taken += 1
            now, batch = batch[:taken], batch[taken:]
            lines = await matcher.lines([data.decode("utf-8", "replace") for _, data in now], self._end)
            for (entry, _), found in zip(now, lines, strict=True):
                hits += (FileHit(entry=entry, line=number, text=text) for number, text in found)
        return hits


def _read(folder: int, name: str) -> bytes:
    try:
        file = os.open(name, READ, dir_fd=folder)
    except OSError:  # gone, swapped for a link, or not ours to read
        return b""
    try:
        pieces: list[bytes] = []
        left = MAX_FILE
        while left > 0 and (piece := os.read(file, min(left, MIB))):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)
    except OSError:  # a pipe that has nothing to say, a bad disk
        return b""
    finally:
        os.close(file)


def _lines_with(entry: FolderEntry, data: bytes, wanted: bytes) -> Generator[FileHit | None]:
    """The first lines that have it."""
    line, at = 1, 0
    for _ in range(HITS_A_FILE):
        found = data.find(wanted, at)
        if found < 0:
            break
        line += data.count(b"\n", at, found)
        begin = data.rfind(b"\n", 0, found) + 1
        end = data.find(b"\n", found)
        end = len(data) if end < 0 else end
        text = data[begin : min(end, begin + 4 * SHOWN)].decode("utf-8", "replace").rstrip("\r")[:SHOWN]
        yield FileHit(entry=entry, line=line, text=text)
        line, at = line + 1, end + 1
    yield None


class Matcher:
    """The process that matches a regular expression: see `matcher`."""

    def __init__(self, process: Process, stdin: ByteSendStream, stdout: ByteReceiveStream) -> None:
        self._process = process
        self._stdin = stdin
        self._answers = BufferedByteReceiveStream(stdout)

    @classmethod
    async def start(cls, pattern: str, seconds: float) -> "Matcher":
        """Start it, and let it compile the pattern.

        Raises:
            InvalidRequest: it is not a valid regular expression.
            Timeout: compiling takes too long.
        """
        process: Process | None = None
        # Given up in the middle of its start, it would be killed and not be waited for.
        with anyio.CancelScope(shield=True):
            process = await anyio.open_process(
                [sys.executable, "-I", "-S", str(MATCHER)], stderr=None, env={}, start_new_session=True
            )
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("the process has no pipes")
        matcher = cls(process, process.stdin, process.stdout)
        try:
            wanted = {"pattern": pattern, "seconds": seconds, "hits": HITS_A_FILE}
            said = await matcher._exchange(wanted, time.monotonic() + seconds)
        except BaseException:
            await matcher.aclose()
            raise
        if "error" in said:
            await matcher.aclose()
            reason = f"is not a valid regular expression: {said['error']}"
            raise InvalidRequest(f"content {reason}", field="content", reason=reason)
        return matcher

    async def lines(self, texts: list[str], end: float) -> list[list[tuple[int, str]]]:
        """Of each text, the lines that fit.

        Raises:
            Timeout: it is not done at ``end`` (monotonic s).
        """
        return await self._exchange(texts, end)

    async def _exchange(self, message: Any, end: float) -> Any:
        data = msgspec.json.encode(message)
        try:
            with anyio.fail_after(max(0.0, end - time.monotonic())):
                await self._stdin.send(len(data).to_bytes(4, "big") + data)
                size = int.from_bytes(await self._answers.receive_exactly(4), "big")
                if size > MAX_ANSWER:
                    raise Unavailable("the search found more than it can hold", reason="too much")
                return msgspec.json.decode(await self._answers.receive_exactly(size))
        except TimeoutError:
            raise Timeout("the regular expression takes too long", field="content", reason="regex") from None
        except (anyio.IncompleteRead, anyio.BrokenResourceError, anyio.ClosedResourceError):
            raise Timeout("the regular expression takes too much memory", field="content", reason="regex") from None

    async def aclose(self) -> None:
        """End the process, whatever it does."""
        with anyio.CancelScope(shield=True):
            if self._process.returncode is None:
                self._process.kill()
            await self._process.aclose()

    async def __aenter__(self) -> "Matcher":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

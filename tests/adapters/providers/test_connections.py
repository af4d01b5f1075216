"""Connections to a model's server: what is sent, how answers end, what is read at once, when they are used again."""

import asyncio
import gzip
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest
import yarl

from openclaw_rpc.adapters.providers import connections as module
from openclaw_rpc.adapters.providers.connections import Connections, RequestTemplate
from openclaw_rpc.adapters.providers.http1 import HIGH_BYTES, BrokenError, HttpResponse, LateError, NoHttpError
from tests.support.doors import until

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(params=[True, False], ids=["uvloop", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class Wire:
    """A server that answers each request with the next of ``answers``: bytes, a pause, or the end (None)."""

    def __init__(self, *answers: list[bytes | float | None]) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.left = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def blocked(self) -> bool:
        """Whether the system takes nothing more from it."""
        return any(writer.transport.get_write_buffer_size() for writer in self._writers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            while self.answers:
                head = await reader.readuntil(b"\r\n\r\n")
                found = LENGTH.search(head)
                self.requests.append(head + await reader.readexactly(int(found[1]) if found else 0))
                for step in self.answers.pop(0):
                    if step is None:
                        return
                    if isinstance(step, bytes):
                        writer.write(step)
                        await writer.drain()
                    else:
                        await asyncio.sleep(step)
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.left.set()
            writer.close()

    def end(self) -> None:
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def served(wire: Wire, seconds: float = 5) -> AsyncGenerator[tuple[Connections, RequestTemplate]]:
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    url = yarl.URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/chat")
    connections = Connections(str(url), seconds)
    try:
        with anyio.fail_after(10):
            yield connections, connections.request("POST", url, [("X-One", "1")])
    finally:
        await connections.aclose()
        wire.end()
        server.close()
        await server.wait_closed()


async def asked(
    connections: Connections, request: RequestTemplate, body: bytes = b"", *, seconds: float = 5, words: bool = False
) -> HttpResponse:
    return await connections.ask(request, body, asyncio.get_running_loop().time() + seconds, words=words)


async def whole(answer: HttpResponse) -> bytes:
    pieces: list[bytes] = []
    while piece := await answer.read():
        pieces.append(piece)
    return b"".join(pieces)


def plain(body: bytes, *headers: bytes) -> list[bytes | float | None]:
    return [b"\r\n".join((b"HTTP/1.1 200 OK", *headers, b"Content-Length: %d" % len(body), b"", body))]


async def test_a_request_is_one_piece_with_its_host_and_length() -> None:
    wire = Wire(plain(b"yes"))
    async with served(wire) as (connections, request):
        answer = await asked(connections, request, b"question")
        assert await whole(answer) == b"yes"
        answer.close()
    head, _, body = wire.requests[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /v1/chat HTTP/1.1",
        b"Host: 127.0.0.1:%d" % (request.url.port or 0),
        b"X-One: 1",
        b"Content-Length: 8",
    ]
    assert body == b"question"


async def test_a_header_of_two_lines_is_refused() -> None:
    connections = Connections("http://127.0.0.1:1", 1)
    with pytest.raises(ValueError, match="line break"):
        connections.request("POST", yarl.URL("http://127.0.0.1:1/"), [("X-One", "1\r\nX-Two: 2")])


async def test_what_comes_within_a_millisecond_is_read_together() -> None:
    pieces = [chunk(b"%d;" % number) for number in range(200)]
    wire = Wire([STREAM, pieces[0], 0.05, *pieces[1:], chunk(b"")])
    async with served(wire) as (connections, request):
        answer = await asked(connections, request)
        first = await answer.read()
        answer.together = True
        reads = 0
        rest = b""
        while piece := await answer.read():
            reads += 1
            rest += piece
        answer.close()
    assert first == b"0;"
    assert rest == b"".join(b"%d;" % number for number in range(1, 200))
    assert reads < 100


async def test_a_packet_that_brings_nothing_of_the_body_is_not_its_end() -> None:
    wire = Wire(
        [STREAM, 0.02, b"3\r\n", 0.02, b"one", 0.02, b"\r\n3", 0.02, b"\r\ntwo\r\n", 0.02, b"0\r\n", 0.02, b"\r\n"]
    )
    async with served(wire) as (connections, request):
        answer = await asked(connections, request)
        assert await whole(answer) == b"onetwo"
        answer.close()


async def test_early_hints_are_passed_over() -> None:
    wire = Wire([b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", *plain(b"yes", b"X-Two: a", b"X-Two: b")])
    async with served(wire) as (connections, request):
        answer = await asked(connections, request)
        assert (answer.status, answer.headers["x-two"], "link" in answer.headers) == (200, "a, b", False)
        assert await whole(answer) == b"yes"
        answer.close()


async def test_trailers_are_no_headers_of_the_next_answer() -> None:
    wire = Wire([STREAM, b"3\r\none\r\n0\r\nX-Trailer: 1\r\n\r\n"], plain(b"two"))
    async with served(wire) as (connections, request):
        for body in (b"one", b"two"):
            answer = await asked(connections, request)
            assert (await whole(answer), "x-trailer" in answer.headers) == (body, False)
            answer.close()
    assert wire.connections == 1


@pytest.mark.parametrize("words", [True, False])
async def test_a_stream_begins_with_its_first_words_or_with_its_head(words: bool) -> None:
    wire = Wire([STREAM, 0.2, chunk(b"one"), chunk(b"")])
    async with served(wire) as (connections, request):
        answer = await asked(connections, request, words=words)
        assert (answer.waiting > 0) == words
        assert await whole(answer) == b"one"
        answer.close()


@pytest.mark.parametrize("end", [None, 5.0])
async def test_a_stream_that_ends_before_its_first_words_says_so_when_it_is_read(end: float | None) -> None:
    async with served(Wire([STREAM, end])) as (connections, request):
        answer = await asked(connections, request, seconds=0.2, words=True)
        assert answer.status == 200
        with pytest.raises(BrokenError if end is None else LateError):
            await answer.read()
        answer.close()


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    wire = Wire([b"HTTP/1.1 200 OK\r\n\r\nto the end", None], plain(b"again"))
    async with served(wire) as (connections, request):
        answer = await asked(connections, request)
        assert await whole(answer) == b"to the end"
        answer.close()
        answer = await asked(connections, request)
        assert await whole(answer) == b"again"
        answer.close()
    assert wire.connections == 2


async def test_what_came_before_the_break_is_read_first() -> None:
    wire = Wire([b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", None])
    async with served(wire) as (connections, request):
        answer = await asked(connections, request)
        await wire.left.wait()
        assert await answer.read() == b"half"
        with pytest.raises(BrokenError):
            await answer.read()
        answer.close()


@pytest.mark.parametrize("packing", [b"gzip", b"identity"])
async def test_a_body_that_is_packed_unasked_is_unpacked(packing: bytes) -> None:
    body = gzip.compress(b"yes") if packing == b"gzip" else b"yes"
    async with served(Wire(plain(body, b"Content-Encoding: " + packing))) as (connections, request):
        answer = await asked(connections, request)
        assert await whole(answer) == b"yes"
        answer.close()


@pytest.mark.parametrize(
    ("body", "packing", "words"),
    [
        (gzip.compress(bytes(64 << 20)), b"gzip", "far more"),
        (b"no gzip", b"gzip", "not compressed"),
        (b"?", b"br", "packed its answer as br"),
    ],
    ids=["bomb", "no gzip", "brotli"],
)
async def test_a_body_that_can_not_be_unpacked_says_so(body: bytes, packing: bytes, words: str) -> None:
    async with served(Wire(plain(body, b"Content-Encoding: " + packing))) as (connections, request):
        with pytest.raises(NoHttpError, match=words):
            answer = await asked(connections, request)
            try:
                await whole(answer)
            finally:
                answer.close()


async def test_a_head_without_end_is_cut() -> None:
    async with served(Wire([b"HTTP/1.1 200 OK\r\nX-Long: ", *[b"x" * 10_000] * 20])) as (connections, request):
        with pytest.raises(NoHttpError, match="head of more"):
            await asked(connections, request)


async def test_nobody_waits_longer_than_was_said() -> None:
    wire = Wire([5.0], [STREAM, chunk(b"one"), 5.0])
    async with served(wire) as (connections, request):
        with pytest.raises(LateError):
            await asked(connections, request, seconds=0.1)
        answer = await asked(connections, request)
        assert await answer.read() == b"one"
        answer.patience = 0.1
        with pytest.raises(LateError):
            await answer.read()
        answer.close()


async def test_an_answer_that_nobody_reads_stops_its_server() -> None:
    body = bytes(64 << 20)
    wire = Wire([b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), *[body[: 1 << 20]] * 64])
    async with served(wire) as (connections, request):
        answer = await asked(connections, request)
        await until(lambda: answer.waiting > HIGH_BYTES)
        read = answer.waiting
        await until(lambda: wire.blocked)
        assert answer.waiting == read < 4 * HIGH_BYTES
        assert len(await whole(answer)) == len(body)
        answer.close()


async def test_a_connection_that_its_server_closed_is_not_used_again() -> None:
    wire = Wire(plain(b"one"), plain(b"two"))
    async with served(wire) as (connections, request):
        answer = await asked(connections, request)
        await whole(answer)
        answer.close()
        wire.end()
        await until(lambda: not connections.open)
        answer = await asked(connections, request)
        assert await whole(answer) == b"two"
        answer.close()
    assert wire.connections == 2


async def test_a_connection_that_its_server_closes_as_it_is_used_again_is_followed_by_a_new_one() -> None:
    wire = Wire(plain(b"one"), [None], plain(b"two"))
    async with served(wire) as (connections, request):
        for said in (b"one", b"two"):
            answer = await asked(connections, request, b"{}")
            assert await whole(answer) == said
            answer.close()
    assert (wire.connections, len(wire.requests)) == (2, 3)


async def test_a_new_connection_that_its_server_closes_is_not_tried_again() -> None:
    wire = Wire([None], plain(b"one"))
    async with served(wire) as (connections, request):
        with pytest.raises(BrokenError):
            await asked(connections, request, b"{}")
    assert len(wire.requests) == 1


async def test_bytes_that_nobody_asked_for_end_a_connection() -> None:
    wire = Wire([*plain(b"one"), 0.05, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"], plain(b"two"))
    async with served(wire) as (connections, request):
        answer = await asked(connections, request)
        await whole(answer)
        answer.close()
        await wire.left.wait()
        answer = await asked(connections, request)
        assert await whole(answer) == b"two"
        answer.close()


async def test_an_answer_to_nothing_is_no_part_of_the_one_before_it() -> None:
    forged = b"HTTP/1.1 500 Oh\r\nContent-Length: 6\r\n\r\nforged"
    wire = Wire([b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none" + forged], plain(b"two"))
    async with served(wire) as (connections, request):
        answer = await asked(connections, request)
        assert (await whole(answer), answer.status) == (b"one", 200)
        answer.close()
        await until(lambda: not connections.open)
        answer = await asked(connections, request)
        assert await whole(answer) == b"two"
        answer.close()


async def test_what_is_idle_for_too_long_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP_ALIVE_SECONDS", 0.05)
    wire = Wire(plain(b"one"))
    async with served(wire) as (connections, request):
        answer = await asked(connections, request)
        await whole(answer)
        answer.close()
        await wire.left.wait()


async def test_more_requests_than_connections_wait_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECTIONS", 2)
    wire = Wire(*(plain(b"%d" % number) for number in range(20)))

    async with served(wire) as (connections, request):

        async def one() -> None:
            answer = await asked(connections, request)
            assert await whole(answer)
            answer.close()

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(one)
    assert len(wire.requests) == 20
    assert wire.connections <= 2


async def test_a_place_that_was_left_early_is_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECTIONS", 1)
    wire = Wire(*([STREAM, chunk(b"one"), 5.0] for _ in range(5)), plain(b"last"))
    async with served(wire) as (connections, request):
        for _ in range(5):
            answer = await asked(connections, request)
            assert await answer.read() == b"one"
            answer.close()
        answer = await asked(connections, request)
        assert await whole(answer) == b"last"
        answer.close()

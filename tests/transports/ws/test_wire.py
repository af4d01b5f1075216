"""Frames as RFC 6455 has them, written by hand: the kinds of Autobahn's cases 1 to 7 and 10."""

import asyncio
import base64
import os
import struct
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import anyio
import msgspec
import pytest

from tests.support.gateway import TOKEN, TestGateway, gateway, settings

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
CALL = b'{"id": 1, "method": "agent.list"}'
MOST = 2_000_000


def frame(opcode: int, data: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """A frame of a client."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    size, mask = len(data), 0x80 if masked else 0
    if size < 126:
        head = bytes((first, mask | size))
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, mask | 126, size)
    else:
        head = struct.pack("!BBQ", first, mask | 127, size)
    if not masked:
        return head + data
    key = os.urandom(4)
    pad = (key * (size // 4 + 1))[:size]
    return head + key + (int.from_bytes(data) ^ int.from_bytes(pad)).to_bytes(size)


def fragments(*pieces: bytes, opcode: int = TEXT) -> list[bytes]:
    """A message in several frames."""
    last = len(pieces) - 1
    return [frame(CONT if at else opcode, piece, fin=at == last) for at, piece in enumerate(pieces)]


class Raw:
    """A socket after its handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        """Write, each part by itself."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def next(self) -> tuple[int, bytes]:
        """The next frame: its opcode and what it holds. The gateway masks nothing and cuts nothing in pieces."""
        with anyio.fail_after(20):
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            assert (first & 0xF0, second & 0x80) == (0x80, 0)
            return first & 0x0F, await self.reader.readexactly(size)

    async def answer(self) -> dict[str, object]:
        """The next answer to a call."""
        opcode, data = await self.next()
        assert opcode == TEXT
        return msgspec.json.decode(data)

    async def closed(self) -> int | None:
        """The code that the gateway closes with, after which nothing comes."""
        while True:
            opcode, data = await self.next()
            if opcode == CLOSE:
                with anyio.fail_after(20):
                    self.writer.write(frame(CLOSE, data))
                    assert await self.reader.read() == b""
                return struct.unpack("!H", data[:2])[0] if data else None


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[TestGateway]:
    async with gateway(settings(max_message_bytes=MOST)) as running:
        yield running


@asynccontextmanager
async def opened(served: TestGateway) -> AsyncGenerator[Raw]:
    """A socket that was greeted."""
    host, _, port = served.url.removeprefix("http://").rstrip("/").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
    )
    raw = Raw(reader, writer)
    try:
        with anyio.fail_after(20):
            head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert (await raw.answer())["type"] == "connected"
        yield raw
    finally:
        writer.close()


def call_of(size: int) -> bytes:
    """A call of so many bytes that is refused for a field that nobody knows."""
    body = b'{"id": 1, "method": "agent.list", "params": {"x": "%s"}}'
    return body % (b"*" * (size - len(body) + 2))


@pytest.mark.parametrize("size", [125, 126, 127, 128, 65535, 65536, 65537, 1_000_000])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_a_message_of_any_size_is_read(served: TestGateway, size: int, opcode: int) -> None:
    async with opened(served) as raw:
        await raw.send(frame(opcode, call_of(size)))
        assert (await raw.answer())["id"] == 1


@pytest.mark.parametrize("piece", [1, 997, 65536])
async def test_a_large_message_is_read_from_pieces_of_any_size(served: TestGateway, piece: int) -> None:
    call = call_of(1000 if piece == 1 else 1_000_000)
    pieces = [call[at : at + piece] for at in range(0, len(call), piece)]
    async with opened(served) as raw:
        await raw.send(b"".join(fragments(*pieces)))
        assert (await raw.answer())["id"] == 1


@pytest.mark.parametrize("chops", [1, 2, 3, 7])
async def test_bytes_may_come_in_any_pieces(served: TestGateway, chops: int) -> None:
    data = frame(PING, b"x") + frame(TEXT, CALL)
    async with opened(served) as raw:
        await raw.send(*(data[at : at + chops] for at in range(0, len(data), chops)))
        assert await raw.next() == (PONG, b"x")
        assert (await raw.answer())["id"] == 1


async def test_a_message_that_is_too_large_closes_with_1009(served: TestGateway) -> None:
    async with opened(served) as raw:
        await raw.send(frame(TEXT, call_of(MOST + 1)))
        assert await raw.closed() == 1009
    async with opened(served) as raw:
        await raw.send(*fragments(call_of(MOST - 10), b" " * 20))
        assert await raw.closed() == 1009


async def test_a_message_in_too_many_pieces_closes_with_1009(served: TestGateway) -> None:
    async with opened(served) as raw:
        await raw.send(b"".join(fragments(*(bytes((byte,)) for byte in call_of(20_000)))))
        assert await raw.closed() == 1009


@pytest.mark.parametrize("payload", [b"", b"hello", bytes(range(125)), b"\xff" * 125])
async def test_a_ping_is_answered_with_what_it_holds(served: TestGateway, payload: bytes) -> None:
    async with opened(served) as raw:
        await raw.send(frame(PONG, b"nobody asked"), frame(PING, payload))
        assert await raw.next() == (PONG, payload)


async def test_pings_are_answered_in_their_order(served: TestGateway) -> None:
    async with opened(served) as raw:
        await raw.send(b"".join(frame(PING, b"%d" % at) for at in range(10)))
        assert [await raw.next() for _ in range(10)] == [(PONG, b"%d" % at) for at in range(10)]


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
async def test_a_control_frame_is_short_and_whole(served: TestGateway, opcode: int) -> None:
    async with opened(served) as raw:
        await raw.send(frame(opcode, b"\x03\xe8" + b"x" * 124))
        assert await raw.closed() == 1002
    async with opened(served) as raw:
        await raw.send(frame(opcode, b"\x03\xe8", fin=False))
        assert await raw.closed() == 1002


@pytest.mark.parametrize("reserved", [1, 2, 4, 7])
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
async def test_reserved_bits_are_refused(served: TestGateway, reserved: int, opcode: int) -> None:
    async with opened(served) as raw:
        await raw.send(frame(TEXT, CALL), frame(opcode, b"", reserved=reserved))
        assert await raw.closed() == 1002


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
async def test_reserved_opcodes_are_refused(served: TestGateway, opcode: int) -> None:
    async with opened(served) as raw:
        await raw.send(frame(TEXT, CALL), frame(opcode, b"x"))
        assert await raw.closed() == 1002


async def test_a_frame_that_is_not_masked_is_refused(served: TestGateway) -> None:
    async with opened(served) as raw:
        await raw.send(frame(TEXT, CALL, masked=False))
        assert await raw.closed() == 1002


async def test_control_frames_may_stand_between_fragments(served: TestGateway) -> None:
    first, middle, last = fragments(CALL[:5], CALL[5:9], CALL[9:])
    async with opened(served) as raw:
        await raw.send(first, frame(PING, b"1"), middle, frame(PONG), frame(PING, b"2"), last)
        assert [await raw.next(), await raw.next()] == [(PONG, b"1"), (PONG, b"2")]
        assert (await raw.answer())["id"] == 1
        await raw.send(*fragments(b"", CALL, b""))
        assert (await raw.answer())["id"] == 1


@pytest.mark.parametrize(
    "frames",
    [
        [frame(CONT, CALL)],
        [frame(CONT, CALL, fin=False)],
        [*fragments(CALL[:5], CALL[5:]), frame(CONT, b"x")],
        [frame(TEXT, CALL[:5], fin=False), frame(TEXT, CALL[5:])],
        [frame(TEXT, CALL[:5], fin=False), frame(BINARY, CALL[5:])],
    ],
    ids=["nothing to continue", "nor in pieces", "after its end", "another begins", "another kind begins"],
)
async def test_fragments_that_do_not_fit_are_refused(served: TestGateway, frames: Sequence[bytes]) -> None:
    async with opened(served) as raw:
        await raw.send(*frames)
        assert await raw.closed() == 1002


GOOD = ["κόσμε", "Hello-µ@ßöäüàá", "\x7f", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "\ufeff"]
BAD = [
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    b"\x80",
    b"\xbf\x80",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xc1\xbf",
    b"\xed\xa0\x80",
    b"\xed\xad\xbf\xed\xb0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfe",
    b"\xff",
    b"\xce",
    b"\xf0\x9f\x98",
]


@pytest.mark.parametrize("text", GOOD)
async def test_text_may_be_cut_within_a_character(served: TestGateway, text: str) -> None:
    call = b'{"id": "%s", "method": "agent.list"}' % text.replace("\x7f", "\\u007f").encode()
    async with opened(served) as raw:
        for at in range(1, len(call)):
            await raw.send(*fragments(call[:at], call[at:]))
            assert (await raw.answer())["id"] == text


@pytest.mark.parametrize("bad", BAD)
async def test_what_is_not_utf_8_closes_with_1007(served: TestGateway, bad: bytes) -> None:
    call = b'{"id": 1, "method": "agent.list", "x": "%s"}' % bad
    async with opened(served) as raw:
        await raw.send(frame(TEXT, call))
        assert await raw.closed() == 1007
    async with opened(served) as raw:
        at = call.index(bad) + 1
        await raw.send(*fragments(call[:at], call[at:]))
        assert await raw.closed() == 1007


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
async def test_a_close_is_answered_with_its_code(served: TestGateway, code: int) -> None:
    async with opened(served) as raw:
        await raw.send(frame(CLOSE, struct.pack("!H", code) + b"bye"))
        assert await raw.closed() == code


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535])
async def test_codes_that_nobody_may_send_are_refused(served: TestGateway, code: int) -> None:
    async with opened(served) as raw:
        await raw.send(frame(CLOSE, struct.pack("!H", code)))
        assert await raw.closed() == 1002


async def test_odd_closes_are_answered(served: TestGateway) -> None:
    async with opened(served) as raw:
        await raw.send(frame(CLOSE))
        assert await raw.closed() in (None, 1000)
    async with opened(served) as raw:
        await raw.send(frame(CLOSE, b"\x03"))
        assert await raw.closed() == 1002
    async with opened(served) as raw:
        await raw.send(frame(CLOSE, b"\x03\xe8\xce\xba\xff"))
        assert await raw.closed() in (1002, 1007)


async def test_nothing_is_done_after_a_close(served: TestGateway) -> None:
    async with opened(served) as raw:
        await raw.send(frame(CLOSE, b"\x03\xe8") + frame(TEXT, CALL) + frame(PING, b"late"))
        assert (await raw.next())[0] == CLOSE
        with anyio.fail_after(20):
            assert await raw.reader.read() == b""

"""The guarded proxy, spoken to byte by byte, as no browser would."""

import asyncio
import base64
import contextlib
import itertools
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import anyio
import pytest

from openclaw_rpc.adapters.browser.proxy import GuardedProxy, resolved
from openclaw_rpc.domain.outbound import OutboundPolicy

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n\r\nhello"


class Site:
    """A server that notes every byte, answers once, and keeps its connections open."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.heard = b""
        self.port = 0
        self.left = anyio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.append(task)
        answered = False
        try:
            while data := await reader.read(65536):
                self.heard += data
                if not answered:
                    writer.write(self.answer)
                    answered = True
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.left.set()
            writer.close()

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()


@asynccontextmanager
async def listening(answer: bytes = ANSWER, host: str = "127.0.0.1") -> AsyncGenerator[Site]:
    site = Site(answer)
    server = await asyncio.start_server(site.serve, host, 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        site.stop()


class Line:
    """A connection to the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, proxy: GuardedProxy) -> None:
        self.reader, self.writer, self.proxy = reader, writer, proxy

    @property
    def credentials(self) -> str:
        return base64.b64encode(f"{self.proxy.username}:{self.proxy.password}".encode()).decode()

    def send(self, first: str, *headers: str, body: bytes = b"", known: bool = True) -> None:
        more = (f"Proxy-Authorization: Basic {self.credentials}",) if known else ()
        self.writer.write("\r\n".join((first, *headers, *more, "", "")).encode("latin-1") + body)

    async def rest(self) -> bytes:
        """All until the proxy ends the connection."""
        with anyio.fail_after(10):
            return await self.reader.read()

    async def head(self) -> bytes:
        with anyio.fail_after(10):
            return await self.reader.readuntil(b"\r\n\r\n")


@asynccontextmanager
async def proxied(*allowed: str, resolve: "Names | None" = None) -> AsyncGenerator[Line]:
    policy = OutboundPolicy(allowed)
    proxy = GuardedProxy(lambda: policy, resolve.resolve if resolve else resolved)
    port = int((await proxy.start()).rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Line(reader, writer, proxy)
    finally:
        writer.close()
        await proxy.stop()


class Names:
    """Resolves a name to one list of addresses after the other, the last again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_a_request_reaches_a_host_that_is_open() -> None:
    async with listening() as site, proxied("127.0.0.1") as line:
        line.send(f"GET http://127.0.0.1:{site.port}/a?b=c HTTP/1.1", "Host: elsewhere", "Accept: x")
        answer = await line.rest()
    assert answer.endswith(b"\r\n\r\nhello")
    assert site.heard.startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{site.port}".encode() in site.heard
    assert b"elsewhere" not in site.heard


async def test_a_body_is_carried_as_long_as_it_says_it_is() -> None:
    async with listening() as site, proxied("127.0.0.1") as line:
        line.send(
            f"POST http://127.0.0.1:{site.port}/ HTTP/1.1", "Content-Length: 4", body=b"bodyGET /more HTTP/1.1\r\n"
        )
        await line.rest()
    assert site.heard.endswith(b"\r\n\r\nbody")


async def test_the_proxys_credentials_reach_no_server() -> None:
    async with listening() as site, proxied("127.0.0.1") as line:
        line.send(f"GET http://127.0.0.1:{site.port}/ HTTP/1.1", "Proxy-Connection: keep-alive")
        await line.rest()
        assert line.credentials.encode() not in site.heard
    assert b"roxy" not in site.heard


async def test_a_tunnel_carries_bytes_both_ways() -> None:
    async with listening(b"pong") as site, proxied("127.0.0.1") as line:
        line.send(f"CONNECT 127.0.0.1:{site.port} HTTP/1.1")
        assert (await line.head()).startswith(b"HTTP/1.1 200")
        line.writer.write(b"ping")
        with anyio.fail_after(10):
            assert await line.reader.readexactly(4) == b"pong"
    assert site.heard == b"ping"


@pytest.mark.parametrize("given", [None, "Basic " + base64.b64encode(b"browser:wrong").decode(), "Bearer x", "Basic"])
async def test_nobody_else_may_use_it(given: str | None) -> None:
    async with listening() as site, proxied("127.0.0.1") as line:
        headers = [] if given is None else [f"Proxy-Authorization: {given}"]
        line.send(f"GET http://127.0.0.1:{site.port}/ HTTP/1.1", *headers, known=False)
        answer = await line.rest()
    assert answer.startswith(b"HTTP/1.1 407 ")
    assert b"Proxy-Authenticate: Basic" in answer
    assert site.heard == b""


async def test_credentials_that_come_twice_are_none() -> None:
    async with listening() as site, proxied("127.0.0.1") as line:
        line.send(f"CONNECT 127.0.0.1:{site.port} HTTP/1.1", "Proxy-Authorization: Basic eA==")
        assert (await line.rest()).startswith(b"HTTP/1.1 407 ")
    assert site.heard == b""


NOTATIONS = [
    *("127.0.0.2", "127.0.2", "127.2", "2130706434", "0x7f000002", "0x7f.0.0.2", "0177.0.0.2", "017700000002"),
    *("127.0.0.02", "127.0.0.0x2", "127.0.0.2.", "[::ffff:127.0.0.2]", "[::ffff:7f00:2]", "[64:ff9b::7f00:2]"),
]


@pytest.mark.parametrize(("host", "tunnel"), list(itertools.product(NOTATIONS, (True, False))))
async def test_a_closed_address_is_refused_in_every_notation(host: str, tunnel: bool) -> None:
    async with listening(host="127.0.0.2") as site, proxied("127.0.0.1") as line:
        line.send(f"CONNECT {host}:{site.port} HTTP/1.1" if tunnel else f"GET http://{host}:{site.port}/ HTTP/1.1")
        answer = await line.rest()
        assert line.proxy.refusals
    assert answer.startswith(b"HTTP/1.1 403 ") if tunnel else answer == b""
    assert site.heard == b""


@pytest.mark.parametrize("host", ["127.0.0.2", "127.2", "2130706434", "0x7f.2"])
async def test_without_the_guard_these_would_reach_it(host: str) -> None:
    async with listening(host="127.0.0.2") as site, proxied("127.0.0.0/8") as line:
        line.send(f"GET http://{host}:{site.port}/ HTTP/1.1")
        assert b"hello" in await line.rest()
    assert site.heard


async def test_a_name_is_judged_by_the_address_that_is_connected_to() -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with (
        listening() as good,
        listening(host="127.0.0.2") as internal,
        proxied("127.0.0.1", resolve=names) as line,
    ):
        line.send(f"GET http://rebinds.test:{good.port}/ HTTP/1.1")
        assert b"hello" in await line.rest()
        port = line.writer.get_extra_info("peername")[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        again = Line(reader, writer, line.proxy)
        again.send(f"GET http://rebinds.test:{internal.port}/ HTTP/1.1")
        assert await again.rest() == b""
        assert list(line.proxy.refusals) == ["rebinds.test"]
        writer.close()
    assert internal.heard == b""


async def test_of_a_names_addresses_only_the_open_ones_are_connected_to() -> None:
    names = Names(["127.0.0.2", "10.0.0.1", "127.0.0.1"])
    async with listening() as good, proxied("127.0.0.1", resolve=names) as line:
        line.send(f"GET http://mixed.test:{good.port}/ HTTP/1.1")
        assert b"hello" in await line.rest()


async def test_a_name_that_the_settings_name_may_lead_anywhere() -> None:
    async with listening(host="127.0.0.2") as site, proxied("intranet.test", resolve=Names(["127.0.0.2"])) as line:
        line.send(f"GET http://intranet.test:{site.port}/ HTTP/1.1")
        assert b"hello" in await line.rest()
    assert site.heard


async def test_a_server_that_keeps_its_connection_open_is_handed_no_other_request() -> None:
    async with listening() as site, proxied("127.0.0.1") as line:
        line.send(f"GET http://127.0.0.1:{site.port}/ HTTP/1.1")
        answer = await line.head()
        assert b"keep-alive" not in answer.lower()
        assert b"connection: close" in answer
        line.send("GET http://other.test/ HTTP/1.1", "Cookie: secret=1")
        await line.writer.drain()
        line.writer.write_eof()
        await line.rest()
        with anyio.fail_after(10):
            await site.left.wait()
    assert b"secret" not in site.heard


@pytest.mark.parametrize(
    "message",
    [
        "GET / HTTP/1.1",
        "GET https://127.0.0.1:{port}/ HTTP/1.1",
        "GET ftp://127.0.0.1:{port}/ HTTP/1.1",
        "GET http://user:secret@127.0.0.1:{port}/ HTTP/1.1",
        "GET http:///x HTTP/1.1",
        "GET http://127.0.0.1:99999/ HTTP/1.1",
        "GET http://127.0.0.1:{port}/ HTTP/2.0",
        "GET  http://127.0.0.1:{port}/ HTTP/1.1",
        "GET http://127.0.0.1:{port}/ x HTTP/1.1",
        "GET http://127.0.0.1:{port}/\x01 HTTP/1.1",
        "CONNECT 127.0.0.1 HTTP/1.1",
        "CONNECT 127.0.0.1:0 HTTP/1.1",
        "CONNECT 127.0.0.1:+80 HTTP/1.1",
        "CONNECT 127.0.0.1:65536 HTTP/1.1",
        "CONNECT :80 HTTP/1.1",
        "CONNECT [127.0.0.1:{port} HTTP/1.1",
        "POST http://127.0.0.1:{port}/ HTTP/1.1\r\nTransfer-Encoding: chunked",
        "POST http://127.0.0.1:{port}/ HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: identity",
        "POST http://127.0.0.1:{port}/ HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4",
        "POST http://127.0.0.1:{port}/ HTTP/1.1\r\nContent-Length: +3",
        "POST http://127.0.0.1:{port}/ HTTP/1.1\r\nContent-Length: 3, 4",
        "GET http://127.0.0.1:{port}/ HTTP/1.1\r\nName : value",
        "GET http://127.0.0.1:{port}/ HTTP/1.1\r\nX: 1\r\n folded: 2",
        "GET http://127.0.0.1:{port}/ HTTP/1.1\r\nX: 1\nTransfer-Encoding: chunked",
        "GET http://127.0.0.1:{port}/ HTTP/1.1\r\nno header",
    ],
)
async def test_what_may_be_read_in_two_ways_is_not_carried(message: str) -> None:
    async with listening() as site, proxied("127.0.0.1") as line:
        first, *headers = message.format(port=site.port).split("\r\n")
        line.send(first, *headers)
        answer = await line.rest()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert site.heard == b""


async def test_a_head_that_does_not_end_is_not_waited_for() -> None:
    async with proxied("127.0.0.1") as line:
        line.writer.write(b"GET http://x/ HTTP/1.1\r\nX: " + b"x" * 200_000)
        # What was not read makes the system cut the connection, the answer with it.
        with contextlib.suppress(ConnectionError):
            assert (await line.rest()).startswith(b"HTTP/1.1 400 ")


async def test_a_closed_port_and_an_unknown_name_look_the_same() -> None:
    async with listening() as site:
        free = site.port

    class Nobody(Names):
        async def resolve(self, host: str, port: int) -> Sequence[str]:
            raise OSError("no such name")

    async with proxied("127.0.0.1") as line:
        line.send(f"CONNECT 127.0.0.1:{free} HTTP/1.1")
        closed_port = await line.rest()
    async with proxied(resolve=Nobody()) as line:
        line.send("CONNECT nowhere.test:443 HTTP/1.1")
        assert await line.rest() == closed_port
    assert closed_port.startswith(b"HTTP/1.1 502 ")


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 101 Switching\r\n\r\n", b"\x00" * 100_000])
async def test_what_is_no_answer_is_not_carried(answer: bytes) -> None:
    async with listening(answer) as site, proxied("127.0.0.1") as line:
        line.send(f"GET http://127.0.0.1:{site.port}/ HTTP/1.1")
        assert await line.rest() == b""


async def test_interim_answers_and_broken_headers_do_not_stop_it() -> None:
    said = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nbad header\r\nX: y\r\n\r\nhello"
    async with listening(said) as site, proxied("127.0.0.1") as line:
        line.send(f"GET http://127.0.0.1:{site.port}/ HTTP/1.1")
        assert (await line.head()).startswith(b"HTTP/1.1 103 ")
        final = await line.head()
        assert final == b"HTTP/1.1 200 OK\r\nx: y\r\nconnection: close\r\n\r\n"


async def test_whoever_leaves_ends_the_connection_behind_it() -> None:
    async with listening(b"") as site, proxied("127.0.0.1") as line:
        line.send(f"CONNECT 127.0.0.1:{site.port} HTTP/1.1")
        await line.head()
        line.writer.write(b"x")
        await line.writer.drain()
        line.writer.close()
        with anyio.fail_after(10):
            await site.left.wait()


async def test_stopping_cuts_what_is_open() -> None:
    async with listening(b"") as site, proxied("127.0.0.1") as line:
        line.send(f"CONNECT 127.0.0.1:{site.port} HTTP/1.1")
        await line.head()
        await line.proxy.stop()
        assert await line.rest() == b""
        with anyio.fail_after(10):
            await site.left.wait()

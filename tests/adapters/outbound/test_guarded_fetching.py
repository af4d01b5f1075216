import gzip
import time

import pytest
from aiohttp import web

from openclaw_rpc.domain.outbound import OutboundRefused
from openclaw_rpc.domain.web import FetchRequest
from openclaw_rpc.protocol.errors import InvalidRequest, ProviderError, Timeout
from tests.support.web import Names, fetching, serving

HERE = "127.0.0.1"


async def test_a_page_is_fetched_with_its_status_and_headers() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.headers["User-Agent"].startswith("openclaw-rpc/")
        return web.Response(status=404, text="not héllo", headers={"X-It": "works"})

    async with serving(answer) as port, fetching(HERE) as fetcher:
        fetched = await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/x?a=%20b"))
    assert (fetched.status, fetched.body.decode(), fetched.headers["x-it"]) == (404, "not héllo", "works")
    assert fetched.url == f"http://{HERE}:{port}/x?a=%20b" and not fetched.truncated


async def test_a_long_body_is_cut() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 300_000)

    async with serving(answer) as port, fetching(HERE) as fetcher:
        fetched = await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/", max_bytes=100_000))
        assert len(fetched.body) == 100_000 and fetched.truncated
        fetched = await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/", max_bytes=300_000))
        assert len(fetched.body) == 300_000 and not fetched.truncated


async def test_a_compressed_bomb_is_cut_at_what_it_unpacks_to() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"})

    async with serving(answer) as port, fetching(HERE) as fetcher:
        fetched = await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/", max_bytes=100_000))
    assert len(fetched.body) == 100_000 and fetched.truncated


async def test_a_server_that_dawdles_is_given_up() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse()
        await reply.prepare(request)
        try:
            while True:
                await reply.write(b".")
                await anyio.sleep(0.05)
        except ConnectionError:
            return reply

    import anyio

    async with serving(answer) as port, fetching(HERE) as fetcher:
        began = time.monotonic()
        with pytest.raises(Timeout):
            await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/", seconds=0.3))
        assert time.monotonic() - began < 5


async def test_redirects_are_followed_as_far_as_allowed() -> None:
    async def answer(request: web.Request) -> web.Response:
        left = int(request.path.strip("/"))
        if left:
            raise web.HTTPFound(f"/{left - 1}")
        return web.Response(text=f"{request.method} there")

    async with serving(answer) as port, fetching(HERE) as fetcher:
        fetched = await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/5", method="POST", body=b"x"))
        assert fetched.body == b"GET there" and fetched.url.endswith("/0")
        with pytest.raises(InvalidRequest, match="redirects"):
            await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/6"))


async def test_what_is_private_is_not_told_to_another_origin() -> None:
    seen: dict[str, str | None] = {}

    async def target(request: web.Request) -> web.Response:
        seen["there"] = request.headers.get("Authorization")
        return web.Response()

    async with serving(target) as port:

        async def answer(request: web.Request) -> web.Response:
            seen["here"] = request.headers.get("Authorization")
            raise web.HTTPTemporaryRedirect(f"http://{HERE}:{port}/")

        async with serving(answer) as first, fetching(HERE) as fetcher:
            await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{first}/", headers={"authorization": "Bearer x"}))
    assert seen == {"here": "Bearer x", "there": None}


async def test_a_redirect_to_what_is_no_web_page_is_refused() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "file:///etc/passwd"})

    async with serving(answer) as port, fetching(HERE) as fetcher:
        with pytest.raises(InvalidRequest):
            await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/"))


async def test_no_cookie_is_kept() -> None:
    seen: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "a=b"})

    async with serving(answer) as port, fetching(HERE) as fetcher:
        for _ in range(2):
            await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/"))
    assert seen == [None, None]


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with serving() as port, fetching(HERE) as fetcher:
        assert (await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/"))).status == 200


async def test_what_can_not_be_reached_is_said_without_the_query() -> None:
    async with fetching(HERE, names=Names(gone_test=["127.0.0.1"])) as fetcher:
        for url in (f"http://{HERE}:9/?token=secret", "http://unknown.test/?token=secret"):
            with pytest.raises(ProviderError) as failed:
                await fetcher.fetch(FetchRequest(url=url))
            assert "secret" not in failed.value.message and "could not be reached" in failed.value.message


async def test_what_speaks_no_http_is_said() -> None:
    import anyio

    async with await anyio.create_tcp_listener(local_host=HERE) as listener, anyio.create_task_group() as group:

        async def speak(stream: anyio.abc.SocketStream) -> None:
            async with stream:
                await stream.receive()
                await stream.send(b"SSH-2.0-OpenSSH\r\n")

        group.start_soon(listener.serve, speak)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with fetching(HERE) as fetcher:
            with pytest.raises(ProviderError, match="no answer"):
                await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/"))
        group.cancel_scope.cancel()


async def test_new_settings_hold_for_the_next_connection() -> None:
    from openclaw_rpc.adapters.outbound import GuardedFetcher, guarded_session
    from openclaw_rpc.domain.outbound import OutboundPolicy

    policy = OutboundPolicy()
    async with serving() as port, guarded_session(lambda: policy) as session:
        fetcher = GuardedFetcher(lambda: session, lambda: policy)
        with pytest.raises(OutboundRefused):
            await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/"))
        policy = OutboundPolicy([HERE])
        assert (await fetcher.fetch(FetchRequest(url=f"http://{HERE}:{port}/"))).status == 200

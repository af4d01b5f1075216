"""The least that a relay in Python does: aiohttp on both sides, bytes as they come. The gateway is measured beside it.

`python -m tests.bench.bare_relay --port 18998 --upstream http://127.0.0.1:18999/v1`
"""

import argparse
import contextlib

import aiohttp
import uvloop
from aiohttp import web


def relay(upstream: str) -> web.Application:
    app = web.Application()

    async def session(app: web.Application):
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        ) as client:
            app[SESSION] = client
            yield

    async def complete(request: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": "application/json", "Authorization": "Bearer none"}
        body = await request.read()
        async with request.app[SESSION].post(f"{upstream}/chat/completions", data=body, headers=headers) as answer:
            if answer.content_type != "text/event-stream":
                return web.Response(body=await answer.read(), status=answer.status, content_type=answer.content_type)
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):
                async for piece in answer.content.iter_any():
                    await response.write(piece)
                await response.write_eof()
            return response

    app.cleanup_ctx.append(session)
    app.router.add_post("/v1/chat/completions", complete)
    return app


SESSION: web.AppKey[aiohttp.ClientSession] = web.AppKey("session", aiohttp.ClientSession)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=18998)
    parser.add_argument("--upstream", default="http://127.0.0.1:18999/v1")
    options = parser.parse_args()
    uvloop.install()
    web.run_app(relay(options.upstream), host="127.0.0.1", port=options.port, print=lambda _: None, access_log=None)


if __name__ == "__main__":
    main()

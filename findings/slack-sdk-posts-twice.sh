#!/usr/bin/env bash
# slack_sdk 3.48.0: where the server takes a chat.postMessage and closes the connection without an answer, the async
# client sends the same message once more by default, so that the channel shows it twice. It is the default retry
# handler (connection errors, one retry); it asks nobody whether the call can be repeated.
#
# Seen: one chat_postMessage, two requests at the server. With retry_handlers=[] there is one, and an exception.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" --disable-pip-version-check -q install slack_sdk==3.48.0 aiohttp==3.14.5
"$dir/venv/bin/python" - <<'PY'
import asyncio
from importlib.metadata import version

from aiohttp import ClientError, web
from slack_sdk.web.async_client import AsyncWebClient

seen = []


async def take(request: web.Request) -> web.Response:
    seen.append(await request.post())
    request.transport.abort()
    return web.Response()


async def posts(**options: object) -> int:
    seen.clear()
    app = web.Application()
    app.router.add_post("/api/chat.postMessage", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    try:
        await AsyncWebClient("xoxb-nobody", base_url=base, **options).chat_postMessage(channel="C1", text="hello")
    except ClientError:
        pass
    await runner.cleanup()
    return len(seen)


found = {"default": asyncio.run(posts()), "retry_handlers=[]": asyncio.run(posts(retry_handlers=[]))}
print("slack_sdk", version("slack_sdk"), found)
assert found == {"default": 2, "retry_handlers=[]": 1}, "it changed"
PY

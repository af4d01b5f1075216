"""The examples that use the clients, each run as its reader would run it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.strangers import environments
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

TOP = Path(__file__).resolve().parents[2]
EXAMPLES = TOP / "examples"
CHROMIUM = shutil.which("chromium")
SECONDS = 60
PIN = "2580"

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as started:
        yield started


@asynccontextmanager
async def running(served: TestGateway, *command: str, **environ: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A program that is ended at the end, if it has not ended before."""
    known = {**os.environ, "OPENCLAW_URL": served.url, "OPENCLAW_TOKEN": TOKEN, "PYTHONUTF8": "1", **environ}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, cwd=TOP, env=known, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    try:
        with anyio.fail_after(SECONDS):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(served: TestGateway, *command: str, lines: str = "") -> str:
    """What a program writes that is told some lines; it must end well."""
    async with running(served, *command) as process:
        output, _ = await process.communicate(lines.encode())
        text = output.decode()
        assert process.returncode == 0, text
    return text


def python(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, str(EXAMPLES / name), *arguments)


async def test_a_chat_in_the_terminal(served: TestGateway) -> None:
    text = await said(served, *python("chat.py", "in-python"), lines="Hello there\n[[error:broken]]\n")
    assert "> echo: Hello there\n" in text
    assert "broken" in text
    assert len((EXAMPLES / "chat.py").read_text().splitlines()) <= 32


async def test_the_same_in_javascript(served: TestGateway, tmp_path: Path) -> None:
    folder = await anyio.to_thread.run_sync(partial(environments.node, "ws", "ws@8.23.0"))
    modules = tmp_path / "node_modules"
    (modules / "@openclaw").mkdir(parents=True)
    (modules / "@openclaw" / "sdk").symlink_to(TOP / "clients" / "js")
    (modules / "ws").symlink_to(folder / "node_modules" / "ws")
    shutil.copy(EXAMPLES / "chat.mjs", tmp_path)
    text = await said(served, "node", str(tmp_path / "chat.mjs"), "in-js", lines="Hello there\n")
    assert "echo: Hello there\n" in text
    assert len((EXAMPLES / "chat.mjs").read_text().splitlines()) <= 32


async def test_a_load_test_says_how_many_and_how_fast(served: TestGateway) -> None:
    text = await said(served, *python("load_test.py", "--clients", "4", "--messages", "2", "--message", "Hello"))
    assert text.startswith("8 answers in ")
    assert "first word: p50 " in text
    assert "failed" not in text


async def test_a_bot_answers_in_the_room_that_it_was_asked_in(served: TestGateway) -> None:
    shown: dict[str, dict[str, Any]] = {}
    whole = asyncio.Event()

    async def room(socket: ServerConnection) -> None:
        for number, text in enumerate(["@claw hello", "nobody asks the bot", "@claw good bye"]):
            await socket.send(json.dumps({"room": f"r{number}", "author": "ann", "text": text}))
        async for text in socket:
            message = json.loads(text)
            shown[message["room"]] = message
            if [shown.get(name, {}).get("text") for name in ("r0", "r2")] == WANTED:
                whole.set()

    async with serve(room, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with running(served, *python("bot.py"), CHAT_URL=url):
            await whole.wait()
    assert "r1" not in shown


WANTED = ["echo: ann: hello", "echo: ann: good bye"]


async def test_a_bot_approves_what_is_on_its_list_alone() -> None:
    async with scripted_upstream() as upstream:
        config = settings(upstream.url) | {"security": {"policies": {"shell": "ask"}}}
        async with gateway(config) as served:
            served.set_pin(PIN)
            async with running(served, *python("approvals_bot.py", "echo [a-z]+"), OPENCLAW_PIN=PIN) as bot:
                assert bot.stdout is not None
                assert await bot.stdout.readline() == b"watching\n"
                async with served.connect() as client:
                    text, _ = await client.chat('[[tool:shell {"command": "echo passes"}]]', 30)
                    assert "passes" in text
                    for command in ("echo a; rm b", "ls"):
                        text, _ = await client.chat(f'[[tool:shell {{"command": "{command}"}}]]', 30)
                        assert "not on the list" in text


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
async def test_pages_talk_to_the_gateway(free_tcp_port_factory: Any) -> None:
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    one, two = free_tcp_port_factory(), free_tcp_port_factory()
    origins = [f"http://127.0.0.1:{one}", f"http://127.0.0.1:{two}"]
    files = (sys.executable, "-m", "http.server", str(one), "--bind", "127.0.0.1", "--directory", str(EXAMPLES))
    async with (
        scripted_upstream() as upstream,
        gateway(settings(upstream.url, allowed_origins=origins)) as served,
        running(served, *files, PYTHONUNBUFFERED="1") as static,
        running(served, *python("widget/server.py", str(two))) as widget,
        playwright.async_playwright() as started,
    ):
        for process in (static, widget):
            assert process.stdout is not None
            await process.stdout.readline()  # it listens
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            page = await browser.new_page()
            await page.goto(f"{origins[0]}/page.html")
            await page.get_by_label("Gateway").fill(served.ws_url.rstrip("/") + "/ws")
            await page.get_by_label("Token").fill(TOKEN)
            await page.get_by_role("button", name="Connect").click()
            await ask(page, "Hello page")
            await page.goto(origins[1])
            await ask(page, "Hello visitor")
            visit = json.loads(await page.evaluate("sessionStorage.getItem('visit')"))
            assert TOKEN not in json.dumps(visit)
        finally:
            await browser.close()
        async with served.connect(token=visit["token"]) as visitor:
            assert (await visitor.result("session.get", sessionKey=visit["sessionKey"]))["messageCount"] == 2
            assert (await visitor.error("session.list"))["data"]["reason"] == "sessions"


async def ask(page: Any, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.get_by_role("button", name="Send").click()
    await page.get_by_role("log").filter(has_text=f"echo: {text}").wait_for(timeout=20_000)

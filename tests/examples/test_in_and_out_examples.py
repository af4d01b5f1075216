"""The examples of channels, webhooks and tasks, run as their readers would run them."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import anyio
import pytest

from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.platforms.telegram import TOKEN as BOT_TOKEN
from tests.support.platforms.telegram import TelegramServer
from tests.support.upstream import scripted_upstream

TOP = Path(__file__).resolve().parents[2]
SECONDS = 60


@asynccontextmanager
async def served(**more: object) -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url) | more) as started:
        yield started


@asynccontextmanager
async def example(served: TestGateway, *command: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A program of the examples while it runs."""
    known = {**os.environ, "OPENCLAW_URL": served.url, "OPENCLAW_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1"}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=TOP, env=known, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        with anyio.fail_after(SECONDS):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def test_a_folder_is_a_channel() -> None:
    async with served() as gateway_, gateway_.connect() as client:
        path = str(TOP / "examples" / "channel" / "folder.py")
        assert (await client.result("channel.install", path=path))["id"] == "folder"
        await client.result("channel.enable", channelId="folder")
        folder = gateway_.app.paths.channels / "folder"
        with anyio.fail_after(SECONDS):
            while not (folder / "in").is_dir():
                await client.result("system.status")
            (folder / "in" / "question.txt").write_text("what is new?")
            answer = folder / "out" / "question.txt"
            while not answer.exists() or not answer.read_text():
                await client.result("system.status")
        assert answer.read_text() == "echo: what is new?\n"
        assert not (folder / "in" / "question.txt").exists()


@pytest.mark.parametrize("language", ["python", "node"])
async def test_a_receiver_takes_signed_calls_and_no_others(language: str) -> None:
    if language == "node" and shutil.which("node") is None:
        pytest.skip("node is not installed")
    async with served() as gateway_, gateway_.connect() as client:
        port = free_port()
        url = f"http://127.0.0.1:{port}/"
        made = await client.result("webhook.create", url=url, event="message.sent")
        count = ("--count", "1") if language == "python" else ("1",)
        program = sys.executable if language == "python" else "node"
        file = "receiver.py" if language == "python" else "receiver.mjs"
        command = (program, str(TOP / "examples" / "webhooks" / file), made["secret"], str(port), *count)
        async with example(gateway_, *command) as process:
            assert process.stdout is not None
            assert b"listening" in await process.stdout.readline()
            async with aiohttp.ClientSession() as session, session.post(url, data=b"{}") as forged:
                assert forged.status == 401
            await client.chat("hello")
            line = (await process.stdout.readline()).decode()
            assert line.startswith("message.sent ")
            assert "echo: hello" in line
            if language == "python":
                assert await process.wait() == 0


async def test_a_report_comes_by_the_clock_to_a_chat() -> None:
    async with TelegramServer.running() as telegram:
        bot = {"token": BOT_TOKEN, "api_url": telegram.url}
        async with served(channels={"telegram": bot}) as gateway_, gateway_.connect() as client:
            command = (sys.executable, str(TOP / "examples" / "scheduled_report.py"), "telegram", "77", "0 9 * * 1-5")
            async with example(gateway_, *command) as process:
                output, _ = await process.communicate()
            assert process.returncode == 0, output
            assert b"is due next at" in output
            await telegram.until(lambda: any("Sum up what happened" in each.get("text", "") for each in telegram.sent))
            tasks = (await client.result("task.list"))["tasks"]
            assert [(one["schedule"], one["deliver"]["to"]) for one in tasks] == [("0 9 * * 1-5", "77")]

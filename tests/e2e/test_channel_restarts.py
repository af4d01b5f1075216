"""Discord and Slack through a whole gateway that is stopped and started again: nothing is answered twice or lost."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway import TestGateway, gateway, settings
from tests.support.platforms.discord import TOKEN, DiscordServer
from tests.support.platforms.serving import breaking
from tests.support.platforms.slack import APP_TOKEN, BOT_TOKEN, SlackServer
from tests.support.upstream import Upstream, scripted_upstream


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with DiscordServer.running() as running:
        yield running


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with SlackServer.running() as running:
        yield running


@asynccontextmanager
async def with_discord(upstream: Upstream, discord: DiscordServer, home: Path) -> AsyncGenerator[TestGateway]:
    """A gateway that is there on Discord."""
    seen = len(discord.sockets)
    section = {"token": TOKEN, "api_url": discord.api_url, "policy": "open"}
    async with gateway(settings(upstream.url) | {"channels": {"discord": section}}, home) as served:
        await discord.until(lambda: len(discord.sockets) > seen and any(frame["op"] == 2 for frame in discord.frames))
        async with served.connect() as client:
            await client.result("event.subscribe", topics=["channels"])
            while (await client.result("channel.status", channelId="discord"))["status"] != "connected":
                await client.event("channel.changed", id="discord")
        yield served


@asynccontextmanager
async def with_slack(upstream: Upstream, slack: SlackServer, home: Path) -> AsyncGenerator[TestGateway]:
    """A gateway that is there on Slack."""
    section = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "api_url": f"{slack.url}/api", "policy": "open"}
    async with gateway(settings(upstream.url) | {"channels": {"slack": section}}, home) as served:
        yield served


def answers(sent: list[dict[str, Any]], edited: list[dict[str, Any]], field: str, text: str) -> int:
    """How many messages show a text in the end."""
    return sum(text in (each.get(field) or "") for each in [*sent, *edited])


async def test_discord_tells_again_after_a_restart_and_is_answered_once(
    upstream: Upstream, discord: DiscordServer, tmp_path: Path
) -> None:
    async with with_discord(upstream, discord, tmp_path):
        await discord.says("once", id="5001")
        await discord.until(lambda: answers(discord.sent, discord.edited, "content", "echo: once"))
    async with with_discord(upstream, discord, tmp_path):
        await discord.says("once", id="5001")
        await discord.says("next", id="5002")
        await discord.until(lambda: answers(discord.sent, discord.edited, "content", "echo: next"))
    assert answers(discord.sent, discord.edited, "content", "echo: once") == 1


async def test_discord_resumes_and_what_it_tells_again_is_answered_once(
    upstream: Upstream, discord: DiscordServer, tmp_path: Path
) -> None:
    async with with_discord(upstream, discord, tmp_path):
        await discord.says("once", id="5001")
        await discord.until(lambda: answers(discord.sent, discord.edited, "content", "echo: once"))
        await discord.sockets[-1].close(code=4000)
        await discord.until(lambda: any(frame["op"] == 6 for frame in discord.frames))
        resumed = next(frame["d"] for frame in discord.frames if frame["op"] == 6)
        assert (resumed["session_id"], resumed["token"]) == ("session-1", TOKEN)
        await discord.says("once", id="5001")
        await discord.says("next", id="5002")
        await discord.until(lambda: answers(discord.sent, discord.edited, "content", "echo: next"))
    assert answers(discord.sent, discord.edited, "content", "echo: once") == 1


async def test_an_answer_that_broke_off_at_discord_is_sent_again_and_shown_once(
    upstream: Upstream, discord: DiscordServer, tmp_path: Path
) -> None:
    async with with_discord(upstream, discord, tmp_path):
        discord.prepare("send", breaking())
        await discord.says("hello", id="5001")
        await discord.until(lambda: answers(discord.sent, discord.edited, "content", "echo: hello"))
    assert answers(discord.sent, discord.edited, "content", "echo: hello") == 1


async def test_slack_tells_again_after_a_restart_and_is_answered_once(
    upstream: Upstream, slack: SlackServer, tmp_path: Path
) -> None:
    async with with_slack(upstream, slack, tmp_path):
        await slack.says("once", ts="1700000001.000100")
        await slack.until(lambda: answers(slack.posted, slack.updated, "text", "echo: once"))
    async with with_slack(upstream, slack, tmp_path):
        envelope = await slack.says("once", ts="1700000001.000100")
        await slack.says("next", ts="1700000002.000100")
        await slack.until(lambda: answers(slack.posted, slack.updated, "text", "echo: next"))
        assert envelope in slack.acknowledged
    assert answers(slack.posted, slack.updated, "text", "echo: once") == 1


async def test_slack_asks_for_a_new_connection_and_a_mention_that_comes_twice_is_answered_once(
    upstream: Upstream, slack: SlackServer, tmp_path: Path
) -> None:
    async with with_slack(upstream, slack, tmp_path):
        await slack.until(lambda: slack.sockets)
        await slack.frame({"type": "disconnect", "reason": "refresh_requested"})
        await slack.until(lambda: len(slack.sockets) == 2)
        mention = {"user": "U7", "channel": "C1", "text": "<@UBOT> once", "ts": "1700000003.000100"}
        await slack.event(type="app_mention", **mention)
        await slack.event(type="message", channel_type="channel", **mention)
        await slack.says("next", ts="1700000004.000100")
        await slack.until(lambda: answers(slack.posted, slack.updated, "text", "echo: next"))
        await slack.until(lambda: len(slack.acknowledged) == 3)
    told = [each for each in slack.posted if "echo: once" in each["text"]]
    assert [each.get("thread_ts") for each in told] == ["1700000003.000100"]

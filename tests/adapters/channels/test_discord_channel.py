"""Discord, against a gateway and its API on loopback."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from openclaw_rpc.adapters.channels.discord import Discord, DiscordSettings
from openclaw_rpc.channels import Button, ChannelFault, NotAccepted, OutboundMessage, TryLater, Unauthorized
from tests.adapters.channels.conftest import Held, Hold
from tests.support.platforms.discord import BOT, TOKEN, DiscordServer
from tests.support.platforms.serving import answering, breaking


@pytest.fixture
async def server() -> AsyncGenerator[DiscordServer]:
    async with DiscordServer.running() as running:
        yield running


@pytest.fixture
async def held(server: DiscordServer, hold: Hold) -> AsyncGenerator[Held]:
    async with hold(Discord, token=TOKEN, api_url=server.api_url) as found:
        await found.connected()
        yield found


async def test_a_direct_message_is_received(server: DiscordServer, held: Held) -> None:
    assert held.channel.bot_username == "helper"
    await server.says("hello", channel="50")
    await held.until(lambda: held.received)
    message = held.received[0]
    assert (message.sender, message.sender_name, message.chat, message.group) == ("7", "Ann", "50", False)
    assert message.text == "hello"


async def test_on_a_server_only_what_is_addressed_to_the_bot_counts(server: DiscordServer, held: Held) -> None:
    await server.says("good morning", guild="1")
    await server.says("<@900> what is new?", guild="1", mentions=[BOT])
    await held.until(lambda: len(held.received) == 2)
    assert [(each.text, each.addressed) for each in held.received] == [("good morning", False), ("what is new?", True)]


async def test_bots_and_webhooks_start_nothing(server: DiscordServer, held: Held) -> None:
    await server.says("from a bot", bot=True)
    await server.says("from a webhook", webhook_id="5")
    await server.says("joined", type=7)
    await server.says("last")
    await held.until(lambda: held.received)
    assert [message.text for message in held.received] == ["last"]


async def test_a_file_is_fetched(server: DiscordServer, held: Held) -> None:
    server.files["a.txt"] = b"notes"
    attachment = {
        "id": "1",
        "filename": "a.txt",
        "size": 5,
        "url": f"{server.url}/files/a.txt",
        "proxy_url": "x",
        "content_type": "text/plain; charset=utf-8",
    }
    await server.says("", attachments=[attachment])
    await held.until(lambda: held.received)
    found = held.received[0].attachments[0]
    assert (found.name, found.mime_type) == ("a.txt", "text/plain")
    assert await held.channel.load(found, 100) == b"notes"


async def test_a_message_that_is_sent_again_is_said_once(server: DiscordServer, held: Held) -> None:
    message = OutboundMessage(id="msg-1", text="**hello** @everyone")
    await held.channel.send_message("50", message)
    await held.channel.send_message("50", message)
    assert len(server.all("POST /channels/50/messages")) == 2
    assert [each["content"] for each in server.sent] == ["**hello** @everyone"]
    assert server.sent[0]["allowed_mentions"] == {"parse": []}


async def test_a_file_is_sent(server: DiscordServer, held: Held, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"notes")
    await held.channel.send_message("50", OutboundMessage(id="m", file=tmp_path / "a.txt"))
    assert server.sent[0]["files[0]"] == b"notes"
    with pytest.raises(NotAccepted):
        await held.channel.send_message("50", OutboundMessage(id="m", file=tmp_path / "gone.txt"))


async def test_a_preview_becomes_the_answer(server: DiscordServer, held: Held) -> None:
    preview = await held.channel.begin_preview("50", "It is")
    assert preview is not None
    await held.channel.send_message("50", OutboundMessage(id="m", text="It is this.", preview=preview))
    assert (server.edited[-1]["id"], server.edited[-1]["content"]) == (preview, "It is this.")
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (answering(429, {"message": "slow down", "retry_after": 3}, headers={"Retry-After": "3"}), TryLater),
        (answering(403, {"message": "Missing Access", "code": 50001}), NotAccepted),
        (answering(503, {"message": "away"}), ChannelFault),
        (breaking(), ChannelFault),
    ],
)
async def test_a_refusal_says_whether_to_try_again(
    server: DiscordServer, held: Held, answer: Any, fault: type[ChannelFault]
) -> None:
    server.prepare("send", answer)
    with pytest.raises(ChannelFault) as caught:
        await held.channel.send_message("50", OutboundMessage(id="m", text="hello"))
    assert type(caught.value) is fault


async def test_a_wrong_token_is_not_tried_again(server: DiscordServer, hold: Hold) -> None:
    async with hold(Discord, token="wrong.token", api_url=server.api_url) as found:
        await found.until(lambda: found.fault)
    assert isinstance(found.fault, Unauthorized)


@pytest.mark.parametrize("code", [4004, 4014])
async def test_a_forbidden_intent_is_not_tried_again(server: DiscordServer, hold: Hold, code: int) -> None:
    server.close_with = code
    async with hold(Discord, token=TOKEN, api_url=server.api_url) as found:
        await found.until(lambda: found.fault)
    assert isinstance(found.fault, Unauthorized)
    assert str(code) in str(found.fault)


async def test_a_broken_connection_is_resumed(server: DiscordServer, held: Held) -> None:
    await server.sockets[-1].close(code=1001)
    await server.until(lambda: any(frame["op"] == 6 for frame in server.frames))
    await server.says("after it")
    await held.until(lambda: held.received)


async def test_a_probe_says_who_the_bot_is_and_that_it_may_not_read(server: DiscordServer) -> None:
    channel = Discord()
    channel.settings = msgspec.convert({"token": TOKEN, "api_url": server.api_url}, DiscordSettings)
    probe = await channel.probe()
    assert "helper" in probe.account
    assert "Message Content" in probe.missing[0]
    assert not server.sockets


async def test_a_button_is_a_command_of_whoever_pressed_it(server: DiscordServer, held: Held) -> None:
    buttons = [Button(label="Approve", command="/approve a1"), Button(label="Deny", command="/deny a1")]
    await held.channel.send_message("50", OutboundMessage(id="m", text="May I?", buttons=buttons))
    shown = server.sent[0]["components"][0]["components"]
    assert [(each["label"], each["custom_id"]) for each in shown] == [("Approve", "/approve a1"), ("Deny", "/deny a1")]
    ann = {"id": "7", "username": "ann", "discriminator": "0", "avatar": None, "global_name": "Ann"}
    pressed = {
        "id": "7001",
        "type": 3,
        "token": "t",
        "version": 1,
        "application_id": "900",
        "channel_id": "50",
        "channel": {"id": "50", "type": 1, "recipients": [ann]},
        "user": ann,
        "data": {"custom_id": "/approve a1", "component_type": 2},
        "entitlements": [],
        "attachment_size_limit": 10_485_760,
        "authorizing_integration_owners": {},
        "context": 1,
    }
    await server.dispatch("INTERACTION_CREATE", pressed)
    await held.until(lambda: held.received)
    message = held.received[0]
    assert (message.id, message.sender, message.chat, message.text) == ("button:7001", "7", "50", "/approve a1")
    assert not message.group
    await server.until(lambda: server.all("POST /interactions/7001/t/callback"))

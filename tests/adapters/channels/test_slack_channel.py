"""Slack, against a workspace on loopback."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from openclaw_rpc.adapters.channels.slack import Slack
from openclaw_rpc.channels import (
    Button,
    ChannelFault,
    NotAccepted,
    OutboundMessage,
    OutcomeUnknown,
    TryLater,
    Unauthorized,
)
from tests.adapters.channels.conftest import Held, Hold
from tests.support.platforms.serving import answering, breaking
from tests.support.platforms.slack import APP_TOKEN, BOT_TOKEN, SlackServer


@pytest.fixture
async def server() -> AsyncGenerator[SlackServer]:
    async with SlackServer.running() as running:
        yield running


def settings(server: SlackServer, **more: str) -> dict[str, str]:
    return {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "api_url": f"{server.url}/api", **more}


@pytest.fixture
async def held(server: SlackServer, hold: Hold) -> AsyncGenerator[Held]:
    async with hold(Slack, **settings(server)) as found:
        await found.connected()
        yield found


async def test_a_direct_message_is_acknowledged_when_it_is_kept(server: SlackServer, held: Held) -> None:
    envelope = await server.says("a &lt;b&gt; <https://example.com|the page>")
    await held.until(lambda: held.received)
    message = held.received[0]
    assert (message.sender, message.chat, message.thread, message.group) == ("U7", "D1", None, False)
    assert message.text == "a <b> https://example.com"
    await server.until(lambda: server.acknowledged == [envelope])


async def test_what_could_not_be_kept_is_not_acknowledged(server: SlackServer, held: Held) -> None:
    held.refuse = ChannelFault("the disk is full")
    await server.says("hello")
    await held.until(lambda: held.fault)
    assert server.acknowledged == []


async def test_a_mention_begins_a_thread_at_its_own_place(server: SlackServer, held: Held) -> None:
    await server.says("<@UBOT> what is new?", channel="C1", ts="1700000099.000100")
    await held.until(lambda: held.received)
    message = held.received[0]
    assert (message.text, message.addressed, message.group) == ("what is new?", True, True)
    assert (message.id, message.thread) == ("1700000099.000100", "1700000099.000100")
    await held.channel.send_message("C1/1700000099.000100", OutboundMessage(id="m", text="**much**"))
    assert server.posted[0]["thread_ts"] == "1700000099.000100"
    assert server.posted[0]["text"] == "*much*"


async def test_twin_events_of_one_message_have_one_id(server: SlackServer, held: Held) -> None:
    twin = {"user": "U7", "channel": "C1", "text": "<@UBOT> hi", "ts": "1700000050.000100"}
    await server.event(type="message", **twin)
    await server.event(type="app_mention", **twin)
    await held.until(lambda: len(held.received) == 2)
    assert len({(message.chat, message.id) for message in held.received}) == 1


async def test_edits_bots_and_its_own_messages_start_nothing_and_are_acknowledged(
    server: SlackServer, held: Held
) -> None:
    await server.says("edited", subtype="message_changed")
    await server.says("a bot's", bot_id="B9")
    await server.says("mine", user="UBOT")
    await server.envelope("events_api", {"event": {"type": "message", "ts": {"not": "a text"}}})
    last = await server.says("last")
    await server.until(lambda: last in server.acknowledged)
    assert [message.text for message in held.received] == ["last"]
    assert len(server.acknowledged) == 5


async def test_a_new_connection_is_opened_when_slack_asks_for_it(server: SlackServer, held: Held) -> None:
    await server.frame({"type": "disconnect", "reason": "refresh_requested"})
    await server.until(lambda: len(server.sockets) == 2)
    await server.says("over the new one")
    await held.until(lambda: held.received)


async def test_socket_mode_that_is_switched_off_is_not_tried_again(server: SlackServer, held: Held) -> None:
    await server.frame({"type": "disconnect", "reason": "link_disabled"})
    await held.until(lambda: held.fault)
    assert isinstance(held.fault, Unauthorized)


@pytest.mark.parametrize("wrong", [{"bot_token": "xoxb-wrong"}, {"app_token": "xapp-wrong"}])
async def test_a_wrong_token_is_not_tried_again(server: SlackServer, hold: Hold, wrong: dict[str, str]) -> None:
    async with hold(Slack, **settings(server, **wrong)) as found:
        await found.until(lambda: found.fault)
    assert isinstance(found.fault, Unauthorized)
    assert "wrong" not in str(found.fault)


async def test_a_file_is_fetched_with_the_bots_token_from_slack_alone(server: SlackServer, held: Held) -> None:
    server.files["notes.txt"] = b"notes"
    files = [
        {"name": "notes.txt", "mimetype": "text/plain", "size": 5, "url_private": f"{server.url}/files/notes.txt"},
        {"name": "evil.txt", "mimetype": "text/plain", "url_private": "http://files.example.com/x"},
    ]
    await server.says("see", files=files, subtype="file_share")
    await held.until(lambda: held.received)
    notes, evil = held.received[0].attachments
    assert await held.channel.load(notes, 100) == b"notes"
    with pytest.raises(ChannelFault, match="not on Slack's servers"):
        await held.channel.load(evil, 100)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (answering(429, {"ok": False, "error": "ratelimited"}, headers={"Retry-After": "3"}), TryLater),
        (answering(200, {"ok": False, "error": "channel_not_found"}), NotAccepted),
        (answering(200, {"ok": False, "error": "internal_error"}), ChannelFault),
        (answering(503, text="<html>away</html>"), ChannelFault),
        (breaking(), OutcomeUnknown),
    ],
)
async def test_a_refusal_says_whether_to_try_again(
    server: SlackServer, held: Held, answer: Any, fault: type[ChannelFault]
) -> None:
    server.prepare("chat.postMessage", answer)
    with pytest.raises(ChannelFault) as caught:
        await held.channel.send_message("D1", OutboundMessage(id="m", text="hello"))
    assert type(caught.value) is fault
    assert len(server.all("chat.postMessage")) == 1


async def test_a_preview_becomes_the_answer(server: SlackServer, held: Held) -> None:
    preview = await held.channel.begin_preview("D1", "It is")
    assert preview is not None
    await held.channel.send_message("D1", OutboundMessage(id="m", text="It is *this*.", preview=preview))
    assert (server.updated[-1]["ts"], server.updated[-1]["text"]) == (preview, "It is _this_.")
    server.prepare("chat.update", answering(200, {"ok": False, "error": "message_not_found"}))
    await held.channel.send_message("D1", OutboundMessage(id="m", text="anew", preview=preview))
    assert server.posted[-1]["text"] == "anew"


async def test_a_button_is_a_command_of_whoever_pressed_it(server: SlackServer, held: Held) -> None:
    buttons = [Button(label="Approve", command="/approve apr-1")]
    await held.channel.send_message("D1", OutboundMessage(id="m", text="May I?", buttons=buttons))
    element = server.posted[0]["blocks"][1]["elements"][0]
    payload = {
        "type": "block_actions",
        "user": {"id": "U7"},
        "channel": {"id": "D1"},
        "container": {},
        "actions": [{"value": element["value"], "action_ts": "1700000000.1"}],
    }
    await server.envelope("interactive", payload)
    await held.until(lambda: held.received)
    assert held.received[0].text == "/approve apr-1"

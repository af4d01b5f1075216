"""WhatsApp, against a Graph server on loopback."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from openclaw_rpc.adapters.channels.whatsapp import WhatsApp
from openclaw_rpc.channels import (
    Button,
    ChannelFault,
    HookRequest,
    NotAccepted,
    OutboundMessage,
    OutcomeUnknown,
    TryLater,
    Unauthorized,
)
from tests.adapters.channels.conftest import Held, Hold
from tests.support.platforms.serving import answering, breaking
from tests.support.platforms.whatsapp import NUMBER, SECRET, TOKEN, WhatsAppServer, notification, signature, text


@pytest.fixture
async def server() -> AsyncGenerator[WhatsAppServer]:
    async with WhatsAppServer.running() as running:
        yield running


def settings(server: WhatsAppServer, **more: str) -> dict[str, str]:
    return {
        "access_token": TOKEN,
        "phone_number_id": NUMBER,
        "app_secret": SECRET,
        "verify_token": "chosen-by-me",
        "api_url": server.api_url,
        **more,
    }


@pytest.fixture
async def held(server: WhatsAppServer, hold: Hold) -> AsyncGenerator[Held]:
    async with hold(WhatsApp, **settings(server)) as found:
        await found.connected()
        yield found


async def post(held: Held, body: bytes, headers: dict[str, str] | None = None) -> int:
    given = signature(body) if headers is None else headers
    request = HookRequest(method="POST", headers=given, query={}, body=body)
    return (await held.channel.answer_hook(request, held.take)).status


async def test_metas_challenge_is_answered_to_who_knows_the_token(held: Held) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "chosen-by-me", "hub.challenge": "1158201444"}
    reply = await held.channel.answer_hook(HookRequest(method="GET", headers={}, query=query, body=b""), held.take)
    assert (reply.status, reply.body) == (200, "1158201444")
    wrong = {**query, "hub.verify_token": "guessed"}
    reply = await held.channel.answer_hook(HookRequest(method="GET", headers={}, query=wrong, body=b""), held.take)
    assert reply.status == 403


async def test_a_signed_message_is_received(held: Held) -> None:
    assert await post(held, notification(text("hello"))) == 200
    message = held.received[0]
    assert (message.id, message.sender, message.sender_name, message.text) == (
        "wamid.in1",
        "491701234567",
        "Ann",
        "hello",
    )


@pytest.mark.parametrize("headers", [{}, signature(b"another body"), {"x-hub-signature-256": "sha256=00"}])
async def test_what_is_not_signed_is_refused(held: Held, headers: dict[str, str]) -> None:
    assert await post(held, notification(text("hello")), headers) == 401
    assert held.received == []


async def test_what_is_not_json_is_refused(held: Held) -> None:
    assert await post(held, b"{") == 400
    assert await post(held, b"[]") == 400


async def test_receipts_other_numbers_and_odd_messages_start_nothing(held: Held) -> None:
    receipt = notification(statuses=[{"id": "wamid.1", "status": "delivered"}])
    assert await post(held, receipt) == 200
    assert await post(held, notification(text("not mine"), number="999")) == 200
    odd = {"from": 5, "id": {}, "type": "text"}
    assert await post(held, notification(odd, text("good"))) == 200
    assert [message.text for message in held.received] == ["good"]


async def test_who_hides_the_number_is_answered_by_recipient(server: WhatsAppServer, held: Held) -> None:
    await post(held, notification(text("hi", from_user_id="US.13491208655302741918")))
    sender = held.received[0].sender
    assert sender == "US.13491208655302741918"
    await held.channel.send_message(sender, OutboundMessage(id="m", text="hello"))
    await held.channel.send_message("491701234567", OutboundMessage(id="m", text="**hello**"))
    assert (server.sent[0]["recipient"], "to" in server.sent[0]) == (sender, False)
    assert (server.sent[1]["to"], server.sent[1]["text"]["body"]) == ("491701234567", "*hello*")


async def test_media_is_fetched_by_its_id(server: WhatsAppServer, held: Held) -> None:
    server.media["m1"] = b"picture"
    image = {
        "from": "49",
        "id": "wamid.2",
        "type": "image",
        "image": {"id": "m1", "mime_type": "image/jpeg", "caption": "look"},
    }
    await post(held, notification(image))
    message = held.received[0]
    assert (message.text, message.attachments[0].name) == ("look", "image-m1.jpg")
    assert await held.channel.load(message.attachments[0], 100) == b"picture"


async def test_a_file_is_uploaded_and_sent(server: WhatsAppServer, held: Held, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    await held.channel.send_message("49", OutboundMessage(id="m", file=tmp_path / "report.pdf"))
    assert server.sent[0]["document"]["filename"] == "report.pdf"
    assert server.media[server.sent[0]["document"]["id"]] == b"%PDF"


async def test_a_button_comes_back_as_its_command(server: WhatsAppServer, held: Held) -> None:
    buttons = [Button(label="Approve", command="/approve apr-1"), Button(label="Deny", command="/deny apr-1")]
    await held.channel.send_message("49", OutboundMessage(id="m", text="May I?", buttons=buttons))
    reply = server.sent[0]["interactive"]["action"]["buttons"][1]["reply"]
    answer = {
        "from": "49",
        "id": "wamid.3",
        "type": "interactive",
        "interactive": {"type": "button_reply", "button_reply": reply},
    }
    await post(held, notification(answer))
    assert held.received[0].text == "/deny apr-1"


async def test_a_message_is_marked_as_read(server: WhatsAppServer, held: Held) -> None:
    await held.channel.mark_read("49", "wamid.in1")
    assert server.all("read")[0]["message_id"] == "wamid.in1"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (answering(429, {"error": {"code": 130429, "message": "Rate limit hit"}}), TryLater),
        (answering(400, {"error": {"code": 131056, "message": "Pair rate limit"}}), TryLater),
        (answering(400, {"error": {"code": 131047, "message": "Re-engagement message"}}), NotAccepted),
        (answering(500, {"error": {"code": 1, "message": "Unknown"}}), ChannelFault),
        (answering(503, text="<html>"), ChannelFault),
        (breaking(), OutcomeUnknown),
    ],
)
async def test_a_refusal_says_whether_to_try_again(
    server: WhatsAppServer, held: Held, answer: Any, fault: type[ChannelFault]
) -> None:
    server.prepare("message", answer)
    with pytest.raises(ChannelFault) as caught:
        await held.channel.send_message("49", OutboundMessage(id="m", text="hello"))
    assert type(caught.value) is fault


async def test_a_wrong_token_is_not_tried_again(server: WhatsAppServer, hold: Hold) -> None:
    async with hold(WhatsApp, **settings(server, access_token="EAAwrong")) as found:
        await found.until(lambda: found.fault)
    assert isinstance(found.fault, Unauthorized)

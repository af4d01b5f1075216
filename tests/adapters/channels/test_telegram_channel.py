"""Telegram, against a Bot API server on loopback."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from openclaw_rpc.adapters.channels.telegram import Telegram
from openclaw_rpc.channels import (
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
from tests.support.platforms.telegram import TOKEN, TelegramServer, refusing


@pytest.fixture
async def server() -> AsyncGenerator[TelegramServer]:
    async with TelegramServer.running() as running:
        yield running


@pytest.fixture
async def held(server: TelegramServer, hold: Hold) -> AsyncGenerator[Held]:
    async with hold(Telegram, token=TOKEN, api_url=server.url) as found:
        await found.connected()
        yield found


async def test_it_says_as_whom_it_speaks(held: Held) -> None:
    assert (held.channel.account, held.channel.bot_username) == ("Helper", "helper_bot")


async def test_a_message_is_received_and_then_confirmed(server: TelegramServer, held: Held) -> None:
    update = server.says("hello", sender=77)
    await held.until(lambda: held.received)
    message = held.received[0]
    assert (message.sender, message.chat, message.text, message.group) == ("77", "77", "hello", False)
    await server.until(lambda: server.confirmed == update["update_id"])


async def test_what_could_not_be_kept_is_not_confirmed_and_comes_again(server: TelegramServer, hold: Hold) -> None:
    async with hold(Telegram, token=TOKEN, api_url=server.url) as first:
        await first.connected()
        first.refuse = ChannelFault("the disk is full")
        server.says("hello")
        await first.until(lambda: first.fault)
    assert server.confirmed == 0
    async with hold(Telegram, token=TOKEN, api_url=server.url) as second:
        await second.until(lambda: second.received)


async def test_one_update_that_can_not_be_read_hides_no_other(server: TelegramServer, held: Held) -> None:
    server.says("before")
    server.update(message={"message_id": "not a number", "chat": 5})
    server.says("after")
    await held.until(lambda: len(held.received) == 2)
    assert [message.text for message in held.received] == ["before", "after"]
    assert held.channel.log.events("warning") == ["an update could not be read"]


async def test_edits_and_other_bots_start_nothing(server: TelegramServer, held: Held) -> None:
    server.update(edited_message={"message_id": 5, "date": 1, "chat": {"id": 77, "type": "private"}, "text": "x"})
    bot: dict[str, Any] = {"from": {"id": 9, "is_bot": True, "first_name": "Bot"}}
    server.says("from a bot", **bot)
    server.says("last")
    await held.until(lambda: held.received)
    assert [message.text for message in held.received] == ["last"]


@pytest.mark.parametrize(
    ("text", "more", "expected"),
    [
        ("good morning", {}, ("good morning", False)),
        (
            "😀 @helper_bot what is new?",
            {"entities": [{"type": "mention", "offset": 3, "length": 11}]},
            ("😀 what is new?", True),
        ),
        ("/stop@helper_bot", {"entities": [{"type": "bot_command", "offset": 0, "length": 16}]}, ("/stop", True)),
        (
            "/stop@other_bot",
            {"entities": [{"type": "bot_command", "offset": 0, "length": 15}]},
            ("/stop@other_bot", False),
        ),
        (
            "and this?",
            {
                "reply_to_message": {
                    "message_id": 3,
                    "date": 1,
                    "chat": {"id": -5, "type": "supergroup", "title": "Group"},
                    "from": {"id": 123456, "is_bot": True, "first_name": "Helper"},
                }
            },
            ("and this?", True),
        ),
    ],
)
async def test_in_a_group_only_what_is_addressed_to_the_bot_counts(
    server: TelegramServer, held: Held, text: str, more: dict[str, Any], expected: tuple[str, bool]
) -> None:
    server.says(text, chat=-5, **more)
    await held.until(lambda: held.received)
    message = held.received[0]
    assert message.group
    assert (message.text, message.addressed) == expected


async def test_a_topic_is_a_thread_and_is_answered_there(server: TelegramServer, held: Held) -> None:
    server.says("hi", chat=-5, message_thread_id=42, is_topic_message=True)
    await held.until(lambda: held.received)
    assert held.received[0].thread == "42"
    await held.channel.send_message("-5/42", OutboundMessage(id="m", text="hello"))
    assert (server.sent[0]["chat_id"], server.sent[0]["message_thread_id"]) == ("-5", "42")


async def test_the_files_of_an_album_have_it_in_common(server: TelegramServer, held: Held) -> None:
    photo = [{"file_id": "small", "file_unique_id": "s", "width": 10, "height": 10}]
    large = [*photo, {"file_id": "large", "file_unique_id": "l", "width": 90, "height": 90, "file_size": 4}]
    server.files["large"] = b"jpeg"
    server.says("", media_group_id="g1", photo=large, caption="two pictures")
    server.says("", media_group_id="g1", photo=large)
    await held.until(lambda: len(held.received) == 2)
    message = held.received[0]
    assert [(one.text, one.album, len(one.attachments)) for one in held.received] == [
        ("two pictures", "g1", 1),
        ("", "g1", 1),
    ]
    assert await held.channel.load(message.attachments[0], 1000) == b"jpeg"
    with pytest.raises(ChannelFault, match="larger than"):
        await held.channel.load(message.attachments[0], 1)


async def test_text_is_sent_as_html(server: TelegramServer, held: Held) -> None:
    await held.channel.send_message("77", OutboundMessage(id="m", text="**bold** & `code`"))
    assert server.sent[0]["text"] == "<b>bold</b> &amp; <code>code</code>"
    assert server.sent[0]["parse_mode"] == "HTML"


async def test_what_telegram_can_not_parse_goes_out_as_plain_text(server: TelegramServer, held: Held) -> None:
    server.prepare("sendMessage", refusing(400, "Bad Request: can't parse entities: unsupported start tag"))
    await held.channel.send_message("77", OutboundMessage(id="m", text="**bold**"))
    assert [(each["text"], each.get("parse_mode")) for each in server.sent] == [("bold", None)]


async def test_a_preview_becomes_the_answer(server: TelegramServer, held: Held) -> None:
    preview = await held.channel.begin_preview("77", "It is")
    assert preview is not None
    await held.channel.edit_preview("77", preview, "It is about")
    server.prepare("editMessageText", refusing(400, "Bad Request: message is not modified: same content"))
    await held.channel.send_message("77", OutboundMessage(id="m", text="It is about **this**.", preview=preview))
    assert len(server.sent) == 1
    server.prepare("editMessageText", refusing(400, "Bad Request: message to edit not found"))
    await held.channel.send_message("77", OutboundMessage(id="m", text="anew", preview=preview))
    assert [each["text"] for each in server.sent] == ["It is", "anew"]


async def test_a_file_is_sent_as_a_file_and_a_picture_as_a_picture(
    server: TelegramServer, held: Held, tmp_path: Path
) -> None:
    for name in ("report.pdf", "chart.png"):
        (tmp_path / name).write_bytes(b"data")
        await held.channel.send_message("77", OutboundMessage(id="m", file=tmp_path / name))
    assert [what for what, _ in server.asked if what.startswith("send")] == ["sendDocument", "sendPhoto"]
    with pytest.raises(NotAccepted):
        await held.channel.send_message("77", OutboundMessage(id="m", file=tmp_path / "gone.txt"))


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (refusing(429, "Too Many Requests: retry after 7", retry_after=7), TryLater),
        (refusing(429, "Too Many Requests: retry after 0.5", retry_after=0.5), TryLater),
        (refusing(429, "Too Many Requests"), TryLater),
        (refusing(403, "Forbidden: bot was blocked by the user"), NotAccepted),
        (refusing(400, "Bad Request: chat not found"), NotAccepted),
        (refusing(502, "Bad Gateway"), ChannelFault),
        (answering(502, text="<html>bad gateway</html>"), ChannelFault),
        (breaking(), OutcomeUnknown),
    ],
)
async def test_a_refusal_says_whether_to_try_again(
    server: TelegramServer, held: Held, answer: Any, fault: type[ChannelFault]
) -> None:
    server.prepare("sendMessage", answer)
    with pytest.raises(ChannelFault) as caught:
        await held.channel.send_message("77", OutboundMessage(id="m", text="hello"))
    assert type(caught.value) is fault
    assert TOKEN not in str(caught.value)


async def test_a_wrong_token_is_not_tried_again(server: TelegramServer, hold: Hold) -> None:
    async with hold(Telegram, token="123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", api_url=server.url) as found:
        await found.until(lambda: found.fault)
    assert isinstance(found.fault, Unauthorized)
    async with hold(Telegram, token="nonsense", api_url=server.url) as found:
        await found.until(lambda: found.fault)
    assert isinstance(found.fault, Unauthorized)


async def test_another_poller_is_named(server: TelegramServer, hold: Hold) -> None:
    server.prepare("getUpdates", refusing(409, "Conflict: terminated by other getUpdates request"))
    async with hold(Telegram, token=TOKEN, api_url=server.url) as found:
        await found.until(lambda: found.fault)
    assert str(found.fault) == "another program polls this bot, or a webhook is set"


async def test_a_webhook_needs_the_secret_that_was_given_to_telegram(server: TelegramServer, hold: Hold) -> None:
    async with hold(
        Telegram, token=TOKEN, api_url=server.url, webhook_url="https://example.com/hooks/telegram"
    ) as found:
        await found.connected()
        secret = server.all("setWebhook")[0]["secret_token"]
        update = server.says("over the webhook")
        import msgspec

        body = msgspec.json.encode(update)

        async def post(given: str, data: bytes = body) -> int:
            headers = {"x-telegram-bot-api-secret-token": given}
            request = HookRequest(method="POST", headers=headers, query={}, body=data)
            return (await found.channel.answer_hook(request, found.take)).status

        assert await post("wrong") == 401
        assert await post(secret, b"[]") == 400
        assert await post(secret) == 200
        assert [message.text for message in found.received] == ["over the webhook"]


async def test_a_button_is_a_command_of_whoever_pressed_it(server: TelegramServer, held: Held) -> None:
    chat = {"id": 77, "type": "private", "first_name": "Ann"}
    server.update(
        callback_query={
            "id": "q1",
            "from": {"id": 77, "is_bot": False, "first_name": "Ann"},
            "chat_instance": "c",
            "data": "/approve apr-1",
            "message": {"message_id": 5, "date": 1, "chat": chat, "text": "?"},
        }
    )
    await held.until(lambda: held.received)
    assert held.received[0].text == "/approve apr-1"
    await server.until(lambda: server.all("answerCallbackQuery"))

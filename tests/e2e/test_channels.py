"""Chat platforms, webhooks and tasks through a whole gateway."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from tests.support.gateway import Client, TestGateway, gateway, settings
from tests.support.platforms.receiver import Receiver
from tests.support.platforms.serving import answering
from tests.support.platforms.telegram import TOKEN, TelegramServer, refusing
from tests.support.upstream import Upstream, scripted_upstream

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@pytest.fixture
async def telegram() -> AsyncGenerator[TelegramServer]:
    async with TelegramServer.running() as running:
        yield running


@asynccontextmanager
async def serving(
    upstream: Upstream, telegram: TelegramServer | None = None, home: Path | None = None, **more: Any
) -> AsyncGenerator[TestGateway]:
    """A gateway with a bot whose owner is 77, and what else is said."""
    config = settings(upstream.url)
    channels = more.pop("channels", {})
    if telegram is not None:
        bot = {"token": TOKEN, "api_url": telegram.url, "owners": [77]}
        channels = {"telegram": {**bot, **channels.pop("telegram", {})}, **channels}
    config |= {"channels": channels, "webhooks": {"retry_seconds": [0.1] * 5}, **more}
    async with gateway(config, home) as served:
        yield served


async def eventually(ask: Callable[[], Awaitable[Any]]) -> Any:
    """What is answered, as soon as it is something."""
    with anyio.fail_after(40):
        while not (answer := await ask()):  # noqa: ASYNC110 - it is asked over a socket
            await anyio.sleep(0.05)
        return answer


def texts(telegram: TelegramServer) -> list[str]:
    """What the chats show in the end: a message as it was last edited."""
    shown = {each["message_id"]: each["text"] for each in telegram.sent if "text" in each}
    for edit in telegram.edits:
        shown[int(edit["message_id"])] = edit["text"]
    return list(shown.values())


async def read(client: Client, path: str) -> Any:
    """A file, where it is there."""
    return (await client.call("file.read", {"path": path})).get("result")


async def test_a_message_is_answered_in_its_chat(upstream: Upstream, telegram: TelegramServer) -> None:
    async with serving(upstream, telegram) as served:
        telegram.says("hello **you**")
        await telegram.until(lambda: "echo: hello <b>you</b>" in texts(telegram))
        async with served.connect() as client:
            page = await client.result("session.list", channel="telegram")
            assert [one["sessionKey"] for one in page["sessions"]] == ["telegram:77"]
            history = await client.result("chat.history", sessionKey="telegram:77")
            assert [message["content"] for message in history["messages"]] == ["hello **you**", "echo: hello **you**"]
            status = await client.result("channel.status", channelId="telegram")
            assert (status["status"], status["botUsername"], status["messagesToday"]) == ("connected", "helper_bot", 1)
            assert TOKEN not in msgspec.json.encode(await client.result("config.get")).decode()


async def test_a_message_that_comes_again_is_answered_once_over_a_restart(
    upstream: Upstream, telegram: TelegramServer, tmp_path: Path
) -> None:
    async with serving(upstream, telegram, tmp_path):
        update = telegram.says("once")
        await telegram.until(lambda: "echo: once" in texts(telegram))
    telegram.updates = [update]
    async with serving(upstream, telegram, tmp_path):
        telegram.says("twice")
        await telegram.until(lambda: "echo: twice" in texts(telegram))
    assert texts(telegram).count("echo: once") == 1


async def test_a_stranger_gets_a_code_and_may_write_once_it_is_approved(
    upstream: Upstream, telegram: TelegramServer
) -> None:
    async with serving(upstream, telegram) as served:
        telegram.says("let me in", sender=88)
        telegram.says("please", sender=88)
        telegram.says("in a group", sender=88, chat=-5, entities=[{"type": "mention", "offset": 0, "length": 2}])
        await telegram.until(lambda: telegram.sent)
        code = telegram.sent[0]["text"].split()[-1]
        async with served.connect() as client:
            wrong = await client.error("channel.pair", channelId="telegram", code="ZZZZZZZZ")
            assert wrong["data"]["code"] == "not_found"
            paired = await client.result("channel.pair", channelId="telegram", code=code)
            assert paired == {"channelId": "telegram", "sender": "88"}
            assert (await client.error("channel.pair", channelId="telegram", code=code))["data"]["code"] == "not_found"
            page = await client.result("session.list")
            assert page["sessions"] == []
        telegram.says("hello", sender=88)
        await telegram.until(lambda: "echo: hello" in texts(telegram))
    assert len([text for text in texts(telegram) if code in text]) == 1


async def test_what_a_guest_says_is_remembered_in_that_chat_alone(upstream: Upstream, telegram: TelegramServer) -> None:
    opened = {"telegram": {"policy": "open"}}
    async with serving(upstream, telegram, channels=opened) as served, served.connect() as client:
        await client.result("memory.store", key="secret", value="the vault's code is 4711")
        telegram.says("my cat is called Fluffy", sender=88)
        await telegram.until(lambda: "echo: my cat is called Fluffy" in texts(telegram))
        telegram.says('[[tool:memory_search {"query": "vault code cat Fluffy"}]]', sender=88)
        await telegram.until(lambda: len(texts(telegram)) == 2)
        found = await client.result("memory.search", query="Fluffy")
        assert found["results"] == []
        assert "4711" not in str(upstream.requests)


async def test_commands_of_a_chat(upstream: Upstream, telegram: TelegramServer) -> None:
    async with serving(upstream, telegram) as served:
        telegram.says("remember")
        await telegram.until(lambda: "echo: remember" in texts(telegram))
        telegram.says("/status")
        await telegram.until(lambda: any("2 messages" in text for text in texts(telegram)))
        telegram.says("/new")
        await telegram.until(lambda: "A new conversation." in texts(telegram))
        async with served.connect() as client:
            assert (await client.result("chat.history", sessionKey="telegram:77"))["messages"] == []
        telegram.says("[[slow:500,50]]")
        await telegram.until(lambda: telegram.all("sendChatAction"))
        telegram.says("/stop")
        await telegram.until(lambda: any("(stopped)" in text for text in texts(telegram)))


async def test_a_long_answer_comes_in_parts_that_telegram_takes(upstream: Upstream, telegram: TelegramServer) -> None:
    async with serving(upstream, telegram):
        words = " ".join(f"word{number}" for number in range(1200))
        telegram.says(words)
        await telegram.until(lambda: len([each for each in texts(telegram) if "word" in each]) >= 3, 30)
        joined = " ".join(texts(telegram))
        await telegram.until(lambda: "word1199" in " ".join(texts(telegram)))
        assert "word0" in joined
        assert all(len(text) <= 4096 for text in texts(telegram))


async def test_a_file_goes_to_the_workspace_and_before_the_model(upstream: Upstream, telegram: TelegramServer) -> None:
    telegram.files["f1"] = b"buy milk"
    document = {
        "file_id": "f1",
        "file_unique_id": "f1",
        "file_name": "../../list.txt",
        "mime_type": "text/plain",
        "file_size": 8,
    }
    async with serving(upstream, telegram) as served:
        telegram.says("", document=document, caption="what is on it?")
        await telegram.until(lambda: any("buy milk" in text for text in texts(telegram)))
        async with served.connect() as client:
            found = await client.result("file.list", path="/inbox/telegram")
            names = [entry["name"] for entry in found["entries"]]
    assert len(names) == 1
    assert names[0].endswith("-list.txt")


def shows(telegram: TelegramServer, name: str, album: str, **more: Any) -> None:
    """Somebody sends a file of an album."""
    telegram.files[name] = name.encode()
    file = {"file_id": name, "file_unique_id": name, "file_name": f"{name}.txt", "mime_type": "text/plain"}
    telegram.says("", document=file | {"file_size": len(name)}, media_group_id=album, **more)


async def test_an_album_is_one_run_and_what_comes_late_is_answered_too(
    upstream: Upstream, telegram: TelegramServer
) -> None:
    async with serving(upstream, telegram) as served, served.connect() as client:
        shows(telegram, "one", "g1")
        await telegram.until(lambda: telegram.confirmed >= 1)
        shows(telegram, "two", "g1", caption="compare them")
        await telegram.until(lambda: any("compare them" in text for text in texts(telegram)))
        shows(telegram, "three", "g1")
        await telegram.until(lambda: any("three.txt" in text for text in texts(telegram)))
        history = await client.result("chat.history", sessionKey="telegram:77")
        asked = [message["content"] for message in history["messages"] if message["role"] == "user"]
        assert ["one.txt" in asked[0], "two.txt" in asked[0], "three.txt" in asked[1], len(asked)] == [True] * 3 + [2]
        found = await client.result("file.list", path="/inbox/telegram")
        assert len(found["entries"]) == 3


async def test_of_an_album_in_a_group_the_files_without_the_mention_count_too(
    upstream: Upstream, telegram: TelegramServer
) -> None:
    async with serving(upstream, telegram):
        mention = [{"type": "mention", "offset": 0, "length": 11}]
        shows(telegram, "none", "g0", chat=-5)
        shows(telegram, "one", "g1", chat=-5)
        shows(telegram, "two", "g1", chat=-5, caption="@helper_bot compare", caption_entities=mention)
        await telegram.until(lambda: any("compare" in text for text in texts(telegram)))
        answer = next(text for text in texts(telegram) if "compare" in text)
        assert "one.txt" in answer and "two.txt" in answer
        assert not any("none.txt" in text for text in texts(telegram))


def speaks(telegram: TelegramServer, words: bytes, **more: Any) -> None:
    """Somebody sends a voice message."""
    telegram.files["v1"] = words
    voice = {"file_id": "v1", "file_unique_id": "v1", "duration": 2, "mime_type": "audio/ogg", "file_size": len(words)}
    telegram.says("", voice=voice, **more)


def transcribing(upstream: Upstream, **more: Any) -> dict[str, Any]:
    """A provider that writes down what is spoken."""
    provider = settings(upstream.url)["providers"]["primary"]
    return {"providers": {"primary": {**provider, "transcribe": "whisper-1", "max_retries": 0, **more}}}


async def test_a_voice_message_is_written_down_with_the_file_beside_it(
    upstream: Upstream, telegram: TelegramServer
) -> None:
    async with serving(upstream, telegram, **transcribing(upstream)) as served, served.connect() as client:
        speaks(telegram, "what is the time in Köln".encode())
        await telegram.until(lambda: any("echo: what is the time in Köln" in text for text in texts(telegram)))
        model, name, mime_type, _ = upstream.recordings[0]
        assert (model, mime_type) == ("whisper-1", "audio/ogg")
        history = await client.result("chat.history", sessionKey="telegram:77")
        asked = history["messages"][0]["content"]
        path = asked.rpartition("[voice message: ")[2].rstrip("]")
        assert path.endswith(name)
        assert (await client.result("file.read", path=path))["content"] == "what is the time in Köln"


async def test_a_voice_message_that_nobody_can_write_down_is_a_file_all_the_same(
    upstream: Upstream, telegram: TelegramServer
) -> None:
    async with serving(upstream, telegram, **transcribing(upstream)):
        speaks(telegram, b"[[fail:400]]")
        await telegram.until(lambda: any("could not be written down" in text for text in texts(telegram)))
        assert not any("127.0.0.1" in text for text in texts(telegram))


async def test_an_answer_waits_for_a_platform_that_fails_and_is_said_once(
    upstream: Upstream, telegram: TelegramServer
) -> None:
    telegram.prepare("sendMessage", answering(502, text="<html>"), refusing(429, "Too Many Requests", retry_after=1))
    async with serving(upstream, telegram):
        telegram.says("hello")
        await telegram.until(lambda: "echo: hello" in texts(telegram))
    assert texts(telegram).count("echo: hello") == 1


async def test_what_the_platform_refuses_for_good_is_counted(upstream: Upstream, telegram: TelegramServer) -> None:
    telegram.prepare("sendMessage", refusing(403, "Forbidden: bot was blocked by the user"))
    async with serving(upstream, telegram) as served, served.connect() as client:
        sent = await client.result("channel.send", channelId="telegram", to="77", text="hello")
        assert sent["status"] == "queued"

        async def failed() -> bool:
            status = await client.result("channel.status", channelId="telegram")
            return status["outbox"] == {"waiting": 0, "failed": 1, "unknown": 0} and "blocked" in status["lastError"]

        await eventually(failed)


async def test_an_owner_approves_a_tool_in_the_chat(upstream: Upstream, telegram: TelegramServer) -> None:
    async with serving(upstream, telegram, security={"policies": {"file_write": "ask"}}) as served:
        telegram.says('[[tool:file_write {"path": "/a.txt", "content": "x"}]]')
        asked = await telegram.until(lambda: next((each for each in telegram.sent if "reply_markup" in each), None))
        buttons = asked["reply_markup"]["inline_keyboard"][0]
        chat = {"id": 77, "type": "private", "first_name": "Ann"}
        message = {"message_id": asked["message_id"], "date": 1, "chat": chat, "text": "?"}
        sender = {"id": 77, "is_bot": False, "first_name": "Ann"}
        telegram.update(
            callback_query={
                "id": "q",
                "from": sender,
                "chat_instance": "c",
                "data": buttons[0]["callback_data"],
                "message": message,
            }
        )
        await telegram.until(lambda: "Approved." in texts(telegram))
        async with served.connect() as client:
            found = await eventually(lambda: read(client, "/a.txt"))
            assert found["content"] == "x"


def writing(path: str, content: str) -> str:
    """What has the agent write a file, which its answer then names."""
    return f"[[tool:file_write {msgspec.json.encode({'path': path, 'content': content}).decode()}]]"


def documents(telegram: TelegramServer) -> list[bytes]:
    """The files that the chats were sent."""
    return [each[each["document"].removeprefix("attach://")] for each in telegram.all("sendDocument")]


async def test_a_file_that_the_agent_made_follows_its_answer(upstream: Upstream, telegram: TelegramServer) -> None:
    telegram.files["f1"] = b"from the chat"
    document = {"file_id": "f1", "file_unique_id": "f1", "file_name": "in.txt", "mime_type": "text/plain"}
    async with serving(upstream, telegram) as served, served.connect() as client:
        await client.result("file.write", path="/old.txt", content="older than the question")
        telegram.says("what is in old.txt?", document={**document, "file_size": 13})
        await telegram.until(lambda: any("from the chat" in text for text in texts(telegram)))
        telegram.says(writing("out/.env", "secret"))
        await telegram.until(lambda: any("out/.env" in text for text in texts(telegram)))
        telegram.says(writing("out/report.csv", "a;b"))
        await telegram.until(lambda: documents(telegram))
        telegram.says("thanks for report.csv")
        await telegram.until(lambda: any("thanks" in text for text in texts(telegram)))

        async def sent() -> bool:
            return (await client.result("channel.status", channelId="telegram"))["outbox"]["waiting"] == 0

        await eventually(sent)
    assert documents(telegram) == [b"a;b"]


async def test_the_webhook_channel_gets_files_too(upstream: Upstream) -> None:
    async with Receiver.running() as receiver:
        receiver.secrets = [SECRET]
        channels = {"webhook": {"url": f"{receiver.url}/hook", "secret": SECRET}}
        async with serving(upstream, channels=channels) as served, served.connect() as client:
            await client.result("file.write", path="/a.txt", content="hello")
            params = {
                "channelId": "webhook",
                "to": "ann",
                "text": "see",
                "attachments": [{"type": "file", "path": "/a.txt"}],
            }
            await client.result("channel.send", **params)
            await receiver.until(lambda: len(receiver.calls) == 2)
            file = receiver.calls[1]["data"]["file"]
            assert file == {"name": "a.txt", "mimeType": "text/plain", "content": "aGVsbG8="}


async def post_signed(served: TestGateway, message_id: str, **body: str) -> int:
    """A signed message to the webhook channel; the status it is answered with."""
    raw, at = msgspec.json.encode(body).decode(), datetime.now(UTC)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(message_id, at, raw),
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{served.url}/hooks/webhook", data=raw, headers=headers) as answer,
    ):
        return answer.status


async def test_where_a_channel_shows_no_buttons_the_owner_is_told_what_to_write(upstream: Upstream) -> None:
    async with Receiver.running() as receiver:
        receiver.secrets = [SECRET]
        channels = {"webhook": {"url": f"{receiver.url}/hook", "secret": SECRET, "owners": ["ann"]}}
        asking = {"policies": {"file_write": "ask"}}
        async with serving(upstream, channels=channels, security=asking) as served, served.connect() as client:

            async def asked() -> bool:
                return await post_signed(served, "in-1", sender="ann", text=writing("/a.txt", "x")) == 202

            await eventually(asked)
            await receiver.until(lambda: receiver.calls)
            command = receiver.calls[0]["data"]["text"].split("Approve: `")[1].split("`")[0]
            assert command.startswith("/approve ")
            assert await post_signed(served, "in-2", sender="ann", text=command) == 202
            found = await eventually(lambda: read(client, "/a.txt"))
            assert found["content"] == "x"


async def test_the_webhook_channel_is_signed_both_ways(upstream: Upstream) -> None:
    async with Receiver.running() as receiver:
        receiver.secrets = [SECRET]
        channels = {"webhook": {"url": f"{receiver.url}/hook", "secret": SECRET}}
        async with serving(upstream, channels=channels) as served:
            body = msgspec.json.encode({"sender": "ann", "text": "hello"}).decode()
            at = datetime.now(UTC)
            headers = {
                "webhook-id": "in-1",
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": Webhook(SECRET).sign("in-1", at, body),
            }

            async def post(given: dict[str, str]) -> int:
                async with served.http(
                    "POST", "/hooks/webhook", msgspec.json.decode(body), token=None, headers=given
                ) as answer:
                    return answer.status

            async def let_in() -> bool:
                return await post({}) != 503

            await eventually(let_in)
            async with aiohttp.ClientSession() as session:
                for _ in range(2):
                    async with session.post(f"{served.url}/hooks/webhook", data=body, headers=headers) as answer:
                        assert answer.status == 202
            assert await post({}) == 401
            await receiver.until(lambda: receiver.calls)
            assert receiver.calls[0]["data"] == {"to": "ann", "text": "echo: hello"}
            assert len(receiver.calls) == 1


async def test_webhooks_are_called_once_it_is_on_disk_and_until_they_take_it(upstream: Upstream) -> None:
    async with Receiver.running() as receiver, serving(upstream) as served, served.connect() as client:
        events = ["message.received", "message.sent", "chat.done", "error.occurred"]
        made = await client.result("webhook.create", url=f"{receiver.url}/hook", events=events)
        receiver.secrets = [made["secret"]]
        receiver.statuses = [500, 503]
        await client.chat("hello", sessionKey="s")
        await receiver.until(lambda: len(receiver.calls) == 3)
        told = {call["type"]: call["data"] for call in receiver.calls}
        assert told["message.received"]["text"] == "hello"
        assert told["message.sent"]["text"] == "echo: hello"
        assert told["message.sent"]["sessionKey"] == "s"
        await client.chat("[[fail:401]]")
        await receiver.until(lambda: any(call["type"] == "error.occurred" for call in receiver.calls))
        old, new = (
            made["secret"],
            (await client.result("webhook.update", webhookId=made["id"], secret=True))["secret"],
        )
        receiver.secrets = [old, new]
        assert (await client.result("webhook.test", webhookId=made["id"]))["status"] == 204
        listed = await client.result("webhook.deliveries", webhookId=made["id"], status="delivered")
        assert {"message.received", "message.sent"} <= {one["event"] for one in listed["deliveries"]}
        again = listed["deliveries"][-1]["id"]
        await client.result("webhook.redeliver", webhookId=made["id"], deliveryId=again)
        await receiver.until(lambda: [call["id"] for call in receiver.calls].count(again) == 2)
        receiver.statuses = [410]
        await client.chat("gone", sessionKey="s")
        found: dict[str, Any] = {}
        for _ in range(200):
            if not (found := await client.result("webhook.get", webhookId=made["id"]))["enabled"]:
                break
        assert "410" in found["disabledReason"]
    assert receiver.forged == 0


async def test_a_dead_delivery_can_be_looked_at(upstream: Upstream) -> None:
    async with Receiver.running() as receiver:
        receiver.statuses = [500] * 50
        async with serving(upstream) as served, served.connect() as client:
            made = await client.result("webhook.create", url=f"{receiver.url}/hook", event="chat.done")
            await client.chat("hello")

            async def dead() -> Any:
                return (await client.result("webhook.deliveries", webhookId=made["id"], status="dead"))["deliveries"]

            found = await eventually(dead)
            assert (found[0]["attempts"], found[0]["lastError"]) == (6, "answered 500")


async def test_a_task_reports_to_a_chat(upstream: Upstream, telegram: TelegramServer) -> None:
    async with serving(upstream, telegram) as served, served.connect() as client:
        target = {"channelId": "telegram", "to": "77"}
        action = {"type": "message", "params": {"content": "report"}}
        made = await client.result("task.create", name="r", every="1s", action=action, deliver=target)
        await telegram.until(lambda: "echo: report" in texts(telegram))
        await client.result("task.delete", taskId=made["id"])
        wrong = await client.error(
            "task.create", name="r", every="1s", action=action, deliver={"channelId": "none", "to": "1"}
        )
        assert wrong["data"]["field"] == "deliver.channelId"


async def test_what_a_task_came_to_is_sent_at_once(upstream: Upstream, telegram: TelegramServer) -> None:
    async with Receiver.running() as receiver, serving(upstream, telegram) as served, served.connect() as client:
        await client.result("webhook.create", url=f"{receiver.url}/hook", event="task.completed")
        action = {"type": "command", "params": {"command": "echo done"}}
        target = {"channelId": "telegram", "to": "77"}
        made = await client.result("task.create", name="c", every="1d", action=action, deliver=target)
        await client.result("task.run", taskId=made["id"])
        # Long before the outbox looks by itself.
        await telegram.until(lambda: any("done" in text for text in texts(telegram)), 15)
        await receiver.until(lambda: receiver.calls, 15)


async def test_a_task_runs_a_command_and_fails_when_its_makers_token_is_revoked(upstream: Upstream) -> None:
    async with serving(upstream) as served:
        token = served.make_token("owner", "read,chat,tools,admin", "maker")
        async with served.connect(token=token) as maker, served.connect() as client:
            action = {"type": "command", "params": {"command": "echo done"}}
            made = await maker.result("task.create", name="c", every="1d", action=action)
            await client.result("event.subscribe", topics=["tasks"])
            await client.result("task.run", taskId=made["id"])
            done = await client.event("task.completed", taskId=made["id"])
            assert "done" in str(done["data"]["output"])
            await client.result("token.revoke", name="maker")
            await client.result("task.run", taskId=made["id"])
            failed = await client.event("task.failed", taskId=made["id"])
            assert "no longer valid" in failed["data"]["error"]


async def test_an_agent_reminds_whoever_asked_it_to_and_writes_it_down(
    upstream: Upstream, telegram: TelegramServer
) -> None:
    async with serving(upstream, telegram) as served, served.connect() as client:
        telegram.says('[[tool:task_create {"name": "tea", "message": "tea is ready", "after": "1s"}]]')
        await telegram.until(lambda: "echo: tea is ready" in texts(telegram))
        assert telegram.sent[-1]["chat_id"] in (77, "77")
        entries = (await client.result("audit.query", tool="task_create"))["records"]
        assert entries and entries[0]["tool"] == "task_create"
    async with serving(upstream, telegram, security={"policies": {"task_create": "deny"}}):
        telegram.says('[[tool:task_create {"name": "tea", "message": "again", "after": "1s"}]]')
        await telegram.until(lambda: any("task_create' is not there" in text for text in texts(telegram)))


async def test_wrong_settings_stop_no_gateway_and_name_the_key(upstream: Upstream) -> None:
    channels = {"telegram": {"tokn": "x"}, "whatsapp": {"enabled": True}, "odd": {"type": "no-such"}}
    async with serving(upstream, channels=channels) as served, served.connect() as client:

        async def settled() -> Any:
            listed = {one["id"]: one for one in (await client.result("channel.list"))["channels"]}
            return listed if all(one["status"] != "connecting" for one in listed.values()) else None

        listed = await eventually(settled)
        assert listed["whatsapp"]["status"] == "not_configured"
        assert "access_token" in listed["whatsapp"]["lastError"]
        assert listed["telegram"]["status"] in ("error", "not_configured")
        assert "channels.telegram." in listed["telegram"]["lastError"]
        assert listed["odd"]["status"] == "error"

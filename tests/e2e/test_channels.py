"""Chat platforms, webhooks and tasks through a whole gateway."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from tests.support.channels import SECRET, eventually, post_signed, read, serving, texts, writing
from tests.support.platforms.receiver import Receiver
from tests.support.platforms.serving import answering
from tests.support.platforms.telegram import TOKEN, TelegramServer, refusing
from tests.support.upstream import Upstream, scripted_upstream


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@pytest.fixture
async def telegram() -> AsyncGenerator[TelegramServer]:
    async with TelegramServer.running() as running:
        yield running


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

        async def delivered() -> Any:
            listed = await client.result("webhook.deliveries", webhookId=made["id"], status="delivered")
            events = {one["event"] for one in listed["deliveries"]}
            return listed["deliveries"] if {"message.received", "message.sent"} <= events else None

        again = (await eventually(delivered))[-1]["id"]
        await client.result("webhook.redeliver", webhookId=made["id"], deliveryId=again)
        await receiver.until(lambda: [call["id"] for call in receiver.calls].count(again) == 2)
        receiver.statuses = [410]
        await client.chat("gone", sessionKey="s")

        async def disabled() -> Any:
            found = await client.result("webhook.get", webhookId=made["id"])
            return None if found["enabled"] else found

        assert "410" in (await eventually(disabled))["disabledReason"]
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
        await client.result("webhook.create", url=f"{receiver.url}/hook", events=["task.*"])
        action = {"type": "command", "params": {"command": "echo done"}}
        target = {"channelId": "telegram", "to": "77"}
        made = await client.result("task.create", name="c", every="1d", action=action, deliver=target)
        await client.result("task.run", taskId=made["id"])
        # Long before the outbox looks by itself.
        await telegram.until(lambda: any("done" in text for text in texts(telegram)), 15)
        await receiver.until(lambda: len(receiver.calls) == 2, 15)
        assert sorted(call["type"] for call in receiver.calls) == ["task.completed", "task.started"]


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

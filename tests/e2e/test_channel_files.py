"""Files from chats and to chats, through a whole gateway: documents, albums, voice messages, what an agent made."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.support.channels import SECRET, eventually, serving, texts, writing
from tests.support.gateway import settings
from tests.support.platforms.receiver import Receiver
from tests.support.platforms.telegram import TelegramServer
from tests.support.upstream import Upstream, scripted_upstream


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@pytest.fixture
async def telegram() -> AsyncGenerator[TelegramServer]:
    async with TelegramServer.running() as running:
        yield running


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
        rows = (await client.result("usage.query", by="model"))["rows"]
        assert {row["key"]: row["requests"] for row in rows}["whisper-1"] == 1


async def test_a_budget_that_is_used_up_has_nothing_written_down(upstream: Upstream, telegram: TelegramServer) -> None:
    budgets = {"nothing": {"tokens": 0}}
    async with serving(upstream, telegram, budgets=budgets, **transcribing(upstream)):
        speaks(telegram, b"hello")
        await telegram.until(lambda: any("'nothing' is used up" in text for text in texts(telegram)))
        assert upstream.recordings == []


async def test_a_voice_message_that_nobody_can_write_down_is_a_file_all_the_same(
    upstream: Upstream, telegram: TelegramServer
) -> None:
    async with serving(upstream, telegram, **transcribing(upstream)):
        speaks(telegram, b"[[fail:400]]")
        await telegram.until(lambda: any("could not be written down" in text for text in texts(telegram)))
        assert not any("127.0.0.1" in text for text in texts(telegram))


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

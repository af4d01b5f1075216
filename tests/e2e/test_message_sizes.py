"""No event and no page of a list is larger than clients take by default; what is longer comes in parts."""

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.support.gateway import Client, TestGateway, gateway, settings
from tests.support.raw_model import DONE, Answer, RawModel, delta, raw_model, said

LARGEST = 256 * 1024
LONG = "".join(f"word {at}, ä😀\n" for at in range(90_000))
SCENARIOS: dict[str, Answer | Callable[[dict[str, Any], int], Answer]] = {
    "long": [*said(*(LONG[at : at + 700] for at in range(0, len(LONG), 700))), DONE],
    "at-once": [
        delta({"role": "assistant", "content": LONG}),
        delta({"reasoning_content": LONG}),
        delta({}, "stop"),
        DONE,
    ],
}


@pytest.fixture(scope="module")
async def model() -> AsyncGenerator[RawModel]:
    async with raw_model(SCENARIOS) as server:
        yield server


@pytest.fixture(scope="module")
async def served(model: RawModel) -> AsyncGenerator[TestGateway]:
    async with gateway(settings(model.url, outbox_bytes=64_000_000)) as running:
        yield running


def check(frames: list[Any]) -> None:
    for frame in frames:
        assert len(json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()) <= LARGEST


async def answered(client: Client, name: str) -> tuple[str, dict[str, Any]]:
    """A session in which the model has answered that, and where its stream stood before."""
    key = f"sizes-{uuid4().hex[:8]}"
    accepted = await client.result(
        "chat.run", message=f"[[S:{name}]]", sessionKey=key, options={"stream": name == "long"}
    )
    await client.event("chat.done", 120, runId=accepted["runId"])
    return key, accepted


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_long_answer_is_resumed_by_a_client_with_a_common_limit(served: TestGateway, name: str) -> None:
    async with served.connect(max_size=2**20) as client:
        key, accepted = await answered(client, name)
        check(client.seen)
        assert client.text(accepted["runId"]) == LONG
    async with served.connect(max_size=LARGEST) as client:
        after = {"epoch": accepted["epoch"], "seq": accepted["seq"]}
        assert not (await client.result("event.subscribe", sessionKey=key, after=after))["resync"]
        await client.event("chat.done", 60, runId=accepted["runId"])
        assert client.text(accepted["runId"]) == LONG
        last = client.told(accepted["runId"], "chat.message")[-1]["data"]["message"]
        assert (last["truncated"], last["size"], LONG.startswith(last["content"])) == (True, len(LONG), True)
        assert last["nextOffset"] == len(last["content"]) > 10_000
        seqs = [frame["seq"] for frame in client.seen if "seq" in frame]
        assert seqs == sorted(set(seqs))


async def test_a_client_that_is_cut_off_in_the_middle_gets_further_each_time(served: TestGateway) -> None:
    async with served.connect() as client:
        key, accepted = await answered(client, "long")
    at, text, visits = accepted["seq"], "", 0
    ended = False
    while not ended:
        visits += 1
        async with served.connect(max_size=LARGEST) as client:
            await client.result("event.subscribe", sessionKey=key, after={"epoch": accepted["epoch"], "seq": at})
            for _ in range(7):
                frame = await client.next(lambda frame: "seq" in frame)
                at = frame["seq"]
                text += frame["data"]["delta"] if frame["type"] == "chat.delta" else ""
                if frame["type"] == "chat.done":
                    ended = True
                    break
    assert text == LONG
    assert visits > 3


async def test_a_long_message_is_read_in_parts_or_whole(served: TestGateway) -> None:
    async with served.connect(max_size=LARGEST) as client:
        key, _ = await answered(client, "long")
        page = await client.result("chat.history", sessionKey=key)
        assert page["messages"][-1]["truncated"]
        if "nextCursor" in page:
            older = await client.result("chat.history", sessionKey=key, before=page["nextCursor"])
            page["messages"] = older["messages"] + page["messages"]
        question, answer = page["messages"]
        assert "truncated" not in question
        text, offset = answer["content"], answer["nextOffset"]
        while offset is not None:
            found = await client.result("chat.history", sessionKey=key, messageId=answer["messageId"], offset=offset)
            [part] = found["messages"]
            text, offset = text + part["content"], part.get("nextOffset")
        assert text == LONG
        detail = await client.result("session.get", sessionKey=key)
        assert detail["messages"][-1]["truncated"]
        check(client.seen)
        assert (await client.error("chat.history", sessionKey=key, messageId="m_none"))["code"] == -32004
    async with served.connect() as client:
        found = await client.result("chat.history", sessionKey=key, messageId=answer["messageId"])
        assert found["messages"][0]["content"] == LONG


async def test_pages_of_messages_are_cut_by_bytes(served: TestGateway) -> None:
    async with served.connect(max_size=LARGEST) as client:
        key = (await client.result("session.create"))["sessionKey"]
        sizes = [90_000, 10, 200_000, 5, 5, 120_000, 250_000, 1]
        for at, size in enumerate(sizes):
            await client.result("chat.inject", sessionKey=key, content=f"{at}:" + "x" * size)
        for first in ("chat.history", "session.get"):
            found: list[str] = []
            page = await client.result(first, sessionKey=key, limit=1000)
            while True:
                found = [message["content"] for message in page["messages"]] + found
                if "nextCursor" not in page:
                    break
                page = await client.result("chat.history", sessionKey=key, limit=1000, before=page["nextCursor"])
            assert [len(text) - 2 for text in found] == sizes
            assert [text[0] for text in found] == [str(at) for at in range(len(sizes))]


async def test_lists_are_cut_by_bytes_and_carry_a_cursor(served: TestGateway) -> None:
    async with served.connect(max_size=LARGEST) as client:
        for at in range(12):
            await client.result("session.create", sessionKey=f"list-{at}", title="list", context={"x": "y" * 60_000})
        found: list[str] = []
        page = await client.result("session.list", limit=1000, text="list")
        pages = 1
        while True:
            found += [each["sessionKey"] for each in page["sessions"]]
            assert page["total"] == 12
            if "nextCursor" not in page:
                break
            page = await client.result("session.list", limit=1000, text="list", cursor=page["nextCursor"])
            pages += 1
        assert sorted(found) == sorted(f"list-{at}" for at in range(12))
        assert pages >= 3
        names = [f"{'n' * 200}-{at:04}" for at in range(900)]
        for name in names[:3]:
            await client.result("file.write", path=f"/many/{name}", content="")
        [folder] = served.home.glob("**/many")
        for name in names[3:]:
            (folder / name).touch()
        entries: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = await client.result("file.list", path="/many", limit=10_000, **cursor)
            entries += [each["name"] for each in page["entries"]]
            if "nextCursor" not in page:
                break
            cursor = {"cursor": page["nextCursor"]}
        assert entries == names
        check(client.seen)
        error = await client.error("session.create", context={"x": "y" * 70_000})
        assert error["data"]["field"] == "context"


async def test_what_a_long_run_has_said_so_far_is_shown_from_a_place_on(served: TestGateway) -> None:
    async with served.connect(max_size=LARGEST) as client:
        key = f"sizes-{uuid4().hex[:8]}"
        accepted = await client.result("chat.run", message="[[S:long]]", sessionKey=key)
        seen = ""
        while len(seen) < 400_000:
            frame = await client.next(lambda frame: frame.get("type") == "chat.delta")
            seen += frame["data"]["delta"]
        detail = await client.result("session.get", sessionKey=key)
        check([detail])
        if detail.get("live"):
            [live] = detail["live"]
            assert LONG[live.get("offset", 0) :].startswith(live["text"])
        await client.result("chat.abort", runId=accepted["runId"])


async def test_a_call_is_answered_though_its_text_has_half_a_character(served: TestGateway) -> None:
    async with served.connect() as client:
        await client.send(
            '{"id": 7, "method": "chat.run", "params": {"message": "a\\ud83d b", "options": {"maxTokens": 5.0}}}'
        )
        accepted = (await client.next(lambda frame: frame.get("id") == 7))["result"]
        message = (await client.event("chat.message", runId=accepted["runId"]))["data"]["message"]
        assert message["content"] == "a\ufffd b"
        await client.event("chat.done", runId=accepted["runId"])

"""`/v1/conversations` at a whole gateway: made, gone on with by models and agents, paged, changed, deleted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.context import without_context
from tests.support.gateway import gateway, settings
from tests.support.openai import OpenAIClient, client_of, served
from tests.support.upstream import Upstream, scripted_upstream, text_of

PATH = "/v1/conversations"


async def made(client: OpenAIClient, *texts: str, **more: Any) -> str:
    items = [{"role": "user", "content": text} for text in texts]
    answer = await client.ask("POST", PATH, {"items": items, **more})
    assert answer.status == 200, answer.body
    assert answer.json["object"] == "conversation"
    assert abs(answer.json["created_at"] - time.time()) < 60
    return answer.json["id"]


async def items(client: OpenAIClient, conversation: str, query: str = "?order=asc&limit=100") -> Any:
    return (await client.ask("GET", f"{PATH}/{conversation}/items{query}")).json


def said(page: Any) -> list[tuple[str, str]]:
    return [(item["role"], item["content"][0]["text"]) for item in page["data"]]


def told(upstream: Upstream) -> list[str]:
    messages = upstream.requests[-1]["messages"]
    return [without_context(text_of(each["content"])) for each in messages if each["role"] != "system"]


@pytest.mark.parametrize("model", ["scripted", "openclaw"])
async def test_responses_go_on_with_a_conversation_and_add_to_it(model: str) -> None:
    async with served() as (_, upstream, client):
        conversation = await made(client, "I am Ada.")
        first = (await client.respond("one", model, conversation=conversation)).json
        assert first["conversation"] == {"id": conversation}
        answer = await client.respond("two", model, conversation={"id": conversation}, stream=True)
        assert answer.events[-1][1]["type"] == "response.completed"
        # To an agent, what was said since the last answer is one question.
        asked = ["I am Ada.", "one"] if model == "scripted" else ["I am Ada.\n\none"]
        assert told(upstream) == [*asked, f"echo: {asked[-1]}", "two"]
        assert said(await items(client, conversation)) == [
            ("user", "I am Ada."), ("user", "one"), ("assistant", f"echo: {asked[-1]}"), ("user", "two"),
            ("assistant", "echo: two"),
        ]  # fmt: skip


async def test_an_agent_is_asked_with_what_the_conversation_holds_by_now() -> None:
    async with served() as (_, upstream, client):
        conversation = await made(client)
        await client.respond("one", "openclaw", conversation=conversation)
        answer = (await items(client, conversation))["data"][-1]["id"]
        await client.ask("DELETE", f"{PATH}/{conversation}/items/{answer}")
        added = {"items": [{"role": "assistant", "content": "an answer of my own"}]}
        await client.ask("POST", f"{PATH}/{conversation}/items", added)
        await client.respond("two", "openclaw", conversation=conversation)
        assert told(upstream) == ["one", "an answer of my own", "two"]


async def test_items_are_paged_found_and_removed() -> None:
    async with served() as (_, _, client):
        conversation = await made(client, "0", "1", "2")
        page = await items(client, conversation, "?limit=2")
        assert ([text for _, text in said(page)], page["has_more"]) == (["2", "1"], True)
        rest = await items(client, conversation, f"?limit=2&after={page['last_id']}")
        assert ([text for _, text in said(rest)], rest["has_more"]) == (["0"], False)
        found = await client.ask("GET", f"{PATH}/{conversation}/items/{page['first_id']}")
        assert found.json["content"][0]["text"] == "2"
        removed = await client.ask("DELETE", f"{PATH}/{conversation}/items/{page['first_id']}")
        assert (removed.json["id"], removed.json["object"]) == (conversation, "conversation")
        assert (await client.ask("GET", f"{PATH}/{conversation}/items/{page['first_id']}")).status == 404
        wrong = await client.ask("GET", f"{PATH}/{conversation}/items?after=msg_none")
        assert (wrong.status, wrong.json["error"]["param"]) == (400, "after")


async def test_what_it_is_about_is_changed_and_it_is_deleted() -> None:
    async with served() as (_, _, client):
        conversation = await made(client, metadata={"topic": "tea"})
        changed = await client.ask("POST", f"{PATH}/{conversation}", {"metadata": {"topic": "milk"}})
        assert changed.json["metadata"] == {"topic": "milk"}
        assert (await client.ask("GET", f"{PATH}/{conversation}")).json["metadata"] == {"topic": "milk"}
        assert (await client.ask("DELETE", f"{PATH}/{conversation}")).json == {
            "id": conversation,
            "object": "conversation.deleted",
            "deleted": True,
        }
        for verb, path in (("GET", ""), ("DELETE", ""), ("GET", "/items")):
            missing = await client.ask(verb, f"{PATH}/{conversation}{path}")
            assert (missing.status, missing.json["error"]["type"]) == (404, "invalid_request_error")


async def test_one_under_a_name_of_the_clients_own_is_its_users_alone() -> None:
    async with served() as (running, upstream, client):
        await client.respond("one", conversation="conv_1")
        await client.respond("two", conversation="conv_1")
        assert told(upstream) == ["one", "echo: one", "two"]
        assert len((await items(client, "conv_1"))["data"]) == 4
        async with client_of(running, running.make_token("guest")) as guest:
            assert (await guest.ask("GET", f"{PATH}/conv_1")).status == 404
            await guest.respond("mine", conversation="conv_1")
            assert told(upstream) == ["mine"]
            hers = await made(client)
            assert (await guest.ask("DELETE", f"{PATH}/{hers}")).status == 404


async def test_people_of_a_front_end_go_on_with_what_it_made() -> None:
    async with served() as (_, upstream, client):
        conversation = await made(client, "I am Ada.")
        await client.respond("one", "openclaw", conversation=conversation, user="ada")
        await client.respond("two", "openclaw", conversation=conversation, user="ada")
        whole = "I am Ada.\n\none"
        assert told(upstream) == [whole, f"echo: {whole}", "two"]


async def test_what_failed_or_is_not_to_be_kept_adds_nothing() -> None:
    async with served() as (_, _, client):
        conversation = await made(client)
        await client.respond("[[cut:3]]", conversation=conversation, stream=True)
        await client.respond("x", conversation=conversation, store=False)
        assert (await items(client, conversation))["data"] == []


async def test_a_conversation_outlives_the_gateway(tmp_path: Path) -> None:
    async with scripted_upstream() as upstream:
        config = settings(upstream.url)
        async with gateway(config, tmp_path) as running, client_of(running) as client:
            conversation = await made(client, "one")
        async with gateway(config, tmp_path) as running, client_of(running) as client:
            assert said(await items(client, conversation)) == [("user", "one")]

"""Every call that changes something, made by two at the same moment: both are answered as its row says."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from openclaw_rpc.cli.params import fields_of
from openclaw_rpc.dialects.examples import params_of
from openclaw_rpc.protocol.errors import EVERYWHERE
from openclaw_rpc.protocol.table import METHODS, AnyMethod
from tests.support.engines import ENGINES, engine
from tests.support.gateway import Client, TestGateway, gateway, settings
from tests.support.nodes import config
from tests.support.upstream import Upstream

CHANGING = [row for row in METHODS if not row.repeatable]
SKILL = "---\nname: weather\ndescription: Says what the weather is.\n---\nLook out of the window.\n"
MESSAGE = {"type": "message", "params": {"content": "hello"}}
NAMED = {
    "channelId": "webhook",
    "slug": "weather",
    "newSessionKey": "{}-fork",
    "to": "{}/moved.md",
}
"""Names of what is there, or that may be given; braces stand for a name of the row's own."""
MADE: dict[str, tuple[str, dict[str, Any], str]] = {
    "sessionKey": ("session.create", {"sessionKey": "{}"}, "sessionKey"),
    "messageId": ("chat.inject", {"sessionKey": "{}", "role": "user", "content": "hello"}, "message.messageId"),
    "taskId": ("task.create", {"name": "{}", "every": "1d", "action": MESSAGE}, "id"),
    "webhookId": ("webhook.create", {"url": "http://127.0.0.1:9/hook", "events": ["task.started"]}, "id"),
    "conversationId": ("conversation.create", {}, "id"),
    "responseId": ("response.create", {"body": {"model": "openclaw", "input": "hello"}}, "body.id"),
    "commandId": ("command.start", {"command": "cat"}, "commandId"),
    "key": ("memory.store", {"key": "{}", "value": "green"}, "key"),
    "path": ("file.write", {"path": "{}/plan.md", "content": "Buy milk."}, "path"),
    "from": ("file.write", {"path": "{}/plan.md", "content": "Buy milk."}, "path"),
}
"""By the params that name a thing: the call that makes one, and where its answer says the name."""


@pytest.fixture(scope="module", params=ENGINES)
async def two(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[tuple[TestGateway, TestGateway]]:
    """Where the two call: one gateway, or two nodes where there are nodes. Their tools reach nothing outside."""
    more = {
        "security": {"policies": {"browser_*": "deny", "web_fetch": "deny"}},
        "channels": {"webhook": {"enabled": False}},
        "openai": {"allow_provider_models": True},
    }
    async with engine(request.param) as shared, AsyncExitStack() as stack:
        nodes: list[TestGateway] = []
        for name in "ab" if shared else "a":
            home = tmp_path_factory.mktemp(name)
            (home / "skills" / "weather").mkdir(parents=True)
            (home / "skills" / "weather" / "SKILL.md").write_text(SKILL)
            chosen = config(upstream, shared, name) if shared else settings(upstream.url)
            nodes.append(await stack.enter_async_context(gateway({**chosen, **more}, home)))
        yield nodes[0], nodes[-1]


async def made(client: Client, row: AnyMethod) -> dict[str, Any]:
    """Those of the things that a call names, made for a row alone."""
    found: dict[str, Any] = {}
    for name in (field.encode_name for field in fields_of(row)):
        if name in NAMED:
            found[name] = NAMED[name].format(row.name)
        elif name in MADE and MADE[name][0] != row.name:
            method, params, where = MADE[name]
            given = {name: text.format(row.name) if isinstance(text, str) else text for name, text in params.items()}
            found[name] = await client.result(method, **given)
            for part in where.split("."):
                found[name] = found[name][part]
    if row.name == "token.revoke":
        found["name"] = (await client.result("token.create", name=row.name))["name"]
    return found


@pytest.mark.parametrize("row", CHANGING, ids=lambda row: row.name)
async def test_two_equal_calls_at_once_are_answered_as_the_row_says(
    two: tuple[TestGateway, TestGateway], row: AnyMethod
) -> None:
    async with two[0].connect() as first, two[1].connect() as second:
        params = {**params_of(row), **await made(first, row)}
        for client in (first, second):
            await client.send({"jsonrpc": "2.0", "id": "at-once", "method": row.name, "params": params})
        for client in (first, second):
            answer = await client.next(lambda frame: frame.get("id") == "at-once")
            if "error" in answer:
                code = answer["error"]["data"]["code"]
                assert code in {error.code for error in (*row.errors, *EVERYWHERE)}, answer
                assert code not in {"internal_error", "invalid_request"}, answer

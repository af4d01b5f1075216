"""One user's ids under another user's token: nothing is found, nothing is told, nothing happens."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from openclaw_rpc.protocol import table
from tests.support.gateway import Client, TestGateway, gateway, settings
from tests.support.synthesis import fields_of, least
from tests.support.upstream import Upstream, scripted_upstream

SECRET = "alices-secret-words"
ROWS = table.by_name()
NAMING = {"sessionKey", "runId", "messageId", "newSessionKey", "approvalId", "user"}
"""Fields that say whose thing is meant."""
BORING = {"browser"}
"""Namespaces whose calls need a program that may not be there; their sessions are the caller's own."""
NAMED = sorted(name for name, row in ROWS.items() if NAMING & fields_of(row).keys() and row.namespace not in BORING)
OTHERS = ["bob", "bob-admin", "owner"]


class Alice:
    """What alice has: ids, and her session as she sees it."""

    def __init__(self, client: Client, ids: dict[str, Any]) -> None:
        self.client = client
        self.ids = ids

    async def sees(self) -> str:
        detail = await self.client.result("session.get", sessionKey="alices")
        sessions = await self.client.result("session.list")
        run = await self.client.result("chat.wait", runId=self.ids["runId"], timeoutMs=1)
        return json.dumps([detail, sessions, run], sort_keys=True)


@pytest.fixture(scope="module")
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@pytest.fixture
async def served(upstream: Upstream) -> AsyncGenerator[TestGateway]:
    async with gateway(settings(upstream.url)) as running:
        yield running


@pytest.fixture
async def alice(served: TestGateway) -> AsyncGenerator[Alice]:
    """Alice, with a run that goes on."""
    async with served.connect(token=served.make_token("alice")) as client:
        await client.chat(SECRET, sessionKey="alices")
        message = (await client.result("chat.history", sessionKey="alices"))["messages"][0]["messageId"]
        accepted = await client.result("chat.run", message=f"{SECRET} [[hang-after:2]]", sessionKey="alices")
        await client.event("chat.delta")
        ids = {"sessionKey": "alices", "runId": accepted["runId"], "messageId": message, "user": "alice"}
        yield Alice(client, {**ids, "newSessionKey": "copied", "approvalId": "approval_none"})
        await client.result("chat.abort", runId=accepted["runId"])


def token(served: TestGateway, who: str) -> str:
    user, _, admin = who.partition("-")
    return served.make_token(user, "read,chat,tools,admin" if admin else "read,chat,tools", name=who)


HARMLESS = {"chat.run", "session.create", "session.list", "usage.query", "event.unsubscribe"}
"""What may be answered under alice's ids: a session of that name is made for the caller, or nothing is listed."""


@pytest.mark.parametrize("who", OTHERS)
@pytest.mark.parametrize("name", NAMED)
async def test_another_users_ids_lead_nowhere(name: str, who: str, served: TestGateway, alice: Alice) -> None:
    row = ROWS[name]
    before = await alice.sees()
    params = [least(row, **{field: alice.ids[field]}) for field in fields_of(row) if field in NAMING]
    everything = {field: alice.ids[field] for field in fields_of(row) if field in NAMING - {"user"}}
    if name == "event.subscribe":
        everything = {}
    async with served.connect(token=token(served, who)) as client:
        for given in [*params, *([least(row, **everything)] if everything else [])]:
            frame = await client.call(name, given)
            if "error" in frame:
                wanted = {"not_found", "forbidden"} if "user" in given else {"not_found", "conflict", "invalid_request"}
                assert frame["error"]["data"]["code"] in wanted, (given, frame)
            else:
                assert name in HARMLESS, (given, frame)
        assert SECRET not in json.dumps(client.seen)
    assert await alice.sees() == before


@pytest.mark.parametrize("who", OTHERS)
async def test_another_users_session_can_not_be_told_from_one_that_is_not_there(
    who: str, served: TestGateway, alice: Alice
) -> None:
    async with served.connect(token=token(served, who)) as client:
        for name, field in (("session.get", "sessionKey"), ("chat.wait", "runId"), ("event.subscribe", "runId")):
            there = await client.error(name, **{field: alice.ids[field]})
            nowhere = await client.error(name, **{field: "x" + alice.ids[field][1:]})
            for error in (there, nowhere):
                error["message"] = (
                    error["message"].replace(alice.ids[field], "ID").replace("x" + alice.ids[field][1:], "ID")
                )
            assert there == nowhere


@pytest.mark.parametrize("who", OTHERS)
async def test_topics_tell_a_users_own_events_alone(who: str, served: TestGateway, alice: Alice) -> None:
    async with served.connect(token=token(served, who)) as client:
        await client.result("event.subscribe", topics=["messages", "sessions"])
        await alice.client.result("session.create", sessionKey=f"alices-{who}", title=SECRET)
        await alice.client.result("chat.inject", sessionKey=f"alices-{who}", content=SECRET)
        await client.result("session.create", sessionKey=f"own-{who}")
        await client.event("session.updated")
        told = [frame for frame in client.seen if frame.get("type", "").startswith(("chat.", "session."))]
        assert [frame["data"]["session"]["sessionKey"] for frame in told] == [f"own-{who}"]


async def test_the_same_key_is_two_sessions_for_two_users(served: TestGateway, alice: Alice) -> None:
    async with served.connect(token=token(served, "carol")) as client:
        text, done = await client.chat("carols own", sessionKey="alices")
        assert (text, done["data"]["finishReason"]) == ("echo: carols own", "stop")
        history = await client.result("chat.history", sessionKey="alices")
        assert [message["content"] for message in history["messages"]] == ["carols own", "echo: carols own"]


async def test_two_users_keys_for_idempotency_don_t_meet(served: TestGateway) -> None:
    runs: list[str] = []
    for user in ("dave", "erin"):
        async with served.connect(token=served.make_token(user)) as client:
            runs.append((await client.result("chat.run", message=user, idempotencyKey="the-same"))["runId"])
    assert runs[0] != runs[1]


async def test_an_admin_of_the_owner_sees_everybodys_things(served: TestGateway, alice: Alice) -> None:
    async with served.connect() as client:
        detail = await client.result("session.get", sessionKey="alices")
        assert detail["user"] == "alice"
        assert SECRET in json.dumps(detail)
        listed = await client.result("session.list", user="alice")
        assert "alices" in [session["sessionKey"] for session in listed["sessions"]]
        assert (await client.result("chat.wait", runId=alice.ids["runId"], timeoutMs=1))["status"] == "running"

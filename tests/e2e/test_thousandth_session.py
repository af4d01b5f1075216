"""Whoever has more than a thousand sessions finds what holds for three: nothing is missing, twice or miscounted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from itertools import pairwise
from typing import Any

import pytest

from tests.support import postgres
from tests.support.gateway import Client, TestGateway, settings
from tests.support.many import many_sessions
from tests.support.upstream import Upstream

Paged = list[dict[str, Any]]
COUNTS = (3, 1_203)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((engine, count), id=f"{engine}-{count}", marks=[postgres.INSTALLED] * (engine == "postgres"))
        for engine in ("sqlite", "postgres")
        for count in COUNTS
    ],
)
async def many(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[tuple[TestGateway, int]]:
    engine, count = request.param
    home = tmp_path_factory.mktemp("many") / "home"
    async with many_sessions(engine, settings(upstream.url), home, count) as served:
        yield served, count


def sizes(count: int) -> list[int]:
    """Pages that end with the list, before its end, and that are many."""
    return sorted({1000, min(count, 1000), count // 3, max(count // 100, 1)})


async def pages(client: Client, limit: int, **filters: Any) -> list[Any]:
    """All pages of a list, each as it is told, by their cursors."""
    found = [await client.result("session.list", limit=limit, **filters)]
    while cursor := found[-1].get("nextCursor"):
        found.append(await client.result("session.list", limit=limit, cursor=cursor, **filters))
    return found


def keys(found: list[Any]) -> list[str]:
    return [each["sessionKey"] for page in found for each in page["sessions"]]


async def test_every_way_through_the_list_tells_each_session_once(many: tuple[TestGateway, int]) -> None:
    served, count = many
    async with served.connect() as client:
        whole = await pages(client, 1000)
        listed = [each for page in whole for each in page["sessions"]]
        assert len({each["sessionKey"] for each in listed}) == len(listed) == whole[0]["total"] >= count
        assert all(one["updatedAt"] >= next_one["updatedAt"] for one, next_one in pairwise(listed))
        for limit in sizes(count):
            found = await pages(client, limit)
            assert keys(found) == keys(whole)
            assert all(len(page["sessions"]) == limit for page in found[:-1])
            assert {(page["total"], page.get("totalIsMore", False)) for page in found} == {(len(listed), False)}
            skipped = [
                await client.result("session.list", limit=limit, offset=start) for start in range(0, len(listed), limit)
            ]
            assert keys(skipped) == keys(whole)
        beyond = await client.result("session.list", offset=len(listed))
        assert (beyond["sessions"], beyond["total"], beyond.get("nextCursor")) == ([], len(listed), None)
    for path, name in (("/api/sessions", "sessions"), ("/api/v1/conversations", "conversations")):
        async with served.http("GET", f"{path}?limit=100&offset={count // 2}") as answer:
            told = await answer.json()
        assert told["total"] == len(listed)
        assert len(told[name]) == min(100, len(listed) - count // 2)


async def test_windows_of_time_and_words_share_the_sessions_out(many: tuple[TestGateway, int]) -> None:
    served, count = many
    async with served.connect() as client:
        everything = await pages(client, 1000)
        times = sorted({each["updatedAt"] for page in everything for each in page["sessions"]})
        cuts = [*times[:: max(len(times) // 5, 1)], "2100-01-01T00:00:00.000Z"]
        shared = [await pages(client, 100, since=since, until=until) for since, until in pairwise(cuts)]
        assert sorted(key for found in shared for key in keys(found)) == sorted(keys(everything))
        assert sum(found[0]["total"] for found in shared) == everything[0]["total"]
        said = await pages(client, 1000, text="HELLO")
        assert (len(keys(said)), said[0]["total"]) == (everything[0]["total"],) * 2
        last = await client.result("session.list", text=f"main{count}")
        assert (keys([last]), last["total"]) == ([f"main{count}"], 1)
        none = await client.result("session.list", channel="telegram")
        assert (none["sessions"], none["total"]) == ([], 0)


async def test_pages_miss_nothing_while_sessions_come_and_are_used(many: tuple[TestGateway, int]) -> None:
    served, count = many
    async with served.connect() as client:
        before = keys(await pages(client, 1000))
        page = await client.result("session.list", limit=max(count // 3, 1))
        seen = keys([page])
        used = before[-1]
        await client.result("session.create", sessionKey="came-meanwhile")
        await client.result("chat.inject", sessionKey=used, role="user", content="used meanwhile")
        while cursor := page.get("nextCursor"):
            page = await client.result("session.list", limit=max(count // 3, 1), cursor=cursor)
            seen += keys([page])
        assert [key for key in seen if key != used] == [key for key in before if key != used]
        assert keys([await client.result("session.list", limit=2)]) == [used, "came-meanwhile"]
        await client.result("session.delete", sessionKey="came-meanwhile")


async def test_the_first_the_middle_and_the_last_are_read_copied_and_deleted_alone(
    many: tuple[TestGateway, int],
) -> None:
    served, count = many
    async with served.connect() as client:
        total = (await client.result("session.list", limit=1))["total"]
        for number, key in enumerate(("main", f"main{count // 2 + 1}", f"main{count}")):
            read = await client.result("session.get", sessionKey=key)
            assert [each["content"] for each in read["messages"]][:2] == ["hello", "echo: hello"]
            assert read["messageCount"] == len(read["messages"])
            copy = await client.result("session.fork", sessionKey=key, newSessionKey=f"copy{number}")
            assert copy["messageCount"] == read["messageCount"]
            first = await client.result("session.list", limit=1)
            assert (keys([first]), first["total"]) == ([f"copy{number}"], total + 1)
            assert (await client.chat("more", sessionKey=f"copy{number}"))[0] == "echo: more"
            assert (await client.result("session.get", sessionKey=key)) == read
            await client.result("session.delete", sessionKey=f"copy{number}")
            assert (await client.error("session.get", sessionKey=f"copy{number}"))["data"]["code"] == "not_found"
            assert (await client.result("session.get", sessionKey=key)) == read
            assert (await client.result("session.list", limit=1))["total"] == total


async def test_the_answer_is_bounded_and_nobody_else_sees_them(many: tuple[TestGateway, int]) -> None:
    served, _ = many
    async with served.connect() as client:
        refused = await client.error("session.list", limit=1001)
        assert (refused["data"]["code"], refused["data"]["field"]) == ("invalid_request", "limit")
        assert len((await client.result("session.list"))["sessions"]) <= 50
    async with served.connect(token=served.make_token("ada")) as guest:
        page = await guest.result("session.list")
        assert (page["sessions"], page["total"]) == ([], 0)
        assert (await guest.error("session.get", sessionKey="main"))["data"]["code"] == "not_found"

"""Two who change one row at once: what each of them changed holds, and where both change one thing, one wins whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import anyio
import pytest

from openclaw_rpc.cli.params import fields_of
from openclaw_rpc.config.doors import GUARDED
from openclaw_rpc.protocol.table import METHODS, by_name
from tests.support.engines import ENGINES, engine
from tests.support.gateway import Client, gateway, settings
from tests.support.nodes import config
from tests.support.platforms.receiver import Receiver
from tests.support.upstream import Upstream

Params = dict[str, Any]
Numbers = dict[tuple[str, ...], float]
"""Settings by their paths."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """How a row's record is made and read, and two values for each field that the row changes.

    ``instead``: fields of which each takes the place of the others.
    """

    make: Callable[[Client], Awaitable[Params]]
    read: str
    values: dict[str, tuple[Any, Any]]
    instead: Collection[str] = ()


def _made(method: str, key: str, found: str | None = None, **params: Any) -> Callable[[Client], Awaitable[Params]]:
    async def make(client: Client) -> Params:
        return {key: (await client.result(method, **params))[found or key]}

    return make


MESSAGES = tuple({"type": "message", "name": None, "params": {"content": text}} for text in ("one", "two"))
ROWS = {
    "session.update": Row(
        make=_made("session.create", "sessionKey"),
        read="session.get",
        values={
            "title": ("one", "two"),
            "model": ("primary/one", None),
            "agentId": ("default", "helper"),
            "labels": ({"by": "one"}, {"by": "two"}),
        },
    ),
    "task.update": Row(
        make=_made("task.create", "taskId", "id", name="task", schedule="0 9 * * *", action=MESSAGES[0]),
        read="task.get",
        values={
            "name": ("one", "two"),
            "action": (MESSAGES[0], MESSAGES[1]),
            "schedule": ("0 1 * * *", "0 2 * * *"),
            "every": ("1h", "2h"),
            "at": ("2096-01-01T00:00:00", "2097-01-01T00:00:00"),
            "timezone": ("Europe/Paris", "Asia/Tokyo"),
            "overlap": ("allow", "skip"),
            "missed": ("once", "skip"),
            "deliver": ({"channelId": "webhook", "to": "one"}, {"channelId": "webhook", "to": "two"}),
            "enabled": (False, True),
        },
        instead={"schedule", "every", "at"},
    ),
    "webhook.update": Row(
        make=_made("webhook.create", "webhookId", "id", url="http://127.0.0.1:9/0", events=["chat.done"]),
        read="webhook.get",
        values={
            "url": ("http://127.0.0.1:9/1", "http://127.0.0.1:9/2"),
            "events": (["chat.started"], ["message.sent"]),
            "enabled": (False, True),
            "ordered": (True, False),
        },
    ),
    "conversation.update": Row(
        make=_made("conversation.create", "conversationId", "id"),
        read="conversation.get",
        values={"metadata": ({"by": "one"}, {"by": "two"})},
    ),
}
BY_ITSELF = {"config.update", "budget.set"}
"""Tried below: the file, in which each key is a field, and a budget, which is set as a whole."""
UNSEEN = {"webhook.update": {"secret"}}
"""Fields that no method shows."""


@dataclass(frozen=True)
class Writers:
    """Two clients: of one gateway, or of two nodes where there are nodes."""

    first: Client
    second: Client

    async def at_once(self, method: str, *params: Params) -> list[Any]:
        """The answers to calls with which neither of the two waits for the other's."""
        both = list(zip((self.first, self.second), params, strict=True))
        for client, given in both:
            await client.send({"jsonrpc": "2.0", "id": "at-once", "method": method, "params": given})
        return [await client.next(lambda frame: frame.get("id") == "at-once") for client, _ in both]

    async def read(self, method: str, params: Params, of: Callable[[Any], Any] = lambda found: found) -> Any:
        """What both see, once they see the same."""
        with anyio.fail_after(20):
            while True:
                found = [of(await client.result(method, **params)) for client in (self.first, self.second)]
                if found[0] == found[1]:
                    return found[0]


@pytest.fixture(scope="module", params=ENGINES)
async def writers(request: pytest.FixtureRequest, upstream: Upstream) -> AsyncGenerator[Writers]:
    async with engine(request.param) as shared, AsyncExitStack() as stack:
        more = {"agents": {"helper": {"name": "Helper"}}, "channels": {"webhook": {"enabled": False}}}
        chosen = [config(upstream, shared, name) for name in "ab"] if shared else [settings(upstream.url)]
        nodes = [await stack.enter_async_context(gateway({**one, **more})) for one in chosen]
        clients = [await stack.enter_async_context(node.connect()) for node in (nodes[0], nodes[-1])]
        yield Writers(*clients)


def test_every_field_of_every_row_that_changes_a_record_is_tried() -> None:
    assert {row.name for row in METHODS if row.name.endswith((".update", ".set"))} == set(ROWS) | BY_ITSELF
    for name, row in ROWS.items():
        changed = {field.encode_name for field in fields_of(by_name()[name]) if not field.required}
        assert set(row.values) == changed - UNSEEN.get(name, set()), name


def _pairs(row: Row) -> Iterator[tuple[Params, Params]]:
    """Every two fields that do not take each other's place."""
    for one, other in combinations(row.values, 2):
        if not {one, other} <= set(row.instead):
            yield {one: row.values[one][0]}, {other: row.values[other][0]}


def _seen(kept: Params, fields: Params) -> Params:
    """How fields stand; a switch that is off may be left out."""
    return {field: kept.get(field, False if isinstance(value, bool) else None) for field, value in fields.items()}


@pytest.mark.parametrize("name", ROWS)
async def test_two_fields_that_two_change_at_once_both_hold(writers: Writers, name: str) -> None:
    row = ROWS[name]
    for one, other in _pairs(row):
        record = await row.make(writers.first)
        answers = await writers.at_once(name, record | one, record | other)
        assert all("result" in answer for answer in answers), answers
        kept = await writers.read(row.read, record)
        assert _seen(kept, one | other) == one | other


@pytest.mark.parametrize("name", ROWS)
async def test_of_two_who_change_one_field_at_once_one_wins(writers: Writers, name: str) -> None:
    row = ROWS[name]
    same = [({field: one}, {field: other}) for field, (one, other) in row.values.items()]
    instead = [
        ({one: row.values[one][0]}, {other: row.values[other][0]}) for one, other in combinations(row.instead, 2)
    ]
    for one, other in same + instead:
        record = await row.make(writers.first)
        answers = await writers.at_once(name, record | one, record | other)
        assert all("result" in answer for answer in answers), answers
        kept = await writers.read(row.read, record)
        found = _seen(kept, one | other)
        assert found in [dict.fromkeys(found) | one, dict.fromkeys(found) | other]


async def test_two_keys_of_the_file_that_two_change_at_once_both_hold(writers: Writers) -> None:
    """A number of each section, and two of the same."""
    restart = set((await writers.first.result("config.schema"))["restart"])

    def numbers(found: Any) -> Numbers:
        return dict(_numbers(found["config"], restart))

    leaves = await writers.read("config.get", {}, numbers)
    firsts = list({path[0]: path for path in leaves}.values())
    assert len(firsts) >= 5
    for step, paths in enumerate([*pairwise(firsts), list(leaves)[:2]], 1):
        wanted = {path: leaves[path] + step for path in paths}
        changes = [{"config": _nested(path, value)} for path, value in wanted.items()]
        answers = await writers.at_once("config.update", *changes)
        assert all("result" in answer for answer in answers), answers
        kept = await writers.read("config.get", {}, numbers)
        assert {path: kept[path] for path in wanted} == wanted


def _numbers(tree: Any, restart: Collection[str], at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], float]]:
    """The numbers in the configuration that are read while it runs."""
    for key, value in tree.items():
        path = (*at, key)
        if any(".".join(path[: end + 1]) in restart or path[: end + 1] in GUARDED for end in range(len(path))):
            continue
        if isinstance(value, dict):
            yield from _numbers(value, restart, path)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield path, value


def _nested(path: tuple[str, ...], value: Any) -> Params:
    for key in reversed(path):
        value = {key: value}
    return value


async def test_of_two_budgets_at_once_both_hold_and_of_two_of_one_name_one(writers: Writers) -> None:
    answers = await writers.at_once("budget.set", {"name": "one", "tokens": 10**9}, {"name": "other", "tokens": 10**8})
    assert all("result" in answer for answer in answers), answers
    answers = await writers.at_once("budget.set", {"name": "same", "tokens": 10**9}, {"name": "same", "tokens": 10**8})
    assert all("result" in answer for answer in answers), answers
    kept = {one["name"]: one for one in (await writers.read("budget.list", {}))["budgets"]}
    assert (kept["one"]["tokens"], kept["other"]["tokens"]) == (10**9, 10**8)
    assert kept["same"]["tokens"] in (10**9, 10**8)


async def test_of_two_new_secrets_of_a_webhook_the_later_signs_beside_the_earlier(writers: Writers) -> None:
    """As if one had come after the other: none of the two who were told a secret can't verify with it."""
    async with Receiver.running() as receiver:
        record = await ROWS["webhook.update"].make(writers.first)
        await writers.first.result("webhook.update", **record, url=f"{receiver.url}/hook")
        answers = await writers.at_once("webhook.update", *[record | {"secret": True}] * 2)
        receiver.secrets = [answer["result"]["secret"] for answer in answers]
        assert (await writers.first.result("webhook.test", **record))["status"] == 204
        assert not receiver.forged

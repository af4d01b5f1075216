"""What all nodes have in common, whoever changes it, and what a node's own file says of that node."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml

from openclaw_rpc.config.errors import ConfigError
from openclaw_rpc.config.node_file import NodeFile
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.documents import Document, Documents
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest, Unavailable
from tests.support.kept import INSTALLED
from tests.support.volatile.documents import MemoryDocuments

TOKEN = "common-token-0123456789"


@pytest.fixture(params=INSTALLED)
async def documents(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Documents]:
    async with INSTALLED[request.param](tmp_path / "kept") as kept:
        yield kept.sessions.documents


class Node:
    """A node's file, which may be joined again, as at another start."""

    def __init__(self, folder: Path, tree: dict[str, Any]) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.path = folder / "gateway.yaml"
        self.write(tree)

    def write(self, tree: dict[str, Any]) -> None:
        self.path.write_text(yaml.safe_dump(tree))
        self.path.chmod(0o600)

    async def start(self, documents: Documents) -> NodeFile:
        file = NodeFile(self.path, {"KEY": "from-the-environment"})
        file.load()
        self.token = await file.join(documents, self.folder / "seen.json")
        return file


def node(tmp_path: Path, name: str, **tree: Any) -> Node:
    gateway = {"port": 1234, "auth": {"token": TOKEN}} | tree.pop("gateway", {})
    return Node(tmp_path / name, {"gateway": gateway, **tree})


@asynccontextmanager
async def following(*files: NodeFile) -> AsyncGenerator[None]:
    async with anyio.create_task_group() as tasks:
        for file in files:
            tasks.start_soon(file.follow, 0.01)
            tasks.start_soon(file.watch, 0.01)
        yield
        tasks.cancel_scope.cancel()


async def until(file: NodeFile, wanted: Any) -> None:
    """Wait for settings for which ``wanted`` holds."""
    changed = anyio.Event()

    def look(_: Settings, new: Settings) -> None:
        if wanted(new):
            changed.set()

    stop = file.subscribe(look)
    try:
        with anyio.fail_after(10):
            if not wanted(file.settings):
                await changed.wait()
    finally:
        stop()


async def test_the_first_node_gives_what_all_have_in_common_and_each_keeps_its_own(
    documents: Documents, tmp_path: Path
) -> None:
    one = await node(tmp_path, "one", runs={"max_running": 3}, logging={"level": "debug"}).start(documents)
    two = await node(tmp_path, "two", gateway={"port": 99, "auth": {}}).start(documents)
    assert two.settings.runs.max_running == one.settings.runs.max_running == 3
    assert two.settings.gateway.auth.token == TOKEN
    assert (one.settings.gateway.port, two.settings.gateway.port) == (1234, 99)
    assert (one.settings.logging.level, two.settings.logging.level) == ("debug", "info")
    kept = await documents.get("config", "gateway")
    assert kept is not None and b"port" not in kept.data and b"logging" not in kept.data


async def test_an_update_reaches_the_other_nodes_and_is_kept_for_those_that_start(
    documents: Documents, tmp_path: Path
) -> None:
    one = await node(tmp_path, "one").start(documents)
    two = await node(tmp_path, "two").start(documents)
    async with following(one, two):
        changed, restart = await two.update({"runs": {"max_running": 5}})
        assert (changed, restart) == (["runs.max_running"], [])
        assert two.settings.runs.max_running == 5
        await until(one, lambda now: now.runs.max_running == 5)
        await one.update({"runs": {"max_queued": 7}})
        await until(two, lambda now: now.runs.max_queued == 7)
    three = await node(tmp_path, "three").start(documents)
    assert (three.settings.runs.max_running, three.settings.runs.max_queued) == (5, 7)


async def test_changes_at_once_all_hold(documents: Documents, tmp_path: Path) -> None:
    files = [await node(tmp_path, f"n{at}").start(documents) for at in range(4)]
    patches = [{"providers": {f"p{at}": {"type": "openai", "model": f"m{at}"}}} for at in range(4)]
    async with anyio.create_task_group() as tasks:
        for file, patch in zip(files, patches, strict=True):
            tasks.start_soon(file.update, patch)
    last = await node(tmp_path, "last").start(documents)
    assert {name: one.model for name, one in last.settings.providers.items()} == {f"p{at}": f"m{at}" for at in range(4)}


async def test_an_edit_of_a_nodes_file_changes_all_and_only_what_was_edited(
    documents: Documents, tmp_path: Path
) -> None:
    here = node(tmp_path, "one", runs={"max_running": 3})
    one, two = await here.start(documents), await node(tmp_path, "two").start(documents)
    async with following(one, two):
        await two.update({"runs": {"max_running": 4}})
        await until(one, lambda now: now.runs.max_running == 4)
        # The file still says 3, which nobody edited.
        tree = {"gateway": {"port": 1234, "auth": {"token": TOKEN}}, "runs": {"max_running": 3, "max_queued": 9}}
        here.write(tree)
        await until(two, lambda now: now.runs.max_queued == 9)
    assert one.settings.runs.max_running == two.settings.runs.max_running == 4
    assert one.differing == ["runs.max_running"] and two.differing == []


async def test_an_edit_while_the_node_is_down_counts_and_an_old_file_does_not(
    documents: Documents, tmp_path: Path
) -> None:
    here = node(tmp_path, "one", runs={"max_running": 3})
    await here.start(documents)
    two = await node(tmp_path, "two").start(documents)
    await two.update({"runs": {"max_queued": 11}})
    here.write({"gateway": {"port": 1234, "auth": {"token": TOKEN}}, "runs": {"max_running": 6}})
    again = await here.start(documents)
    assert (again.settings.runs.max_running, again.settings.runs.max_queued) == (6, 11)
    await two.update({"runs": {"max_running": 8}})
    once_more = await here.start(documents)
    assert once_more.settings.runs.max_running == 8
    assert once_more.differing == ["runs.max_running"]


async def test_what_is_taken_out_of_a_file_goes_for_all_and_takes_nothing_else_along(
    documents: Documents, tmp_path: Path
) -> None:
    agents = {"a": {"description": "first"}, "b": {"description": "second"}}
    here = node(tmp_path, "one", runs={"max_running": 3}, agents=agents)
    one = await here.start(documents)
    await one.update({"runs": {"max_queued": 11}, "agents": {"a": {"model": "m"}}})
    here.write({"gateway": {"port": 1234, "auth": {"token": TOKEN}}, "agents": {"b": agents["b"]}})
    again = await here.start(documents)
    default = Settings().runs.max_running
    assert (again.settings.runs.max_running, again.settings.runs.max_queued) == (default, 11)
    assert list(again.settings.agents) == ["b"]


async def test_a_file_that_is_gone_takes_nothing_away(documents: Documents, tmp_path: Path) -> None:
    here = node(tmp_path, "one", runs={"max_running": 3})
    await here.start(documents)
    here.path.unlink()
    again = await here.start(documents)
    assert again.settings.runs.max_running == 3 and again.settings.gateway.auth.token == TOKEN
    assert here.token is None


async def test_a_node_that_comes_with_another_opinion_takes_what_all_have(documents: Documents, tmp_path: Path) -> None:
    await node(tmp_path, "one", runs={"max_running": 3}).start(documents)
    two = await node(tmp_path, "two", runs={"max_running": 4}, gateway={"auth": {"token": "other"}}).start(documents)
    assert two.settings.runs.max_running == 3 and two.settings.gateway.auth.token == TOKEN
    assert two.differing == ["gateway.auth.token", "runs.max_running"]


async def test_an_update_of_a_nodes_own_changes_its_file_alone(documents: Documents, tmp_path: Path) -> None:
    here = node(tmp_path, "one")
    one, two = await here.start(documents), await node(tmp_path, "two").start(documents)
    changed, restart = await one.update({"gateway": {"port": 4321, "heartbeat_seconds": 5}})
    assert (sorted(changed), restart) == (["gateway.heartbeat_seconds", "gateway.port"], ["gateway.port"])
    assert yaml.safe_load(here.path.read_text())["gateway"] == {"port": 4321, "auth": {"token": TOKEN}}
    async with following(two):
        await until(two, lambda now: now.gateway.heartbeat_seconds == 5)
    assert two.settings.gateway.port == 1234


async def test_what_is_wrong_is_refused_and_changes_nothing(documents: Documents, tmp_path: Path) -> None:
    here = node(tmp_path, "one")
    one = await here.start(documents)
    for patch, field in (
        ({"runs": {"max_running": 0}}, "runs.max_running"),
        ({"runs": {"max_runing": 1}}, "runs.max_runing"),
        ({"gateway": {"port": 70_000}, "runs": {"max_running": 2}}, "gateway.port"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            await one.update(patch)
        assert refused.value.field == field
    kept = await documents.get("config", "gateway")
    assert kept is not None and kept.version == 1
    async with following(one):
        before = here.path.read_text()
        here.path.write_text(before + "runs: {max_running: none}\n")
        with anyio.fail_after(10):
            while one.last_error is None:  # noqa: ASYNC110 - nothing tells of it
                await anyio.sleep(0.01)
        assert "max_running" in one.last_error
        here.path.write_text(before + "runs: {max_running: 2}\n")
        await until(one, lambda now: now.runs.max_running == 2)


async def test_variables_are_each_nodes_own_and_text_from_outside_is_none(documents: Documents, tmp_path: Path) -> None:
    provider = {"type": "openai", "model": "m", "api_key": "${KEY}"}
    one = await node(tmp_path, "one", providers={"primary": provider}).start(documents)
    assert one.settings.providers["primary"].api_key == "from-the-environment"
    await one.update({"providers": {"primary": {"model": "${KEY}"}}}, outside=True)
    two = await node(tmp_path, "two").start(documents)
    assert two.settings.providers["primary"].api_key == "from-the-environment"
    assert two.settings.providers["primary"].model == "${KEY}"
    here = Node(tmp_path / "three", {})
    file = NodeFile(here.path, {})
    file.load()
    with pytest.raises(ConfigError, match="no variable KEY"):
        await file.join(documents, here.folder / "seen.json")


async def test_the_owners_token_is_made_once_for_all(documents: Documents, tmp_path: Path) -> None:
    first, second = Node(tmp_path / "one", {}), Node(tmp_path / "two", {})
    one, two = await first.start(documents), await second.start(documents)
    assert first.token is not None and second.token is None
    assert one.settings.gateway.auth.token == two.settings.gateway.auth.token == first.token
    assert first.token in first.path.read_text() and "token" not in second.path.read_text()
    await one.update({"gateway": {"auth": {"token": None}}})
    third = Node(tmp_path / "three", {})
    three = await third.start(documents)
    assert third.token is not None and three.settings.gateway.auth.token == third.token != first.token


class Away(MemoryDocuments):
    """A store that may be away, and in which others are quicker."""

    away = False
    quicker = 0

    async def get(self, kind: str, document_id: str) -> Document | None:
        if self.away:
            raise Unavailable("the database is away")
        return await super().get(kind, document_id)

    async def put(self, document: Document) -> bool:
        if self.away:
            raise Unavailable("the database is away")
        if self.quicker:
            self.quicker -= 1
            found = await self.get("config", "gateway")
            assert found is not None and await super().put(found)
            return False
        return await super().put(document)


async def test_while_the_store_is_away_updates_are_refused_and_looking_goes_on(tmp_path: Path) -> None:
    documents = Away()
    one = await node(tmp_path, "one").start(documents)
    two = await node(tmp_path, "two").start(documents)
    async with following(one, two):
        documents.away = True
        with pytest.raises(Unavailable):
            await one.update({"runs": {"max_running": 2}})
        assert one.settings.runs.max_running == Settings().runs.max_running
        documents.away = False
        await one.update({"runs": {"max_running": 2}})
        await until(two, lambda now: now.runs.max_running == 2)


async def test_an_update_that_others_overtake_is_tried_again_a_few_times(tmp_path: Path) -> None:
    documents = Away()
    one = await node(tmp_path, "one").start(documents)
    documents.quicker = 3
    await one.update({"runs": {"max_running": 2}})
    assert one.settings.runs.max_running == 2
    documents.quicker = 100
    with pytest.raises(Conflict):
        await one.update({"runs": {"max_running": 3}})

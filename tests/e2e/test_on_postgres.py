"""A gateway whose database is PostgreSQL: it keeps what it keeps elsewhere, and says so while the database is away."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
import yaml

from openclaw_rpc.cli.checks.tools import storage
from openclaw_rpc.config.errors import ConfigError
from openclaw_rpc.domain.kept import StorageUnusable
from tests.cli.command import Home, free_port, wait_until_open
from tests.support import postgres
from tests.support.gateway import gateway, settings
from tests.support.postgres import Server
from tests.support.upstream import Upstream

pytestmark = [postgres.INSTALLED, pytest.mark.timeout(120)]


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    async with postgres.database() as made:
        yield made


@pytest.fixture
def own() -> Generator[Server]:
    with postgres.server() as made:
        yield made


def config(upstream: Upstream, url: str) -> dict[str, Any]:
    return {**settings(upstream.url), "storage": {"url": url}}


async def test_what_was_said_is_there_after_a_restart_in_another_home(upstream: Upstream, url: str) -> None:
    async with gateway(config(upstream, url)) as first, first.connect() as client:
        text, _ = await client.chat("[[raw:Hello from the database.]]", sessionKey="kept")
        assert text == "Hello from the database."
        await client.result("memory.store", key="city", value="北京")
        token = first.make_token(name="script")
        assert not (first.app.paths.state / "gateway.db").exists()
    async with gateway(config(upstream, url)) as second, second.connect(token=token) as client:
        history = await client.result("chat.history", sessionKey="kept")
        assert [one["content"] for one in history["messages"]][-1] == "Hello from the database."
        found = await client.result("memory.search", query="北京")
        assert [hit["key"] for hit in found["results"]] == ["city"]
        async with second.http("GET", "/readyz") as response:
            assert (await response.json())["engines"] == {"postgres": "ok"}


async def test_a_second_gateway_on_the_same_database_does_not_start(upstream: Upstream, url: str) -> None:
    async with gateway(config(upstream, url)):
        with pytest.raises(StorageUnusable, match="Another gateway runs on this database"):
            async with gateway(config(upstream, url)):
                pass


async def test_while_the_database_is_away_calls_are_refused_and_what_runs_is_kept(
    upstream: Upstream, own: Server
) -> None:
    async with gateway(config(upstream, own.url())) as served, served.connect() as client:
        await client.result("session.create", sessionKey="one")
        run = await client.result("chat.run", sessionKey="one", message="[[slow:60,100]]")
        await client.event("chat.delta", runId=run["runId"])
        await anyio.to_thread.run_sync(own.stop)
        refused = await client.error("chat.run", sessionKey="one", message="hello")
        assert refused["data"]["code"] == "service_unavailable"
        assert refused["data"]["engine"] == "postgres"
        async with served.http("POST", "/v1/agent/run", {"sessionKey": "one", "message": "hello"}) as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "2")
            assert (await response.json())["error"]["code"] == "service_unavailable"
        async with served.http("GET", "/healthz") as response:
            assert response.status == 200
        assert (await client.result("system.status"))["status"] == "ok"
        with anyio.fail_after(20):
            while (await status_of(served)) != 503:
                await anyio.lowlevel.checkpoint()
        await anyio.to_thread.run_sync(own.start)
        done = await client.event("chat.done", runId=run["runId"])
        assert done["data"]["finishReason"] == "stop"
        with anyio.fail_after(30):
            while (await status_of(served)) != 200:
                await anyio.lowlevel.checkpoint()
        history = await client.result("chat.history", sessionKey="one")
        assert history["messages"][-1]["content"].strip() == " ".join(f"w{n}" for n in range(60))


def test_a_node_that_begins_anew_waits_for_its_database(own: Server, tmp_path: Path) -> None:
    home, port = Home(tmp_path / "home"), free_port()
    home.configure(yaml.safe_dump({**settings(port=port), "storage": {"url": own.url()}}))
    own.stop()
    assert home.run("gateway").code == 1, "whoever starts one is told at once"
    process = home.start("gateway", "--anew", "--port", str(port))
    try:
        assert process.stderr is not None
        while "again in 2 s" not in process.stderr.readline():
            assert process.poll() is None
        own.start()
        wait_until_open(process, port)
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


async def status_of(served: Any) -> int:
    async with served.http("GET", "/readyz") as response:
        return response.status


async def test_the_password_of_the_database_is_never_shown(upstream: Upstream, url: str) -> None:
    secret = url.replace("openclaw@", "openclaw:hunter2@")
    async with gateway(config(upstream, secret)) as served, served.connect() as client:
        shown = await client.result("config.get")
        assert "hunter2" not in str(shown)
        assert "127.0.0.1" in shown["config"]["storage"]["url"]
        assert (await client.error("config.update", config={"storage": {"pool": 4}}))["code"] < 0
        (checked,) = await anyio.to_thread.run_sync(lambda: list(storage(served.app.paths, served.app.settings)))
        assert checked.status == "ok"


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"url": "postgresql://127.0.0.1/x", "path": "elsewhere.db"}, "remove storage.path, or storage.url"),
        ({"url": "postgresql://127.0.0.1/x", "kind": "sqlite"}, "remove storage.kind, or storage.url"),
        ({"url": "mysql://127.0.0.1/x"}, "storage.url"),
        ({"pool": 0}, "storage.pool"),
    ],
)
async def test_a_contradiction_is_refused_by_its_keys(chosen: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=says):
        async with gateway({**settings(), "storage": chosen}, home=tmp_path):
            pass
    assert yaml.safe_load((tmp_path / "gateway.yaml").read_text())["storage"] == chosen

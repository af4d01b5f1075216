"""The configuration of several nodes: what is changed at one of them holds for all."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.cli.command import Home
from tests.support import postgres, redis
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.upstream import Upstream

pytestmark = [postgres.INSTALLED, pytest.mark.timeout(120)]


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    async with postgres.database() as made:
        yield made


def config(upstream: Upstream, node: str, url: str, prefix: str, **more: Any) -> dict[str, Any]:
    return {
        **settings(upstream.url),
        "storage": {"url": url},
        "bus": {"url": redis.shared().url, "prefix": prefix},
        "cluster": {"node": node, "lease_seconds": 1},
        **more,
    }


async def found(served: TestGateway, name: str) -> Any:
    async with served.connect() as client:
        shown = await client.result("config.get")
        return shown["config"]["runs"][name]


@redis.INSTALLED
async def test_an_update_at_one_node_holds_at_all_of_them_within_a_second(upstream: Upstream, url: str) -> None:
    prefix = redis.prefix()
    async with (
        gateway(config(upstream, "a", url, prefix)) as a,
        gateway(config(upstream, "b", url, prefix, runs={"max_queued": 77})) as b,
    ):
        async with a.connect() as client, b.connect() as other:
            await other.result("event.subscribe", topics=["gateway"])
            await client.result("config.update", config={"runs": {"max_running": 9}})
            with anyio.fail_after(10):
                await other.event("config.changed", changed=["runs.max_running"])
            assert await found(b, "max_running") == 9
            status = await other.result("system.status")
            (warning,) = [one for one in status["warnings"] if "workspace" not in one]
            assert "runs.max_queued" in warning and "77" not in warning
            assert "runs.max_queued" not in str((await client.result("system.status")).get("warnings"))
        assert (a.home / "gateway.yaml").read_text().count("max_running") == 0


async def test_one_node_keeps_an_edit_that_was_made_while_it_was_down(
    upstream: Upstream, url: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    chosen = {**settings(upstream.url), "storage": {"url": url}}
    async with gateway(chosen, home=home) as served, served.connect() as client:
        await client.result("config.update", config={"runs": {"max_running": 9}})
    async with gateway({**chosen, "runs": {"max_queued": 5}}, home=home) as served:
        assert (await found(served, "max_running"), await found(served, "max_queued")) == (9, 5)


async def test_doctor_tells_of_a_file_that_says_otherwise(upstream: Upstream, url: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    chosen = {**settings(upstream.url), "storage": {"url": url}, "runs": {"max_running": 3}}
    async with gateway(chosen, home=home) as served:
        async with served.connect() as client:
            await client.result("config.update", config={"runs": {"max_running": 9}})
        words = ("doctor", "--url", served.url, "--token", TOKEN)
        done = await anyio.to_thread.run_sync(lambda: Home(home).run(*words))
        assert "runs.max_running" in done.out and "differs" in done.out

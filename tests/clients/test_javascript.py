"""The JavaScript client against a gateway: in Node (its own WebSocket, that of `ws`, fetch alone), Deno and Bun."""

from __future__ import annotations

import json
import random
import shutil
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from tests.strangers import environments
from tests.support.cutting_proxy import CuttingProxy
from tests.support.gateway import TOKEN, gateway, settings
from tests.support.upstream import scripted_upstream

HERE = Path(__file__).parent
SDK = HERE.parents[1] / "clients" / "js"

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.timeout(300),
]


async def checked(*command: str, last: str = "") -> None:
    """Run the checks: each that is printed must hold, and the process must end by itself."""
    allowance = partial(random.Random(7).randint, 800, 6000)
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as served:
        with CuttingProxy(int(served.url.rpartition(":")[2]), allowance) as proxy, anyio.fail_after(100):
            cut = f"http://127.0.0.1:{proxy.port}"
            arguments = [str(SDK / "src" / "index.js"), served.url, cut, TOKEN, *([last] if last else [])]
            done = await anyio.run_process([*command, str(HERE / "sdk.mjs"), *arguments], check=False)
            assert proxy.connections > 5
    lines = [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith("{")]
    failed = [f"{line['check']}: {line['error']}" for line in lines if not line["ok"]]
    assert len(lines) > 7, done.stderr.decode()[-2000:]
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert not failed, "\n\n".join(failed)


async def test_it_works_over_nodes_own_websocket() -> None:
    await checked("node", "--experimental-websocket", "--no-warnings")


async def test_it_works_over_the_websocket_of_ws() -> None:
    folder = await anyio.to_thread.run_sync(partial(environments.node, "ws", "ws@8.23.0"))
    await checked("node", last=str(folder / "node_modules" / "ws" / "wrapper.mjs"))


@pytest.mark.parametrize(
    ("package", "options"), [("deno@2.9.6", ["run", "--allow-all", "--no-check"]), ("bun@1.4.4", ["run"])]
)
async def test_it_works_in_other_runtimes(package: str, options: list[str]) -> None:
    name = package.partition("@")[0]
    folder = await anyio.to_thread.run_sync(partial(environments.node, name, package))
    await checked(str(folder / "node_modules" / ".bin" / name), *options)


async def test_it_works_over_fetch_alone() -> None:
    await checked("node", "--no-experimental-websocket")

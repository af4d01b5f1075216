"""What a task had begun when its gateway died ends as its run does, and is told once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.support.gateway import TOKEN, Client, settings
from tests.support.process import gateway_process
from tests.support.upstream import Upstream

WORDS = 60


@pytest.mark.parametrize(
    ("on_crash", "status", "error"),
    [
        ("retry", "completed", None),
        ("interrupt", "error", "the gateway was stopped while the run was under way"),
    ],
)
async def test_a_task_ends_as_its_run_does(
    upstream: Upstream, tmp_path: Path, on_crash: str, status: str, error: str | None
) -> None:
    config: dict[str, Any] = {**settings(upstream.url), "runs": {"on_crash": on_crash}}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        gateway_process(config, tmp_path) as process,
        connect(process.ws_url, additional_headers=headers, proxy=None) as socket,
    ):
        client = Client(socket)
        await client.result("session.create", sessionKey="s")
        action = {"type": "message", "params": {"content": f"[[slow:{WORDS},20]]", "sessionKey": "s"}}
        task = await client.result("task.create", name="t", action=action, every="1d")
        await client.result("event.subscribe", sessionKey="s")
        await client.result("task.run", taskId=task["id"])
        begun = await client.event("chat.delta")
        await process.kill()
    async with (
        gateway_process(config, tmp_path) as process,
        connect(process.ws_url, additional_headers=headers, proxy=None) as socket,
    ):
        client = Client(socket)
        await client.result("event.subscribe", topics=["tasks"])
        (time,) = (await client.result("task.runs", taskId=task["id"]))["runs"]
        if time["status"] == "running":
            await client.next(lambda frame: frame.get("type") in ("task.completed", "task.failed"))
            (time,) = (await client.result("task.runs", taskId=task["id"]))["runs"]
        assert (time["status"], time.get("error"), time["runId"]) == (status, error, begun["data"]["runId"])
        assert on_crash == "interrupt" or time["output"].split() == [f"w{at}" for at in range(WORDS)]

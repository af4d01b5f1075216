"""`/mcp`: what is cancelled is ended, what is only left goes on, and every refusal names its request."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest

from openclaw_rpc.dialects.mcp import HANDSHAKE
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.mcp_world import eventually

HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": HANDSHAKE[-2],
}
LINE = "touch begun; for step in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; test -e go && break; done; touch late"


def using(call_id: Any, command: str) -> dict[str, Any]:
    params = {"name": "shell", "arguments": {"command": command}}
    return {"jsonrpc": "2.0", "id": call_id, "method": "tools/call", "params": params}


async def post(opened: TestGateway, body: Any, path: str = "/mcp") -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(opened.url + path, json=body, headers=HEADERS) as reply:
        text = await reply.text()
        return reply.status, json.loads(text) if text else None


def workspace(opened: TestGateway) -> Path:
    return opened.home / "workspace"


async def begun(opened: TestGateway) -> None:
    await eventually((workspace(opened) / "begun").exists, lambda: "the command did not begin")


async def test_a_cancelled_request_is_ended() -> None:
    async with gateway(settings()) as opened:
        answers: list[Any] = []

        async def use() -> None:
            answers.append(await post(opened, using(7, "touch begun; sleep 60; touch late")))

        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                group.start_soon(use)
                await begun(opened)
                cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
                assert (await post(opened, cancelled))[0] == 202
        assert answers[0][1]["error"]["message"] == "the request was cancelled"
        assert not (workspace(opened) / "late").exists()


async def test_a_client_that_only_goes_away_has_cancelled_nothing() -> None:
    async with gateway(settings()) as opened:
        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                group.start_soon(post, opened, using(7, LINE))
                await begun(opened)
                group.cancel_scope.cancel()
            (workspace(opened) / "go").touch()
            await eventually((workspace(opened) / "late").exists, lambda: "the command was ended")


@pytest.mark.parametrize("seconds", [0, 20])
async def test_what_goes_on_without_its_client_has_its_time_and_an_end_when_the_gateway_stops(
    seconds: int, tmp_path: Path
) -> None:
    async with gateway(settings(shutdown_seconds=seconds), tmp_path) as opened:
        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                group.start_soon(post, opened, using(7, LINE))
                await begun(opened)
                group.cancel_scope.cancel()
    # Nothing is left of it: a process that nobody waited for would be a warning.
    assert (workspace(opened) / "late").exists() == (seconds > 0)


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize(
    "odd",
    [{"params": []}, {"params": 5}, {"method": 5}, {"jsonrpc": "1.0"}, {"method": "no/such"}, {"params": {"name": 5}}],
)
async def test_every_refusal_names_its_request(path: str, odd: dict[str, Any]) -> None:
    async with gateway(settings()) as opened:
        _, answer = await post(opened, using(77, "true") | odd, path)
        assert answer["id"] == 77
        assert "error" in answer

"""Health is open to everybody."""

import json

import aiohttp

from openclaw_rpc import __version__
from openclaw_rpc.durable import LITTLE
from openclaw_rpc.transports.http.health import Health, Phase
from tests.support.doors import opened, raw, request_bytes

PLENTY = 2**40


async def test_health_is_open_and_says_the_version_and_the_uptime() -> None:
    async with (
        opened(Health(lambda: "ready", dict, "n1", lambda: PLENTY).routes()) as gateway,
        raw(gateway.port) as client,
    ):
        await client.send(request_bytes(gateway.port, "/api/v1/health"))
        status, head, answer = await client.answer()
    body = json.loads(answer)
    assert status == 200
    assert "Content-Type: application/json" in head
    assert body == {"status": "ok", "version": __version__, "uptime_seconds": body["uptime_seconds"]}
    assert body["uptime_seconds"] >= 0


async def test_ready_follows_the_gateway_and_alive_does_not() -> None:
    phase: list[Phase] = ["starting"]
    answers = [True]
    free = [PLENTY]
    health = Health(lambda: phase[0], lambda: {"sqlite": answers[0]}, "n1", lambda: free[0])
    about = {"node": "n1", "engines": {"sqlite": "ok"}, "warnings": []}
    async with opened(health.routes()) as gateway, aiohttp.ClientSession() as client:
        base = f"http://127.0.0.1:{gateway.port}"
        for not_yet in ("starting", "draining"):
            phase[0] = not_yet
            async with client.get(f"{base}/readyz") as response:
                assert (response.status, response.headers["Retry-After"]) == (503, "2")
                assert json.loads(await response.read()) == {"status": not_yet, **about}
        async with client.get(f"{base}/healthz") as response:
            assert response.status == 200
        phase[0] = "ready"
        async with client.get(f"{base}/readyz") as response:
            assert response.status == 200
            assert json.loads(await response.read()) == {"status": "ready", **about}
        free[0] = LITTLE - 1
        async with client.get(f"{base}/readyz") as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "2")
            told = json.loads(await response.read())
            assert (told["status"], told["warnings"]) == ("full", ["the disk is nearly full"])
        free[0] = PLENTY
        answers[0] = False
        async with client.get(f"{base}/readyz") as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "2")
            assert json.loads(await response.read()) == {"status": "away", **about, "engines": {"sqlite": "away"}}
        async with client.head(f"{base}/healthz") as response:
            assert response.status == 200


async def test_without_redis_a_node_is_degraded_and_serves() -> None:
    engines = {"postgres": True, "redis": False}
    health = Health(lambda: "ready", lambda: engines, "n1", lambda: PLENTY, lambda: ["another workspace"])
    async with (
        opened(health.routes()) as gateway,
        aiohttp.ClientSession() as client,
        client.get(f"http://127.0.0.1:{gateway.port}/readyz") as response,
    ):
        assert response.status == 200
        told = json.loads(await response.read())
        assert (told["status"], told["engines"]) == ("degraded", {"postgres": "ok", "redis": "away"})
        assert told["warnings"] == ["another workspace"]

"""What a client makes up never becomes a series of its own."""

from __future__ import annotations

from tests.support.gateway import gateway, settings
from tests.support.upstream import Upstream


async def test_models_that_clients_make_up_are_counted_as_other(upstream: Upstream) -> None:
    config = settings(upstream.url)
    config["openai"] = {"allow_provider_models": True}
    config["agents"] = {"helper": {"name": "Helper", "model": "primary/chosen"}}
    async with gateway(config) as served:
        for model in ("scripted", "primary/chosen", *(f"made-up-{at}" for at in range(30))):
            body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
            async with served.http("POST", "/v1/chat/completions", body) as response:
                assert response.status == 200
        async with served.http("GET", "/metrics") as response:
            text = await response.text()
    lines = [line for line in text.splitlines() if line.startswith("openclaw_tokens_total")]
    assert {line.partition('model="')[2].partition('"')[0] for line in lines} == {"scripted", "chosen", "other"}

"""What a client makes up never becomes a series of its own."""

from __future__ import annotations

from openclaw_rpc.transports.http.metrics import OTHER, Counts, Latencies
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


async def test_no_metric_of_a_gateway_has_a_series_for_what_is_not_in_its_labels_sets(upstream: Upstream) -> None:
    """Every counter and histogram that there is, also those that come later."""
    made_up = "made-up-by-a-client"
    async with gateway(settings(upstream.url)) as served:
        metrics = served.app.metrics
        own = [each for each in vars(metrics).values() if isinstance(each, Counts | Latencies)]
        assert len(own) >= 4 and metrics.counted
        for each in own:
            if isinstance(each, Counts):
                each.add(*(made_up for _ in each.labels))
                assert tuple(OTHER for _ in each.labels) in dict(each.items()), each.name
            else:
                each.observe(made_up, 1.0)
        for name, counted in metrics.counted.items():
            alone = counted._replace(read=lambda: {made_up: 1})
            assert dict(alone.items()) == {OTHER: 1}, name
        async with served.http("GET", "/metrics") as response:
            assert made_up not in await response.text()

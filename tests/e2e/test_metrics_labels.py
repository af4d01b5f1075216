"""What a client makes up never becomes a series of its own."""

from __future__ import annotations

from msgspec import inspect
from prometheus_client.parser import text_string_to_metric_families

from openclaw_rpc.cli.params import fields_of, plain
from openclaw_rpc.dialects.examples import params_of
from openclaw_rpc.protocol.table import METHODS, AnyMethod
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


async def test_names_that_callers_make_up_in_any_field_of_any_method_make_no_series(upstream: Upstream) -> None:
    """In every field that takes a text, and as what a call itself names: its method, path and user."""
    made_up = "made-up-by-a-client"
    config = settings(upstream.url)
    config["security"] = {"policies": {"browser_*": "deny", "web_fetch": "deny", "shell": "deny"}}
    config["openai"] = {"allow_provider_models": True}
    async with gateway(config) as served, served.connect() as client:
        token = served.make_token(made_up, "read,chat,tools", "guest")
        async with served.connect(token=token) as guest:
            for caller in (client, guest):
                for row in METHODS:
                    given = {**params_of(row), **dict.fromkeys(_texts(row), made_up)}
                    if row.name != "config.update":
                        await caller.call(row.name, given)
                await caller.call(made_up)
                await caller.call(f"chat.{made_up}")
                await caller.chat("hello", sessionKey=made_up)
        for method, path in (
            ("GET", f"/{made_up}"),
            ("GET", f"/v1/models/{made_up}"),
            ("POST", f"/api/v1/agents/{made_up}/invoke"),
            ("POST", f"/hooks/{made_up}"),
            (made_up.upper(), "/status"),
        ):
            async with served.http(method, path, {"model": made_up}, headers={"User-Agent": made_up}) as response:
                assert response.status >= 400
        async with served.http("GET", "/metrics") as response:
            told = await response.text()
    samples = [one for family in text_string_to_metric_families(told) for one in family.samples]
    values = {value for one in samples for value in one.labels.values()}
    assert not {value for value in values if made_up in value.lower()}
    calls = [one for one in samples if one.name == "openclaw_calls_total"]
    assert {one.labels["method"] for one in calls} <= {row.name for row in METHODS} | {OTHER}
    assert len({one.labels["method"] for one in calls}) > len(METHODS) // 2


def _texts(row: AnyMethod) -> list[str]:
    """The fields of a row that take any text."""
    return [field.encode_name for field in fields_of(row) if isinstance(plain(field.type)[0], inspect.StrType)]

"""Metrics are counted in plain integers, and read in Prometheus' format."""

import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from openclaw_rpc.transports.http.metrics import OTHER, Metrics, MetricsDoor, one_of
from tests.support.doors import opened

ROOT = Path(__file__).parents[3]


async def scraped(metrics: Metrics, token: str = "reader", accept: str = "text/plain") -> tuple[int, str, str]:
    async with opened(MetricsDoor(metrics).routes()) as gateway, aiohttp.ClientSession() as client:
        headers = {"Authorization": f"Bearer {token}", "Accept": accept}
        async with client.get(f"http://127.0.0.1:{gateway.port}/metrics", headers=headers) as response:
            return response.status, response.headers["Content-Type"], await response.text()


def counting() -> Metrics:
    return Metrics(("chat.run",), one_of("primary"), one_of("gpt"))


def samples(text: str) -> dict[tuple[str, frozenset[str]], float]:
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_what_was_counted_is_read() -> None:
    metrics = counting()
    metrics.calls.add("chat.run", "ok")
    metrics.calls.add("chat.run", "ok", by=2)
    metrics.calls.add("chat.run", "not_found")
    metrics.counter("runs", "Runs that ended.", "reason", one_of("stop"), lambda: {"stop": 1})
    metrics.tokens.add("gpt", "prompt", by=1000)
    metrics.provider_faults.add("primary", "timeout")
    metrics.gauge("connections", "Connections that are open.", lambda: 3)
    metrics.counter("responses", "HTTP responses.", "status", one_of("200"), lambda: {200: 4})
    for seconds in (0.01, 0.05, 0.3, 500):
        metrics.provider_latency.observe("primary", seconds)
    status, kind, text = await scraped(metrics)
    assert (status, kind.partition(";")[0]) == (200, "text/plain")
    found = samples(text)
    expected = {
        ("openclaw_calls_total", "chat.run", "ok"): 3,
        ("openclaw_calls_total", "chat.run", "not_found"): 1,
        ("openclaw_runs_total", "stop"): 1,
        ("openclaw_tokens_total", "gpt", "prompt"): 1000,
        ("openclaw_provider_faults_total", "primary", "timeout"): 1,
        ("openclaw_connections",): 3,
        ("openclaw_responses_total", "200"): 4,
        ("openclaw_provider_latency_seconds_bucket", "primary", "0.05"): 2,
        ("openclaw_provider_latency_seconds_bucket", "primary", "0.5"): 3,
        ("openclaw_provider_latency_seconds_bucket", "primary", "+Inf"): 4,
        ("openclaw_provider_latency_seconds_count", "primary"): 4,
        ("openclaw_provider_latency_seconds_sum", "primary"): 500.36,
    }
    for (name, *labels), value in expected.items():
        assert found[name, frozenset(labels)] == pytest.approx(value), name
    if sys.platform == "linux":
        assert found["process_cpu_seconds_total", frozenset()] > 0
        assert found["process_resident_memory_bytes", frozenset()] > 1_000_000


async def test_what_is_in_no_set_makes_no_series() -> None:
    metrics = counting()
    metrics.counter("runs", "Runs that ended.", "reason", one_of("stop"), lambda: {f"r{at}": 1 for at in range(500)})
    for at in range(500):
        metrics.calls.add(f"made.up{at}", f"code{at}")
        metrics.tokens.add(f"model{at}", f"kind{at}")
        metrics.provider_faults.add(f"provider{at}", f"fault{at}")
        metrics.provider_latency.observe(f"provider{at}", 0.1)
    found = samples((await scraped(metrics))[2])
    ours = {key: value for key, value in found.items() if key[0].startswith("openclaw_")}
    assert ours["openclaw_calls_total", frozenset({OTHER})] == 500
    assert ours["openclaw_runs_total", frozenset({OTHER})] == 500
    assert ours["openclaw_provider_latency_seconds_count", frozenset({OTHER})] == 500
    assert len(ours) < 40


async def test_openmetrics_is_spoken_to_whom_asks_for_it() -> None:
    _, kind, text = await scraped(counting(), accept="application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert text.endswith("# EOF\n")


@pytest.mark.parametrize(("token", "status"), [("", 401), ("talker", 403), ("boss", 200), ("reader", 200)])
async def test_metrics_need_a_scope_that_reads(token: str, status: int) -> None:
    assert (await scraped(counting(), token))[0] == status


def test_a_name_is_taken_once() -> None:
    metrics = counting()
    metrics.gauge("x", "X.", lambda: 1)
    with pytest.raises(ValueError, match="openclaw_x"):
        metrics.counter("x", "X.", "status", one_of(), dict)


def test_nothing_heavy_is_imported_at_start() -> None:
    code = """
import sys, openclaw_rpc.transports.http.metrics, openclaw_rpc.transports.http.base, openclaw_rpc.transports.listener
heavy = {"prometheus_client", "openai", "jwt", "rich", "cryptography"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=30)

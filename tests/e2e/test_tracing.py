"""Spans of a whole gateway as a collector gets them, and where they stand in the traces of others."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import pytest

from tests.support.collector import Collector, collecting
from tests.support.gateway import Client, gateway, settings
from tests.support.mcp_world import SCRIPT
from tests.support.openai import client_of
from tests.support.upstream import Upstream, scripted_upstream

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
CLIENT, INTERNAL = 3, 1


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@pytest.fixture
async def collector() -> AsyncGenerator[Collector]:
    async with collecting() as running:
        yield running


def traced(upstream: Upstream, collector: Collector, **more: Any) -> dict[str, Any]:
    chosen = {"endpoint": collector.url, "headers": {"X-Key": "k-1"}, "service_name": "mine", **more}
    return settings(upstream.url) | {"tracing": chosen}


async def test_a_run_its_requests_and_its_tools_are_spans_of_the_callers_trace(
    upstream: Upstream, collector: Collector
) -> None:
    async with gateway(traced(upstream, collector)) as running:
        body = {"message": '[[tool:memory_search {"query": "x"}]]', "sessionKey": "s"}
        async with running.http("POST", "/v1/agent/run", body, headers=PARENT) as answer:
            assert answer.status == 200
        run = await collector.span("invoke_agent default")
        assert (run.trace, run.parent, run.kind, run.service) == (TRACE, CALLER, INTERNAL, "mine")
        assert collector.below(run) == ["chat scripted", "execute_tool memory_search", "chat scripted"]
        assert {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.id": "default",
            "gen_ai.conversation.id": "s",
            "gen_ai.response.finish_reasons": ["stop"],
        }.items() <= run.attributes.items()
        asked = await collector.span("chat scripted")
        assert asked.kind == CLIENT
        assert {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai-compatible",
            "gen_ai.request.model": "scripted",
            "server.address": "127.0.0.1",
        }.items() <= asked.attributes.items()
        assert asked.attributes["gen_ai.usage.input_tokens"] > 0
        used = await collector.span("execute_tool memory_search")
        assert (used.attributes["gen_ai.tool.name"], used.failed) == ("memory_search", False)
        # The model's server is told below which span it works.
        sent = [headers["traceparent"] for headers in upstream.headers if "traceparent" in headers]
        requests = [span for span in collector.spans if span.name == "chat scripted"]
        assert {f"00-{TRACE}-{span.id}-01" for span in requests} <= {*sent}
        # What else it is asked meanwhile, such as how much fits into a model, belongs to the run.
        assert {one.split("-")[1] for one in sent} == {TRACE}
        assert collector.headers[0]["X-Key"] == "k-1"
        assert "memory" not in str(asked.attributes)  # nothing of what is said


async def test_runs_over_a_socket_begin_traces_of_their_own(upstream: Upstream, collector: Collector) -> None:
    async with gateway(traced(upstream, collector)) as running, running.connect() as client:
        for name in ("a", "b"):
            await client.chat("hello", sessionKey=name)
        await client.chat('[[tool:memory_search {"wrong": 1}]]', sessionKey="c")
        await collector.span("execute_tool memory_search")
        failed = next(span for span in collector.spans if span.name.startswith("execute_tool"))
        assert (failed.failed, failed.attributes["error.type"]) == (True, "invalid_request")
        runs = await collector.several("invoke_agent default", 3)
        assert len({span.trace for span in runs}) == 3
        assert {span.parent for span in runs} == {""}


async def test_what_is_asked_of_models_directly_and_what_fails_there(upstream: Upstream, collector: Collector) -> None:
    async with gateway(traced(upstream, collector)) as running, client_of(running) as openai:
        await openai.chat("hello", headers=PARENT)
        await openai.ask("POST", "/v1/embeddings", {"model": "scripted", "input": "x"})
        await openai.chat("[[fail:400]]")
        embedded = await collector.span("embeddings scripted")
        asked, refused = [span for span in collector.spans if span.name == "chat scripted"]
        assert (asked.trace, asked.parent) == (TRACE, CALLER)
        assert embedded.trace not in (TRACE, refused.trace)
        assert (refused.failed, refused.attributes["error.type"]) == (True, "provider_error")


async def test_mcp_servers_are_told_where_a_use_stands(upstream: Upstream, collector: Collector) -> None:
    servers = {"small": {"command": sys.executable, "args": [str(SCRIPT), "stdio"]}}
    config = traced(upstream, collector) | {"mcp": {"servers": servers}}
    async with gateway(config) as running, running.connect() as client:
        await _there(client, "small__traced")
        text, _ = await client.chat("[[tool:small__traced]]")
        used = await collector.span("execute_tool small__traced")
        assert f"00-{used.trace}-{used.id}-0" in text


async def _there(client: Client, tool: str) -> None:
    with anyio.fail_after(40):
        while tool not in {each["name"] for each in (await client.result("tool.list"))["tools"]}:
            pass


async def test_of_traces_that_begin_here_a_part_is_recorded(upstream: Upstream, collector: Collector) -> None:
    async with gateway(traced(upstream, collector, sample=0)) as running, running.connect() as client:
        await client.chat("unrecorded")
        body = {"message": "recorded", "sessionKey": "s"}
        async with running.http("POST", "/v1/agent/run", body, headers=PARENT) as answer:
            assert answer.status == 200
        await collector.span("invoke_agent default")
        assert {span.trace for span in collector.spans} == {TRACE}


async def test_a_collector_that_is_away_is_in_nobodys_way(upstream: Upstream) -> None:
    config = settings(upstream.url) | {"tracing": {"endpoint": "http://127.0.0.1:1"}}
    with anyio.fail_after(25):
        async with gateway(config) as running, running.connect() as client:
            text, _ = await client.chat("hello")
            assert text == "echo: hello"


async def test_a_caller_without_tracing_configured_is_answered_as_before(upstream: Upstream) -> None:
    async with gateway(settings(upstream.url)) as running, client_of(running) as openai:
        assert (await openai.chat("hello", headers=PARENT)).status == 200
    assert not any("traceparent" in headers for headers in upstream.headers)

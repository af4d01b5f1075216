"""A collector of OpenTelemetry that takes OTLP over HTTP, on a port of its own."""

from __future__ import annotations

import gzip
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import anyio
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Seen(NamedTuple):
    """A span as it came; ids in hex, ``parent`` '' for a root."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    failed: bool
    attributes: dict[str, Any]
    service: str


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_value(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)


class Collector:
    """What came, and the headers that it came with."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Seen] = []
        self.headers: list[Mapping[str, str]] = []
        self._news = anyio.Event()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        said = ExportTraceServiceRequest.FromString(body)
        for resource in said.resource_spans:
            about = {each.key: _value(each.value) for each in resource.resource.attributes}
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                attributes = {each.key: _value(each.value) for each in span.attributes}
                ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
                failed = span.status.code == 2
                self.spans.append(Seen(span.name, *ids, span.kind, failed, attributes, about["service.name"]))
        self.headers.append(request.headers)
        self._news.set()
        self._news = anyio.Event()
        made = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=made, content_type="application/x-protobuf")

    async def span(self, name: str) -> Seen:
        """The first span of that name."""
        return (await self.several(name, 1))[0]

    async def several(self, name: str, count: int) -> list[Seen]:
        """Spans of that name, as soon as there are so many."""
        with anyio.fail_after(20):
            while len(found := [span for span in self.spans if span.name == name]) < count:
                await self._news.wait()
            return found

    def below(self, span: Seen) -> list[str]:
        """The names of those right below a span, in the order in which they came."""
        return [each.name for each in self.spans if each.parent == span.id]


@asynccontextmanager
async def collecting() -> AsyncGenerator[Collector]:
    """A collector that runs."""
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield collector
    finally:
        await runner.cleanup()

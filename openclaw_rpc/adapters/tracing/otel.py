"""Spans by OpenTelemetry's SDK, sent to a collector as OTLP over HTTP by a thread of the SDK's own.

The context in force is OpenTelemetry's, so that the MCP SDK passes it on by itself (MCP, SEP-414).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from openclaw_rpc import __version__
from openclaw_rpc.domain.tracing import Attributes

EXPORT_SECONDS: Final = 5.0
"""How long a collector may take for what it is sent, the gateway's end included."""
EVERY_MS: Final = 1000
_HEADER: Final = "traceparent"
_PROPAGATOR: Final = TraceContextTextMapPropagator()


class OtelTracer:
    """See `Tracer`."""

    def __init__(self, endpoint: str, headers: Mapping[str, str], service: str, sample: float) -> None:
        address = endpoint.rstrip("/")
        if not address.endswith("/v1/traces"):
            address += "/v1/traces"
        self._exporter = OTLPSpanExporter(endpoint=address, headers=dict(headers), timeout=EXPORT_SECONDS)
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sample)),
            resource=Resource.create({"service.name": service, "service.version": __version__}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                self._exporter, schedule_delay_millis=EVERY_MS, export_timeout_millis=EXPORT_SECONDS * 1000
            )
        )
        self._tracer = self._provider.get_tracer("openclaw-rpc", __version__)

    def begin(self, name: str, attributes: Attributes, *, client: bool, root: bool, parent: str | None) -> OtelSpan:
        """See the port."""
        above = context.get_current()
        if root or not trace.get_current_span(above).get_span_context().is_valid:
            carrier = {_HEADER: parent} if parent is not None else {}
            above = _PROPAGATOR.extract(carrier, context.Context())
        kind = trace.SpanKind.CLIENT if client else trace.SpanKind.INTERNAL
        return OtelSpan(self._tracer.start_span(name, above, kind, _given(attributes)), above)

    def traceparent(self) -> str | None:
        """See the port."""
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get(_HEADER)

    def close(self) -> None:
        """Send what waits, for a bounded time. Blocks."""
        self._provider.shutdown()


class OtelSpan:
    """See `Span`. While it lasts it is the current one of its task."""

    __slots__ = ("_before", "_span")

    def __init__(self, span: trace.Span, above: context.Context) -> None:
        self._span = span
        self._before = context.get_current()
        context.attach(trace.set_span_in_context(span, above))

    def note(self, attributes: Attributes) -> None:
        """See the port."""
        self._span.set_attributes(_given(attributes))

    def end(self, error: str | None = None) -> None:
        """See the port."""
        if error is not None:
            self._span.set_attribute("error.type", error)
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()
        # Not by the token of `attach`: what is streamed may end in another task than it began in.
        context.attach(self._before)


def _given(attributes: Attributes) -> dict[str, str | int | float | bool | list[str]]:
    return {
        name: list(value) if not isinstance(value, str | int | float | bool) else value
        for name, value in attributes.items()
        if value is not None
    }

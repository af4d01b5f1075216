"""Tracing, where `tracing.endpoint` is set: OpenTelemetry's SDK is imported then alone."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Protocol

from openclaw_rpc.config.settings import TracingSettings
from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.domain.tracing import Tracer, Tracing
from openclaw_rpc.installing import install_command
from openclaw_rpc.threads import in_thread


async def traced(settings: TracingSettings, stack: AsyncExitStack) -> Tracing:
    """The way to the tracer; what waits is sent when the gateway stops.

    Raises:
        StorageUnusable: the libraries are missing; the message says what to do.
    """
    if settings.endpoint is None:
        return Tracing()
    tracer = await in_thread(_tracer, settings)
    stack.push_async_callback(in_thread, tracer.close)
    return Tracing(tracer)


class _Closing(Tracer, Protocol):
    def close(self) -> None: ...


def _tracer(settings: TracingSettings) -> _Closing:
    try:
        from openclaw_rpc.adapters.tracing.otel import OtelTracer
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        raise StorageUnusable(f"tracing.endpoint needs OpenTelemetry's libraries: {install_command('otel')}") from None
    endpoint = settings.endpoint or ""
    return OtelTracer(endpoint, settings.headers, settings.service_name, settings.sample)

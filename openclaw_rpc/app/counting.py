"""What `/metrics` tells beside calls, tokens and models: it is read where it is kept, at each scrape."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, get_args

from openclaw_rpc import durable
from openclaw_rpc.domain.events.change import DeliveryKind
from openclaw_rpc.protocol.chat import FinishReason
from openclaw_rpc.transports.http.metrics import one_of

if TYPE_CHECKING:
    from openclaw_rpc.app.assembly import Gateway


def counted(gateway: Gateway) -> None:
    """Name all of it."""
    metrics, runs, doors = gateway.metrics, gateway.runs, gateway.doors
    kept_in = gateway.paths.database(gateway.settings.storage.file).parent
    metrics.gauge("connections_open", "WebSockets that are open.", lambda: doors.ws.open)
    metrics.gauge("runs_running", "Runs at work.", lambda: runs.running)
    metrics.gauge("runs_queued", "Runs that wait.", lambda: runs.queued)
    metrics.gauge(
        "engines_away",
        "Databases and message carriers that do not answer.",
        lambda: sum(not answers for answers in gateway.nodes.engines().values()),
    )
    metrics.gauge("disk_free_bytes", "Room on the disk of the state folder.", lambda: durable.room(kept_in))
    metrics.counter(
        "runs", "Runs that ended.", "reason", one_of(*get_args(FinishReason)), lambda: gateway.run_counts.by_reason
    )
    metrics.counter(
        "chore_failures",
        "Background jobs that failed and were started again.",
        "chore",
        lambda name: name in gateway.chores.names,
        gateway.chores.failures,
    )
    metrics.counter(
        "dead_deliveries",
        "What could not be sent, and is not tried again.",
        "kind",
        one_of(*get_args(DeliveryKind)),
        lambda: gateway.outside.dead,
    )
    status = one_of(*(str(code.value) for code in HTTPStatus), "499")
    metrics.counter("http_responses", "Answers over HTTP.", "status", status, lambda: doors.http.responses)
    metrics.counter("refused_connections", "Connections refused.", "status", status, lambda: doors.listener.refused)
    metrics.counter(
        "slow_peers_closed",
        "Connections closed since their peer did not keep up.",
        "transport",
        one_of("websocket", "http"),
        lambda: {
            "websocket": doors.ws.slow_peers,
            "http": doors.rest.slow_peers + doors.http.stalled_peers,
        },
    )

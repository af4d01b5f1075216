"""`GET /metrics`: what was counted, in Prometheus' text format. Counting is plain integers; only reading costs."""

import importlib
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from openclaw_rpc import __version__
from openclaw_rpc.domain.providers import Fault
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import ERRORS
from openclaw_rpc.threads import in_thread
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import CollectorRegistry

LATENCY_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper bounds, in s, of the buckets that providers' latencies are counted in."""
NEWEST = 512
"""Of how many latencies quantiles are told."""


OTHER = "other"
"""The label's value of whatever is not in its set."""
Among = Callable[[str], bool]
"""Whether a label may have that value: its set is closed, so that nobody outside makes series that stay."""


def one_of(*values: str) -> Among:
    """The set of these."""
    return frozenset(values).__contains__


class Counts:
    """A counter with labels: how often each combination of their values was counted. ``labels`` names their sets."""

    __slots__ = ("_among", "_values", "documentation", "labels", "name")

    def __init__(self, name: str, documentation: str, labels: Mapping[str, Among]) -> None:
        self.name = name
        self.documentation = documentation
        self.labels = tuple(labels)
        self._among = tuple(labels.values())
        self._values: Counter[tuple[str, ...]] = Counter()

    def add(self, *values: str, by: int = 1) -> None:
        """Count ``by`` more; a value that is not in its label's set counts as `OTHER`."""
        if values not in self._values:
            values = tuple(value if among(value) else OTHER for value, among in zip(values, self._among, strict=True))
        self._values[values] += by

    def items(self) -> Iterable[tuple[tuple[str, ...], int]]:
        """What was counted, by the labels' values."""
        return self._values.items()


class Latencies:
    """A histogram of seconds, by one label and its set."""

    __slots__ = ("_among", "_buckets", "_newest", "_sums", "documentation", "label", "name")

    def __init__(self, name: str, documentation: str, label: str, among: Among) -> None:
        self.name = name
        self.documentation = documentation
        self.label = label
        self._among = among
        self._buckets: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(LATENCY_BOUNDS) + 1))
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._newest: deque[float] = deque(maxlen=NEWEST)

    def observe(self, value: str, seconds: float) -> None:
        """Count one that took ``seconds``; a value that is not in the label's set counts as `OTHER`."""
        if value not in self._sums and not self._among(value):
            value = OTHER
        self._buckets[value][bisect_left(LATENCY_BOUNDS, seconds)] += 1
        self._sums[value] += seconds
        self._newest.append(seconds)

    def quantile(self, share: float) -> float:
        """The seconds that this share of the newest ones did not exceed; 0 where there are none."""
        newest = sorted(self._newest)
        return newest[min(int(share * len(newest)), len(newest) - 1)] if newest else 0.0

    def items(self) -> Iterator[tuple[str, list[tuple[str, float]], float]]:
        """The label's value, its buckets (upper bound, how many up to it), the sum of seconds."""
        for value, counts in self._buckets.items():
            total = 0
            buckets: list[tuple[str, float]] = []
            for bound, count in zip((*map(str, LATENCY_BOUNDS), "+Inf"), counts, strict=True):
                total += count
                buckets.append((bound, total))
            yield value, buckets, self._sums[value]


class CountedElsewhere(NamedTuple):
    """Counts that somebody else keeps, by the values of ``label``."""

    documentation: str
    label: str
    among: Among
    read: Callable[[], Mapping[Any, int]]

    def items(self) -> Iterable[tuple[str, int]]:
        """The counts by values; all that are not in the label's set together as `OTHER`."""
        found: Counter[str] = Counter()
        for value, count in self.read().items():
            found[str(value) if self.among(str(value)) else OTHER] += count
        return found.items()


class Metrics:
    """All that is counted. Whoever knows something counts it here; ``gauges`` and ``counted`` are read when asked for.

    ``outcome`` is ``ok`` or an error's code; of ``provider`` and ``model`` only those that are configured have series.
    """

    def __init__(self, methods: Iterable[str], provider: Among, model: Among) -> None:
        outcome = one_of("ok", *(row.code for row in ERRORS))
        self.calls = Counts(
            "openclaw_calls", "Calls of the table's methods.", {"method": one_of(*methods), "outcome": outcome}
        )
        self.tokens = Counts(
            "openclaw_tokens",
            "Tokens that models read and wrote.",
            {"model": model, "kind": one_of("prompt", "completion")},
        )
        self.provider_faults = Counts(
            "openclaw_provider_faults",
            "Faults of models' servers.",
            {"provider": provider, "fault": one_of(*get_args(Fault))},
        )
        self.provider_latency = Latencies(
            "openclaw_provider_latency_seconds", "Seconds from a request to a model to its end.", "provider", provider
        )
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self.counted: dict[str, CountedElsewhere] = {}

    def gauge(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """Add a number that is read at each scrape, as ``openclaw_<name>``.

        Raises:
            ValueError: there is one of that name.
        """
        self._unused(name)
        self.gauges[name] = (documentation, read)

    def counter(
        self, name: str, documentation: str, label: str, among: Among, read: Callable[[], Mapping[Any, int]]
    ) -> None:
        """Add counts that somebody else keeps, by the values of a label and its set, as ``openclaw_<name>_total``.

        Raises:
            ValueError: there are some of that name.
        """
        self._unused(name)
        self.counted[name] = CountedElsewhere(documentation, label, among, read)

    def _unused(self, name: str) -> None:
        if name in self.gauges or name in self.counted:
            raise ValueError(f"openclaw_{name} already exists")


class MetricsDoor:
    """Serves the metrics to whom holds `read` or `admin`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._registry: CollectorRegistry | None = None

    def routes(self) -> Iterable[Route]:
        """`GET /metrics`."""
        yield Route("GET", "/metrics", self.scrape)

    async def scrape(self, request: HttpRequest) -> web.Response:
        """Everything that was counted, with the process's own CPU and memory (Prometheus' text format, OpenMetrics)."""
        request.need(Scope.READ, Scope.ADMIN)
        if self._registry is None:
            # Some tens of ms and MB, so only where somebody scrapes, and not in the loop.
            await in_thread(importlib.import_module, "prometheus_client")
            self._registry = _registry(self._metrics)
        from prometheus_client.exposition import choose_encoder

        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})


def _registry(metrics: Metrics) -> "CollectorRegistry":
    from prometheus_client.process_collector import ProcessCollector
    from prometheus_client.registry import CollectorRegistry

    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_collector(metrics))
    return registry


def _collector(metrics: Metrics) -> Any:
    from prometheus_client.registry import Collector

    class _OfGateway(Collector):
        def collect(self) -> "Iterable[Metric]":
            return _families(metrics)

    return _OfGateway()


def _families(metrics: Metrics) -> "Iterator[Metric]":
    from prometheus_client.metrics_core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        InfoMetricFamily,
    )

    yield InfoMetricFamily("openclaw_build", "The gateway.", value={"version": __version__})
    for counts in (metrics.calls, metrics.tokens, metrics.provider_faults):
        counter = CounterMetricFamily(counts.name, counts.documentation, labels=counts.labels)
        for values, count in counts.items():
            counter.add_metric(values, count)
        yield counter
    for name, (documentation, read) in metrics.gauges.items():
        yield GaugeMetricFamily(f"openclaw_{name}", documentation, value=read())
    for name, counted in metrics.counted.items():
        counter = CounterMetricFamily(f"openclaw_{name}", counted.documentation, labels=(counted.label,))
        for value, count in counted.items():
            counter.add_metric((value,), count)
        yield counter
    latency = metrics.provider_latency
    histogram = HistogramMetricFamily(latency.name, latency.documentation, labels=(latency.label,))
    for value, buckets, seconds in latency.items():
        histogram.add_metric((value,), buckets, seconds)
    yield histogram

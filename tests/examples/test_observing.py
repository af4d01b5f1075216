"""The Grafana dashboard and the alert rules name only metrics, and labels, that a gateway has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support.gateway import gateway, settings
from tests.support.upstream import scripted_upstream

DEPLOY = Path(__file__).resolve().parents[2] / "examples" / "deploy"
DASHBOARD: Any = json.loads((DEPLOY / "grafana" / "openclaw.json").read_text())
RULES: Any = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
NAME = re.compile(r"\bopenclaw_[a-z0-9_]+")
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "info": ("_info",), "gauge": ("",)}


def expressions() -> list[str]:
    shown = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    asked = [each["query"] for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
    return [*shown, *asked, *(rule["expr"] for group in RULES["groups"] for rule in group["rules"])]


async def scraped() -> dict[str, set[str]]:
    """The series that a gateway has, and the labels of each; all labels of the metric where there is none yet."""
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running:
        async with running.connect() as client:
            await client.chat("hello")
            await client.chat("[[fail:400]]")
        async with running.http("GET", "/metrics") as answer:
            families = list(text_string_to_metric_families(await answer.text()))
    found: dict[str, set[str]] = {}
    for family in families:
        labels = {label for sample in family.samples for label in sample.labels}
        # The text format has no kind for what never changes: it is a gauge that is called `_info`.
        for suffix in SUFFIXES[family.type]:
            found[family.name + suffix] = labels
    return found


async def test_every_metric_that_is_shown_or_watched_exists() -> None:
    found = await scraped()
    named = {name for each in expressions() for name in NAME.findall(each)}
    assert len(named) > 10
    assert named <= found.keys()
    for expression in expressions():
        for labels, name in re.findall(r"by \(([^)]*)\) \(\w*\(?(openclaw_[a-z_]+)", expression):
            for label in {one.strip() for one in labels.split(",")} - {"instance", "le"}:
                assert not found[name] or label in found[name], (expression, label)


def test_every_rule_says_what_is_wrong_and_how_much_that_matters() -> None:
    for rule in (rule for group in RULES["groups"] for rule in group["rules"]):
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
    watched = " ".join(rule["expr"] for group in RULES["groups"] for rule in group["rules"])
    for subject in ("chore_failures", "dead_deliveries", "engines_away", "disk_free_bytes"):
        assert subject in watched


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_every_panel_has_a_place_of_its_own(panel: Any) -> None:
    places = [each["gridPos"] for each in DASHBOARD["panels"]]
    assert places.count(panel["gridPos"]) == 1
    assert [each["id"] for each in DASHBOARD["panels"]].count(panel["id"]) == 1

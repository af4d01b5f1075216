"""What is over is forgotten while the gateway runs, and whoever watches is told."""

from __future__ import annotations

import anyio
import pytest

from openclaw_rpc.config.errors import ConfigError
from openclaw_rpc.config.loading import load
from tests.support.gateway import SECONDS, gateway, settings
from tests.support.upstream import Upstream


async def test_a_session_that_is_not_used_is_forgotten_and_told_of(upstream: Upstream) -> None:
    retention = {"sessions": "1s", "check_every": "1s"}
    async with gateway({**settings(upstream.url), "retention": retention}) as served, served.connect() as client:
        await client.result("event.subscribe", topics=["sessions"])
        await client.chat("[[raw:Hello]]", sessionKey="short")
        await client.event("session.deleted", sessionKey="short")
        assert (await client.error("session.get", sessionKey="short"))["message"]
        text, _ = await client.chat("[[raw:Hello again]]", sessionKey="short")
        assert text == "Hello again"


async def test_a_session_with_a_run_stays_until_it_has_ended(upstream: Upstream) -> None:
    retention = {"sessions": "1s", "check_every": "1s"}
    async with gateway({**settings(upstream.url), "retention": retention}) as served, served.connect() as client:
        await client.result("event.subscribe", topics=["sessions"])
        accepted = await client.result("chat.run", message="[[slow:50,50]]", sessionKey="busy")
        await client.event("session.deleted", sessionKey="busy")
        assert client.told(accepted["runId"], "chat.done")[0]["data"]["finishReason"] == "stop"


async def test_a_change_of_the_section_holds_at_once_and_needs_the_pin(upstream: Upstream) -> None:
    async with gateway(settings(upstream.url)) as served, served.connect() as client:
        await client.result("event.subscribe", topics=["sessions"])
        await client.chat("[[raw:Hello]]", sessionKey="short")
        assert (await client.error("config.update", config={"retention": {"sessions": "1s"}}))["data"]["code"]
        served.set_pin("24680")
        number = 0
        with anyio.fail_after(SECONDS):
            while "result" in await client.call("session.get", {"sessionKey": "short"}):
                # Each time another, since nothing is looked at before an hour has gone unless something changes.
                number += 1
                changed = {"retention": {"sessions": "1s", "check_every": "1h", "usage": f"{number}w"}}
                await client.result("config.update", config=changed, pin="24680")


async def test_streams_of_a_quiet_session_begin_anew_where_its_events_are_gone(upstream: Upstream) -> None:
    async with gateway(settings(upstream.url)) as served, served.connect() as client:
        _, done = await client.chat("[[raw:Hello]]", sessionKey="s")
        after = {"epoch": done["epoch"], "seq": 1}
        kept = served.app.kept.retention
        assert await kept.drop_events("9999-01-01T00:00:00.000Z", 10) == 1
        answer = await client.result("event.subscribe", sessionKey="s", after=after)
        assert answer["resync"] is True
        up_to_date = {"epoch": done["epoch"], "seq": answer["seq"]}
        assert (await client.result("event.subscribe", sessionKey="s", after=up_to_date))["resync"] is False
        text, _ = await client.chat("[[raw:And on]]", sessionKey="s")
        assert text == "And on"


@pytest.mark.parametrize("value", ["0d", "90", "a day", "-1d", "1y"])
def test_a_duration_that_is_not_one_is_refused_by_its_name(value: str) -> None:
    with pytest.raises(ConfigError, match=r"retention\.sessions"):
        load(f'retention: {{sessions: "{value}"}}', "gateway.yaml", {})


async def test_the_audit_log_is_pruned_says_so_and_verifies(upstream: Upstream) -> None:
    retention = {"audit": "1s", "check_every": "1s"}
    security = {"policies": {"file_delete": "deny"}}
    config = {**settings(upstream.url), "retention": retention, "security": security}
    async with gateway(config) as served, served.connect() as client:
        await client.result("file.write", path="a.txt", content="x")
        await client.error("file.delete", path="a.txt")
        with anyio.fail_after(SECONDS):
            while True:
                verdict = await client.result("audit.verify")
                assert verdict["intact"], verdict
                pruned = (await client.result("audit.query", tool="retention.audit"))["records"]
                if verdict.get("pruned") and pruned:
                    break
        assert pruned[0]["params"]["records"] >= 1

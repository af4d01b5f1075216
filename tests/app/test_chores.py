"""Background work that fails is logged, counted and started again; the gateway goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from websockets.exceptions import ConnectionClosed

from openclaw_rpc.adapters.tokens.sqlite import SqliteTokenStore
from openclaw_rpc.app import chores
from openclaw_rpc.app.chores import Chores, Work
from openclaw_rpc.app.doors import Doors
from openclaw_rpc.cli.checks.gateway import _chores  # pyright: ignore[reportPrivateUsage]
from openclaw_rpc.domain.backoff import backoff
from openclaw_rpc.protocol.errors import Unavailable
from tests.support.gateway import gateway, settings
from tests.support.tools import Lines

FAILURES = 100


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chores that failed are started again at once."""
    monkeypatch.setattr(chores, "FIRST_DELAY", 0)


def test_the_wait_grows_to_its_bound_and_stays_there_after_ten_thousand_tries() -> None:
    delays = backoff(0.5, 60)
    assert [next(delays) for _ in range(10_000)][:9] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert next(delays) == 60


@pytest.mark.usefixtures("hurried")
async def test_a_chore_survives_its_hundredth_exception_and_the_log_says_what_went_wrong() -> None:
    log, well = Lines(), anyio.Event()
    calls = 0

    async def work() -> None:
        nonlocal calls
        calls += 1
        if calls <= FAILURES:
            raise OSError("the disk is gone")
        well.set()
        await anyio.sleep_forever()

    with anyio.fail_after(30):
        async with Chores(log) as kept:
            kept.start("compaction", work)
            await well.wait()
            status = kept.status()["compaction"]
    assert (status.state, status.failures, status.error) == ("running", FAILURES, "OSError")
    assert kept.failures() == {"compaction": FAILURES}
    assert len(log.lines) == FAILURES
    level, event, fields = log.lines[-1]
    assert (level, event, fields["chore"], fields["exc_info"]) == ("error", "a chore failed", "compaction", True)
    assert "the disk is gone" in fields["error"]


async def test_a_name_is_taken_until_its_work_is_done() -> None:
    async def nothing() -> None:
        return

    with anyio.fail_after(30):
        async with Chores(Lines()) as kept:
            kept.start("once", nothing)
            with pytest.raises(ValueError, match="once"):
                kept.start("once", nothing)
            while kept.status()["once"].state != "done":
                await anyio.lowlevel.checkpoint()
            kept.start("once", nothing)


@pytest.mark.usefixtures("hurried")
async def test_every_chore_of_a_gateway_may_fail_a_hundred_times(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Chores.start

    def start_failing(kept: Chores, name: str, work: Work) -> None:
        tries = 0

        async def failing() -> None:
            nonlocal tries
            tries += 1
            if tries <= FAILURES:
                raise RuntimeError(f"{name} fails")
            await work()

        start(kept, name, failing)

    monkeypatch.setattr(Chores, "start", start_failing)
    async with gateway(settings(heartbeat_seconds=0.05)) as served, served.connect() as client:
        with anyio.fail_after(40):
            await client.event("heartbeat")
            while min(served.app.chores.failures().values()) < FAILURES:
                await anyio.lowlevel.checkpoint()
            found = (await client.result("system.status"))["chores"]
        assert {"heartbeats", "probes", "tokens", "configuration", "providers", "usage", "mcp", "browser"} <= set(found)
        assert all(one["failures"] == FAILURES for one in found.values()), found
        async with served.http("GET", "/metrics") as response:
            counted = await response.text()
        assert all(f'openclaw_chore_failures_total{{chore="{name}"}} {FAILURES}.0' in counted for name in found)


@pytest.mark.usefixtures("hurried")
async def test_tokens_that_can_not_be_read_end_neither_the_gateway_nor_a_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with gateway(settings(heartbeat_seconds=0.05)) as served:
        token = served.make_token()
        async with served.connect(token=token) as guest, served.connect() as admin:

            async def unreadable(store: SqliteTokenStore) -> int:
                raise Unavailable("the disk fails", reason="storage")

            with monkeypatch.context() as broken:
                broken.setattr(SqliteTokenStore, "revision", unreadable)
                with anyio.fail_after(30):
                    while served.app.chores.failures()["revocations"] < 2:
                        await guest.event("heartbeat")
                    await guest.result("agent.list")
                    found = (await admin.result("system.status"))["chores"]["revocations"]
                assert found["error"] == "the disk fails"
            with anyio.fail_after(30):
                while served.app.chores.status()["revocations"].state != "running":
                    await guest.event("heartbeat")


async def test_a_token_that_another_process_revokes_closes_its_sockets_without_a_heartbeat() -> None:
    async with gateway(settings()) as served:
        token = served.make_token(name="guest")
        async with served.connect(token=token) as guest:
            served.beside(lambda kept: kept.tokens.revoke("guest", None))
            with anyio.fail_after(10), pytest.raises(ConnectionClosed) as closed:
                while True:
                    await guest.next()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 4002


def test_the_doctor_names_the_chores_that_fail() -> None:
    failing = {
        "mcp": {"state": "waiting", "failures": 7, "error": "it is gone"},
        "probes": {"state": "running", "failures": 0, "error": None},
    }
    check = _chores(failing)
    assert (check.status, check.message) == ("warn", "mcp failed 7 times: it is gone")
    check = _chores({"probes": failing["probes"]})
    assert check.status == "ok"


def lines(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in (home / "logs").iterdir() for line in path.read_text().splitlines()]


async def test_the_log_says_that_the_gateway_was_asked_to_stop(tmp_path: Path) -> None:
    async with gateway(settings(), tmp_path):
        pass
    assert [line["fields"]["reason"] for line in lines(tmp_path) if line["message"] == "the gateway stopped"] == [
        "the gateway was asked to stop"
    ]


async def test_the_log_says_which_exception_ended_the_gateway(tmp_path: Path) -> None:
    with pytest.RaisesGroup(ArithmeticError, flatten_subgroups=True):
        async with gateway(settings(), tmp_path):
            raise ArithmeticError("something unexpected")
    found = [line for line in lines(tmp_path) if line["message"] == "the gateway stopped"]
    assert len(found) == 1
    assert "something unexpected" in found[0]["fields"]["reason"]
    assert "Traceback" in json.dumps(found[0])


async def test_the_log_says_why_a_gateway_could_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(doors: Doors) -> None:
        raise OSError("the port is taken")

    monkeypatch.setattr(Doors, "listen", refuse)
    with pytest.RaisesGroup(OSError, flatten_subgroups=True):
        async with gateway(settings(), tmp_path):
            pass
    assert "the port is taken" in json.dumps(lines(tmp_path))

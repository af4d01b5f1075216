"""What every audit log does."""

from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.domain.tools.audit import AuditLog, AuditQuery
from openclaw_rpc.protocol.audit import AuditRecord
from tests.support.kept import FAMILIES
from tests.support.store import at


@pytest.fixture(params=FAMILIES)
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[AuditLog]:
    async with FAMILIES[request.param](tmp_path) as kept:
        yield kept.audit


async def fill(log: AuditLog, count: int = 10) -> None:
    for number in range(count):
        await log.append(
            AuditRecord(
                at=at(number),
                user="ada" if number % 2 else "eve",
                outcome="begun" if number < 5 else "done",
                tool=f"tool_{number % 3}",
                params={"number": number},
            )
        )


async def numbers(log: AuditLog, **query: object) -> list[int]:
    records, _ = await log.query(AuditQuery(**{"limit": 100, **query}))  # type: ignore[arg-type]
    return [record.params["number"] for record in records]


async def test_records_are_answered_the_newest_first_and_numbered(log: AuditLog):
    await fill(log)
    records, more = await log.query(AuditQuery(limit=100))
    assert [record.seq for record in records] == list(range(10, 0, -1))
    assert more is None
    assert records[-1].previous == "0" * 64
    assert len({record.previous for record in records}) == 10


async def test_filters_must_all_hold(log: AuditLog):
    await fill(log)
    assert await numbers(log, tool="tool_1") == [7, 4, 1]
    assert await numbers(log, user="ada", outcome="begun") == [3, 1]
    assert await numbers(log, since=at(3), until=at(6)) == [5, 4, 3]
    assert await numbers(log, user="nobody") == []


async def test_pages_follow_one_another_without_a_gap(log: AuditLog):
    await fill(log)
    found: list[int] = []
    before: int | None = None
    for _ in range(5):
        records, before = await log.query(AuditQuery(limit=3, user="ada", before=before))
        found += [record.params["number"] for record in records]
        if before is None:
            break
    assert found == [9, 7, 5, 3, 1]


async def test_an_empty_log_is_whole(log: AuditLog):
    assert await log.query(AuditQuery(limit=1)) == ([], None)
    verdict = await log.verify()
    assert (verdict.intact, verdict.records) == (True, 0)


async def test_a_log_as_it_was_written_is_whole(log: AuditLog):
    await fill(log)
    verdict = await log.verify()
    assert (verdict.intact, verdict.records, verdict.fault) == (True, 10, None)


async def test_records_that_come_together_are_all_kept(log: AuditLog):
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(fill, log, 5)
    verdict = await log.verify()
    assert (verdict.intact, verdict.records) == (True, 100)


async def test_what_is_pruned_leaves_a_log_that_verifies_and_goes_on(log: AuditLog):
    await fill(log)
    assert await log.prune(at(4), 3) == 3
    assert await log.prune(at(4), 3) == 1
    assert await log.prune(at(4), 3) == 0
    assert await numbers(log) == [9, 8, 7, 6, 5, 4]
    verdict = await log.verify()
    assert (verdict.intact, verdict.records, verdict.pruned) == (True, 6, 4)
    await log.append(AuditRecord(at=at(20), user="ada", outcome="done", params={"number": 10}))
    verdict = await log.verify()
    assert (verdict.intact, verdict.records, verdict.pruned) == (True, 7, 4)
    assert (await log.query(AuditQuery(limit=1)))[0][0].seq == 11


async def test_a_log_that_was_pruned_whole_verifies_and_goes_on(log: AuditLog):
    await fill(log)
    assert await log.prune(at(99), 1000) == 10
    assert await log.query(AuditQuery(limit=9)) == ([], None)
    verdict = await log.verify()
    assert (verdict.intact, verdict.records, verdict.pruned) == (True, 0, 10)
    await log.append(AuditRecord(at=at(20), user="ada", outcome="done"))
    assert (await log.verify()).records == 1


async def test_only_the_oldest_go_where_times_are_out_of_order(log: AuditLog):
    for second in (1, 5, 2, 3):
        await log.append(AuditRecord(at=at(second), user="ada", outcome="done", params={"number": second}))
    assert await log.prune(at(4), 10) == 1
    assert await numbers(log) == [3, 2, 5]
    assert (await log.verify()).intact

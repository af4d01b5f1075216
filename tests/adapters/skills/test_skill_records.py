"""What every store of skills' records, and of calls that wait for a human, does."""

from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.domain.skills.ports import SkillRecord
from openclaw_rpc.domain.tools.approvals import WaitingCall
from openclaw_rpc.domain.tools.audit import Actor
from openclaw_rpc.protocol.tool import ApprovalInfo
from tests.support.kept import FAMILIES, Kept, in_sqlite
from tests.support.store import at
from tests.support.tools import ToolWorld


@pytest.fixture(params=FAMILIES)
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Kept]:
    async with FAMILIES[request.param](tmp_path) as opened:
        yield opened


def waiting(approval_id: str) -> WaitingCall:
    info = ApprovalInfo(
        approval_id=approval_id,
        run_id="run_1",
        session_key="one",
        agent_id="default",
        user="ada",
        call_id="call_1",
        tool="shell",
        params={"command": "date"},
        needs_pin=True,
        created_at=at(1),
        expires_at=at(2),
    )
    return WaitingCall(info=info, session_id="s_1", actor=Actor(user="ada", run_id="run_1"))


async def test_what_is_noted_of_a_skill_leaves_the_rest_as_it_was(kept: Kept) -> None:
    assert await kept.skills.load() == {}
    await kept.skills.note("tea", source="clawhub:tea", version="1.0", installed_at=at(1))
    assert await kept.skills.note("tea", enabled=False) == SkillRecord(
        enabled=False, source="clawhub:tea", version="1.0", installed_at=at(1)
    )
    used = await kept.skills.used("tea", at(2))
    assert (used.invocations, used.last_used, used.enabled) == (1, at(2), False)
    assert await kept.skills.load() == {"tea": used}
    await kept.skills.forget("tea")
    assert await kept.skills.load() == {}


async def test_two_processes_that_count_at_once_lose_no_use_of_a_skill(tmp_path: Path) -> None:
    async with in_sqlite(tmp_path) as one, in_sqlite(tmp_path) as other, anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(one.skills.used, "tea", at(1))
            group.start_soon(other.skills.note, "tea")
            group.start_soon(other.skills.used, "tea", at(1))
    async with in_sqlite(tmp_path) as found:
        assert (await found.skills.load())["tea"].invocations == 100


async def test_calls_that_wait_are_kept_until_they_do_not(kept: Kept) -> None:
    for name in ("apr_1", "apr_2"):
        await kept.approvals.put(waiting(name))
    assert await kept.approvals.all() == [waiting("apr_1"), waiting("apr_2")]
    await kept.approvals.remove("apr_1")
    assert await kept.approvals.all() == [waiting("apr_2")]


async def test_a_call_that_waited_when_the_gateway_was_killed_is_withdrawn_at_the_next_start() -> None:
    world = ToolWorld()
    await world.waiting.put(waiting("apr_1"))
    await world.approvals.recover()
    assert await world.waiting.all() == []
    (record,) = await world.records()
    assert (record.outcome, record.tool, record.run_id) == ("withdrawn", "shell", "run_1")

"""What an agent may have done later."""

from __future__ import annotations

from typing import Any

import pytest

from openclaw_rpc.domain.records import ReplyTo
from openclaw_rpc.domain.tasks.service import Tasks
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.domain.tools.tasks import MOST, TaskTools
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Conflict, Forbidden, InvalidRequest, NotFound
from tests.support.clock import ManualClock
from tests.support.volatile.store import VolatileStore

SCOPES = frozenset({Scope.READ, Scope.CHAT, Scope.TOOLS})


def context(session: str = "telegram:77", **more: Any) -> RunContext:
    given = {"run_id": "r", "agent_id": "default", "channel": "telegram", "token": "channel:telegram", **more}
    return RunContext(session_id=session, session_key=session, user="owner", scopes=SCOPES, message="", **given)


class World:
    """An agent's tools, and the tasks that they make."""

    def __init__(self) -> None:
        self.tasks = Tasks(VolatileStore().documents, ManualClock(), lambda _: None)
        tools = TaskTools(self.tasks, self._chat, {"laptop": "jti-1"}.get, ManualClock())
        self._tools = {tool.spec.name: tool for tool in tools.fixed}

    async def _chat(self, run_id: str) -> ReplyTo | None:
        return ReplyTo(channel="telegram", to="77", sender="77") if run_id else None

    async def use(self, tool: str, run: RunContext | None = None, **params: Any) -> Any:
        return await self._tools[tool].run(params, run or context())

    async def create(self, run: RunContext | None = None, **params: Any) -> Any:
        return await self.use("task_create", run, name="tea", message="tell them that tea is ready", **params)


async def test_a_task_answers_in_the_chat_that_it_was_asked_for_in_as_whoever_asked() -> None:
    world = World()
    made = await world.create(context(token="laptop", guest=True), after="20m")
    assert made["deliver"] == {"channelId": "telegram", "to": "77"}
    task = world.tasks.tasks[made["id"]]
    assert (task.creator.jti, task.creator.guest, task.creator.scopes) == ("jti-1", True, sorted(SCOPES))
    assert task.action.params["content"] == "tell them that tea is ready"
    listed = await world.use("task_list", context(guest=True))
    assert [one["id"] for one in listed["tasks"]] == [made["id"]]
    assert (await world.use("task_delete", task_id=made["id"]))["deleted"]
    assert not world.tasks.tasks


async def test_a_guest_neither_sees_nor_reaches_what_is_others() -> None:
    world = World()
    own = await world.create(context("telegram:88", guest=True), every="1d")
    others = [await world.create(every="1d"), await world.create(context("telegram:99", guest=True), every="1d")]
    guest = context("telegram:88", guest=True)
    assert [one["id"] for one in (await world.use("task_list", guest))["tasks"]] == [own["id"]]
    for other in others:
        with pytest.raises(NotFound):
            await world.use("task_delete", guest, task_id=other["id"])
    with pytest.raises(Forbidden, match="own chat"):
        await world.create(guest, every="1d", deliver={"channelId": "telegram", "to": "1"})


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ({"every": "10s"}, "every"),
        ({"schedule": "*/5 * * * * *"}, "schedule"),
        ({"at": "2020-01-01T00:00:00Z"}, "at"),
        ({"after": "soon"}, "after"),
        ({"after": "1h", "at": "2027-01-01T00:00:00Z"}, "after"),
        ({}, "schedule"),
    ],
)
async def test_a_time_that_can_not_be_names_its_field(when: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await World().create(**when)
    assert refused.value.field == field


async def test_a_task_makes_no_tasks_and_an_agent_not_ever_more() -> None:
    world = World()
    with pytest.raises(Forbidden):
        await world.create(context(channel="task"), after="1h")
    for _ in range(MOST):
        await world.create(after="1h")
    with pytest.raises(Conflict, match="delete one first"):
        await world.create(after="1h")

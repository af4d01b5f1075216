"""`tool.*` and `audit.*`: their handlers."""

from typing import Any

import anyio
import msgspec
import pytest

from openclaw_rpc.domain.principals import Principal, owner
from openclaw_rpc.domain.tools.policy import SecurityPolicy
from openclaw_rpc.methods.audit import AuditMethods
from openclaw_rpc.methods.tool import ToolMethods
from openclaw_rpc.protocol import audit, tool
from openclaw_rpc.protocol.audit import AuditQueryParams
from openclaw_rpc.protocol.base import Empty, Scope
from openclaw_rpc.protocol.errors import Forbidden, InvalidRequest, NotFound
from openclaw_rpc.protocol.tool import ToolApproveParams, ToolDenyParams, ToolInvokeParams, ToolListParams
from openclaw_rpc.rpc.bind import join
from openclaw_rpc.rpc.call import Call
from tests.support.tools import ADA, EVE, PIN, Source, ToolWorld

GUARDED = SecurityPolicy(require_pin_for=["shell"])


@pytest.fixture
def world() -> ToolWorld:
    return ToolWorld(Source().add("shell", dangerous=True).add("calc", result=4), security=GUARDED)


@pytest.fixture
def methods(world: ToolWorld) -> ToolMethods:
    return ToolMethods(world.tools, world.approvals, world.sessions)


def test_every_row_has_its_handler(world: ToolWorld, methods: ToolMethods):
    table: dict[str, Any] = {row.name: row for row in (*tool.METHODS, *audit.METHODS)}
    assert set(join(table, [methods, AuditMethods(world.audit)])) == set(table)


async def test_a_tool_is_listed_and_used(methods: ToolMethods):
    listed = await methods.list_(ToolListParams(), Call(ADA))
    assert [(one.name, one.needs_pin) for one in listed.tools] == [("calc", False), ("shell", True)]
    assert (await methods.invoke(ToolInvokeParams(name="calc"), Call(ADA))).result == 4
    with pytest.raises(NotFound):
        await methods.invoke(ToolInvokeParams(name="magic"), Call(ADA))


async def test_the_pin_comes_with_the_request_or_in_the_params(methods: ToolMethods):
    with pytest.raises(Forbidden) as caught:
        await methods.invoke(ToolInvokeParams(name="shell"), Call(ADA))
    assert caught.value.reason == "pin_required"
    assert (await methods.invoke(ToolInvokeParams(name="shell"), Call(ADA, pin=PIN))).result == "ok"
    assert (await methods.invoke(ToolInvokeParams(name="shell", pin=PIN), Call(ADA))).result == "ok"


async def test_a_tool_is_used_within_a_session_of_the_callers_own(world: ToolWorld, methods: ToolMethods):
    await world.open()
    params = ToolInvokeParams(name="calc", session_key="one")
    assert (await methods.invoke(params, Call(ADA))).result == 4
    with pytest.raises(NotFound):
        await methods.invoke(params, Call(EVE))


async def test_a_call_that_waits_is_shown_and_decided(world: ToolWorld, methods: ToolMethods):
    await world.open()
    errors: list[str | None] = []
    results: list[Any] = []

    async def use() -> None:
        try:
            results.append(await world.use("shell"))
        except Forbidden as error:
            errors.append(error.reason)

    for number, decide in ((1, "approve"), (2, "deny")):
        async with anyio.create_task_group() as group:
            group.start_soon(use)
            asked = await world.asked(number)
            assert (await methods.pending(Empty(), Call(ADA))).approvals == [asked]
            assert (await methods.pending(Empty(), Call(EVE))).approvals == []
            key = asked.approval_id
            with pytest.raises(NotFound):
                await methods.approve(ToolApproveParams(approval_id=key, pin=PIN), Call(EVE))
            if decide == "approve":
                assert (await methods.approve(ToolApproveParams(approval_id=key), Call(ADA, pin=PIN))).approved
            else:
                assert (await methods.deny(ToolDenyParams(approval_id=key, reason="no"), Call(ADA))).denied
    assert (results, errors) == (["ok"], ["denied"])


async def test_the_audit_log_is_the_owners_admins_alone(world: ToolWorld):
    methods = AuditMethods(world.audit)
    for stranger in (EVE, Principal("eve", "admin", frozenset(Scope))):
        with pytest.raises(Forbidden) as caught:
            await methods.query(AuditQueryParams(), Call(stranger))
        assert caught.value.reason == "owner_only"
        with pytest.raises(Forbidden):
            await methods.verify(Empty(), Call(stranger))


async def test_the_audit_log_is_read_in_pages(world: ToolWorld):
    methods, me = AuditMethods(world.audit), Call(owner("gateway"))
    for _ in range(3):
        await world.tools.invoke(ADA, "shell", {}, pin=PIN)
    page = await methods.query(AuditQueryParams(limit=4, user="ada"), me)
    assert [one.seq for one in page.records] == [6, 5, 4, 3]
    rest = await methods.query(AuditQueryParams(limit=4, user="ada", cursor=page.next_cursor), me)
    assert ([one.seq for one in rest.records], rest.next_cursor) == ([2, 1], None)
    assert len((await methods.query(AuditQueryParams(outcome="done"), me)).records) == 3
    assert (await methods.query(AuditQueryParams(since="2100-01-01"), me)).records == []
    with pytest.raises(InvalidRequest):
        await methods.query(AuditQueryParams(since="yesterday!"), me)
    assert (await methods.verify(Empty(), me)).intact


def test_a_records_secrets_and_bulk_are_not_shown():
    from openclaw_rpc.config.secrets import redact
    from openclaw_rpc.domain.tools.audit import shortened

    deep: Any = "end"
    for _ in range(50):
        deep = {"in": deep}
    shown = redact(
        shortened({"api_key": "hush", "url": "https://x/?token=hush&a=1", "text": "x" * 10_000, "deep": deep})
    )
    text = msgspec.json.encode(shown).decode()
    assert "hush" not in text
    assert len(text) < 1000

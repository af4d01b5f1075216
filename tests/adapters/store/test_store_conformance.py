"""What every store does with messages, runs, events and usage."""

import anyio
import msgspec
import pytest

from openclaw_rpc.domain.events.change import Change, SessionPatch
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.records import RunRecord, SessionQuery, SessionRecord, Spent, UsageQuery
from openclaw_rpc.protocol.chat import CalledFunction, MessageAttachment, MessageToolCall, RunError, ToolUse, Usage
from openclaw_rpc.protocol.errors import Conflict, NotFound, SessionExists
from tests.support.store import at, event, message, run, session, used


async def found(store: Store, key: str) -> SessionRecord:
    record = await store.find_session("ada", key)
    assert record is not None
    return record


async def contents(store: Store, session_id: str) -> list[str]:
    return [m.content for m in (await store.messages(session_id, 100))[0]]


async def test_messages_come_back_as_they_were_given(store: Store) -> None:
    one = session("one")
    await store.commit(Change(session=one))
    given = [
        message("m_1", "plain"),
        message(
            "m_2",
            'quotes " \\ \n 二字 🦞 \x00 end',
            role="tool",
            status="error",
            run_id="r_1",
            model="p/m",
            tool_calls=[MessageToolCall(id="c", function=CalledFunction(name="f", arguments='{"a":1}'))],
            tool_call_id="c",
            attachments=[MessageAttachment(type="image", url="data:image/png;base64,AA==")],
            metadata={"x": {"y": [None, True, 1.25]}},
        ),
        message("m_3", "", role="assistant", metadata={"z": 0}),
    ]
    await store.commit(Change(one.id, messages=given))
    assert await store.messages(one.id, 10) == (given, False)


async def test_pages_of_messages_go_back_from_the_newest(store: Store) -> None:
    one, two = session("one"), session("two")
    await store.commit(Change(session=one))
    await store.commit(Change(session=two))
    for i in range(7):  # the same time for all: their order is that in which they were kept
        await store.commit(Change(one.id, messages=[message(f"m_{9 - i}", str(i))]))
        await store.commit(Change(two.id, messages=[message(f"n_{i}", f"other {i}")]))

    async def page(before: str | None) -> tuple[list[str], bool]:
        kept, older = await store.messages(one.id, 3, before)
        return [m.content for m in kept], older

    assert await page(None) == (["4", "5", "6"], True)
    assert await page("m_5") == (["1", "2", "3"], True)
    assert await page("m_6") == (["0", "1", "2"], False)
    assert await page("m_9") == ([], False)
    assert (await store.messages(one.id, 7))[1] is False
    [itself], older = await store.messages(one.id, 1, "m_5", with_it=True)
    assert (itself.message_id, older) == ("m_5", True)


@pytest.mark.parametrize("before", ["m_none", "n_other"])
async def test_a_page_before_a_message_that_is_not_the_sessions_is_not_found(store: Store, before: str) -> None:
    one, two = session("one"), session("two")
    await store.commit(Change(session=one))
    await store.commit(Change(session=two))
    await store.commit(Change(two.id, messages=[message("n_other")]))
    with pytest.raises(NotFound):
        await store.messages(one.id, 3, before)


async def test_a_new_message_counts_and_moves_the_session_up(store: Store) -> None:
    one = session("one", updated_at=at(20))
    await store.commit(Change(session=one))
    await store.commit(Change(one.id, messages=[message("m_1", created_at=at(10)), message("m_2", created_at=at(15))]))
    record = await found(store, "one")
    assert (record.message_count, record.updated_at) == (2, at(20))
    await store.commit(Change(one.id, messages=[message("m_3", created_at=at(30))]))
    record = await found(store, "one")
    assert (record.message_count, record.updated_at) == (3, at(30))


async def test_a_message_that_is_replaced_keeps_its_place_and_counts_once(store: Store) -> None:
    one = session("one")
    await store.commit(Change(session=one))
    await store.commit(Change(one.id, messages=[message("m_1", "first", status="partial"), message("m_2", "second")]))
    better = message("m_1", "better", created_at=at(60), model="m", metadata={"a": 1}, role="assistant")
    await store.commit(Change(one.id, messages=[better]))
    kept, _ = await store.messages(one.id, 10)
    assert kept == [better, message("m_2", "second")]
    record = await found(store, "one")
    assert (record.message_count, record.updated_at) == (2, at(10))


async def test_the_first_words_of_the_user_become_the_summary(store: Store) -> None:
    one = session("one")
    await store.commit(Change(session=one))
    await store.commit(
        Change(one.id, messages=[message("m_1", "I greet you", role="assistant"), message("m_2", " \n ")])
    )
    assert (await found(store, "one")).summary is None
    await store.commit(
        Change(one.id, messages=[message("m_3", "  line\n\ttwo  " + "词" * 200), message("m_4", "later")])
    )
    summary = (await found(store, "one")).summary
    assert summary == "line two " + "词" * 111
    await store.commit(Change(one.id, messages=[message("m_5", "even later")]))
    assert (await found(store, "one")).summary == summary


async def test_a_summary_that_is_there_stays(store: Store) -> None:
    await store.commit(Change(session=session("one", summary="mine")))
    await store.commit(Change("s_ada_one", messages=[message("m_1")]))
    assert (await found(store, "one")).summary == "mine"


async def test_admitting_keeps_session_run_and_message(store: Store) -> None:
    one = session("one", message_count=9, labels={"a": "b"})
    asked = run("r_1", one, idempotency_key="k", fingerprint="f", seq=3, epoch="e_1")
    answered = await store.admit(
        Change(session=one, run=asked, messages=[message("m_1", run_id="r_1", created_at=at(30))])
    )
    assert answered == asked == await store.find_run("r_1")
    record = await found(store, "one")
    assert record == session("one", message_count=1, labels={"a": "b"}, updated_at=at(30), summary="hello")
    await store.admit(Change(session=record, run=run("r_2", one), messages=[message("m_2")]))
    assert (await found(store, "one")).message_count == 2


async def test_a_new_session_may_be_refused_a_key_that_another_user_has(store: Store) -> None:
    ada, bob = session("one"), session("one", user="bob")
    await store.commit(Change(session=bob))
    with pytest.raises(SessionExists):
        await store.admit(Change(session=ada, run=run("r_1", ada), messages=[message("m_1")]), of_anybody=True)
    assert await store.find_run("r_1") is None
    assert await store.find_session("ada", "one") is None
    await store.admit(Change(session=ada, run=run("r_1", ada), messages=[message("m_1")]))
    await store.admit(Change(session=ada, run=run("r_2", ada), messages=[message("m_2")]), of_anybody=True)
    assert (await found(store, "one")).message_count == 2


async def test_a_run_can_be_changed_after_it_was_admitted_without_changing_what_is_kept(store: Store) -> None:
    one, asked = session("one"), run("r_1", session("one"))
    answered = await store.admit(Change(session=one, run=asked, messages=[message("m_1")]))
    answered.status = asked.status = "completed"
    kept = await store.find_run("r_1")
    assert kept is not None
    assert kept.status == "queued"


async def test_a_used_key_answers_the_run_of_that_time_and_keeps_nothing(store: Store) -> None:
    one = session("one")
    first = await store.admit(
        Change(session=one, run=run("r_1", one, idempotency_key="k", created_at=at(0)), messages=[message("m_1")])
    )
    await store.commit(Change(one.id, run=msgspec.structs.replace(first, status="completed", response="done")))
    late = "2026-03-01T23:59:59.999Z"
    two = session("two")
    again = await store.admit(
        Change(session=two, run=run("r_2", two, idempotency_key="k", created_at=late), messages=[message("m_2")])
    )
    assert (again.id, again.status, again.response) == ("r_1", "completed", "done")
    assert await store.find_run("r_2") is None
    assert await store.find_session("ada", "two") is None
    assert await contents(store, one.id) == ["hello"]


async def test_a_key_counts_for_a_day_and_for_one_user(store: Store) -> None:
    one, bobs = session("one"), session("one", "bob")
    await store.admit(
        Change(session=one, run=run("r_1", one, idempotency_key="k", created_at=at(0)), messages=[message("m_1")])
    )
    bob = await store.admit(
        Change(session=bobs, run=run("r_b", bobs, idempotency_key="k", created_at=at(1)), messages=[message("m_b")])
    )
    assert bob.id == "r_b"
    other = await store.admit(
        Change(session=one, run=run("r_2", one, idempotency_key="K", created_at=at(1)), messages=[message("m_2")])
    )
    assert other.id == "r_2"
    next_day = "2026-03-02T00:00:00.001Z"
    later = await store.admit(
        Change(session=one, run=run("r_3", one, idempotency_key="k", created_at=next_day), messages=[message("m_3")])
    )
    assert later.id == "r_3"
    newest = await store.admit(
        Change(session=one, run=run("r_4", one, idempotency_key="k", created_at=next_day), messages=[message("m_4")])
    )
    assert newest.id == "r_3"


async def test_runs_without_a_key_are_never_the_same(store: Store) -> None:
    one = session("one")
    for i in range(3):
        assert (
            await store.admit(Change(session=one, run=run(f"r_{i}", one), messages=[message(f"m_{i}")]))
        ).id == f"r_{i}"


async def test_admits_of_one_key_at_the_same_time_give_one_run(store: Store) -> None:
    one = session("one")
    await store.commit(Change(session=one))
    answered: list[RunRecord] = []

    async def admit(i: int) -> None:
        # The clock may have been read in another order than the writes arrive.
        asked = run(f"r_{i}", one, idempotency_key="k", created_at=at(60 - i))
        answered.append(await store.admit(Change(session=one, run=asked, messages=[message(f"m_{i}")])))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for i in range(40):
                group.start_soon(admit, i)
    assert len({record.id for record in answered}) == 1
    assert len(await store.unfinished_runs()) == 1
    assert (await found(store, "one")).message_count == 1


async def test_admitting_to_a_key_that_another_session_has_is_refused_whole(store: Store) -> None:
    await store.commit(Change(session=session("one")))
    new = session("one", id="s_new")
    with pytest.raises(Conflict):
        await store.admit(Change(session=new, run=run("r_1", new), messages=[message("m_1")]))
    assert await store.find_run("r_1") is None
    assert await store.messages("s_new", 10) == ([], False)


async def test_a_run_is_replaced_by_its_id_with_all_its_fields(store: Store) -> None:
    one = session("one")
    await store.admit(Change(session=one, run=run("r_1", one), messages=[message("m_1")]))
    ended = run(
        "r_1",
        one,
        status="error",
        token="laptop",
        model="p/m",
        started_at=at(11),
        finished_at=at(12),
        finish_reason="error",
        message_id="m_2",
        response="half\x00 a 句",
        usage=Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3),
        error=RunError(code="provider_error", message="gone"),
        tool_calls=[ToolUse(call_id="c", tool="shell", duration_ms=1, params={"a": [1]})],
        skills_used=["weather"],
        duration_ms=1000,
        idempotency_key=None,
        fingerprint="f",
    )
    await store.commit(Change(one.id, run=ended))
    assert await store.find_run("r_1") == ended
    assert await store.find_run("r_none") is None


async def test_unfinished_runs_are_those_queued_or_running_the_oldest_first(store: Store) -> None:
    one, bobs = session("one"), session("one", "bob")
    await store.commit(Change(session=bobs))
    states = ["queued", "completed", "running", "aborted", "error", "interrupted"]
    for i, status in enumerate(states):
        await store.admit(
            Change(
                session=one, run=run(f"r_{i}", one, status=status, created_at=at(50 - i)), messages=[message(f"m_{i}")]
            )
        )
    await store.admit(
        Change(session=bobs, run=run("r_b", bobs, status="running", created_at=at(1)), messages=[message("m_b")])
    )
    assert [record.id for record in await store.unfinished_runs()] == ["r_b", "r_2", "r_0"]
    await store.commit(Change(one.id, run=run("r_0", one, status="completed")))
    assert [record.id for record in await store.unfinished_runs()] == ["r_b", "r_2"]


async def test_events_come_back_in_order_after_the_one_last_seen(store: Store) -> None:
    one, two = session("one"), session("two")
    await store.commit(Change(session=one))
    await store.commit(Change(session=two))
    merged = event(one, 6, b'{"delta":"\xe4\xba\x8c"}', type="chat.delta", run_id="r", marks=((4, 3), (5, 7), (6, 9)))
    await store.commit(Change(one.id, events=[event(one, 7), event(one, 2, b'{"x": 1.0}'), merged]))
    await store.commit(Change(two.id, events=[event(two, 3)]))
    assert await store.events(one.id, 0, 10) == [event(one, 2, b'{"x": 1.0}'), merged, event(one, 7)]
    assert await store.events(one.id, 2, 1) == [merged]
    assert await store.events(one.id, 7, 10) == []
    assert await store.events("s_none", 0, 10) == []


async def test_events_raise_the_number_where_the_stream_stands_and_never_lower_it(store: Store) -> None:
    one = session("one", seq=5)
    await store.commit(Change(session=one))
    await store.commit(Change(one.id, events=[event(one, 3)]))
    assert (await found(store, "one")).seq == 5
    await store.commit(Change(one.id, events=[event(one, 8), event(one, 6)]))
    assert (await found(store, "one")).seq == 8
    await store.commit(Change(one.id, SessionPatch(epoch="e_9")))
    record = await found(store, "one")
    assert (record.epoch, record.seq, record.updated_at) == ("e_9", 8, at(0))
    await store.admit(Change(session=record, run=run("r_1", one), messages=[message("m_1")]))
    await store.commit(Change(one.id, messages=[message("m_2")]))
    assert (await found(store, "one")).seq == 8


async def test_an_event_is_replaced_by_its_number(store: Store) -> None:
    one = session("one")
    await store.commit(Change(session=one))
    await store.commit(Change(one.id, events=[event(one, 1, b"1", marks=[(1, 2)])]))
    await store.commit(Change(one.id, events=[event(one, 1, b"2")]))
    assert await store.events(one.id, 0, 10) == [event(one, 1, b"2")]


async def test_of_a_sessions_events_the_newest_are_kept(store: Store) -> None:
    one, two = session("one"), session("two")
    await store.commit(Change(session=one))
    await store.commit(Change(session=two))
    await store.commit(Change(two.id, events=[event(two, 1)]))
    for seq in range(3, 60, 3):  # the numbers between went to deltas that were not kept
        await store.commit(Change(one.id, events=[event(one, seq)]))
    await store.commit(Change(one.id, events=[event(one, 60), event(one, 61)]))
    assert [kept.seq for kept in await store.events(one.id, 0, 99)] == [36, 39, 42, 45, 48, 51, 54, 57, 60, 61]
    assert len(await store.events(two.id, 0, 99)) == 1


async def test_a_commit_to_a_session_that_is_gone_keeps_usage_alone(store: Store) -> None:
    gone = session("gone")
    await store.commit(
        Change(
            gone.id,
            SessionPatch(epoch="e"),
            messages=[message("m_1")],
            events=[event(gone, 1)],
            run=run("r_1", gone),
            usage=[used()],
        )
    )
    assert await store.messages(gone.id, 10) == ([], False)
    assert await store.events(gone.id, 0, 10) == []
    assert await store.find_run("r_1") is None
    assert await store.unfinished_runs() == []
    assert (await store.list_sessions(SessionQuery(user=None, limit=9)))[1] == 0
    assert (await store.usage(UsageQuery(user="ada", by="day", limit=9)))[1].requests == 1


async def test_usage_is_added_up_by_day_the_newest_first(store: Store) -> None:
    one = session("one")
    await store.commit(Change(session=one))
    days = ["2026-03-01T23:59:59.999Z", "2026-03-03T00:00:00.000Z", "2026-03-01T00:00:00.000Z"]
    await store.commit(Change(one.id, usage=[used(at=day, cost=0.25, prompt_tokens=i) for i, day in enumerate(days)]))
    rows, total = await store.usage(UsageQuery(user="ada", by="day", limit=9))
    assert [(row.key, row.requests, row.prompt_tokens, row.cost) for row in rows] == [
        ("2026-03-03", 1, 1, 0.25),
        ("2026-03-01", 2, 2, 0.5),
    ]
    assert (total.requests, total.prompt_tokens, total.completion_tokens, total.latency_ms) == (3, 3, 15, 300)
    assert total.cost == 0.75


async def test_cached_and_reasoning_tokens_are_kept_and_added_up(store: Store) -> None:
    given = [used(prompt_tokens=100, cached_tokens=60), used(completion_tokens=50, reasoning_tokens=40), used()]
    await store.commit(Change("s_gone", usage=given))
    rows, total = await store.usage(UsageQuery(user="ada", by="model", limit=9))
    assert [(row.cached_tokens, row.reasoning_tokens) for row in rows] == [(60, 40)]
    assert (total.cached_tokens, total.reasoning_tokens) == (60, 40)


FIELDS = {"session": "session_key", "agent": "agent_id", "user": "user", "token": "token", "provider": "provider"}


@pytest.mark.parametrize(("by", "field"), FIELDS.items())
async def test_usage_is_added_up_by_others_the_largest_first(store: Store, by: str, field: str) -> None:
    values = ["b", "c", "a", "c", "d"]
    amounts = [50, 30, 50, 40, 1]
    given = [used(**{field: value}, prompt_tokens=n) for value, n in zip(values, amounts, strict=True)]
    await store.commit(Change("s_gone", usage=given))
    rows, total = await store.usage(UsageQuery(user=None, by=by, limit=3))  # pyright: ignore[reportArgumentType]
    assert [(row.key, row.requests, row.prompt_tokens) for row in rows] == [("c", 2, 70), ("a", 1, 50), ("b", 1, 50)]
    assert (total.requests, total.prompt_tokens) == (5, 171)


async def test_cost_is_known_where_any_request_had_a_price(store: Store) -> None:
    await store.commit(Change("s_gone", usage=[used(model="a"), used(model="b", cost=0.5), used(model="b")]))
    rows, total = await store.usage(UsageQuery(user="ada", by="model", limit=9))
    assert [(row.key, row.cost) for row in rows] == [("b", 0.5), ("a", None)]
    assert total.cost == 0.5


async def test_usage_is_filtered_by_all_that_is_asked(store: Store) -> None:
    await store.commit(
        Change(
            "s_gone",
            usage=[
                used(at=at(1), model="m1", agent_id="x", session_key="one"),
                used(at=at(2), model="m2", agent_id="x", session_key="two"),
                used(at=at(3), model="m2", agent_id="y", session_key="two"),
                used(at=at(4), user="bob", model="m2"),
            ],
        )
    )

    async def requests(user: str | None = "ada", **filters: str) -> int:
        query = UsageQuery(user=user, by="day", limit=9, **filters)  # pyright: ignore[reportArgumentType]
        rows, total = await store.usage(query)
        assert sum(row.requests for row in rows) == total.requests
        return total.requests

    assert await requests() == 3
    assert await requests(None) == 4
    assert await requests("eve") == 0
    assert await requests(model="m2") == 2
    assert await requests(agent_id="x", model="m2") == 1
    assert await requests(session_key="two") == 2
    assert await requests(since=at(2)) == 2
    assert await requests(until=at(2)) == 1
    assert await requests(None, since=at(4), until=at(5)) == 1


async def test_usage_of_nothing_is_zero(store: Store) -> None:
    rows, total = await store.usage(UsageQuery(user="ada", by="day", limit=9))
    assert rows == []
    assert (total.requests, total.prompt_tokens, total.cost) == (0, 0, None)


async def test_what_was_spent_is_told_by_user_token_and_agent(store: Store) -> None:
    given = [
        used(at=at(1), prompt_tokens=1, completion_tokens=2, cost=0.5),
        used(at=at(2), prompt_tokens=10, completion_tokens=20, cost=0.25),
        used(at=at(2), prompt_tokens=100, completion_tokens=0, agent_id=""),
        used(at=at(2), prompt_tokens=7, completion_tokens=0, user="bob", token="phone"),
        used(at=at(3), prompt_tokens=1000, completion_tokens=0),
    ]
    await store.commit(Change("s_gone", usage=given))
    every = used()
    spent = sorted(await store.spent(at(1), at(3)))
    assert spent == [
        Spent("ada", every.token, "", 100, 0.0),
        Spent("ada", every.token, every.agent_id, 33, 0.75),
        Spent("bob", "phone", every.agent_id, 7, 0.0),
    ]
    assert await store.spent(at(4), at(5)) == []


async def test_the_run_that_a_key_stands_for_is_found_without_keeping_another(store: Store) -> None:
    one = session("one")
    first = run("r_1", one, idempotency_key="k", created_at=at(10))
    await store.admit(Change(session=one, run=first))
    found = await store.find_repeated(first.user, "k", at(20))
    assert found is not None
    assert found.id == "r_1"
    for user, key in ((first.user, "other"), ("bob", "k")):
        assert await store.find_repeated(user, key, at(20)) is None
    assert await store.find_repeated(first.user, "k", "2026-03-02T00:00:10.000Z") is None

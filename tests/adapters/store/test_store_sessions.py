"""What every store does with sessions: find, list, change, copy, clear, delete."""

from typing import Any

import msgspec
import pytest

from openclaw_rpc.domain.events.change import Change, SessionPatch
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.records import SessionQuery, SessionRecord, UsageQuery
from openclaw_rpc.protocol.chat import CalledFunction, MessageAttachment, MessageToolCall
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest
from tests.support.store import at, event, message, run, session, used


def full(name: str) -> SessionRecord:
    return session(
        name,
        seq=7,
        message_count=3,
        title="Früh",
        summary="二字",
        model="p/m",
        labels={"a": "1", "": "空"},
        context={"deep": [{"n": 1.5, "none": None}], "big": 2**53},
    )


def keys(page: tuple[list[SessionRecord], int, str | None]) -> list[str]:
    return [record.key for record in page[0]]


async def found(store: Store, key: str, user: str = "ada", *, of_anybody: bool = False) -> SessionRecord:
    record = await store.find_session(user, key, of_anybody=of_anybody)
    assert record is not None
    return record


async def test_a_session_is_found_as_it_was_kept(store: Store) -> None:
    await store.commit(Change(session=full("one")))
    assert await found(store, "one") == full("one")


async def test_what_is_found_can_be_changed_without_changing_what_is_kept(store: Store) -> None:
    given = full("one")
    await store.commit(Change(session=given))
    given.labels["x"] = "later"
    (await found(store, "one")).context["x"] = "later"
    assert await found(store, "one") == full("one")


async def test_a_session_is_found_for_its_user_alone(store: Store) -> None:
    await store.commit(Change(session=session("one")))
    assert await store.find_session("bob", "one") is None
    assert await store.find_session("ada", "two") is None


async def test_of_anybodys_the_own_session_is_found_first_then_the_last_used_of_that_key(store: Store) -> None:
    await store.commit(Change(session=session("one", "ada", updated_at=at(5))))
    await store.commit(Change(session=session("one", "bob", updated_at=at(9))))
    assert (await found(store, "one", "ada", of_anybody=True)).user == "ada"
    assert (await found(store, "one", "cy", of_anybody=True)).user == "bob"
    assert await store.find_session("cy", "two", of_anybody=True) is None


async def test_a_user_has_one_session_of_a_key(store: Store) -> None:
    await store.commit(Change(session=session("one", title="first")))
    with pytest.raises(Conflict):
        await store.commit(Change(session=session("one", id="s_other")))
    await store.commit(Change(session=session("one", "bob")))
    assert (await found(store, "one")).title == "first"


async def test_an_update_keeps_what_it_sets_and_nothing_else(store: Store) -> None:
    await store.commit(Change(session=full("one")))
    patch = SessionPatch(
        updated_at=at(50), epoch="e_2", agent_id="coder", title=None, model="q", labels={"b": "2"}, context={}
    )
    changed = await store.commit(Change("s_ada_one", patch))
    expected = msgspec.structs.replace(
        full("one"),
        updated_at=at(50),
        epoch="e_2",
        agent_id="coder",
        title=None,
        model="q",
        labels={"b": "2"},
        context={},
    )
    assert await found(store, "one") == expected == changed


async def test_an_update_writes_only_the_fields_that_it_sets(store: Store) -> None:
    await store.commit(Change(session=full("one")))
    assert await store.commit(Change("s_ada_one", SessionPatch(title="new"))) == await found(store, "one")
    assert await found(store, "one") == msgspec.structs.replace(full("one"), title="new")
    await store.commit(Change("s_ada_one", SessionPatch(updated_at="2020-01-01T00:00:00.000Z")))
    assert (await found(store, "one")).updated_at == full("one").updated_at, "it never goes back"
    await store.commit(Change("s_ada_one", SessionPatch()))
    assert (await found(store, "one")).title == "new"


async def test_an_update_of_a_session_that_is_gone_does_nothing(store: Store) -> None:
    assert await store.commit(Change("s_ada_one", SessionPatch(title="new"))) is None
    assert await store.find_session("ada", "one") is None


async def test_deleting_takes_messages_runs_and_events_but_not_usage(store: Store) -> None:
    one, two = session("one"), session("two")
    for of in (one, two):
        await store.admit(Change(session=of, run=run(f"r_{of.key}", of), messages=[message(f"m_{of.key}")]))
        await store.commit(Change(of.id, events=[event(of, 1)], usage=[used(session_key=of.key)]))
    assert await store.delete_session(one.id)
    assert await store.find_session("ada", "one") is None
    assert await store.messages(one.id, 10) == ([], False)
    assert await store.find_run("r_one") is None
    assert await store.events(one.id, 0, 10) == []
    assert (await store.usage(UsageQuery(user="ada", by="session", limit=9)))[1].requests == 2
    assert await store.find_run("r_two") is not None
    assert len((await store.messages(two.id, 10))[0]) == 1
    assert not await store.delete_session(one.id)


async def test_clearing_keeps_the_session_and_its_place_in_the_stream(store: Store) -> None:
    one = session("one", title="kept", labels={"a": "b"})
    await store.admit(Change(session=one, run=run("r_1", one), messages=[message("m_1")]))
    await store.commit(Change(one.id, events=[event(one, 4)]))
    await store.commit(Change(one.id, SessionPatch(clear=True)))
    record = await found(store, "one")
    assert (record.message_count, record.summary, record.seq) == (0, None, 4)
    assert (record.title, record.labels) == ("kept", {"a": "b"})
    assert await store.messages(one.id, 10) == ([], False)
    assert await store.events(one.id, 0, 10) == []
    assert await store.find_run("r_1") is None
    await store.commit(Change("s_nobody", SessionPatch(clear=True)))


async def test_a_fork_has_the_messages_up_to_the_one_that_was_named(store: Store) -> None:
    one = session("one")
    await store.commit(Change(session=one))
    extra: dict[str, Any] = {
        "tool_calls": [MessageToolCall(id="c", function=CalledFunction(name="f"))],
        "metadata": {"k": [1]},
        "attachments": [MessageAttachment(type="text", name="n", text="t")],
    }
    source = [message(f"m_{i}", f"says {i}", created_at=at(i), run_id="r", **extra) for i in range(4)]
    await store.commit(Change(one.id, messages=source))
    assert await store.copy_session(one.id, session("two", updated_at=at(99)), "m_2")
    copies, older = await store.messages("s_ada_two", 10)
    assert [copy.content for copy in copies] == ["says 0", "says 1", "says 2"]
    assert not older
    assert {copy.message_id for copy in copies}.isdisjoint(m.message_id for m in source)
    assert [msgspec.structs.replace(copy, message_id=f"m_{i}") for i, copy in enumerate(copies)] == source[:3]
    two = await found(store, "two")
    assert (two.message_count, two.summary, two.updated_at) == (3, "says 0", at(99))
    assert len((await store.messages(one.id, 10))[0]) == 4


async def test_a_fork_before_a_message_lacks_it_and_may_be_empty(store: Store) -> None:
    one = session("one")
    await store.commit(Change(session=one))
    await store.commit(Change(one.id, messages=[message(f"m_{i}", f"says {i}") for i in range(3)]))
    assert await store.copy_session(one.id, session("two"), "m_2", before=True)
    assert [copy.content for copy in (await store.messages("s_ada_two", 10))[0]] == ["says 0", "says 1"]
    assert await store.copy_session(one.id, session("three"), "m_0", before=True)
    assert (await store.messages("s_ada_three", 10))[0] == []
    assert (await found(store, "three")).message_count == 0


async def test_a_fork_without_an_end_has_all_messages(store: Store) -> None:
    one = session("one")
    await store.commit(Change(session=one))
    assert await store.copy_session(one.id, session("two"), None)
    await store.commit(Change(one.id, messages=[message("m_1"), message("m_2")]))
    assert await store.copy_session(one.id, session("three", message_count=55), None)
    assert (await found(store, "two")).message_count == 0
    assert (await found(store, "three")).message_count == 2


async def test_a_fork_of_what_is_not_there_keeps_nothing(store: Store) -> None:
    one, other = session("one"), session("other")
    await store.commit(Change(session=one))
    await store.commit(Change(session=other))
    await store.commit(Change(other.id, messages=[message("m_other")]))
    assert not await store.copy_session(one.id, session("two"), "m_other")
    assert not await store.copy_session(one.id, session("two"), "m_none")
    assert not await store.copy_session("s_gone", session("two"), None)
    assert await store.find_session("ada", "two") is None


async def test_a_fork_to_a_key_that_is_taken_is_refused(store: Store) -> None:
    one, two = session("one"), session("two")
    await store.commit(Change(session=one))
    await store.commit(Change(one.id, messages=[message("m_1")]))
    await store.commit(Change(session=two))
    with pytest.raises(Conflict):
        await store.copy_session(one.id, session("two", id="s_new"), None)
    assert await store.messages("s_new", 10) == ([], False)
    assert await store.messages(two.id, 10) == ([], False)


async def test_the_copy_of_an_unfinished_message_belongs_to_no_run_that_goes_on(store: Store) -> None:
    one = session("one")
    await store.commit(Change(session=one))
    await store.commit(Change(one.id, messages=[message("m_1", role="assistant", status="partial", run_id="r_1")]))
    assert await store.copy_session(one.id, session("two"), None)
    assert (await store.messages(one.id, 1))[0][0].status == "partial"
    assert (await store.messages("s_ada_two", 1))[0][0].status == "interrupted"


async def test_sessions_are_listed_the_last_used_first(store: Store) -> None:
    for name, second in (("b", 2), ("d", 4), ("a", 1), ("c", 3)):
        await store.commit(Change(session=session(name, updated_at=at(second))))
    await store.commit(Change(session=session("x", "bob", updated_at=at(9))))
    page = await store.list_sessions(SessionQuery(user="ada", limit=10))
    assert (keys(page), page[1], page[2]) == (["d", "c", "b", "a"], 4, None)
    assert keys(await store.list_sessions(SessionQuery(user=None, limit=2))) == ["x", "d"]
    assert (await store.list_sessions(SessionQuery(user="eve", limit=2))) == ([], 0, None)
    assert keys(await store.list_sessions(SessionQuery(user="ada", limit=2, offset=1))) == ["c", "b"]


async def test_no_more_sessions_are_counted_than_was_asked_for(store: Store) -> None:
    for name in ("a", "b", "c", "d", "e"):
        await store.commit(Change(session=session(name, agent_id="x" if name < "c" else "y")))
    await store.commit(Change(session=session("f", "bob", agent_id="y")))

    async def counted(count_to: int, user: str | None = "ada", **filters: str) -> int:
        query = SessionQuery(user=user, limit=1, count_to=count_to, **filters)  # pyright: ignore[reportArgumentType]
        page = await store.list_sessions(query)
        assert page[2] is not None
        again = msgspec.structs.replace(query, cursor=page[2])
        assert (await store.list_sessions(again))[1] == page[1]
        return page[1]

    assert [await counted(most) for most in (3, 4, 5, 6)] == [4, 5, 5, 5]
    assert [await counted(most, user=None) for most in (4, 6)] == [5, 6]
    assert [await counted(most, agent_id="y") for most in (1, 3)] == [2, 3]


async def test_a_cursor_goes_on_where_the_page_ended_whatever_is_added(store: Store) -> None:
    for i in range(7):
        await store.commit(Change(session=session(f"k{i}", updated_at=at(5 if i < 5 else 9))))
    first = await store.list_sessions(SessionQuery(user="ada", limit=3))
    assert (keys(first), first[1]) == (["k6", "k5", "k4"], 7)
    await store.commit(Change(session=session("new", updated_at=at(20))))
    await store.delete_session("s_ada_k4")
    second = await store.list_sessions(SessionQuery(user="ada", limit=2, cursor=first[2], offset=5))
    assert (keys(second), second[1]) == (["k3", "k2"], 7)
    third = await store.list_sessions(SessionQuery(user="ada", limit=2, cursor=second[2]))
    assert (keys(third), third[2]) == (["k1", "k0"], None)


@pytest.mark.parametrize("cursor", ["", "x", "%%%%", "bnVsbA", "WyJhIl0", "WzEsMl0", "a" * 200, "é", "\ud800"])
async def test_a_cursor_that_was_not_given_out_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await store.list_sessions(SessionQuery(user="ada", limit=3, cursor=cursor))
    assert refused.value.field == "cursor"


async def test_sessions_are_filtered_by_all_that_is_asked(store: Store) -> None:
    await store.commit(Change(session=session("a", channel="web", agent_id="x", updated_at=at(1))))
    await store.commit(Change(session=session("b", channel="web", agent_id="y", updated_at=at(2))))
    await store.commit(Change(session=session("c", channel="api", agent_id="y", updated_at=at(3))))
    await store.commit(Change(session=session("d", "bob", channel="web", agent_id="y", updated_at=at(4))))

    async def listed(**filters: str) -> list[str]:
        page = await store.list_sessions(SessionQuery(user="ada", limit=10, **filters))  # pyright: ignore[reportArgumentType]
        assert page[1] == len(page[0])
        return keys(page)

    assert await listed(channel="web") == ["b", "a"]
    assert await listed(agent_id="y") == ["c", "b"]
    assert await listed(agent_id="y", channel="web") == ["b"]
    assert await listed(since=at(2)) == ["c", "b"]
    assert await listed(until=at(2)) == ["a"]
    assert await listed(since=at(2), until=at(3)) == ["b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("QUARTERLY", ["key"]),
        ("titel", ["title"]),
        ("世界", ["said"]),
        ("界", ["said"]),
        ("你好世", ["said"]),
        ("WORLD", ["said"]),
        ("100%", ["said"]),
        ("%", ["said"]),
        ("a_b", ["title"]),
        ("\\", ["said"]),
        ("école", ["title"]),
        ("ÉCOLE*", ["title"]),
        ("привет [x]?", ["said"]),
        ("Привет", ["said"]),
        ("summed", ["summary"]),
        ("axb", []),
        ("äbsent", []),
        ("secret of bob", []),
    ],
)
async def test_text_is_found_in_any_case_and_any_script(store: Store, text: str, expected: list[str]) -> None:
    await store.commit(Change(session=session("quarterly", updated_at=at(4), context={"name": "key"})))
    await store.commit(Change(session=session("t", title="Der Titel: a_b, École*", context={"name": "title"})))
    await store.commit(Change(session=session("s", summary="all Summed up", context={"name": "summary"})))
    said = session("m", context={"name": "said"})
    await store.commit(Change(session=said))
    words = ["你好世界", "100% of the world \\ here", "ПРИВЕТ [x]?"]
    await store.commit(Change(said.id, messages=[message(f"m_{i}", w, role="assistant") for i, w in enumerate(words)]))
    other = session("o", "bob", context={"name": "other"})
    await store.commit(Change(session=other))
    await store.commit(Change(other.id, messages=[message("m_bob", "secret of bob")]))
    records, total, _ = await store.list_sessions(SessionQuery(user="ada", limit=9, text=text))
    assert [record.context["name"] for record in records] == expected
    assert total == len(expected)


async def test_what_is_deleted_takes_nothing_of_its_neighbours(store: Store) -> None:
    """Of the sessions before it and behind it, and of one that is made after it was the last."""
    names = ["one", "two", "three"]
    for name in names:
        of = session(name)
        await store.admit(Change(session=of, run=run(f"r_{name}", of), messages=[message(f"m_{name}")]))
        await store.commit(Change(of.id, events=[event(of, 0), event(of, 1)]))
    await store.commit(Change("s_ada_two", SessionPatch(clear=True)))
    assert await store.find_run("r_two") is None
    for name in ("three", "two"):
        await store.delete_session(f"s_ada_{name}")
        assert await store.messages(f"s_ada_{name}", 9) == ([], False)
    four = session("four")
    await store.commit(Change(session=four))
    assert await store.messages(four.id, 9) == ([], False)
    assert await store.events(four.id, -1, 9) == []
    assert [found.id for found in await store.unfinished_runs()] == ["r_one"]
    assert [m.message_id for m in (await store.messages("s_ada_one", 9))[0]] == ["m_one"]
    assert [kept.seq for kept in await store.events("s_ada_one", -1, 9)] == [0, 1]

"""What every store does with what is to be sent to the outside, and with what may be done once."""

import anyio
import pytest

from openclaw_rpc.domain.events.change import Change, Claim, Delivery, SessionPatch
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.records import DeliveryQuery, SessionQuery
from openclaw_rpc.protocol.errors import AlreadyClaimed, InvalidRequest
from tests.support.store import at, delivery, message, run, session, used


async def keep(store: Store, *deliveries: Delivery) -> None:
    await store.commit(Change(deliveries=deliveries))


async def claim(store: Store, now: int = 100, limit: int = 100, per_target: int = 100) -> list[str]:
    claimed, _ = await store.deliveries.claim("webhook", at(now), limit, per_target=per_target)
    return [one.id for one in claimed]


async def test_a_delivery_is_kept_with_its_change_and_found_as_it_was_given(store: Store) -> None:
    given = delivery("d", body=b"\x00\xff", lane="l", target="t", last_error=None)
    one = session("one")
    await store.commit(Change(session=one, messages=[message("m_1")], deliveries=[given]))
    assert await store.deliveries.find("d") == given
    given.attempts = 9
    found = await store.deliveries.find("d")
    assert found is not None
    assert found.attempts == 0, "what was kept is a copy"
    assert await store.deliveries.find("other") is None


async def test_deliveries_are_kept_also_where_the_session_is_gone(store: Store) -> None:
    await store.commit(Change("s_gone", messages=[message("m_1")], deliveries=[delivery("d")]))
    assert await store.deliveries.find("d") is not None


async def test_deliveries_of_one_lane_are_sent_one_after_the_other_in_their_order(store: Store) -> None:
    await keep(store, delivery("a"), delivery("b"), delivery("c", lane="other"))
    assert await claim(store) == ["a", "c"]
    assert await claim(store) == [], "they are being sent"
    sending = await store.deliveries.find("a")
    assert sending is not None
    assert (sending.status, sending.attempts) == ("sending", 1)
    assert await store.deliveries.settle("a", "pending", next_at=at(200), error="refused")
    assert await store.deliveries.claim("webhook", at(150), 9, per_target=9) == ([], at(200))
    assert await claim(store, now=200) == ["a"], "the one that has to be tried again goes first"
    assert await store.deliveries.settle("a", "delivered")
    assert await claim(store, now=200) == ["b"]


async def test_what_stands_in_no_lane_waits_for_nothing(store: Store) -> None:
    await keep(store, delivery("a", lane=""), delivery("b", lane="", next_at=at(50)), delivery("c", lane=""))
    assert await claim(store, now=1) == ["a", "c"]
    assert await store.deliveries.claim("webhook", at(1), 9, per_target=9) == ([], at(50))
    assert await store.deliveries.settle("a", "pending", next_at=at(60), error="refused")
    assert await claim(store, now=50) == ["b"]
    assert await claim(store, now=60, per_target=2) == [], "two are on their way"
    assert await claim(store, now=60, per_target=3) == ["a"]


@pytest.mark.parametrize("status", ["delivered", "dead", "unknown"])
async def test_a_delivery_that_is_over_holds_up_nothing(store: Store, status: str) -> None:
    await keep(store, delivery("a"), delivery("b"))
    await claim(store)
    assert await store.deliveries.settle("a", status, error="why")  # pyright: ignore[reportArgumentType]
    assert not await store.deliveries.settle("a", "dead"), "it is not being sent any more"
    assert await claim(store) == ["b"]
    over = await store.deliveries.find("a")
    assert over is not None
    assert (over.status, over.last_error) == (status, "why")


async def test_targets_take_turns_and_have_bounds_of_their_own(store: Store) -> None:
    many = [delivery(f"many{n}", target="many", lane=str(n)) for n in range(20)]
    await keep(store, *many, delivery("one", target="one"), delivery("two", target="two", next_at=at(5)))
    assert await claim(store, limit=3) == ["many0", "one", "two"]
    assert await claim(store, per_target=3) == ["many1", "many2"]
    assert await claim(store, per_target=3) == []


async def test_nothing_is_sent_before_its_time_nor_by_another_kind(store: Store) -> None:
    await keep(store, delivery("later", next_at=at(50)), delivery("task", kind="task"))
    assert await store.deliveries.claim("webhook", at(49), 9, per_target=9) == ([], at(50))
    assert await claim(store, now=50) == ["later"]
    assert (await store.deliveries.claim("channel", at(50), 9, per_target=9)) == ([], None)


async def test_what_is_over_can_be_sent_once_more(store: Store) -> None:
    await keep(store, delivery("a"))
    assert not await store.deliveries.redeliver("a", at(1)), "it waits anyway"
    await claim(store)
    await store.deliveries.settle("a", "dead", error="gone")
    assert await store.deliveries.redeliver("a", at(300))
    again = await store.deliveries.find("a")
    assert again is not None
    assert (again.status, again.attempts, again.next_at) == ("pending", 0, at(300))
    assert await claim(store, now=300) == ["a"]
    assert not await store.deliveries.redeliver("nothing", at(1))


async def test_deliveries_are_listed_by_pages_and_counted_by_status(store: Store) -> None:
    await keep(store, *(delivery(f"d{n}", lane=str(n)) for n in range(5)), delivery("x", target="other"))
    await claim(store, limit=1)
    page, cursor = await store.deliveries.list(DeliveryQuery(limit=3, target="t"))
    rest, end = await store.deliveries.list(DeliveryQuery(limit=3, target="t", cursor=cursor))
    assert [one.id for one in [*page, *rest]] == ["d4", "d3", "d2", "d1", "d0"]
    assert end is None
    sending, _ = await store.deliveries.list(DeliveryQuery(limit=9, status="sending"))
    assert [one.id for one in sending] == ["d0"]
    assert await store.deliveries.count("webhook") == {"pending": 5, "sending": 1}
    assert await store.deliveries.count("webhook", "other") == {"pending": 1}
    with pytest.raises(InvalidRequest):
        await store.deliveries.list(DeliveryQuery(limit=3, cursor="nonsense"))


async def test_a_target_that_is_removed_takes_its_deliveries_with_it(store: Store) -> None:
    await keep(store, delivery("a"), delivery("b", lane="2"), delivery("x", target="other"))
    assert await store.deliveries.drop("webhook", "t") == 2
    assert await claim(store) == ["x"]


async def test_what_is_over_is_forgotten_after_a_time_and_what_waits_is_not(store: Store) -> None:
    await keep(store, delivery("old"), delivery("waits", lane="2"), delivery("new", lane="3", created_at=at(500)))
    await store.commit(Change(claims=[Claim(name="n", key="old", at=at(1)), Claim(name="n", key="new", at=at(500))]))
    for one in ("old", "new"):
        await claim(store, limit=3)
        await store.deliveries.settle(one, "delivered")
    assert await store.deliveries.prune(at(400)) == 1
    assert await store.deliveries.find("old") is None
    assert await store.deliveries.find("waits") is not None
    await store.commit(Change(claims=[Claim(name="n", key="old", at=at(501))]))
    with pytest.raises(AlreadyClaimed):
        await store.commit(Change(claims=[Claim(name="n", key="new", at=at(501))]))


async def test_what_is_claimed_again_keeps_nothing_of_its_change(store: Store) -> None:
    one, two = session("one"), session("two")
    claimed = Claim(name="telegram", key="17", at=at(1))
    await store.commit(Change(session=one, claims=[claimed]))
    again = Change(one.id, SessionPatch(title="t"), usage=[used()], deliveries=[delivery("d")], claims=[claimed])
    with pytest.raises(AlreadyClaimed):
        await store.commit(again)
    with pytest.raises(AlreadyClaimed):
        await store.commit(Change(session=two, claims=[Claim(name="telegram", key="18", at=at(1)), claimed]))
    with pytest.raises(AlreadyClaimed):
        await store.admit(Change(session=two, run=run("r", two), messages=[message("m")], claims=[claimed]))
    records, _, _ = await store.list_sessions(SessionQuery(user="ada", limit=9))
    assert [(record.key, record.title) for record in records] == [("one", None)]
    assert await store.deliveries.find("d") is None
    await store.commit(Change(claims=[Claim(name="telegram", key="18", at=at(1))]))
    await store.commit(Change(claims=[Claim(name="discord", key="17", at=at(1))]))


async def test_of_many_who_claim_at_once_one_has_it(store: Store) -> None:
    had: list[int] = []

    async def take(number: int) -> None:
        one = session(f"s{number}")
        change = Change(session=one, run=run(f"r{number}", one), claims=[Claim(name="n", key="k", at=at(1))])
        try:
            await store.admit(change)
            had.append(number)
        except AlreadyClaimed:
            assert await store.find_session("ada", f"s{number}") is None

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(take, number)
    assert len(had) == 1


async def test_many_changes_are_kept_in_one_write(store: Store) -> None:
    records = [session(f"s{n}") for n in range(3)]
    for record in records:
        await store.commit(Change(session=record))
    await store.commit_all([Change(record.id, messages=[message(f"m_{record.key}")]) for record in records])
    for record in records:
        assert len((await store.messages(record.id, 9))[0]) == 1


async def test_what_was_being_sent_when_its_process_ended_is_found(store: Store) -> None:
    await keep(store, delivery("a"), delivery("b", lane="other"))
    assert await store.deliveries.broken_off("webhook", 9) == []
    assert await claim(store, limit=1) == ["a"]
    assert [each.id for each in await store.deliveries.broken_off("webhook", 9)] == ["a"]
    assert await store.deliveries.broken_off("channel", 9) == []

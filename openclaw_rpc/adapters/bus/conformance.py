"""What every bus must do, as checks that any adapter can be held against: give each a new one.

Each check is a coroutine function that takes a bus and raises `AssertionError` where it falls short.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from openclaw_rpc.domain.events.bus import EVERYTHING, Bus, Filter
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.protocol.base import Topic
from openclaw_rpc.protocol.chat import ChatDeltaEvent, ChatStartedEvent, chat_delta, chat_started
from openclaw_rpc.protocol.log import LogEntry, log_line
from openclaw_rpc.protocol.session import SessionGoneEvent, session_deleted

SECONDS = 5.0
"""How long an event may take to those who hear it."""

Check = Callable[[Bus], Awaitable[None]]


class KeepingListener:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[Published] = []

    def hear(self, event: Published) -> None:
        """Take an event."""
        self.events.append(event)

    async def texts(self, count: int) -> list[str]:
        """The texts of the deltas that were heard, once there are so many."""
        await until(lambda: len(self.events) >= count)
        return [event.data.delta for event in self.events]


def delta(text: str, session_id: str = "s_1", run_id: str = "r_1", user: str = "ada") -> Published:
    """A delta of a run."""
    data = ChatDeltaEvent(session_key="one", run_id=run_id, delta=text)
    return Published(chat_delta, data, user, session_id, run_id, "e_1", 1)


def gone(user: str) -> Published:
    """That a session was deleted, which has a topic."""
    return Published(session_deleted, SessionGoneEvent(session_key="one"), user, "s_1")


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: it did not in time.
    """
    with anyio.move_on_after(SECONDS):
        while not holds():  # noqa: ASYNC110
            await anyio.sleep(0.001)
    _expect(holds(), "an event was not heard in time")


def _expect(holds: Any, what: str) -> None:
    if not holds:
        raise AssertionError(what)


async def events_are_heard_in_the_order_in_which_they_are_published(bus: Bus) -> None:
    """One listener, many events."""
    keeper = KeepingListener()
    bus.subscribe(Filter(session_id="s_1"), keeper)
    for number in range(100):
        bus.publish(delta(str(number)))
    _expect(await keeper.texts(100) == [str(number) for number in range(100)], "they came in another order")


async def an_event_comes_as_it_was_published(bus: Bus) -> None:
    """All its fields are kept."""
    keeper = KeepingListener()
    bus.subscribe(EVERYTHING, keeper)
    bus.publish(delta("二 🦞"))
    await until(lambda: bool(keeper.events))
    event = keeper.events[0]
    _expect(event.row is chat_delta and event.data == delta("二 🦞").data, "its data changed")
    fields = event.user, event.session_id, event.run_id, event.epoch, event.seq
    _expect(fields == ("ada", "s_1", "r_1", "e_1", 1), "a field of it changed")


async def only_what_fits_a_filter_is_heard(bus: Bus) -> None:
    """By session, by run, by name, by topic, by user; and all of them together."""
    last = Filter(names=frozenset({chat_started.name}))
    filters = {
        "session": Filter(session_id="s_1"),
        "run": Filter(session_id="s_1", run_id="r_1"),
        "name": Filter(names=frozenset({chat_delta.name, log_line.name})),
        "topic": Filter(topic=Topic.SESSIONS),
        "user": Filter(topic=Topic.SESSIONS, user="ada"),
        "anybody": Filter(user="ada"),
        "everything": EVERYTHING,
    }
    keepers = {name: KeepingListener() for name in filters}
    for name, which in filters.items():
        bus.subscribe(which, keepers[name])
    end = KeepingListener()
    bus.subscribe(last, end)
    line = LogEntry(timestamp="", level="info", component="", message="")
    for event in (
        delta("a"),
        delta("b", run_id="r_2"),
        delta("c", session_id="s_2", user="bob"),
        gone("ada"),
        gone("bob"),
        Published(log_line, line, ""),
        Published(chat_started, ChatStartedEvent(session_key="x", run_id="r", agent_id="a"), "cy", "s_3", "r"),
    ):
        bus.publish(event)
    await until(lambda: bool(end.events))
    expected = {"session": 4, "run": 1, "name": 4, "topic": 2, "user": 1, "anybody": 4, "everything": 7}
    heard = {name: len(keeper.events) for name, keeper in keepers.items()}
    _expect(heard == expected, f"heard were {heard}, not {expected}")


async def subscriptions_that_overlap_tell_an_event_once(bus: Bus) -> None:
    """Until the last of them ends."""
    keeper, end = KeepingListener(), KeepingListener()
    unsubscribe = [
        bus.subscribe(which, keeper)
        for which in (Filter(session_id="s_1"), Filter(session_id="s_1", run_id="r_1"), EVERYTHING, EVERYTHING)
    ]
    bus.subscribe(EVERYTHING, end)
    for text in ("4", "3", "2", "1", "0"):
        bus.publish(delta(text))
        if unsubscribe:
            await end.texts(5 - int(text))
            unsubscribe.pop()()
    await end.texts(5)
    _expect([event.data.delta for event in keeper.events] == ["4", "3", "2", "1"], "an event came twice or not at all")


async def whoever_unsubscribed_hears_no_more(bus: Bus) -> None:
    """Also where it unsubscribes twice, and where others go on."""
    keeper, other = KeepingListener(), KeepingListener()
    unsubscribe = bus.subscribe(EVERYTHING, keeper)
    bus.subscribe(EVERYTHING, other)
    bus.publish(delta("heard"))
    await other.texts(1)
    unsubscribe()
    unsubscribe()
    bus.publish(delta("missed"))
    await other.texts(2)
    _expect(await keeper.texts(1) == ["heard"], "it heard on")


async def a_listener_may_unsubscribe_while_it_hears(bus: Bus) -> None:
    """And subscribe others: none of the others misses the event."""
    others = [KeepingListener(), KeepingListener()]

    class Once(KeepingListener):
        def hear(self, event: Published) -> None:
            super().hear(event)
            unsubscribe()

    once = Once()
    bus.subscribe(EVERYTHING, others[0])
    unsubscribe = bus.subscribe(EVERYTHING, once)
    bus.subscribe(EVERYTHING, others[1])
    bus.publish(delta("1"))
    bus.publish(delta("2"))
    for other in others:
        _expect(await other.texts(2) == ["1", "2"], "another missed an event")
    _expect(await once.texts(1) == ["1"], "it heard on")


async def a_listener_that_fails_keeps_no_other_from_hearing(bus: Bus) -> None:
    """It is logged, where there is a log."""

    class Broken:
        def hear(self, event: Published) -> None:
            raise RuntimeError("broken")

    keeper = KeepingListener()
    bus.subscribe(EVERYTHING, Broken())
    bus.subscribe(EVERYTHING, keeper)
    bus.publish(delta("1"))
    _expect(await keeper.texts(1) == ["1"], "another did not hear")


async def what_nobody_listens_to_is_not_wanted(bus: Bus) -> None:
    """What somebody may hear is."""
    _expect(not bus.wanted(chat_delta, "s_1"), "nobody listens")
    unsubscribe = bus.subscribe(Filter(session_id="s_1"), KeepingListener())
    _expect(bus.wanted(chat_delta, "s_1"), "somebody listens to the session")
    _expect(not bus.wanted(chat_delta, "s_2"), "nobody listens to another")
    unsubscribe()
    _expect(not bus.wanted(chat_delta, "s_1"), "nobody listens any more")
    bus.subscribe(Filter(topic=Topic.SESSIONS), KeepingListener())
    _expect(bus.wanted(session_deleted) and not bus.wanted(log_line), "the topic is listened to, another is not")
    bus.subscribe(Filter(names=frozenset({log_line.name})), KeepingListener())
    _expect(bus.wanted(log_line), "the name is listened to")


CHECKS: tuple[Check, ...] = (
    events_are_heard_in_the_order_in_which_they_are_published,
    an_event_comes_as_it_was_published,
    only_what_fits_a_filter_is_heard,
    subscriptions_that_overlap_tell_an_event_once,
    whoever_unsubscribed_hears_no_more,
    a_listener_may_unsubscribe_while_it_hears,
    a_listener_that_fails_keeps_no_other_from_hearing,
    what_nobody_listens_to_is_not_wanted,
)

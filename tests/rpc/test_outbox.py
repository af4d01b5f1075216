"""What waits for one peer: written together, merged while it is behind, bounded."""

import tracemalloc
from typing import Any

import anyio.lowlevel
import pytest

from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.protocol.chat import ChatDeltaEvent, ChatStartedEvent, chat_delta, chat_started, chat_thinking
from openclaw_rpc.rpc.outbox import Frames, Outbox


class Pipe:
    """Takes frames; ``writable`` is what the test says."""

    def __init__(self) -> None:
        self.writable = True
        self.writes: list[list[str]] = []

    def write(self, frames: list[bytes]) -> None:
        self.writes.append([frame.decode() for frame in frames])

    @property
    def frames(self) -> list[str]:
        return [frame for frames in self.writes for frame in frames]


def shown(event: Published) -> Frames:
    text = event.data.delta if hasattr(event.data, "delta") else event.row.name
    return Frames([f"{event.seq}:{event.run_id}:{text}".encode()])


class World:
    def __init__(self, bound: int = 10_000) -> None:
        self.pipe = Pipe()
        self.overflows = 0
        self.outbox = Outbox(self.pipe, shown, bound, self._over)
        self.seq = 0

    def _over(self) -> None:
        self.overflows += 1

    def event(self, row: Any, data: Any, run: str, session: str) -> None:
        self.seq += 1
        published = Published(row, data, user="u", session_id=session, run_id=run, epoch="e", seq=self.seq)
        self.outbox.put_event(published)

    def delta(self, text: str, run: str = "r", session: str = "s", row: Any = chat_delta) -> None:
        self.event(row, ChatDeltaEvent(session_key=session, run_id=run, delta=text), run, session)

    def started(self, run: str = "r", session: str = "s") -> None:
        self.event(chat_started, ChatStartedEvent(session_key=session, run_id=run, agent_id="a"), run, session)

    async def behind(self) -> None:
        """The peer stops reading."""
        self.pipe.writable = False
        self.outbox.put(b"first")
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        self.pipe.writes.clear()

    def resume(self) -> list[str]:
        self.pipe.writable = True
        self.outbox.resumed()
        return self.pipe.frames


async def test_frames_of_one_step_are_written_together() -> None:
    world = World()
    world.outbox.put(b"a")
    world.delta("x")
    world.outbox.put(b"")
    world.outbox.put(b"b")
    assert world.pipe.writes == []
    await anyio.lowlevel.checkpoint()
    assert world.pipe.writes == [["a", "1:r:x", "b"]]


async def test_while_the_peer_keeps_up_nothing_is_merged() -> None:
    world = World()
    for text in "abc":
        world.delta(text)
        await anyio.lowlevel.checkpoint()
    assert world.pipe.frames == ["1:r:a", "2:r:b", "3:r:c"]


async def test_deltas_of_one_run_that_wait_become_one_with_the_last_number() -> None:
    world = World()
    await world.behind()
    for text in "abc":
        world.delta(text)
    assert world.resume() == ["3:r:abc"]


async def test_deltas_are_not_merged_across_another_event_of_their_session() -> None:
    world = World()
    await world.behind()
    world.delta("a")
    world.started("other")
    world.delta("b")
    world.delta("c")
    assert world.resume() == ["1:r:a", "2:other:chat.started", "4:r:bc"]


@pytest.mark.parametrize(
    ("second", "wanted"),
    [
        ({"run": "r2"}, ["1:r:a", "2:r2:b"]),
        ({"row": chat_thinking}, ["1:r:a", "2:r:b"]),
        ({"session": "s2"}, ["1:r:a", "2:r:b"]),
    ],
    ids=["another-run", "thinking", "another-session"],
)
async def test_only_the_deltas_of_one_run_and_kind_are_merged(second: dict[str, Any], wanted: list[str]) -> None:
    world = World()
    await world.behind()
    world.delta("a")
    world.delta("b", **second)
    assert world.resume() == wanted


async def test_sessions_are_merged_side_by_side() -> None:
    world = World()
    await world.behind()
    for text in "ab":
        world.delta(text, run="r1", session="s1")
        world.delta(text.upper(), run="r2", session="s2")
    assert world.resume() == ["3:r1:ab", "4:r2:AB"]


async def test_answers_that_wait_keep_their_order_and_are_all_sent() -> None:
    world = World()
    await world.behind()
    for at in range(5):
        world.outbox.put(b"answer %d" % at)
    assert world.resume() == [f"answer {at}" for at in range(5)]


async def test_after_it_has_caught_up_events_are_written_as_they_come() -> None:
    world = World()
    await world.behind()
    world.delta("a")
    world.resume()
    world.delta("b")
    await anyio.lowlevel.checkpoint()
    assert world.pipe.frames == ["1:r:a", "2:r:b"]


async def test_a_peer_that_falls_behind_again_waits_again() -> None:
    world = World()
    await world.behind()
    world.delta("a")
    world.pipe.writable = False
    world.outbox.resumed()
    world.delta("b")
    world.delta("c")
    assert world.pipe.frames == ["1:r:a"]
    assert world.resume() == ["1:r:a", "3:r:bc"]
    assert world.outbox.size == 0


async def test_past_the_bound_it_is_said_once() -> None:
    world = World(bound=500)
    await world.behind()
    world.outbox.put(b"x" * 500)
    assert world.overflows == 0
    world.outbox.put(b"x")
    world.outbox.put(b"x" * 1000)
    assert world.overflows == 1


async def test_merged_deltas_count_with_all_their_text() -> None:
    world = World(bound=3000)
    await world.behind()
    for _ in range(10):
        world.delta("x" * 500)
    assert world.overflows == 1


async def test_what_would_be_written_is_what_counts() -> None:
    world = World(bound=200_000)
    await world.behind()
    for _ in range(30_000):
        world.delta("word ")
    assert world.overflows == 0
    frames = world.resume()
    places, texts = zip(*(frame.split(":r:") for frame in frames), strict=True)
    assert places == ("8000", "16000", "24000", "30000"), "no event is longer than a client takes"
    assert "".join(texts) == "word " * 30_000


async def test_text_that_json_escapes_counts_as_it_is_written() -> None:
    world = World(bound=3000)
    await world.behind()
    for _ in range(10):
        world.delta('\n"' * 100)
    assert world.overflows == 1


async def copied(world: World, deltas: int) -> int:
    """How many bytes are allocated while deltas come: what is copied has to be put somewhere."""
    total = 0
    tracemalloc.start()
    try:
        for _ in range(deltas):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            world.delta("x" * 20)
            total += tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    return total


async def test_a_delta_costs_no_more_when_four_megabytes_wait() -> None:
    empty, full = World(bound=2**30), World(bound=2**30)
    await empty.behind()
    await full.behind()
    full.delta("x" * 4_000_000)
    baseline = await copied(empty, 2000)
    assert await copied(full, 2000) <= 1.5 * baseline


async def test_what_is_written_to_a_peer_that_keeps_up_is_not_bounded() -> None:
    world = World(bound=10)
    for _ in range(10):
        world.outbox.put(b"x" * 100)
        await anyio.lowlevel.checkpoint()
    assert (world.overflows, world.outbox.size) == (0, 0)


class Gone(Pipe):
    """A sink that fails."""

    def write(self, frames: list[bytes]) -> None:
        raise OSError("the peer is gone")


async def test_what_many_are_told_is_theirs_alone_where_more_comes_and_none_of_them_holds_up_another() -> None:
    told = Frames([b"delta"])

    def same(event: Published) -> Frames:
        return told

    pipes = [Gone(), Pipe(), Pipe(), Pipe()]
    outboxes = [Outbox(pipe, same, 10_000, lambda: None) for pipe in pipes]
    delta = Published(chat_delta, ChatDeltaEvent(session_key="s", run_id="r", delta="delta"), user="u", session_id="s")
    outboxes[1].put(b"before")
    for _ in range(2):
        for outbox in outboxes:
            outbox.put_event(delta)
        outboxes[2].put(b"behind")
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
    assert pipes[1].writes == [["before", "delta"], ["delta"]]
    assert pipes[2].writes == [["delta", "behind"], ["delta", "behind"]]
    assert pipes[3].writes == [["delta"], ["delta"]]
    assert told == [b"delta"]

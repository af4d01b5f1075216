"""Messages between nodes, while Redis comes and goes."""

from __future__ import annotations

from collections.abc import Generator

import anyio
import anyio.to_thread
import pytest

from openclaw_rpc.adapters.bus.conformance import KeepingListener, delta, until
from openclaw_rpc.adapters.redis.link import RedisLink
from openclaw_rpc.domain.events.bus import Filter
from openclaw_rpc.domain.nodes.wire import RelayedEvents
from tests.support import redis
from tests.support.line import Line
from tests.support.nodes import Node, linked, until_linked
from tests.support.redis import Server

pytestmark = [redis.INSTALLED, pytest.mark.timeout(60)]


@pytest.fixture
def own() -> Generator[Server]:
    with redis.server() as made:
        yield made


async def test_a_link_finds_out_that_redis_froze_and_that_it_is_back(own: Server) -> None:
    async with linked(own, "p", "1") as link:
        await until_linked(link)
        own.freeze()
        with anyio.fail_after(4):
            await until(lambda: not link.answers)
        own.thaw()
        with anyio.fail_after(4):
            await until_linked(link)


@pytest.mark.parametrize("how", ["silent", "refused", "reset"])
async def test_a_link_whose_line_is_cut_is_back_once_it_is_mended(own: Server, how: str) -> None:
    async with Line(own.port) as line, linked(own, "p", "1", port=line.port) as link:
        await until_linked(link)
        for _ in range(3):
            if how == "silent":
                line.silence()
            elif how == "refused":
                await line.refuse()
            else:
                line.reset()
            if how != "reset":
                with anyio.fail_after(4):
                    await until(lambda: not link.answers)
            await line.mend()
            with anyio.fail_after(5):
                await until_linked(link)


async def test_after_a_restart_of_redis_nodes_know_again_what_the_others_want(own: Server) -> None:
    async with linked(own, "p", "1") as first, linked(own, "p", "2") as second:
        speaker, hearer = Node(first), Node(second)
        keeper = KeepingListener()
        hearer.bus.everywhere.subscribe(Filter(session_id="s_1"), keeper)
        await until_linked(first, second)
        await anyio.to_thread.run_sync(own.stop)
        await until(lambda: not first.answers and not second.answers)
        # Said while nobody can hear it: the speaker learns it when both are back.
        later = KeepingListener()
        hearer.bus.everywhere.subscribe(Filter(session_id="s_2"), later)
        await anyio.to_thread.run_sync(own.start)
        await until_linked(first, second)
        event = delta("again", session_id="s_2")
        await until(lambda: speaker.bus.wanted(event.row, "s_1") and speaker.bus.wanted(event.row, "s_2"))
        speaker.bus.publish(delta("a"))
        speaker.bus.publish(event)
        assert await keeper.texts(1) == ["a"]
        assert await later.texts(1) == ["again"]


async def test_what_nobody_elsewhere_wants_is_not_sent(own: Server) -> None:
    async with linked(own, "p", "1") as first, linked(own, "p", "2") as second:
        speaker, hearer = Node(first), Node(second)
        await until_linked(first, second)
        sent: list[int] = []
        hearer.wire.on(RelayedEvents, lambda message: (sent.append(len(message.told)), hearer.bus.hear(message))[1])
        keeper = KeepingListener()
        hearer.bus.everywhere.subscribe(Filter(session_id="s_2"), keeper)
        await until(lambda: speaker.bus.wanted(delta("").row, "s_2"))
        speaker.bus.publish(delta("nobody's"))
        speaker.bus.publish(delta("1", session_id="s_2"))
        speaker.bus.publish(delta("2", session_id="s_2"))
        assert await keeper.texts(2) == ["1", "2"]
        assert sent == [2], "what one step of the loop tells goes out as one message"
        speaker.bus.forget("2")
        speaker.bus.publish(delta("3", session_id="s_2"))
        assert not speaker.bus.wanted(delta("").row, "s_2")


def test_a_url_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="scheme"):
        RedisLink("http://127.0.0.1", "p", "1")

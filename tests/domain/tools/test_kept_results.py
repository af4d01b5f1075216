"""What becomes of a turn whose results can't be kept at once."""

import anyio
import pytest

from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.protocol.errors import Unavailable
from tests.support.tools import ADA, Source, ToolWorld
from tests.support.volatile.store import VolatileStore


class FullDisk(VolatileStore):
    """Takes no events for as long as it is full."""

    def __init__(self) -> None:
        super().__init__()
        self.full = True

    async def commit(self, change: Change) -> SessionRecord | None:
        if self.full and change.events:
            raise Unavailable("the disk is full")
        return await super().commit(change)


@pytest.mark.parametrize("parallel", [True, False], ids=["side by side", "one after another"])
async def test_results_that_can_not_be_kept_at_once_are_kept_when_the_disk_takes_them(parallel: bool) -> None:
    disk = FullDisk()
    world = ToolWorld(Source().add("look", parallel=parallel), store=disk)
    async with world.runs() as runs:
        run_id = await world.say(runs, "[[call:look {}]] [[call:look {}]]")
        with anyio.fail_after(5):
            state = await runs.wait(ADA, run_id, None)
        assert state.status == "completed"
        disk.full = False
        await world.streams.keep_owed()
    record = await disk.find_run(run_id)
    assert record is not None
    kept, _ = await disk.messages(record.session_id, 10)
    assert [message.role for message in kept] == ["user", "assistant", "tool", "tool", "assistant"]
    types = [event.type for event in await disk.events(record.session_id, 0, 100)]
    assert types.count("tool.result") == 2
    assert types[-1] == "chat.done"

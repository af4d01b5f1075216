"""What was acknowledged survives the end of the process, however it ends, and a disk that is full."""

import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.adapters.store.sqlite import SqliteStore

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store.db"


async def read_back(path: Path) -> tuple[set[str], set[str], int]:
    """The ids of the messages, what the events say, and the session's own count of its messages."""
    async with SqliteStore.open(path) as store:
        messages, _ = await store.messages("s_ada_one", 1_000_000)
        events = await store.events("s_ada_one", -1, 1_000_000)
        record = await store.find_session("ada", "one")
    assert record is not None
    return {m.message_id for m in messages}, {event.data.decode() for event in events}, record.message_count


WRITER = """
import sys
from pathlib import Path
import anyio
from openclaw_rpc.adapters.store.sqlite import SqliteStore
from openclaw_rpc.domain.events.change import Change
from tests.support.store import event, message, session

async def write(store, one, name):
    for n in range(1_000_000):
        text = f"{name}-{n}"
        told = event(one, name * 1_000_000 + n, text.encode())
        await store.commit(Change(one.id, messages=[message(text)], events=[told]))
        print(text, flush=True)

async def main():
    async with SqliteStore.open(Path(sys.argv[1]), keep_events=10_000_000) as store, anyio.create_task_group() as group:
        one = session("one")
        if await store.find_session("ada", "one") is None:
            await store.commit(Change(session=one))
        for name in range(int(sys.argv[2]), int(sys.argv[2]) + 8):
            group.start_soon(write, store, one, name)

anyio.run(main)
"""


def test_what_was_acknowledged_before_a_kill_is_there_after_it(path: Path) -> None:
    acknowledged: set[str] = set()
    for kill in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(kill * 8)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout as lines:
            for _ in range(40 + 23 * kill):
                acknowledged.add(lines.readline().strip())
            process.send_signal(signal.SIGKILL)
            # Whole lines that were still in the pipe were acknowledged as well.
            acknowledged.update(line.strip() for line in lines if line.endswith("\n"))
        assert process.wait(20) == -signal.SIGKILL
        kept, told, count = anyio.run(read_back, path)
        assert acknowledged
        assert "" not in acknowledged
        assert acknowledged - kept == set()
        assert kept == told, "a message and its event are kept together or not at all"
        assert count == len(kept)


# The limit is the process's own, so it is a process of its own. The kernel refuses to let files grow past it.
FULL = """
import resource, sys
from pathlib import Path
import anyio
from openclaw_rpc.adapters.store.sqlite import SqliteStore
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.protocol.errors import Unavailable
from tests.support.store import message, session

async def main():
    async with SqliteStore.open(Path(sys.argv[1])) as store:
        await store.commit(Change(session=session("one")))
        resource.setrlimit(resource.RLIMIT_FSIZE, (450_000, resource.RLIM_INFINITY))
        failed = []

        async def write(n):
            try:
                await store.commit(Change("s_ada_one", messages=[message(f"m_{n}", "x" * 20_000)]))
                print("kept", n)
            except Unavailable as error:
                failed.append(n)
                print("failed", n)

        with anyio.fail_after(30):
            for n in range(15):
                await write(n)
            async with anyio.create_task_group() as group:
                for n in range(15, 25):
                    group.start_soon(write, n)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await write(99)

anyio.run(main)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_is_told_and_writes_go_on_when_there_is_room_again(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr
    answers = [line.split() for line in done.stdout.splitlines()]
    kept = {f"m_{n}" for state, n in answers if state == "kept"}
    failed = {f"m_{n}" for state, n in answers if state == "failed"}
    assert len(kept) + len(failed) == 26
    assert failed
    assert {"m_0", "m_99"} <= kept
    found, _, count = anyio.run(read_back, path)
    assert found == kept
    assert count == len(kept)

"""The threads that read: as many at a time as there are, every read done or refused, none for nobody."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from openclaw_rpc.adapters.sqlite.reader import Readers
from openclaw_rpc.protocol.errors import Unavailable


@pytest.fixture
def connections(tmp_path: Path) -> Iterator[list[sqlite3.Connection]]:
    made = [sqlite3.connect(tmp_path / "x.db", isolation_level=None, check_same_thread=False) for _ in range(2)]
    yield made
    for connection in made:
        connection.close()


class Gate:
    """Reads that wait until they are let go, and say which they were and on which connection."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.done: list[int] = []

    def read(self, number: int) -> Any:
        def wait(connection: sqlite3.Connection) -> tuple[int, int]:
            assert self.open.wait(10)
            self.done.append(number)
            return number, id(connection)

        return wait


async def test_reads_beyond_the_readers_wait_their_turn(connections: list[sqlite3.Connection]) -> None:
    readers, gate = Readers(connections), Gate()
    futures = [readers.run(gate.read(number)) for number in range(7)]
    gate.open.set()
    with anyio.fail_after(10):
        answers = [await future for future in futures]
    assert [number for number, _ in answers] == list(range(7))
    assert {connection for _, connection in answers} == set(map(id, connections))
    with anyio.fail_after(10):
        again = [await readers.run(gate.read(number)) for number in range(7)]
    assert len({connection for _, connection in again}) == 1, "one after the other needs one reader"
    readers.stop()
    await anyio.to_thread.run_sync(readers.close)


async def test_reads_that_wait_are_finished_before_the_end(connections: list[sqlite3.Connection]) -> None:
    readers, gate = Readers(connections), Gate()
    futures = [readers.run(gate.read(number)) for number in range(9)]
    readers.stop()
    with pytest.raises(Unavailable):
        readers.run(gate.read(9))
    gate.open.set()
    with anyio.fail_after(10):
        await anyio.to_thread.run_sync(readers.close)
        answers = [await future for future in futures]
    assert [number for number, _ in answers] == list(range(9))


async def test_a_read_that_nobody_waits_for_any_more_is_left_out(connections: list[sqlite3.Connection]) -> None:
    readers, gate = Readers(connections), Gate()
    futures = [readers.run(gate.read(number)) for number in range(5)]
    futures[3].cancel()
    gate.open.set()
    with anyio.fail_after(10):
        for number in (0, 1, 2, 4):
            await futures[number]
    assert sorted(gate.done) == [0, 1, 2, 4]
    readers.stop()
    await anyio.to_thread.run_sync(readers.close)


async def test_a_read_that_fails_says_so_and_the_next_one_works(connections: list[sqlite3.Connection]) -> None:
    readers = Readers(connections)
    for _ in range(3):
        with pytest.raises(Unavailable, match="no such table"):
            await readers.run(lambda connection: connection.execute("SELECT * FROM nowhere"))
    assert await readers.run(lambda connection: connection.execute("SELECT 1").fetchone()) == (1,)
    readers.stop()
    await anyio.to_thread.run_sync(readers.close)

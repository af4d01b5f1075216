"""What every store of the PIN does."""

from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.domain.tools.pin import Guess, PinStore
from openclaw_rpc.domain.tools.pin_hash import hashed, matches
from openclaw_rpc.protocol.errors import InvalidRequest, Unavailable
from tests.support.kept import FAMILIES, in_sqlite


@pytest.fixture(params=FAMILIES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[PinStore]:
    async with FAMILIES[request.param](tmp_path) as kept:
        yield kept.pins


async def test_without_a_pin_nothing_is_the_pin(store: PinStore):
    assert not await store.is_set()
    assert not await store.verify("1234")
    assert not await store.verify("")
    assert await store.remove() is False


async def test_a_pin_is_set_changed_and_removed(store: PinStore):
    await store.set("1234")
    assert await store.is_set()
    assert await store.verify("1234")
    assert not await store.verify("1235")
    await store.set("längere PIN 世")
    assert not await store.verify("1234")
    assert await store.verify("längere PIN 世")
    assert await store.remove() is True
    assert not await store.verify("längere PIN 世")


async def test_a_pin_that_may_not_be_is_refused_and_the_old_one_stays(store: PinStore):
    await store.set("1234")
    for pin in ("", "123", "1" * 201, "12\n34", "12\x0034"):
        with pytest.raises(InvalidRequest) as caught:
            await store.set(pin)
        assert caught.value.field == "pin"
    assert await store.verify("1234")


async def test_guesses_are_counted_per_user_until_one_locks(store: PinStore):
    for _ in range(2):
        assert await store.count_guess("ada", 3, 60, now=1000) == Guess()
    assert await store.count_guess("ada", 3, 60, now=1001) == Guess(last=True)
    assert await store.count_guess("ada", 3, 60, now=1011) == Guess(refused=50)
    assert await store.count_guess("eve", 3, 60, now=1011) == Guess()
    assert await store.count_guess("ada", 3, 60, now=1062) == Guess()
    await store.forgive("ada")
    assert await store.count_guess("ada", 2, 60, now=1063) == Guess()
    assert await store.count_guess("ada", 2, 60, now=1124) == Guess(), "the other was too long ago"


async def test_guesses_that_come_together_are_counted_one_by_one(store: PinStore):
    guesses: list[Guess] = []

    async def guess() -> None:
        guesses.append(await store.count_guess("ada", 5, 60, now=1000))

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(guess)
    assert (guesses.count(Guess()), guesses.count(Guess(last=True)), guesses.count(Guess(refused=60))) == (4, 1, 45)


async def test_a_restart_gives_nobody_another_guess(tmp_path: Path):
    async with in_sqlite(tmp_path) as kept:
        await kept.pins.set("1234")
        assert await kept.pins.count_guess("ada", 1, 60, now=1000) == Guess(last=True)
    async with in_sqlite(tmp_path) as kept:
        assert await kept.pins.verify("1234")
        assert await kept.pins.count_guess("ada", 1, 60, now=1010) == Guess(refused=50)


async def test_what_one_process_sets_another_knows_at_once(tmp_path: Path):
    async with in_sqlite(tmp_path) as gateway, in_sqlite(tmp_path) as command:
        await command.pins.set("1234")
        assert await gateway.pins.verify("1234")


def test_what_is_kept_does_not_hold_the_pin_and_differs_each_time():
    first, second = hashed("13579246"), hashed("13579246")
    assert b"13579246" not in first
    assert first != second
    assert matches("13579246", first)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"garbage",
        b'{"salt": "AA==", "hash": ""}',
        b'{"salt": "AA==", "hash": "AA==", "kdf": "plain"}',
        b'{"salt": "?", "hash": "AA=="}',
        b'{"salt": "AA==", "hash": "AA==", "n": 1073741824}',
    ],
)
def test_a_damaged_hash_lets_nobody_pass(content: bytes):
    with pytest.raises(Unavailable) as caught:
        matches("1234", content)
    assert caught.value.reason == "pin_unusable"

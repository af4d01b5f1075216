"""The PIN on disk."""

import stat
from pathlib import Path

import pytest

from openclaw_rpc.adapters.pin.file import FilePinStore
from openclaw_rpc.protocol.errors import InvalidRequest, Unavailable


async def test_without_a_pin_nothing_is_the_pin(tmp_path: Path):
    store = FilePinStore(tmp_path)
    assert not await store.is_set()
    assert not await store.verify("1234")
    assert not await store.verify("")


async def test_what_one_process_sets_another_knows_at_once(tmp_path: Path):
    gateway, command = FilePinStore(tmp_path / "state"), FilePinStore(tmp_path / "state")
    command.set("1234")
    assert await gateway.is_set()
    assert await gateway.verify("1234")
    assert not await gateway.verify("1235")
    command.set("längere PIN 世")
    assert not await gateway.verify("1234")
    assert await gateway.verify("längere PIN 世")
    assert command.remove() is True
    assert command.remove() is False
    assert not await gateway.verify("längere PIN 世")


def test_the_file_is_its_owners_alone_and_does_not_hold_the_pin(tmp_path: Path):
    store = FilePinStore(tmp_path)
    store.set("13579246")
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = file.read_bytes()
    assert b"13579246" not in first
    store.set("13579246")
    assert file.read_bytes() != first
    assert [one.name for one in tmp_path.iterdir()] == ["pin.json"]


@pytest.mark.parametrize("pin", ["", "123", "1" * 201, "12\n34", "12\x0034"])
def test_a_pin_that_is_no_good_is_refused_and_the_old_one_stays(tmp_path: Path, pin: str):
    store = FilePinStore(tmp_path)
    store.set("1234")
    with pytest.raises(InvalidRequest) as caught:
        store.set(pin)
    assert caught.value.field == "pin"
    assert store.check("1234")


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
async def test_a_file_that_is_broken_lets_nobody_pass(tmp_path: Path, content: bytes):
    (tmp_path / "pin.json").write_bytes(content)
    store = FilePinStore(tmp_path)
    with pytest.raises(Unavailable) as caught:
        await store.verify("1234")
    assert caught.value.reason == "pin_unusable"
    store.set("1234")
    assert await store.verify("1234")

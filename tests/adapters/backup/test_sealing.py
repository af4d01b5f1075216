"""A sealed file gives back what was written, and notices every change."""

from __future__ import annotations

import io
import struct

import pytest

from openclaw_rpc.adapters.backup.sealing import MAGIC, PIECE, BackupDamaged, Opening, Sealing

COST = 2
"""The least that scrypt takes: these tests make many keys."""


def sealed(content: bytes, passphrase: str = "correct horse") -> bytes:
    file = io.BytesIO()
    sealing = Sealing(file, passphrase, cost=COST)
    for at in range(0, len(content), 300_000):
        sealing.write(content[at : at + 300_000])
    sealing.close()
    return file.getvalue()


def opened(data: bytes, passphrase: str = "correct horse") -> bytes:
    file = io.BytesIO(data)
    assert file.read(len(MAGIC)) == MAGIC
    opening = Opening(file, passphrase)
    pieces: list[bytes] = []
    while piece := opening.read(123_457):
        pieces.append(piece)
    return b"".join(pieces)


def spans(data: bytes) -> list[tuple[int, int]]:
    """Where each piece begins and ends, its length with it."""
    at = data.index(b"\n", len(MAGIC)) + 1
    found: list[tuple[int, int]] = []
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        found.append((at, at + 4 + size))
        at += 4 + size
    return found


THREE = bytes(range(256)) * (PIECE // 256) * 2 + b"the end"


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7])
def test_what_was_sealed_is_read_again(size: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    assert opened(sealed(content)) == content


def test_nothing_of_the_content_can_be_read_in_the_file() -> None:
    assert b"the end" not in sealed(THREE)


def test_another_passphrase_is_said_to_be_another_one() -> None:
    with pytest.raises(BackupDamaged, match="The passphrase is wrong"):
        opened(sealed(b"something"), "wrong horse")


def test_a_change_of_any_part_is_noticed() -> None:
    data = sealed(THREE)
    for begin, end in [(len(MAGIC), data.index(b"\n", len(MAGIC))), *spans(data)]:
        for at in (begin, (begin + end) // 2, end - 1):
            changed = bytearray(data)
            changed[at] ^= 1
            with pytest.raises(BackupDamaged):
                opened(bytes(changed))


def test_a_file_that_is_cut_off_is_noticed_wherever_it_is_cut() -> None:
    data = sealed(THREE)
    for begin, end in spans(data):
        for at in (begin, begin + 2, (begin + end) // 2, end - 1):
            with pytest.raises(BackupDamaged):
                opened(data[:at])


def test_pieces_that_change_places_are_noticed() -> None:
    data = sealed(THREE)
    (a, b), (c, d), (e, _) = spans(data)
    with pytest.raises(BackupDamaged):
        opened(data[:a] + data[c:d] + data[a:b] + data[e:])
    with pytest.raises(BackupDamaged):
        opened(data[:a] + data[a:b] + data[e:])


def test_a_head_that_asks_for_a_key_that_costs_too_much_is_refused() -> None:
    data = sealed(b"x").replace(b'"n":2,', b'"n":1073741824,', 1)
    with pytest.raises(BackupDamaged, match="cost too much"):
        opened(data)

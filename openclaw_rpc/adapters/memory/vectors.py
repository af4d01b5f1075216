"""Vectors as bytes, and how near two of them are. Their signs, a bit each, tell it roughly and quickly."""

import math
import sys
from array import array
from collections.abc import Callable, Sequence
from operator import mul

LOOKED_AT = 20_000
"""How many of the newest vectors a search looks at."""
EXACTLY = 500
"""How many of them, those with the likest signs, it compares in full."""


def _plain_sumprod(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(map(mul, left, right))


sumprod: Callable[[Sequence[float], Sequence[float]], float] = getattr(math, "sumprod", _plain_sumprod)
"""`math.sumprod` came with Python 3.12."""


def packed(vector: Sequence[float]) -> bytes:
    """A vector of length 1 in the same direction, as float32, little-endian."""
    length = math.sqrt(sumprod(vector, vector)) or 1.0
    return _swapped(array("f", [number / length for number in vector])).tobytes()


def unpacked(data: bytes) -> "array[float]":
    """The vector that `packed` made."""
    vector: array[float] = array("f")
    vector.frombytes(data)
    return _swapped(vector)


def signs(vector: Sequence[float]) -> bytes:
    """A bit for each number, set where it is over 0."""
    bits = "".join("1" if number > 0 else "0" for number in vector)
    return int(bits or "0", 2).to_bytes((len(vector) + 7) // 8, "big")


def likest(bits: bytes, others: Sequence[tuple[int, bytes]]) -> list[int]:
    """The numbers of those whose signs differ least, at most ``EXACTLY``; none of another length."""
    asked = int.from_bytes(bits, "big")
    comparable = [(number, other) for number, other in others if len(other) == len(bits)]
    if len(comparable) > EXACTLY:
        comparable.sort(key=lambda item: (asked ^ int.from_bytes(item[1], "big")).bit_count())
    return [number for number, _ in comparable[:EXACTLY]]


def cosine(vector: Sequence[float], other: Sequence[float]) -> float:
    """The cosine between two vectors of length 1; 0 where they can't be compared."""
    return sumprod(vector, other) if len(vector) == len(other) else 0.0


def _swapped(vector: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        vector.byteswap()
    return vector

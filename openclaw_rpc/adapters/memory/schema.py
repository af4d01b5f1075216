"""How memories are numbered.

A memory's number is made of its user's (the upper bits) and a count (the lower 40): so a user's memories are one range
of numbers, in the index of words too, and no search can leave it. Numbers grow with time and are never given twice.
"""

from typing import Final

SHIFT: Final = 40

"""Finding what fits a question by words of names and descriptions: skills, tools."""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def fitting(query: str, things: Iterable[T], texts: Callable[[T], tuple[str, str]]) -> list[T]:
    """Those that have some of a question's words, the most and in their names first.

    ``texts`` answers the name of a thing, and what is said about it.
    """
    words = {word.removesuffix("s") for word in re.findall(r"\w+", query.lower())}
    ranked: list[tuple[int, str, T]] = []
    for thing in things:
        name, about = texts(thing)
        score = sum(3 * (word in name.lower()) + (word in about.lower()) for word in words)
        if score:
            ranked.append((-score, name, thing))
    return [thing for _, _, thing in sorted(ranked, key=lambda one: one[:2])]

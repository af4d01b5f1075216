"""Finding what fits a question by words of names and descriptions: skills, tools."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from openclaw_rpc.domain.memory.words import folded, index_words, plain_words, query_words, stem

T = TypeVar("T")

WORDS: Final = 64
IN_NAME: Final = 3
"""How many times as much a word of a thing's name is worth as one of what is said about it."""
AS_ASKED, OTHER_FORM, WITHIN = 3, 2, 1
"""What a word is worth as it was asked for, in another form (`runs`, `running`), and within a longer one."""


def fitting(query: str, things: Iterable[T], texts: Callable[[T], tuple[str, str]]) -> list[T]:
    """Those that have some of a question's words, the most and in their names first, the exact word before its kin.

    ``texts`` answers the name of a thing, and what is said about it.
    """
    written = plain_words(query)
    asked = {word: {form for form in written if stem(form) == word} for word in query_words(query, WORDS)}
    ranked: list[tuple[int, str, T]] = []
    for thing in things:
        name, about = texts(thing)
        score = IN_NAME * _worth(name, asked) + _worth(about, asked)
        if score:
            ranked.append((-score, name, thing))
    return [thing for _, _, thing in sorted(ranked, key=lambda one: one[:2])]


def _worth(text: str, asked: Mapping[str, set[str]]) -> int:
    """What the words of a text are worth, where each stem was asked for in some forms; other scripts have no forms."""
    whole, stems, written = folded(text), set(index_words(text)), set(plain_words(text))
    total = 0
    for word, forms in asked.items():
        if word in stems:
            total += OTHER_FORM if forms and forms.isdisjoint(written) else AS_ASKED
        elif word in whole:
            total += WITHIN
    return total

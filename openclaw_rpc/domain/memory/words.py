"""Text as words to find it by.

Scripts that put no spaces between words (Chinese, Japanese, Thai …) give every pair of neighbouring characters, and
every single one for queries of one character; other scripts give words without case and accents, English ones as
stems (Porter's, by Snowball's library); a symbol such as an emoji is a word of its own. A name of a program such as
`maxRetryCount` or `max_retry_count` gives its parts and what they are together, so that each spelling finds the other.
A word holds no character that means anything to a search engine.
"""

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, cast

from Stemmer import Stemmer  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

WORD_CHARACTERS: Final = 64
"""Longer words are told apart by their first characters."""
_ENOUGH: Final = WORD_CHARACTERS + 1
PIECE: Final = 65_536
"""How many characters are worked on at a time, so that other threads get their turn."""

SHORT: Final = 1_000
"""Up to so many characters, all words of a text are found at once, be they wanted or not."""

# Kana, bopomofo, Han, Hangul; Thai, Lao, Tibetan, Myanmar, Khmer.
_UNSPACED: Final = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U000323af"
)
# Hebrew, Arabic, Syriac, Thaana and Indic vowels and points belong to their words, and `\w` leaves them out.
_POINTS: Final = (
    "\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0711\u0730-\u07ff\u0816-\u08ff"
)
_INDIC: Final = "\u0900-\u0963\u0966-\u0dff"
_SYMBOLS: Final = "\u2190-\u2bff\U0001f000-\U0001faff"
_TOKEN: Final = (
    f"(?P<run>[{_UNSPACED}]+)|(?P<symbol>[{_SYMBOLS}])"
    f"|(?P<word>(?:(?![{_UNSPACED}{_SYMBOLS}_])[\\w{_POINTS}{_INDIC}])+)"
)
_PLAIN: Final = re.compile("[a-z0-9]+")
"""What `_TOKEN` finds in ASCII text: it has neither unspaced scripts nor symbols."""
_JOINT: Final = re.compile(r"[A-Z_](?:(?<=[a-z0-9][A-Z])|(?<=[^\W_]_)(?=\w)|(?<=[A-Z][A-Z])(?=[a-z]))")
"""Where two parts of a name meet: most texts have no such name, and are looked through fast."""
_ASCII_NAME: Final = re.compile("[A-Za-z0-9_]+")
_MAY_HAVE_NAMES: Final = re.compile("[A-Z_\ufe33\ufe34\ufe4d-\ufe4f\uff3f]")
"""Capitals, and what is an underscore once it is folded."""
_NAME: Final = f"(?:(?![{_UNSPACED}{_SYMBOLS}])[\\w{_POINTS}{_INDIC}])+"
_PART: Final = re.compile("[A-Z]+s?(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")


def folded(text: str) -> str:
    """Text without the differences that no search should mind: case, accents, width, ways to compose a letter."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", plain)).casefold()


def _unaccented(text: str) -> str:
    """`folded`, but for the case."""
    # Of the accents a letter below is none: its capital is a letter of its own.
    parts = unicodedata.normalize("NFKD", text).replace("\u0345", "\u03b9")
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", parts))


def index_words(text: str) -> list[str]:
    """The words that a text is found by, in their order, as often as they occur."""
    words: list[str] = []
    for piece in _pieces(text):
        if piece.isascii():
            words.extend([_word(word[:_ENOUGH]) for word in _PLAIN.findall(piece.lower())])
            continue
        for run, word in _tokens(piece):
            if run:
                words.extend(run)
                words.extend(run[at : at + 2] for at in range(len(run) - 1))
            else:
                words.append(word)
    return words


def query_words(text: str, limit: int) -> list[str]:
    """The words that a question asks for, each once, at most ``limit``."""
    words: dict[str, None] = {}
    for piece in _pieces(text):
        if piece.isascii():
            for word in _plain(piece.lower()):
                words[_word(word[:_ENOUGH])] = None
                if len(words) >= limit:
                    return list(words)
            continue
        for run, word in _tokens(piece):
            if len(run) > 1:
                words.update((run[at : at + 2], None) for at in range(len(run) - 1))
            else:
                words[run or word] = None
            if len(words) >= limit:
                return list(words)[:limit]
    return list(words)


def text_of(parts: Iterable[Any]) -> str:
    """All text in JSON values, keys and numbers too, a line each."""
    found: list[str] = []
    waiting = list(parts)
    waiting.reverse()
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            pairs: dict[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
            for key, inner in reversed(pairs.items()):
                waiting.append(inner)
                waiting.append(str(key))
        elif isinstance(value, list | tuple):
            items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
            waiting.extend(reversed(items))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.append(str(value))
    return "\n".join(found)


def plain_words(text: str) -> list[str]:
    """The ASCII words of a text as they are written but for their case: only of these have some a stem."""
    return _PLAIN.findall(folded(_parts_spelled(text)))


def stem(word: str) -> str:
    """What a word of `plain_words` is found by."""
    return _word(word[:_ENOUGH])


@lru_cache(maxsize=1)
def _name() -> re.Pattern[str]:
    return re.compile(_NAME)


def _parts_spelled(text: str) -> str:
    """The text with every name of several parts as what these are together, and the parts."""
    names = _ASCII_NAME
    if not text.isascii():
        if not _MAY_HAVE_NAMES.search(text):
            return text
        text, names = _unaccented(text), _name()
    return names.sub(_spelled, text) if _JOINT.search(text) else text


def _spelled(match: re.Match[str]) -> str:
    name = match[0]
    if len(name) > WORD_CHARACTERS or not _JOINT.search(name):
        return name
    sections = [section for section in name.split("_") if section]
    words = dict.fromkeys(["".join(sections), *sections])
    for section in sections:
        if section.isascii():
            words.update((part, None) for part in _PART.findall(section) if len(part) > 1)
    return " ".join(words)


@lru_cache(maxsize=1)
def _token() -> re.Pattern[str]:
    """`_TOKEN`, which takes 5 ms to compile: too long for a start that has no text to look at."""
    return re.compile(_TOKEN)


def _plain(piece: str) -> Iterable[str]:
    """The words of ASCII text in lower case; those of a long one not before they are asked for."""
    if len(piece) <= SHORT:
        return _PLAIN.findall(piece)
    return (match[0] for match in _PLAIN.finditer(piece))


def _tokens(piece: str) -> Iterator[tuple[str, str]]:
    """Runs of an unspaced script, or words: one of both is empty."""
    for match in _token().finditer(folded(piece)):
        if match.lastgroup == "run":
            yield match[0], ""
        else:
            yield "", _word(match[0][:_ENOUGH])


def _pieces(text: str) -> Iterator[str]:
    """The text, the names in it taken apart, in pieces that end where a line or a word ends, if there is one."""
    begin = 0
    while len(text) - begin > PIECE:
        end = begin + PIECE
        cut = max(text.rfind("\n", begin, end), text.rfind(" ", begin, end))
        end = cut + 1 if cut > begin else end
        yield _parts_spelled(text[begin:end])
        begin = end
    yield _parts_spelled(text[begin:])


class _Stemmers(threading.local):
    """A stemmer a thread, since none may be shared (https://github.com/snowballstem/pystemmer)."""

    def __init__(self) -> None:
        self.stem = cast("Callable[[str], str]", Stemmer("porter", 0).stemWord)  # pyright: ignore[reportUnknownMemberType]


_stemmers: Final = _Stemmers()


@lru_cache(maxsize=20_000)
def _word(word: str) -> str:
    """What a word is found by, of which no more than `_ENOUGH` characters need be given."""
    if 2 < len(word) <= WORD_CHARACTERS and word.isascii() and word.isalpha():  # Snowball leaves nothing of `s`
        return _stemmers.stem(word)
    return word[:WORD_CHARACTERS]

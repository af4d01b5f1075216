"""What of the memory fits a question: the words that matter, and as much of what they find as there is room for."""

import json
from typing import Any, Final

import msgspec

from openclaw_rpc.domain.memory.ports import MemoryHit
from openclaw_rpc.domain.memory.words import query_words

QUESTION_WORDS: Final = 32
COMMON: Final = 0.25
"""The share of the memories that may hold a word by which one of them is recalled."""
LEAST: Final = 0.08
"""What scores less fits by accident."""
SPARE: Final = 4
"""How many times as many memories are looked at as are recalled: several may say the same."""
SHORTEST: Final = 40
"""A memory of which fewer characters than these could be shown is left out."""

_ENGLISH: Final = (
    "a about after all also am an and any are as at be because been before but by can could did do does doing done for "
    "from get give had has have he her here him his how i if in into is it its just know let like make may me might my "
    "no not now of on one or our out please s say she should so some t tell than that the their them then there these "
    "they this to up us use want was we were what when where which who why will with would you your"
)
_CHINESE: Final = (
    "什么 怎么 我的 你的 他的 是什 么是 这个 那个 一个 一下 可以 可不 不可 吗 呢 吧 了 的 是 我 你 他 她 它 在 有 和 "
    "就 也 都 请问 问我 知道 "
    "告诉 诉我 记得 我们 你们 为什 么样 怎样 如何 哪里 哪个 多少 几个 是我 我是 你是 是你 我有 有什 想要 我想"
)


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """A memory as a prompt holds it: ``text`` is its value, cut where there was no more room."""

    key: str
    text: str
    created_at: str
    kind: str
    score: float


def stop_words() -> frozenset[str]:
    """Words that questions are made of and that say nothing about what is asked for."""
    return frozenset(query_words(f"{_ENGLISH} {_CHINESE}", 1000)) | frozenset(_CHINESE.split())


def spoken(value: Any) -> str:
    """A value as a model reads it: text as it is, a turn of a conversation as two lines, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and set(value) == {"question", "answer"}:  # pyright: ignore[reportUnknownArgumentType]
        return f"Q: {value['question']}\nA: {value['answer']}"
    return json.dumps(value, ensure_ascii=False)


def chosen(hits: list[MemoryHit], limit: int, max_chars: int) -> list[Recalled]:
    """The best ``limit`` of the hits, in ``max_chars`` characters together; those that say the same count once."""
    found: list[Recalled] = []
    told: set[str] = set()
    room = max_chars
    for hit in hits:
        if hit.score < LEAST or room < SHORTEST or len(found) == limit:
            break
        memory = hit.memory
        text = spoken(memory.value)
        if (same := " ".join(text.casefold().split())) in told:
            continue
        told.add(same)
        room -= len(memory.key)
        if len(text) > room:
            if room < SHORTEST:
                break
            text = text[: room - 1] + "…"
        room -= len(text)
        found.append(
            Recalled(key=memory.key, text=text, created_at=memory.created_at, kind=memory.kind, score=hit.score)
        )
    return found

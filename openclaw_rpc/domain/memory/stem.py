"""English words cut down to their stems, by Porter's algorithm.

M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980 (https://tartarus.org/martin/PorterStemmer/).
"""

import re
from collections.abc import Sequence
from typing import Final

_C: Final = "[^aeiou](?:[^aeiouy])*"
_V: Final = "[aeiouy](?:[aeiou])*"
_MORE_THAN_0: Final = re.compile(f"^(?:{_C})?{_V}{_C}")
_EXACTLY_1: Final = re.compile(f"^(?:{_C})?{_V}{_C}(?:{_V})?$")
_MORE_THAN_1: Final = re.compile(f"^(?:{_C})?{_V}{_C}{_V}{_C}")
_VOWEL: Final = re.compile(f"^(?:{_C})?{_V}")
_CVC: Final = re.compile(f"^{_C}[aeiouy][^aeiouwxy]$")
_DOUBLE: Final = re.compile(r"([^aeiouylsz])\1$")

_STEP_2: Final = (
    ("ational", "ate"), ("ization", "ize"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
    ("tional", "tion"), ("biliti", "ble"), ("entli", "ent"), ("ousli", "ous"), ("ation", "ate"), ("alism", "al"),
    ("aliti", "al"), ("iviti", "ive"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"),
    ("alli", "al"), ("ator", "ate"), ("logi", "log"), ("bli", "ble"), ("eli", "e"),
)  # fmt: skip
_STEP_3: Final = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ness", ""), ("ful", ""),
)  # fmt: skip
_STEP_4: Final = (
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize",
    "sion", "tion", "al", "er", "ic", "ou",
)  # fmt: skip


def stem(word: str) -> str:
    """The stem of a lower-case word: `preferences` and `preferred` both give `prefer`."""
    if len(word) < 3:
        return word
    # A y at the start is a consonant; written in upper case, the patterns take it for one.
    first = word[0]
    if first == "y":
        word = "Y" + word[1:]
    word = _plurals(word)
    word = _past_and_progressive(word)
    if word.endswith("y") and _VOWEL.match(word[:-1]):
        word = word[:-1] + "i"
    word = _replace(word, _STEP_2)
    word = _replace(word, _STEP_3)
    word = _last_suffix(word)
    word = _final_letter(word)
    return "y" + word[1:] if first == "y" else word


def _plurals(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _past_and_progressive(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _MORE_THAN_0.match(word[:-3]) else word
    for suffix in ("ed", "ing"):
        base = word.removesuffix(suffix)
        if base != word:
            if not _VOWEL.match(base):
                return word
            if base.endswith(("at", "bl", "iz")):
                return base + "e"
            if _DOUBLE.search(base):
                return base[:-1]
            return base + "e" if _CVC.match(base) else base
    return word


def _replace(word: str, table: Sequence[tuple[str, str]]) -> str:
    for suffix, other in table:
        if word.endswith(suffix):
            base = word[: -len(suffix)]
            return base + other if _MORE_THAN_0.match(base) else word
    return word


def _last_suffix(word: str) -> str:
    for suffix in _STEP_4:
        if word.endswith(suffix):
            # Of "sion" and "tion", the letter before "ion" stays.
            base = word[:-3] if suffix in ("sion", "tion") else word[: -len(suffix)]
            return base if _MORE_THAN_1.match(base) else word
    return word


def _final_letter(word: str) -> str:
    if word.endswith("e"):
        base = word[:-1]
        if _MORE_THAN_1.match(base) or (_EXACTLY_1.match(base) and not _CVC.match(base)):
            word = base
    if word.endswith("ll") and _MORE_THAN_1.match(word):
        word = word[:-1]
    return word

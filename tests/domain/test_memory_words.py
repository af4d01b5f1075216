"""Text as words: whatever a text holds, it is found by it."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.memory.words import PIECE, folded, index_words, query_words, text_of


def found(query: str, text: str) -> bool:
    words = query_words(query, 64)
    return bool(words) and set(words) <= set(index_words(text))


@pytest.mark.parametrize(
    ("word", "root"),
    [
        ("caresses", "caress"), ("ponies", "poni"), ("agreed", "agre"), ("plastered", "plaster"), ("motoring", "motor"),
        ("sing", "sing"), ("conflated", "conflat"), ("hopping", "hop"), ("falling", "fall"), ("filing", "file"),
        ("happy", "happi"), ("sky", "sky"), ("relational", "relat"), ("conditional", "condit"), ("digitizer", "digit"),
        ("triplicate", "triplic"), ("goodness", "good"), ("adjustable", "adjust"), ("adoption", "adopt"),
        ("rate", "rate"), ("cease", "ceas"), ("controll", "control"), ("roll", "roll"), ("generalizations", "gener"),
        ("oscillators", "oscil"), ("preferences", "prefer"), ("is", "is"),
        ("technology", "technologi"), ("possibly", "possibli"),
    ],
)  # fmt: skip
def test_english_words_are_cut_down_as_porter_does(word: str, root: str) -> None:
    # Stores hold these words: another stemmer would find nothing that was kept before.
    assert index_words(word) == query_words(word, 1) == [root]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("偏好", "用户的饮食偏好:素食"),
        ("食", "用户的饮食偏好"),
        ("running", "she runs every day"),
        ("PREFERENCE", "user-preferences"),
        ("cafe", "Café"),
        ("CAFÉ", "cafe\u0301"),
        ("strasse", "Straße"),
        ("ガギ", "ｶﾞｷﾞ"),
        ("東京", "東京タワー"),
        ("서울", "서울특별시"),
        ("ภาษา", "ภาษาไทย"),
        ("हिन्दी", "मैं हिन्दी बोलता हूँ"),
        ("🎉", "done🎉!"),
        ("gpt4", "GPT4模型"),
        ("模型", "GPT4模型"),
        ("𠮷野", "𠮷野家"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_word_is_found_however_it_is_written(query: str, text: str) -> None:
    assert found(query, text)


SPELLINGS = {"snake": "_".join, "camel": lambda parts: parts[0] + "".join(map(str.title, parts[1:]))}
PARTS = st.lists(st.text(alphabet="abcdefgh", min_size=2, max_size=8), min_size=2, max_size=5)


@given(PARTS, st.sampled_from(sorted(SPELLINGS)), st.sampled_from(["{}", "set {} to 5", "设置{}为五", "é {}."]))
def test_a_name_of_several_parts_is_found_in_every_spelling(parts: list[str], spelling: str, place: str) -> None:
    text = place.format(SPELLINGS[spelling](parts))
    for query in (*(spell(parts) for spell in SPELLINGS.values()), *parts, "".join(parts)):
        assert found(query, text)


def test_names_as_programs_have_them_are_taken_apart() -> None:
    assert index_words("XMLHttpRequest") == ["xmlhttprequest", "xml", "http", "request"]
    assert index_words("fooBar_baz __init__ APIs") == ["foobarbaz", "foobar", "baz", "foo", "bar", "init", "api"]
    assert index_words("NASA said GPT4o") == ["nasa", "said", "gpt4o"]


def test_two_characters_that_do_not_stand_together_are_not_found() -> None:
    assert not found("偏好", "偏食好")


def test_punctuation_alone_is_no_word() -> None:
    assert index_words(' "" * AND( - ^ : \x00 \n') == ["and"]
    assert query_words("!?…", 10) == []


@given(st.text(max_size=300))
def test_every_word_of_a_text_finds_it(text: str) -> None:
    # A mark joins with what stands before it, and what it joins is another word: blocks that have marks are left out.
    text = re.sub("[\u0483-\u0dff\u1100-\u11ff]", " ", text)
    plain = folded(text)
    if any(unicodedata.category(char)[0] == "M" for char in plain):
        return
    words = set(index_words(text))
    for word in re.findall(r"\w+", plain):
        assert words.issuperset(query_words(word, 64))


@given(st.text(alphabet="的饮食偏好用户日本カナ", min_size=2, max_size=40), st.data())
def test_every_pair_of_characters_finds_its_text(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 2))
    assert found(text[at : at + 2], text)


@given(st.text(max_size=300))
def test_no_word_holds_anything_that_a_search_engine_would_read(text: str) -> None:
    for word in index_words(text):
        assert word and not re.search(r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\ud800-\udfff]", word)


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=200))
def test_plain_text_has_the_same_words_beside_other_scripts(text: str) -> None:
    assert index_words(f"{text} é") == [*index_words(text), "e"]
    assert query_words(f"{text} é", 1000) == list(dict.fromkeys([*query_words(text, 1000), "e"]))


def test_words_are_whole_where_a_long_text_is_cut_into_pieces() -> None:
    text = ("wonderful " * (PIECE // 10 + 5)) + "marvellous"
    words = index_words(text)
    assert set(words) == {"wonder", "marvel"}
    assert len(words) == PIECE // 10 + 6


def test_the_text_of_a_value_is_all_its_strings_keys_and_numbers_in_order() -> None:
    value = {"theme": "dark", "list": [1, 2.5, {"deep": ["x"]}], "none": None, "yes": True}
    assert text_of(["key", value]) == "key\ntheme\ndark\nlist\n1\n2.5\ndeep\nx\nnone\nyes"


def test_a_value_nested_very_deep_has_its_text() -> None:
    value: object = "end"
    for _ in range(50_000):
        value = [value]
    assert text_of([value]) == "end"

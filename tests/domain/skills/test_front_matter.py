"""Front matter as it is written by people and other programs: a skill loads, and says what was odd about it."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.skills import front
from openclaw_rpc.domain.skills.manifest import BrokenSkill, read_markdown

PLAIN = "---\nname: x\ndescription: catches fish\n---\nCast the line.\n"


def described(line: str) -> str:
    return f"---\nname: x\ndescription: {line}\n---\nCast the line.\n"


def beside(*lines: str) -> str:
    return "\n".join(("---", "name: x", "description: catches fish", *lines, "---", "Cast the line.", ""))


ODD = {
    "a colon in a sentence": (described("Use when: the tide turns"), "Use when: the tide turns"),
    "a percent sign first": (described("%s is caught"), "%s is caught"),
    "an at sign first": (described("@heron is asked"), "@heron is asked"),
    "a backtick first": (described("`hook` and line"), "`hook` and line"),
    "a star first": (described("*much* fish"), "*much* fish"),
    "an ampersand first": (described("& more fish"), "& more fish"),
    "an exclamation mark first": (described("!fish"), "!fish"),
    "quotes around a word": (described('"Big" fish'), '"Big" fish'),
    "brackets first": (described("[DRAFT] fish"), "[DRAFT] fish"),
    "braces first": (described("{fish} of the day"), "{fish} of the day"),
    "a dash first": (described("- fish"), "- fish"),
    "a colon and a second line": (described("Use when: hungry\n  and by the sea"), "Use when: hungry and by the sea"),
    "tabs": (beside("metadata:", "\topenclaw:", "\t\tos: [linux]"), "catches fish"),
    "a brace that stays open": (beside('metadata: {"a": {"b": 1}'), "catches fish"),
    "an unknown tag": (beside("x: !own 1"), "catches fish"),
    "no such day": (beside("updated: 2025-02-30"), "catches fish"),
    "an alias": (beside("a: &a [1]", "b: *a"), "catches fish"),
    "an object's tag": (beside("a: !!python/object:os.getcwd {}"), "catches fish"),
    "deep nesting": (beside("a: " + "[" * 2000), "catches fish"),
    "a list of permissions": (beside("permissions: [net, disk]"), "catches fish"),
    "permissions in words": (beside("permissions: {network: sometimes}"), "catches fish"),
    "a version in words": (beside("version: second edition"), "catches fish"),
    "a list of names": ("---\nname: [x, y]\ndescription: catches fish\n---\nGo.", "catches fish"),
    "a list as description": ("---\nname: x\ndescription:\n  - fish\n  - crabs\n---\nGo.", "fish; crabs"),
    "blank lines before": (f"\n \n{PLAIN}", "catches fish"),
    "a comment before": (f"<!-- MIT -->\n\n{PLAIN}", "catches fish"),
    "dots at the end": (PLAIN.replace("---\nCast", "...\nCast"), "catches fish"),
    "carriage returns": (PLAIN.replace("\n", "\r"), "catches fish"),
}
EVEN = {
    "as it should be": PLAIN,
    "a mark of byte order": f"\ufeff{PLAIN}",
    "lines of Windows": PLAIN.replace("\n", "\r\n"),
    "folded": "---\nname: x\ndescription: >-\n  catches\n  fish\n---\nCast the line.",
    "metadata as JSON": beside('metadata: {"a": {"b": ["c"]}}'),
    "another program's fields": beside("license: MIT", "compatibility: any", "tools: [Bash]"),
    "a rule in the body": f"{PLAIN}\n---\n\nReel in.\n",
    "no line behind": "---\nname: x\ndescription: catches fish\n---\nCast the line.",
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_skill_loads_with_a_warning(kind: str):
    text, description = ODD[kind]
    skill = read_markdown(text, "x")
    assert (skill.slug, skill.description) == ("x", description)
    assert skill.warnings
    assert "---" not in skill.prompt


@pytest.mark.parametrize("kind", EVEN)
def test_a_plain_skill_loads_without_one(kind: str):
    skill = read_markdown(EVEN[kind], "x")
    assert (skill.description, skill.warnings) == ("catches fish", ())
    assert skill.prompt.startswith("Cast the line.")


def test_tabs_are_taken_for_spaces():
    assert read_markdown(ODD["tabs"][0], "x").needs.os == ("linux",)


@pytest.mark.parametrize("text", [PLAIN.replace("---\nCast", "Cast"), described("y" * 70_000)])
def test_front_matter_without_an_end_never_becomes_the_prompt(text: str):
    with pytest.raises(BrokenSkill, match="front matter"):
        read_markdown(text, "x")


def test_a_page_with_a_rule_has_no_front_matter():
    assert front.read("# Fish\n\n---\n\nAll of them.").fields == {}


NO_LINE_ENDS = st.characters(codec="utf-8", exclude_characters="\x00\r\n\x85\u2028\u2029", min_codepoint=0x20)
LINE = st.text(NO_LINE_ENDS, max_size=60)


@given(LINE)
def test_whatever_a_description_is_it_is_read_and_its_words_arrive(line: str):
    """As YAML where it is a text there, else as it stands."""
    text = f"---\nname: x\ndescription: {line}\n---\nGo.\n"
    fields = front.read(text).fields
    assert fields["name"] == "x"
    described: Any = fields.get("description")
    try:
        meant: Any = yaml.load(f"description: {line}", Loader=yaml.BaseLoader)["description"]
    except (yaml.YAMLError, KeyError, TypeError):
        meant = line.strip()
    if isinstance(meant, str) and "*" not in line[:1] and isinstance(described, str) and described:
        assert "".join(described.split()).strip("'\"") in "".join((meant + line).split())


@given(st.text(max_size=300))
def test_no_text_at_all_does_more_than_be_refused(text: str):
    try:
        read_markdown(f"---\n{text}\n---\n{text}", "x")
    except BrokenSkill as error:
        assert str(error)

"""What a model is given to read: all that fits, the newest of it, and the question whole."""

from typing import Any

import pytest
from hypothesis import given, strategies

from openclaw_rpc.domain.runs.context import conversation, estimate, fit, tokens_of
from openclaw_rpc.domain.runs.talk import so_far
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import CalledFunction, ChatMessage, MessageToolCall
from openclaw_rpc.protocol.errors import TooLarge
from tests.support.store import message


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str | None, *calls: str) -> dict[str, Any]:
    form: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        form["tool_calls"] = [{"id": name, "function": {"name": "t", "arguments": "{}"}} for name in calls]
    return form


def tool(call_id: str, text: str = "result") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def test_what_fits_is_given_whole() -> None:
    messages = [user("a"), assistant("b"), user("c")]
    assert fit("prompt", messages, 1000, None) == [{"role": "system", "content": "prompt"}, *messages]


def test_no_prompt_is_no_message() -> None:
    assert fit("", [user("a")], 1000, None) == [user("a")]


def test_the_oldest_go_first() -> None:
    messages = [user("old " * 100), assistant("older " * 100), user("new"), assistant("newer"), user("question")]
    assert fit("", messages, 200, 50) == messages[2:]


def test_a_tools_result_never_comes_without_its_call() -> None:
    messages = [user("x" * 400), assistant(None, "c1"), tool("c1", "y" * 200), user("question")]
    for limit in range(60, 400):
        given_ = fit("", messages, limit, 10)
        assert given_[-1] == user("question")
        assert given_[0]["role"] != "tool"


def test_a_question_that_is_too_long_is_refused_with_the_limit() -> None:
    with pytest.raises(TooLarge) as refused:
        fit("prompt", [user("x" * 4000)], 500, 100)
    assert refused.value.field == "message"
    assert refused.value.details["limit"] < 500


def test_what_follows_the_question_belongs_to_it() -> None:
    """The model's own steps in this run: they are no older than the question."""
    messages = [user("old " * 50), user("question"), assistant(None, "c1"), tool("c1")]
    assert fit("", messages, 80, 20) == messages[1:]


@given(
    sizes=strategies.lists(strategies.integers(1, 300), min_size=1, max_size=30),
    limit=strategies.integers(50, 3000),
    answer=strategies.one_of(strategies.none(), strategies.integers(1, 500)),
)
def test_the_rule_holds_for_any_conversation(sizes: list[int], limit: int, answer: int | None) -> None:
    messages = [user(f"{at} " + "x" * size) for at, size in enumerate(sizes)]
    room = limit - (answer or min(4096, limit // 4)) - tokens_of({"content": "p"})
    try:
        _, *given_ = fit("p", messages, limit, answer)
    except TooLarge:
        assert tokens_of(messages[-1]) > room
        return
    assert given_ == messages[len(messages) - len(given_) :], "the newest, without a gap"
    assert given_[-1] == messages[-1]
    used = sum(map(tokens_of, given_))
    assert used <= room
    if len(given_) < len(messages):
        assert used + tokens_of(messages[-len(given_) - 1]) > room, "no more would have fitted"


def test_chinese_counts_a_token_a_character() -> None:
    assert estimate("你好世界") == 5
    assert estimate("你好 world") == 2 + 6 // 3 + 1
    assert estimate("Привет") == 6 // 3 + 1
    assert estimate("😀😀") >= 2
    assert estimate("\ud800") >= 1
    assert estimate("a" * 400) == 101


def test_calls_and_results_that_lack_the_other_are_left_out() -> None:
    call = MessageToolCall(id="c1", function=CalledFunction(name="t", arguments="{}"))
    asked = message("m2", "thinking", role="assistant", tool_calls=[call])
    result = message("m3", "r", role="tool", tool_call_id="c1")
    whole = conversation([message("m1"), asked, result])
    assert [form["role"] for form in whole] == ["user", "assistant", "tool"]
    alone = conversation([message("m1"), asked])
    assert alone[-1] == {"role": "assistant", "content": "thinking"}
    assert conversation([result]) == []


ROLES = strategies.sampled_from(["user", "assistant", "system", "tool"])
IDS = strategies.sampled_from(["c1", "c2", "c3"])


@given(strategies.lists(strategies.tuples(ROLES, strategies.sampled_from(["", "said"]), strategies.lists(IDS), IDS)))
def test_whatever_was_kept_is_told_as_servers_take_it(items: list[tuple[str, str, list[str], str]]) -> None:
    messages = [
        message(
            f"m{at}",
            text,
            role=role,
            tool_calls=[MessageToolCall(id=one, function=CalledFunction(name="t")) for one in dict.fromkeys(calls)]
            if role == "assistant"
            else [],
            tool_call_id=call_id if role == "tool" else None,
        )
        for at, (role, text, calls, call_id) in enumerate(items)
    ]
    waiting: set[str] = set()
    before = ""
    for form in conversation(messages):
        role = form["role"]
        if role == "tool":
            waiting.remove(form["tool_call_id"])
            continue
        assert not waiting, "each result stands right behind its call"
        assert role != before or role == "system", "roles alternate"
        waiting = {call["id"] for call in form.get("tool_calls", ())}
        before = "" if waiting else role
    assert not waiting


def test_a_question_is_not_blamed_for_what_tools_brought() -> None:
    with pytest.raises(TooLarge, match="what the tools of this run brought") as refused:
        fit("", turn("Look.", *("r" * 3_000 for _ in range(200))), 4_000, None)
    assert refused.value.field is None


def test_an_empty_answer_is_left_out() -> None:
    assert conversation([message("m1"), message("m2", "", role="assistant")]) == [user("hello")]


def kept(*items: tuple[str, str | None, str]) -> list[ChatMessage]:
    return [message(f"m{at}", text, role=role, run_id=run) for at, (role, run, text) in enumerate(items)]


def test_a_run_that_waited_reads_the_answers_it_waited_for_and_then_its_question() -> None:
    messages = kept(
        ("user", "a", "qa"), ("user", "b", "qb"), ("user", "c", "qc"),
        ("assistant", "a", "aa"), ("assistant", "b", "ab"),
    )  # fmt: skip
    assert [item.content for item in so_far(messages, "c")] == ["qa", "aa", "qb", "ab", "qc"]
    assert [item.content for item in so_far(messages[:4], "b")] == ["qa", "aa", "qb"]


def test_what_was_put_in_without_a_run_keeps_its_place() -> None:
    messages = kept(
        ("user", None, "old"), ("user", "a", "qa"), ("system", None, "note"), ("assistant", None, "by hand")
    )
    assert [item.content for item in so_far(messages, "a")] == ["old", "note", "by hand", "qa"]


def test_an_answer_whose_question_is_out_of_sight_is_kept() -> None:
    messages = kept(("user", "b", "qb"), ("assistant", "a", "late answer of an earlier run"))
    assert [item.content for item in so_far(messages, "b")] == ["late answer of an earlier run", "qb"]


def turn(question: str, *results: str) -> list[JsonObject]:
    """A question, and calls with their results."""
    said: list[JsonObject] = [{"role": "user", "content": question}]
    for at, result in enumerate(results):
        call = {"id": f"c{at}", "type": "function", "function": {"name": "look", "arguments": "{}"}}
        said.append({"role": "assistant", "content": None, "tool_calls": [call]})
        said.append({"role": "tool", "tool_call_id": f"c{at}", "content": result})
    return said


@pytest.mark.parametrize("letter", ["x", "\u5b57"])
def test_results_of_one_run_that_are_too_much_are_shortened_the_oldest_first(letter: str) -> None:
    messages = turn("Look.", *(letter * 9_000 for _ in range(9)), "the newest")
    kept = fit("Be brief.", messages, 16_000, None)
    assert [message["role"] for message in kept[1:]] == [message["role"] for message in messages]
    assert sum(map(tokens_of, kept)) <= 16_000 - 4_000
    lengths = [len(message["content"]) for message in kept if message["role"] == "tool"]
    assert lengths == [*sorted(lengths[:-1]), len("the newest")]
    assert kept[-1]["content"] == "the newest"


def test_a_trimmed_conversation_begins_with_a_question() -> None:
    messages = [message for at in range(6) for message in turn(f"Q{at}", "r" * 9_000, "r" * 2_000)]
    for limit in range(4_000, 24_000, 1_000):
        kept = fit("Be brief.", messages, limit, 500)
        assert [message["role"] for message in kept[:2]] == ["system", "user"]
        calls = {call["id"] for message in kept for call in message.get("tool_calls") or ()}
        assert calls == {message["tool_call_id"] for message in kept if message["role"] == "tool"}

"""Markdown as chat platforms write it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.channels import markup

TEXT = """# Title

Some **bold**, *soft*, ~~gone~~ and `a < b` & [a page](https://example.com/?a=1&b=2).

- one
- two
  1. deep

> said <b>so</b>

```python
if a < b: pass
```

| name | n |
|------|---|
| 中文 | 1 |
| b    | 22 |
"""


def test_telegram_is_given_html_that_it_knows() -> None:
    assert markup.telegram(TEXT) == (
        "<b>Title</b>\n\n"
        "Some <b>bold</b>, <i>soft</i>, <s>gone</s> and <code>a &lt; b</code> &amp; "
        '<a href="https://example.com/?a=1&amp;b=2">a page</a>.\n\n'
        "• one\n• two\n  1. deep\n\n"
        "<blockquote>said &lt;b&gt;so&lt;/b&gt;</blockquote>\n\n"
        '<pre><code class="language-python">if a &lt; b: pass</code></pre>\n\n'
        "<pre>name  n\n----  --\n中文  1\nb     22</pre>"
    )


def test_slack_is_given_mrkdwn() -> None:
    written = markup.slack(TEXT)
    assert "*Title*" in written
    assert "*bold*, _soft_, ~gone~ and `a &lt; b`" in written
    assert "<https://example.com/?a=1&amp;b=2|a page>" in written
    assert "> said &lt;b&gt;so&lt;/b&gt;" in written


def test_a_model_cannot_notify_a_slack_channel() -> None:
    assert markup.slack("<!here> and <@U123>") == "&lt;!here&gt; and &lt;@U123&gt;"


def test_whatsapp_is_given_its_marks() -> None:
    assert markup.whatsapp("**b** *i* ~~s~~ [t](https://e.com/x) https://e.com/x") == (
        "*b* _i_ ~s~ t (https://e.com/x) https://e.com/x"
    )


def test_discord_keeps_its_markdown_and_gets_tables_as_code() -> None:
    written = markup.discord(TEXT)
    assert "**bold**" in written
    assert "```\nname  n\n----  --\n中文  1\nb     22\n```" in written


def test_plain_text_has_no_marks() -> None:
    assert markup.plain("# T\n\n**b** `c` [t](https://e.com)") == "T\n\nb c t (https://e.com)"


def test_a_picture_is_a_link() -> None:
    assert markup.telegram("![a cat](https://example.com/cat.png)") == '<a href="https://example.com/cat.png">a cat</a>'


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("*_`~<>[]()!|#\n- 1."), max_size=200))
def test_telegrams_html_is_balanced_whatever_a_model_writes(text: str) -> None:
    stack: list[str] = []
    for end, name in re.findall(r"<(/?)(\w+)[^<>]*>", markup.telegram(text)):
        if end:
            assert stack.pop() == name
        else:
            stack.append(name)
    assert stack == []


@pytest.mark.parametrize("style", [markup.telegram, markup.slack, markup.whatsapp, markup.discord, markup.plain])
@given(st.text(max_size=200))
def test_any_text_can_be_written(style: markup.Markup, text: str) -> None:
    assert isinstance(style(text), str)

"""What the offline agent says, in English and in Chinese."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from openclaw_rpc.protocol.base import JsonObject

Language = Literal["en", "zh"]

# compiled when a text is looked at: the first takes 4 ms
_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002a6df]"
_KANA = r"[\u3040-\u30ff]"
_LATIN = r"[A-Za-z]"


def language_of(messages: Sequence[JsonObject], default: str) -> Language:
    """The user's language, by the last message that shows one; commands alone show none."""
    for message in reversed(messages):
        if message.get("role") != "user":
            continue
        text = text_of(message.get("content"))
        if re.search(_HAN, text) and not re.search(_KANA, text):
            return "zh"
        if re.search(_LATIN, text) and not text.lstrip().startswith("/"):
            return "en"
    return "zh" if default.lower().startswith("zh") else "en"


def text_of(content: object) -> str:
    """The text of a message's content: a string, or a list of parts (OpenAI's Chat Completions)."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [cast("JsonObject", part) for part in cast("list[object]", content) if isinstance(part, dict)]
    return "\n".join(part["text"] for part in parts if isinstance(part.get("text"), str))


TEXTS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "configure": """\
No model is configured yet, so this is the gateway's built-in offline agent: it runs commands, but can't converse.

To use a hosted model, put this into `gateway.yaml` (changes apply at once):

```yaml
providers:
  primary:
    type: openai        # or anthropic, openrouter, mistral, deepseek, openai-compatible …
    model: gpt-5-mini
    api_key: ${OPENAI_API_KEY}
```

or do the same on the command line:

```
openclaw config set providers.primary '{"type": "anthropic", "model": "claude-sonnet-4-5", "api_key": "…"}'
```

To use a model on this machine, install Ollama (https://ollama.com) and run

```
ollama pull qwen3
openclaw config set providers.primary '{"type": "ollama", "model": "qwen3"}'
```

Without any provider configured, the gateway finds Ollama, LM Studio, llama.cpp and vLLM by itself when it starts.

""",
        "help": """\
Commands:
/help           this list
/status         how the gateway is doing
/sessions       your sessions, the last used first
/time           date and time
/calc EXPR      arithmetic, such as /calc (2 + 3) * 4 ^ 2
""",
        "tools": "Tools, as /name {json}, /name key=value … or /name text:\n",
        "no_sessions": "You have no sessions yet.\n",
        "sessions": "Your sessions ({count}):\n",
        "session": "- {name}{title}: {messages} messages, last used {updated}\n",
        "unknown": "There is no command /{name}.",
        "nearest": " Did you mean /{nearest}?",
        "see_help": " /help lists all of them.\n",
        "result": "Result of {name}:\n",
        "failed": "{name} failed:\n",
        "calc_empty": "Write an expression after it, such as /calc 2 + 3.\n",
        "calc_syntax": "That is not an arithmetic expression.\n",
        "calc_too_long": "The expression is too long: at most {detail} characters.\n",
        "calc_too_large": "The result is too large: at most {detail} digits.\n",
        "calc_zero": "Division by zero has no result.\n",
        "calc_undefined": "The expression has no value among the real numbers.\n",
        "calc_unknown": "`{detail}` can't be calculated: use numbers, + - * / // % ^, brackets, sqrt and the like.\n",
        "bad_json": "The arguments of /{name} are not a JSON object: {reason}.\n",
        "missing": "/{name} needs {fields}.\n",
        "unnamed": "/{name} has no parameter {field}; it knows {fields}.\n",
        "bad_value": "{field} of /{name} must be {type}, not `{value}`.\n",
        "plain_text": "/{name} takes {fields}, written as key=value or as JSON.\n",
        "nothing": "nothing",
        "quote": "a quotation mark is not closed",
        "not_object": "it must start with { and be complete",
    },
    "zh": {
        "configure": """\
尚未配置任何模型。现在回答您的是网关内置的离线助手：它可以执行命令，但不能自由对话。

要使用云端模型，请在 `gateway.yaml` 中写入以下内容（保存后立即生效）：

```yaml
providers:
  primary:
    type: openai        # 也可以是 anthropic、qwen、deepseek、moonshot、zhipu、openai-compatible 等
    model: gpt-5-mini
    api_key: ${OPENAI_API_KEY}
```

也可以用命令行完成同样的设置：

```
openclaw config set providers.primary '{"type": "deepseek", "model": "deepseek-chat", "api_key": "…"}'
```

要在本机运行模型，请先安装 Ollama（https://ollama.com），然后执行：

```
ollama pull qwen3
openclaw config set providers.primary '{"type": "ollama", "model": "qwen3"}'
```

如果没有配置任何模型，网关启动时会自动查找本机的 Ollama、LM Studio、llama.cpp 和 vLLM。

""",
        "help": """\
可用命令：
/help           显示本帮助
/status         查看网关状态
/sessions       列出您的会话，最近使用的在前
/time           显示日期和时间
/calc 算式      计算，例如 /calc (2 + 3) * 4 ^ 2
""",
        "tools": "可用工具，写法为 /工具名 {json}、/工具名 参数=值 … 或 /工具名 文本：\n",
        "no_sessions": "您还没有会话。\n",
        "sessions": "您的会话（共 {count} 个）：\n",
        "session": "- {name}{title}：{messages} 条消息，最近使用于 {updated}\n",
        "unknown": "没有 /{name} 这个命令。",
        "nearest": "您要找的是不是 /{nearest}？",
        "see_help": "输入 /help 可查看全部命令。\n",
        "result": "{name} 的结果：\n",
        "failed": "{name} 执行失败：\n",
        "calc_empty": "请在命令后写上算式，例如 /calc 2 + 3。\n",
        "calc_syntax": "这不是一个有效的算式。\n",
        "calc_too_long": "算式太长：最多 {detail} 个字符。\n",
        "calc_too_large": "结果太大：最多 {detail} 位数字。\n",
        "calc_zero": "除数不能为零。\n",
        "calc_undefined": "该算式在实数范围内没有结果。\n",
        "calc_unknown": "无法计算 `{detail}`：请使用数字、+ - * / // % ^、括号，以及 sqrt 等函数。\n",
        "bad_json": "/{name} 的参数不是 JSON 对象：{reason}。\n",
        "missing": "/{name} 缺少参数 {fields}。\n",
        "unnamed": "/{name} 没有名为 {field} 的参数；可用的参数有 {fields}。\n",
        "bad_value": "/{name} 的参数 {field} 应为 {type}，而不是 `{value}`。\n",
        "plain_text": "/{name} 的参数有 {fields}，请写成 参数=值 或 JSON。\n",
        "nothing": "无",
        "quote": "引号没有成对",
        "not_object": "必须以 { 开头并且完整",
    },
}


def say(language: Language, key: str, /, **values: object) -> str:
    """A text in that language, its placeholders filled in."""
    text = TEXTS[language][key]
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text

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
No model is configured yet: this is the gateway's built-in offline agent, which runs commands but can't converse.
- A hosted model: `{program} config set providers.primary '{"type": "openai", "model": "gpt-5-mini", "api_key": "…"}'`
- A model on this machine: `ollama pull qwen3`; the gateway finds Ollama, LM Studio, vLLM and others by itself.
- `/help` lists the commands.
""",
        "help": """\
- `/help` this list
- `/status` how the gateway is doing
- `/sessions` your sessions, the last used first
- `/time` date and time
- `/calc` arithmetic, such as `/calc (2 + 3) * 4 ^ 2`

Tools, as `/name text`, `/name key=value …` or `/name {json}`:
""",
        "sessions": "Your sessions ({count}), with their messages and when they were last used:\n",
        "unknown": "There is no command /{name}. Did you mean /{nearest}?\n",
        "usage": "{reason}\n{usage}\n",
        "result": "Result of {name}:\n",
        "failed": "{name} failed:\n",
        "calc": "That can't be calculated: use numbers, + - * / % ^, brackets and sqrt.\n",
    },
    "zh": {
        "configure": """\
尚未配置任何模型。现在回答您的是网关内置的离线助手：它可以执行命令，但不能自由对话。
- 云端模型：`{program} config set providers.primary '{"type": "deepseek", "model": "deepseek-chat", "api_key": "…"}'`
- 本机模型：执行 `ollama pull qwen3` 即可；网关会自动找到 Ollama、LM Studio、llama.cpp 和 vLLM。
- 输入 `/help` 可查看全部命令。
""",
        "help": """\
- `/help` 显示本帮助
- `/status` 查看网关状态
- `/sessions` 列出您的会话，最近使用的在前
- `/time` 显示日期和时间
- `/calc` 计算，例如 `/calc (2 + 3) * 4 ^ 2`

可用工具，写法为 `/工具名 文本`、`/工具名 参数=值 …` 或 `/工具名 {json}`：
""",
        "sessions": "您的会话（共 {count} 个），附消息数和最近使用时间：\n",
        "unknown": "没有 /{name} 这个命令。您要找的是不是 /{nearest}？\n",
        "usage": "{reason}\n{usage}\n",
        "result": "{name} 的结果：\n",
        "failed": "{name} 执行失败：\n",
        "calc": "无法计算：请使用数字、+ - * / % ^、括号和 sqrt。\n",
    },
}


def say(language: Language, key: str, /, **values: object) -> str:
    """A text in that language, its placeholders filled in."""
    text = TEXTS[language][key]
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text

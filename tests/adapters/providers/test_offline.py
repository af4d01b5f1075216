"""The built-in offline agent: useful without a model, in English and in Chinese, with every tool by plain commands."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from openclaw_rpc.adapters.providers.offline import OfflineProvider
from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.providers import Prompt, ProviderFault
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.domain.tools.ports import ToolSpec


class Gateway:
    """What the offline agent may say about a gateway, fixed."""

    async def status(self, user: str) -> Mapping[str, Any]:
        return {"version": "1.2.3", "user": user, "runs": {"running": 2, "queued": 0}}

    async def sessions(self, user: str) -> Sequence[SessionRecord]:
        if user == "nobody":
            return []
        time = "2026-01-02T03:04:05.000Z"
        made: dict[str, Any] = {
            "agent_id": "main",
            "channel": "api",
            "created_at": time,
            "updated_at": time,
            "epoch": "e",
        }
        return [SessionRecord(id="s1", user=user, key="{name}/plans", title="Plans", message_count=4, **made)]


def tool(name: str, *required: str, **types: str) -> ToolSpec:
    properties = {key: {"type": kind} for key, kind in types.items()}
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return ToolSpec(name=name, description=f"does {name}", parameters=parameters)


TOOLS = [
    tool("shell", "command", command="string", timeout="integer"),
    tool("file_write", "path", "content", path="string", content="string", append="boolean"),
    tool("file_list"),
    tool("resize", "width", width="integer", ratios="array", deep="object"),
]


async def chunks_of(messages: list[dict[str, Any]], **changes: Any) -> list[Chunk]:
    provider = OfflineProvider(Gateway(), now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    with anyio.fail_after(5):
        async with provider.stream(Prompt(model="offline", messages=messages, tools=TOOLS, **changes)) as answer:
            return [chunk async for chunks in answer for chunk in chunks]


async def said(text: str, **changes: Any) -> str:
    chunks = await chunks_of([{"role": "user", "content": text}], **changes)
    assert [chunk.finish_reason for chunk in chunks if chunk.finish_reason] == ["stop"]
    return "".join(chunk.text for chunk in chunks)


async def called(text: str) -> tuple[str | None, dict[str, Any]]:
    chunks = await chunks_of([{"role": "user", "content": text}])
    assert [chunk.finish_reason for chunk in chunks if chunk.finish_reason] == ["tool_calls"]
    [call] = [call for chunk in chunks for call in chunk.tool_calls]
    assert call.id
    return call.name, json.loads(call.arguments)


async def test_it_says_in_english_how_to_configure_a_model() -> None:
    answer = await said("Hello, who are you?")
    for words in ("No model is configured", "openclaw config set providers.primary", "ollama pull", "/help"):
        assert words in answer
    assert len(answer.splitlines()) == 4


async def test_it_says_in_chinese_how_to_configure_a_model() -> None:
    answer = await said("你好，你是谁？")
    for words in ("尚未配置任何模型", "openclaw config set providers.primary", "ollama pull", "/help"):
        assert words in answer


async def test_the_language_of_a_bare_command_is_that_of_the_message_before() -> None:
    messages = [{"role": "user", "content": "你好"}, {"role": "user", "content": "/help"}]
    answer = "".join(chunk.text for chunk in await chunks_of(messages))
    assert "显示本帮助" in answer
    assert "this list" in await said("/help")
    assert "显示本帮助" in await said("/help", language="zh-CN")


async def test_it_streams_word_by_word_and_counts_words() -> None:
    chunks = await chunks_of([{"role": "user", "content": "/calc 1 + 1"}])
    assert "".join(chunk.text for chunk in chunks) == "1 + 1 = 2\n"
    assert len([chunk for chunk in chunks if chunk.text]) > 1
    [usage] = [chunk.usage for chunk in chunks if chunk.usage]
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (4, 5, 9)


async def test_help_lists_commands_and_tools() -> None:
    answer = await said("/help")
    for words in ("/status", "/calc", "`/shell command timeout` does shell"):
        assert words in answer


async def test_status_is_the_gateways() -> None:
    assert (
        await said("/status", user="anna") == "```\nversion: 1.2.3\nuser: anna\nruns:\n  running: 2\n  queued: 0\n```\n"
    )


async def test_sessions_are_the_users() -> None:
    assert "- {name}/plans (Plans): 4, 2026" in await said("/sessions")
    assert "(0)" in await said("/sessions", user="nobody")


async def test_time_is_told_with_its_zone() -> None:
    assert await said("/TIME") == "2026-01-02 03:04:05 +0000 (Friday)\n"


async def test_a_calculation_that_fails_says_what_can_be_calculated() -> None:
    assert "use numbers" in await said("/calc 1/0")


@pytest.mark.parametrize(
    ("command", "name", "arguments"),
    [
        ("/shell ls -la | wc", "shell", {"command": "ls -la | wc"}),
        ("/shell FOO=1 env", "shell", {"command": "FOO=1 env"}),
        ("/shell\nls", "shell", {"command": "ls"}),
        ("/shell command=ls timeout=5", "shell", {"command": "ls", "timeout": 5}),
        ("/shell command='echo a b' timeout=5", "shell", {"command": "echo a b", "timeout": 5}),
        ("/shell command=echo a b", "shell", {"command": "echo a b"}),
        ('/shell {"command": "ls", "timeout": 9}', "shell", {"command": "ls", "timeout": 9}),
        (
            '/file_write path=a.txt content="x = 1" append=true',
            "file_write",
            {"path": "a.txt", "content": "x = 1", "append": True},
        ),
        ("/file_list", "file_list", {}),
        ("/resize width=3 ratios=[1,2]", "resize", {"width": 3, "ratios": [1, 2]}),
        ("/resize width=3 ratios=a,b", "resize", {"width": 3, "ratios": ["a", "b"]}),
    ],
)
async def test_a_command_calls_the_tool(command: str, name: str, arguments: dict[str, Any]) -> None:
    assert await called(command) == (name, arguments)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/file_write path=a", "content is missing"),
        ("/file_write path=a", "`/file_write path content append`"),
        ("/file_write", "path is missing"),
        ("/file_write hello", "there is no parameter 'hello'"),
        ('/shell {"command": ', "truncated"),
        ("/file_write path='ls", "No closing quotation"),
        ("/resize width=wide", "width must be integer"),
        ("/resize height=3", "there is no parameter 'height'"),
        ("/shel ls", "There is no command /shel. Did you mean /shell?"),
        ("/statsu", "Did you mean /status?"),
        ("/zzzzzz", "There is no command /zzzzzz. Did you mean /help?"),
        ("/", "There is no command /."),
    ],
)
async def test_a_wrong_command_says_what_is_wrong(command: str, words: str) -> None:
    assert words in await said(command)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ('{"exitCode": 0, "stdout": "a\\nb\\n"}', "Result of shell:\n```\nexitCode: 0\nstdout:\n  a\n  b\n```\n"),
        (
            '[{"name": "x", "size": 1}, {"name": "y"}]',
            "Result of shell:\n```\n-\n  name: x\n  size: 1\n-\n  name: y\n```\n",
        ),
        ("plain text", "Result of shell:\nplain text\n"),
        ('{"error": "not allowed"}', "shell failed:\nnot allowed\n"),
        ("", "Result of shell:\n\n"),
        ("[" * 900 + "]" * 900, "Result of shell:\n```\n-"),
    ],
)
async def test_a_tools_result_is_printed(content: str, shown: str) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "shell", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "/shell ls"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": content},
    ]
    text = "".join(chunk.text for chunk in await chunks_of(messages))
    assert text == shown or (content.startswith("[[") and text.startswith(shown))


async def test_a_message_of_parts_is_read() -> None:
    chunks = await chunks_of([{"role": "user", "content": [{"type": "text", "text": "/calc 2*3"}]}])
    assert "".join(chunk.text for chunk in chunks) == "2*3 = 6\n"


async def test_nothing_said_at_all_is_answered_too() -> None:
    assert "".join(chunk.text for chunk in await chunks_of([])).startswith("No model")


async def test_it_relays_no_embeddings() -> None:
    provider = OfflineProvider(Gateway())
    with pytest.raises(ProviderFault, match="no model is configured"):
        await provider.embed(b"{}")
    assert [model.id for model in await provider.models()] == ["offline"]

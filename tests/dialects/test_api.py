"""Reference 002 over HTTP, each endpoint with good and with bad requests."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest

from openclaw_rpc.dialects.api.messages import actions_of
from openclaw_rpc.protocol.chat import ToolUse
from tests.support.rest import Rest, rest


@pytest.fixture
async def client() -> AsyncGenerator[Rest]:
    async with rest() as found:
        yield found


def refused(error: Any, code: str, field: str | None = None) -> None:
    """002's shape."""
    found = error["error"]
    assert found["code"] == code, error
    assert found["message"]
    assert found.get("details", {}).get("field") == field, error
    if field is not None and code == "INVALID_REQUEST":
        assert found["details"]["reason"]


async def test_a_session_is_made_shown_listed_and_deleted(client: Rest) -> None:
    body = {"model": "claude-3-5-sonnet-20241022", "context": {"userId": "user-123"}, "labels": {"team": "a"}}
    made = await client.good("POST", "/api/sessions", body, 201)
    assert made["status"] == "created"
    path = f"/api/sessions/{made['sessionId']}"
    found = await client.good("GET", path)
    assert found["model"] == "claude-3-5-sonnet-20241022"
    assert (found["context"], found["labels"], found["messages"]) == ({"userId": "user-123"}, {"team": "a"}, [])
    assert (found["status"], found["messageCount"], found["hasMore"]) == ("active", 0, False)
    listed = await client.good("GET", "/api/sessions?limit=5")
    assert [item["sessionId"] for item in listed["sessions"]] == [made["sessionId"]]
    assert (listed["total"], listed["limit"], listed["offset"]) == (1, 5, 0)
    assert await client.good("DELETE", path) == {"sessionId": made["sessionId"], "status": "deleted"}
    for verb in ("GET", "DELETE"):
        refused(await client.bad(verb, path, status=404), "NOT_FOUND", "sessionId")


async def test_a_session_is_busy_while_an_agent_is_at_work(client: Rest) -> None:
    await client.good("POST", "/api/sessions", {"sessionId": "s1"}, 201)
    body = {"channel": "api", "message": "[[slow:20,50]]", "conversation_id": "s1", "wait_for_response": False}
    await client.good("POST", "/api/v1/message", body, 202)
    assert (await client.good("GET", "/api/sessions/s1"))["status"] == "busy"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"model": ""}, "model"),
        ({"context": 5}, "context"),
        ({"sessionKey": "x"}, "sessionKey"),
        ({"sessionId": 1}, "sessionId"),
    ],
)
async def test_a_bad_session_is_told_the_field(client: Rest, body: Any, field: str) -> None:
    refused(await client.bad("POST", "/api/sessions", body), "INVALID_REQUEST", field)


async def test_a_session_that_exists_is_no_new_one(client: Rest) -> None:
    await client.good("POST", "/api/sessions", {"sessionId": "s1"}, 201)
    refused(await client.bad("POST", "/api/sessions", {"sessionId": "s1"}, 409), "CONFLICT", "sessionId")
    refused(await client.bad("POST", "/api/sessions", {"agentId": "nobody"}, 404), "NOT_FOUND", "agentId")
    refused(await client.bad("GET", "/api/sessions?limit=many"), "INVALID_REQUEST", "limit")


async def test_a_message_is_answered(client: Rest) -> None:
    made = await client.good("POST", "/api/sessions", {"model": "scripted"}, 201)
    path = f"/api/sessions/{made['sessionId']}/messages"
    answer = await client.good("POST", path, {"content": "整理会议记录"})
    assert answer["response"] == {"content": "echo: 整理会议记录", "actions": []}
    kept = await client.good("GET", f"/api/sessions/{made['sessionId']}?limit=1")
    assert [message["messageId"] for message in kept["messages"]] == [answer["messageId"]]
    assert kept["hasMore"]
    body = {"content": "see", "attachments": [{"type": "text", "text": "attached words"}]}
    assert "attached words" in (await client.good("POST", path, body))["response"]["content"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "content"),
        ({"content": ""}, "content"),
        ({"message": "x"}, "message"),
        ({"content": "x", "attachments": [{"type": "tune"}]}, "attachments[0].type"),
        ({"content": "x", "attachments": [{"type": "file"}]}, "attachments.path"),
    ],
)
async def test_a_bad_message_is_told_the_field(client: Rest, body: Any, field: str) -> None:
    for path in ("/api/sessions/s1/messages", "/api/sessions/s1/messages/stream"):
        refused(await client.bad("POST", path, body), "INVALID_REQUEST", field)


async def test_a_message_whose_model_fails_or_lingers_is_an_error(client: Rest) -> None:
    error = await client.bad("POST", "/api/sessions/s1/messages", {"content": "[[fail:400]]"}, 502)
    refused(error, "PROVIDER_ERROR")
    error = await client.bad("POST", "/api/sessions/s1/messages", {"content": "[[slow:9,40]]", "timeoutMs": 40}, 408)
    refused(error, "TIMEOUT")
    assert error["error"]["details"]["runId"].startswith("run_")


def test_what_tools_changed_becomes_actions() -> None:
    calls: list[dict[str, Any]] = [
        {"tool": "file_write", "params": {"path": "/a"}, "result": {"path": "/a", "created": True}},
        {"tool": "file_write", "params": {"path": "/a"}, "result": {"path": "/a", "created": False}},
        {"tool": "file_write", "params": {"path": "/b"}, "error": "no space"},
        {"tool": "file_read", "params": {"path": "/a"}, "result": {}},
        {"tool": "shell", "params": {"command": "ls"}, "result": {"exitCode": 0}},
        {"tool": "shell", "params": "not json", "result": "text"},
    ]
    given = [{"callId": "c", "durationMs": 1, **each} for each in calls]
    assert actions_of(msgspec.convert(given, list[ToolUse])) == [
        {"type": "file_created", "path": "/a"},
        {"type": "file_updated", "path": "/a"},
        {"type": "command_executed", "command": "ls", "exitCode": 0},
        {"type": "command_executed", "command": None, "exitCode": None},
    ]


async def test_a_stream_tells_text_from_code(client: Rest) -> None:
    ask = "write ```js\nconsole.log('Hello')\n``` now"
    events = await client.stream("/api/sessions/s1/messages/stream", {"content": ask})
    text = [event.data["content"] for event in events if event.data["type"] == "text"]
    code = [event.data for event in events if event.data["type"] == "code"]
    assert "".join(text) == "echo: write  now"
    assert "".join(data["content"] for data in code) == "console.log('Hello')\n"
    assert {data["language"] for data in code} == {"js"}
    done = events[-1].data
    assert (done["type"], done["finishReason"]) == ("done", "stop")
    assert all(event.id for event in events)


async def test_an_error_inside_a_stream_has_the_dialects_shape(client: Rest) -> None:
    events = await client.stream("/api/sessions/s1/messages/stream", {"content": "[[error:broken]]"})
    assert [event.data["type"] for event in events[-2:]] == ["error", "done"]
    assert events[-2].data["error"]["code"] == "PROVIDER_ERROR"


async def test_a_broken_stream_goes_on_in_the_middle_of_code_from_any_event(client: Rest) -> None:
    ask = "a ```py\nx = 1\nfor y in z:\n  pass\n``` and ```inline``` end"
    path = "/api/sessions/s1/messages/stream"
    events = await client.stream(path, {"content": ask})

    def said(found: list[Any]) -> list[tuple[str, str]]:
        return [(event.data["type"], char) for event in found for char in event.data.get("content", "")]

    whole = said(events)
    for at, event in enumerate(events[:-1], 1):
        rest_of_it = await client.stream(path, {"content": ask}, last=event.id)
        assert said(events[:at]) + said(rest_of_it) == whole, event
        assert rest_of_it[-1].data["type"] == "done"
    assert await client.stream(path, {"content": ask}, last=events[-1].id) == []
    assert (await client.good("GET", "/api/sessions/s1"))["messageCount"] == 2, "and nothing ran anew"


async def test_a_memory_is_stored_found_and_deleted(client: Rest) -> None:
    body = {"key": "user-preference", "value": {"theme": "dark"}, "metadata": {"category": "preferences"}}
    assert (await client.good("POST", "/api/memory", body, 201))["key"] == "user-preference"
    (found,) = (await client.good("GET", "/api/memory/search?q=preference&limit=10"))["results"]
    assert (found["key"], found["value"]) == ("user-preference", {"theme": "dark"})
    assert found["score"] > 0
    assert found["createdAt"]
    assert (await client.good("DELETE", "/api/memory/user-preference"))["deleted"]
    refused(await client.bad("DELETE", "/api/memory/user-preference", status=404), "NOT_FOUND", "key")
    refused(await client.bad("POST", "/api/memory", {"value": 1}), "INVALID_REQUEST", "key")
    refused(await client.bad("GET", "/api/memory/search"), "INVALID_REQUEST", "q")


async def test_files_are_written_read_listed_and_searched(client: Rest) -> None:
    body = {"path": "/Documents/new-file.md", "content": "# Hello World"}
    written = await client.good("POST", "/api/files/write", body)
    assert written == {"path": "/Documents/new-file.md", "size": 13, "created": True}
    found = await client.good("GET", "/api/files/read?path=/Documents/new-file.md&limit=7")
    assert (found["content"], found["size"], found["nextOffset"]) == ("# Hello", 13, 7)
    listed = await client.good("GET", "/api/files/list?path=/Documents&recursive=true")
    assert [entry["name"] for entry in listed["entries"]] == ["new-file.md"]
    searched = await client.good("GET", "/api/files/search?pattern=*.md&path=/Documents")
    assert (searched["total"], searched["pattern"]) == (1, "*.md")
    assert [each["path"] for each in searched["results"]] == ["/Documents/new-file.md"]


@pytest.mark.parametrize("path", ["/../../etc/passwd", "../../../../etc/passwd", "/Documents/../../../etc/passwd"])
async def test_no_file_outside_the_workspace_is_reached(client: Rest, path: str) -> None:
    answer = await client.ask("GET", f"/api/files/read?path={path}")
    assert answer.status in (400, 403, 404)
    assert b"root:" not in answer.body


async def test_a_bad_file_call_is_told_the_field(client: Rest) -> None:
    refused(await client.bad("GET", "/api/files/read?path=/none.txt", status=404), "NOT_FOUND", "path")
    refused(await client.bad("GET", "/api/files/read"), "INVALID_REQUEST", "path")
    refused(await client.bad("GET", "/api/files/list?recursive=maybe"), "INVALID_REQUEST", "recursive")
    refused(await client.bad("GET", "/api/files/search?path=/"), "INVALID_REQUEST", "pattern")
    refused(await client.bad("POST", "/api/files/write", {"path": "/a"}), "INVALID_REQUEST", "content")
    reader = client.gateway.make_token(scopes="read,chat")
    error = await client.bad("GET", "/api/files/list", status=403, token=reader)
    assert error["error"]["details"]["reason"] == "missing_scope"


async def test_a_command_is_run_and_one_that_takes_too_long_is_ended(client: Rest) -> None:
    body = {"command": "echo out; echo err >&2; exit 3", "cwd": "/", "timeout": 30_000}
    done = await client.good("POST", "/api/commands/execute", body)
    assert (done["stdout"], done["stderr"], done["exitCode"]) == ("out\n", "err\n", 3)
    late = await client.good("POST", "/api/commands/execute", {"command": "sleep 20", "timeout": 200})
    assert (late["exitCode"], late["timedOut"]) == (-1, True)
    refused(await client.bad("POST", "/api/commands/execute", {"cwd": "/"}), "INVALID_REQUEST", "command")
    vague = {"command": "ls", "timeout": "soon"}
    refused(await client.bad("POST", "/api/commands/execute", vague), "INVALID_REQUEST", "timeout")


async def test_an_agents_file_becomes_an_action_and_a_files_words_reach_it(client: Rest) -> None:
    asked = {"content": '[[tool:file_write {"path": "/Documents/notes.md", "content": "x"}]]'}
    for kind in ("file_created", "file_updated"):
        answer = await client.good("POST", "/api/sessions/s1/messages", asked)
        assert answer["response"]["actions"] == [{"type": kind, "path": "/Documents/notes.md"}]
    await client.good("POST", "/api/files/write", {"path": "/att.txt", "content": "attached words"})
    body = {"content": "see", "attachments": [{"type": "file", "path": "/att.txt"}]}
    assert "attached words" in (await client.good("POST", "/api/sessions/s2/messages", body))["response"]["content"]
    missing = {"content": "see", "attachments": [{"type": "file", "path": "/none.txt"}]}
    refused(await client.bad("POST", "/api/sessions/s2/messages", missing, 404), "NOT_FOUND", "attachments")


async def test_errors_of_any_path_have_the_shape_of_the_reference(client: Rest) -> None:
    refused(await client.bad("GET", "/api/nothing-here", status=404), "NOT_FOUND", "path")
    refused(await client.bad("GET", "/api/sessions", status=401, token=None), "UNAUTHORIZED")
    refused(await client.bad("PUT", "/api/sessions", {}, 405), "INVALID_REQUEST")


async def test_over_the_limit_the_error_says_when_to_come_back() -> None:
    limits = {f"{kind}_per_minute": 10**6 for kind in ("requests", "skills", "files")} | {"messages_per_minute": 1}
    async with rest(rate_limit=limits) as client:
        await client.good("POST", "/api/sessions/s1/messages", {"content": "x"})
        answer = await client.ask("POST", "/api/sessions/s1/messages/stream", {"content": "x"})
        assert answer.status == 429
        refused(answer.json, "RATE_LIMITED")
        assert str(answer.json["error"]["retryAfter"]) == answer.headers["Retry-After"]
        await client.good("GET", "/api/sessions/s1")

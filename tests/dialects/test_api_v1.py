"""References 000, 001 and 004 over HTTP, each endpoint with good and with bad requests."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import anyio
import pytest

from tests.support.rest import Rest, rest


@pytest.fixture
async def client() -> AsyncGenerator[Rest]:
    async with rest() as found:
        yield found


def refused(error: Any, status: int, code: str, field: str | None = None) -> None:
    """The flat shape."""
    assert (error["error"], error["status"]) == (code, status), error
    assert error["message"]
    assert error["details"].get("field") == field, error


async def test_a_message_is_answered_in_full(client: Rest) -> None:
    metadata = {"user_id": "u1", "user_name": "用户", "shoe_size": 42}
    body = {"channel": "telegram", "message": "天气?", "conversation_id": "c1", "metadata": metadata}
    answer = await client.good("POST", "/api/v1/message", body)
    assert answer["content"] == "echo: 天气?"
    assert (answer["conversation_id"], answer["role"], answer["model"]) == ("c1", "assistant", "scripted")
    assert answer["skills_used"] == []
    assert answer["tokens"]["input"] + answer["tokens"]["output"] == answer["tokens"]["total"]
    assert answer["latency_ms"] >= 0
    kept = await client.good("GET", "/api/v1/conversations/c1")
    assert kept["channel"] == "telegram"
    assert kept["messages"][0]["metadata"] == metadata
    assert kept["messages"][1]["id"] == answer["message_id"]


async def test_a_message_without_a_conversation_begins_one(client: Rest) -> None:
    made = {(await client.good("POST", "/api/v1/message", {"channel": "api", "message": "x"}))["conversation_id"]}
    made |= {(await client.good("POST", "/api/v1/message", {"channel": "api", "message": "x"}))["conversation_id"]}
    assert len(made) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message": "x"}, "channel"),
        ({"channel": "api"}, "message"),
        ({"channel": "api", "message": ""}, "message"),
        ({"channel": "api", "message": 5}, "message"),
        ({"channel": "api", "message": "x", "conversation_id": ""}, "conversation_id"),
        ({"channel": "api", "message": "x", "timeout_ms": 0}, "timeout_ms"),
        ({"channel": "api", "message": "x", "wait_for_response": "no"}, "wait_for_response"),
        ({"channel": "api", "message": "x", "sessionKey": "s"}, "sessionKey"),
        ({"channel": "api", "message": "x", "metadata": []}, "metadata"),
        (
            {"channel": "api", "message": "x", "metadata": {"attachments": [{"type": "file"}]}},
            "metadata.attachments.path",
        ),
        ([], None),
    ],
)
async def test_a_bad_message_is_told_the_field_under_its_own_name(client: Rest, body: Any, field: str | None) -> None:
    refused(await client.bad("POST", "/api/v1/message", body), 400, "bad_request", field)


async def test_attachments_of_the_metadata_reach_the_model(client: Rest) -> None:
    attachments = [{"type": "text", "name": "note", "text": "attached words"}]
    body = {"channel": "api", "message": "see", "metadata": {"attachments": attachments}}
    assert "attached words" in (await client.good("POST", "/api/v1/message", body))["content"]


async def test_a_message_that_is_not_waited_for_can_be_polled(client: Rest) -> None:
    body = {"channel": "api", "message": "[[slow:5,40]]", "wait_for_response": False}
    answer = await client.ask("POST", "/api/v1/message", body)
    pending = answer.json
    assert (answer.status, pending["status"]) == (202, "processing")
    assert pending["poll_url"] == f"/api/v1/message/{pending['id']}/status" == answer.headers["Location"]
    assert await client.good("GET", pending["poll_url"]) == pending
    done = await client.good("GET", pending["poll_url"] + "?timeout_ms=5000")
    assert (done["status"], done["content"], done["id"]) == ("completed", "w0 w1 w2 w3 w4 ", pending["id"])
    refused(await client.bad("GET", "/api/v1/message/none/status", status=404), 404, "not_found", "id")
    refused(await client.bad("GET", pending["poll_url"] + "?timeout_ms=soon"), 400, "bad_request", "timeout_ms")


async def test_a_message_that_failed_says_so_when_polled(client: Rest) -> None:
    body = {"channel": "api", "message": "[[fail:400]]", "wait_for_response": False}
    pending = await client.good("POST", "/api/v1/message", body, 202)
    state = await client.good("GET", pending["poll_url"] + "?timeout_ms=9000")
    assert state["status"] == "error"
    assert state["error"]["error"] == "provider_error"
    assert state["error"]["status"] == 502


async def test_a_message_whose_model_fails_is_answered_with_the_error(client: Rest) -> None:
    error = await client.bad("POST", "/api/v1/message", {"channel": "api", "message": "[[fail:400]]"}, 502)
    assert (error["error"], error["status"]) == ("provider_error", 502)


async def test_a_timeout_says_where_to_ask_and_the_run_goes_on(client: Rest) -> None:
    error = await client.bad(
        "POST", "/api/v1/message", {"channel": "api", "message": "[[slow:10,40]]", "timeout_ms": 50}, 408
    )
    refused(error, 408, "timeout")
    details = error["details"]
    assert details["poll_url"] == f"/api/v1/message/{details['id']}/status"
    done = await client.good("GET", details["poll_url"] + "?timeout_ms=5000")
    assert (done["status"], done["conversation_id"]) == ("completed", details["conversation_id"])


async def test_the_same_key_means_the_same_run(client: Rest) -> None:
    body = {"channel": "api", "message": "once"}
    first = await client.good("POST", "/api/v1/message", body, headers={"Idempotency-Key": "k1"})
    for keyed in ({"idempotency_key": "k1"}, {"idempotencyKey": "k1"}):
        again = await client.good("POST", "/api/v1/message", body | keyed)
        assert again["id"] == first["id"]
    other = {"channel": "api", "message": "twice"}
    error = await client.bad("POST", "/api/v1/message", other, 422, headers={"Idempotency-Key": "k1"})
    refused(error, 422, "conflict", "idempotency_key")
    error = await client.bad("POST", "/api/v1/message", body, headers={"Idempotency-Key": "k" * 256})
    refused(error, 400, "bad_request", "Idempotency-Key")


async def test_a_stream_has_a_start_tokens_and_an_end(client: Rest) -> None:
    events = await client.stream("/api/v1/message", {"channel": "api", "message": "写一首诗 now"})
    kinds = [event.data["type"] for event in events]
    assert kinds[0] == "start"
    assert kinds[-1] == "end"
    assert set(kinds[1:-1]) == {"token"}
    assert "".join(event.data["content"] for event in events[1:-1]) == "echo: 写一首诗 now"
    assert events[-1].data["tokens"]["output"] > 0
    assert all(event.name is None and event.id for event in events)


async def test_a_tools_use_shows_in_the_stream(client: Rest) -> None:
    events = await client.stream("/api/v1/message", {"channel": "api", "message": "[[tool:none_such {}]]"})
    told = [event.data for event in events if event.data["type"].startswith("tool_")]
    assert told == [
        {"type": "tool_call", "tool": "none_such", "status": "invoking"},
        {"type": "tool_result", "tool": "none_such", "status": "failed"},
    ]


async def test_an_error_inside_a_stream_has_the_dialects_shape(client: Rest) -> None:
    events = await client.stream("/api/v1/message", {"channel": "api", "message": "[[error:broken]]"})
    error, end = events[-2].data, events[-1].data
    assert (error["type"], error["error"], error["status"]) == ("error", "provider_error", 502)
    assert (end["type"], end["finish_reason"]) == ("end", "error")


async def test_an_error_before_a_streams_first_byte_is_json(client: Rest) -> None:
    body = {"channel": "api", "message": "x", "agent_id": "nobody"}
    error = await client.bad("POST", "/api/v1/message", body, 404, headers={"Accept": "text/event-stream"})
    refused(error, 404, "not_found", "agent_id")


async def test_conversations_are_listed_filtered_and_paged(client: Rest) -> None:
    for at in range(3):
        channel = "telegram" if at else "api"
        body = {"channel": channel, "message": "hi", "conversation_id": f"c{at}"}
        await client.good("POST", "/api/v1/message", body)
    page = await client.good("GET", "/api/v1/conversations?limit=2&offset=1")
    assert [item["id"] for item in page["conversations"]] == ["c1", "c0"]
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 1)
    first = page["conversations"][0]
    assert first["message_count"] == 2
    assert datetime.fromisoformat(first["created_at"]) <= datetime.fromisoformat(first["last_message_at"])
    assert "summary" in first
    assert (await client.good("GET", "/api/v1/conversations?channel=telegram"))["total"] == 2
    assert (await client.good("GET", "/api/v1/conversations?since=2999-01-01"))["total"] == 0
    assert (await client.good("GET", "/api/v1/conversations?until=2000-01-01T00:00:00Z"))["total"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=many", "limit"), ("limit=0", "limit"), ("offset=-1", "offset"), ("since=once", "since"), ("x=1", "x")],
)
async def test_a_bad_query_is_told_which_part(client: Rest, query: str, field: str) -> None:
    refused(await client.bad("GET", f"/api/v1/conversations?{query}"), 400, "bad_request", field)


async def test_a_conversation_is_shown_and_deleted(client: Rest) -> None:
    key = "a/b c"
    await client.good("POST", "/api/v1/message", {"channel": "api", "message": "hi", "conversation_id": key})
    found = await client.good("GET", "/api/v1/conversations/a%2Fb%20c?limit=1")
    assert [message["role"] for message in found["messages"]] == ["assistant"]
    assert found["has_more"]
    assert await client.good("DELETE", "/api/v1/conversations/a%2Fb%20c") == {"id": key, "deleted": True}
    for verb in ("GET", "DELETE"):
        refused(await client.bad(verb, "/api/v1/conversations/a%2Fb%20c", status=404), 404, "not_found", "id")


async def test_another_users_conversation_is_not_found(client: Rest) -> None:
    await client.good("POST", "/api/v1/message", {"channel": "api", "message": "hi", "conversation_id": "mine"})
    token = client.gateway.make_token("eve")
    refused(await client.bad("GET", "/api/v1/conversations/mine", status=404, token=token), 404, "not_found", "id")
    assert (await client.good("GET", "/api/v1/conversations", token=token))["total"] == 0


async def test_the_status_has_every_section(client: Rest) -> None:
    status = await client.good("GET", "/api/v1/status")
    assert status["status"] == "running"
    assert status["gateway"] == {"port": client.gateway.app.addresses[0][1], "bind": "127.0.0.1", "auth_enabled": True}
    assert status["reasoning"]["primary_model"] == "scripted"
    assert set(status["memory"]) == {"wal_entries", "compacted_files", "total_size_mb"}
    assert set(status["skills"]) == {"installed", "active", "container_engine", "rootless"}
    assert set(status["channels"]) == {"connected", "disconnected"}


async def test_channels_are_listed_and_asked_one_by_one(client: Rest) -> None:
    listed = (await client.good("GET", "/api/v1/channels"))["channels"]
    assert {"telegram", "discord", "slack"} <= {item["type"] for item in listed}
    assert (await client.good("GET", "/api/v1/channels/telegram/status"))["type"] == "telegram"
    refused(await client.bad("GET", "/api/v1/channels/none/status", status=404), 404, "not_found", "type")


async def test_the_configuration_is_shown_without_secrets_and_changed_in_part(client: Rest) -> None:
    answer = await client.ask("GET", "/api/v1/config")
    assert answer.json["gateway"]["auth"]["token"] == "***REDACTED***"
    assert b"test-token" not in answer.body
    assert b"sk-test" not in answer.body
    change = {"gateway": {"rate_limit": {"requests_per_minute": 90000}}}
    done = await client.good("PUT", "/api/v1/config", change)
    assert done == {
        "restart_required": False,
        "changed": ["gateway.rate_limit.requests_per_minute"],
        "needs_restart": [],
    }
    assert (await client.good("PUT", "/api/v1/config", {"gateway": {"port": 18888}}))["restart_required"]
    for body, field in (
        ({"gateway": {"port": "eighty"}}, "gateway.port"),
        ({"gateway": {"no_such_key": 1}}, "gateway.no_such_key"),
        ({}, "body"),
    ):
        refused(await client.bad("PUT", "/api/v1/config", body), 400, "bad_request", field)


async def test_the_configuration_is_the_owners_alone(client: Rest) -> None:
    token = client.gateway.make_token(scopes="read,chat,tools")
    for verb in ("GET", "PUT"):
        error = await client.bad(verb, "/api/v1/config", {"gateway": {}} if verb == "PUT" else None, 403, token=token)
        assert (error["error"], error["details"]["reason"]) == ("forbidden", "missing_scope")


async def test_the_log_is_read_by_level_and_component(client: Rest) -> None:
    lines = (await client.good("GET", "/api/v1/logs?lines=100&level=debug"))["logs"]
    assert {"timestamp", "level", "component", "message"} <= set(lines[0])
    assert len((await client.good("GET", "/api/v1/logs?lines=1&level=debug"))["logs"]) == 1
    assert {line["component"] for line in (await client.good("GET", "/api/v1/logs?component=gateway"))["logs"]} == {
        "gateway"
    }
    for query, field in (("lines=0", "lines"), ("level=loud", "level"), ("since=once", "since")):
        refused(await client.bad("GET", f"/api/v1/logs?{query}"), 400, "bad_request", field)


async def test_the_memory_is_counted_searched_and_pruned(client: Rest) -> None:
    await client.good("POST", "/api/memory", {"key": "diet", "value": {"note": "素食"}}, 201)
    stats = await client.good("GET", "/api/v1/memory/stats")
    assert stats["wal"]["entries"] == 1
    assert stats["compacted"] == {"files": 0, "size_mb": 0.0, "last_compaction": None}
    found = await client.good("POST", "/api/v1/memory/search", {"query": "素食"})
    assert [item["key"] for item in found["results"]] == ["diet"]
    assert found["results"][0]["created_at"]
    prune = {"before": "2999-01-01T00:00:00Z", "type": "wal"}
    refused(await client.bad("DELETE", "/api/v1/memory/prune", prune), 400, "bad_request", "confirm")
    assert (await client.good("DELETE", "/api/v1/memory/prune", prune | {"confirm": True}))["removed"] == 1
    refused(await client.bad("POST", "/api/v1/memory/search", {"limit": 5}), 400, "bad_request", "query")


async def test_001_asks_and_waits(client: Rest) -> None:
    body = {"content": "do it", "sessionId": "cron-1", "metadata": {"a": 1}}
    answer = await client.good("POST", "/api/v1/messages", body)
    assert (answer["status"], answer["finalReply"], answer["toolCalls"]) == ("completed", "echo: do it", [])
    assert answer["durationMs"] >= 0
    assert answer["sessionId"] == "cron-1"
    answer = await client.good("POST", "/api/v1/agents/default/invoke", {"content": "[[tool:none_such {}]]"})
    assert answer["agentId"] == "default"
    assert [call["tool"] for call in answer["toolCalls"]] == ["none_such"]


async def test_001_names_its_own_fields(client: Rest) -> None:
    refused(await client.bad("POST", "/api/v1/messages", {}), 400, "bad_request", "content")
    refused(
        await client.bad("POST", "/api/v1/messages", {"content": "x", "sessionId": ""}), 400, "bad_request", "sessionId"
    )
    error = await client.bad("POST", "/api/v1/agents/nobody/invoke", {"content": "x"}, 404)
    refused(error, 404, "not_found", "agentId")
    body = {"content": "x", "agentId": "other"}
    refused(await client.bad("POST", "/api/v1/agents/default/invoke", body), 400, "bad_request", "agentId")
    slow = {"content": "[[slow:10,40]]", "timeoutMs": 50}
    refused(await client.bad("POST", "/api/v1/messages", slow, 408), 408, "timeout")


async def test_who_is_nobody_is_told_in_the_references_words(client: Rest) -> None:
    error = await client.bad("GET", "/api/v1/status", status=401, token=None)
    assert error["message"] == "Missing or invalid authentication token"
    refused(error, 401, "unauthorized")


async def test_over_the_limit_the_answer_says_when_to_come_back() -> None:
    limits = {f"{kind}_per_minute": 10**6 for kind in ("requests", "skills", "files")} | {"messages_per_minute": 1}
    async with rest(rate_limit=limits) as client:
        body = {"channel": "api", "message": "x"}
        await client.good("POST", "/api/v1/message", body)
        answer = await client.ask("POST", "/api/v1/message", body)
        assert answer.status == 429
        details = answer.json["details"]
        assert (details["limit"], details["remaining"]) == (1, 0)
        assert datetime.fromisoformat(details["reset_at"]).tzinfo is not None
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert answer.headers["X-RateLimit-Remaining"] == "0"
        await client.good("GET", "/api/v1/status")


async def test_a_client_that_goes_away_ends_its_stream_and_not_the_run(client: Rest) -> None:
    body = {"channel": "api", "message": "[[slow:8,40]]", "conversation_id": "left"}
    async with client.raw("POST", "/api/v1/message", body, headers={"Accept": "text/event-stream"}) as response:
        assert b"start" in await response.content.readuntil(b"\n\n")
    with anyio.fail_after(5):
        while (await client.good("GET", "/api/v1/conversations/left"))["message_count"] < 2:
            await anyio.lowlevel.checkpoint()
    kept = await client.good("GET", "/api/v1/conversations/left")
    assert kept["messages"][1]["content"] == "w0 w1 w2 w3 w4 w5 w6 w7 "

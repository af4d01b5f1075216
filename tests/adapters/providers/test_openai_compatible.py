"""What is asked of a model's server, what comes of it, when it is asked again, and when it is cut."""

import json
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw_rpc.adapters.providers.openai_compatible import OpenAIProvider
from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.domain.providers import Prompt, ProviderFault
from openclaw_rpc.domain.tools.ports import ToolSpec
from tests.support.tls import self_signed
from tests.support.upstream import Upstream, scripted_upstream

TOOL = ToolSpec(name="look", description="looks", parameters={"type": "object"})


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with scripted_upstream() as server:
        yield server


@pytest.fixture
async def model(upstream: Upstream) -> AsyncGenerator[OpenAIProvider]:
    found = of(upstream)
    yield found
    await found.aclose()


def of(upstream: Upstream, **changes: Any) -> OpenAIProvider:
    given: dict[str, Any] = {"type": "openai-compatible", "model": "scripted", "api_key": "sk-one", **changes}
    return OpenAIProvider("primary", ProviderSettings(base_url=upstream.url, **given))


def asked(text: str, **changes: Any) -> Prompt:
    return Prompt(model="scripted", messages=[{"role": "user", "content": text}], **changes)


async def said(model: OpenAIProvider, prompt: Prompt) -> list[Chunk]:
    with anyio.fail_after(20):
        async with model.stream(prompt) as answer:
            return [chunk async for chunks in answer for chunk in chunks]


def text(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


async def test_the_request_holds_what_the_prompt_asks_and_the_key(upstream: Upstream, model: OpenAIProvider) -> None:
    await said(model, asked("hi", tools=[TOOL], temperature=0.5, max_tokens=100, thinking="low"))
    assert upstream.requests == [
        {
            "model": "scripted",
            "messages": [{"role": "user", "content": "hi"}],
            "stream": True,
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "look",
                        "description": "looks",
                        "parameters": {"type": "object", "properties": {}},
                    },
                }
            ],
            "temperature": 0.5,
            "stream_options": {"include_usage": True},
            "max_tokens": 100,
            "reasoning_effort": "low",
        }
    ]
    assert upstream.headers[0]["Authorization"] == "Bearer sk-one"


async def test_a_field_that_is_not_asked_for_is_not_sent(upstream: Upstream, model: OpenAIProvider) -> None:
    await said(model, asked("hi"))
    assert sorted(upstream.requests[0]) == ["messages", "model", "stream", "stream_options"]


async def test_anthropic_is_asked_to_think_in_its_own_words(upstream: Upstream) -> None:
    model = of(upstream, type="anthropic")
    await said(model, asked("hi", thinking="medium", temperature=0.2))
    await said(model, asked("hi", thinking="high", max_tokens=4096))
    await said(model, asked("hi", thinking="high", max_tokens=100))
    await model.aclose()
    first, second, third = upstream.requests
    assert first["thinking"] == {"type": "enabled", "budget_tokens": 8192}
    assert "temperature" not in first and "reasoning_effort" not in first
    assert second["thinking"]["budget_tokens"] == 2048
    assert "thinking" not in third


async def test_without_a_key_no_authorization_is_sent(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "somebody-elses")
    model = of(upstream, api_key=None)
    await said(model, asked("hi"))
    await model.aclose()
    assert "Authorization" not in upstream.headers[0]
    assert "somebody-elses" not in str(upstream.headers)


async def test_openai_is_told_the_account_that_the_environment_names(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    model = of(upstream, type="openai")
    await said(model, asked("hi"))
    await model.aclose()
    assert upstream.headers[0]["OpenAI-Organization"] == "org-1"
    assert "OpenAI-Project" not in upstream.headers[0]


async def test_credentials_in_the_address_are_sent_as_basic_and_never_shown(upstream: Upstream) -> None:
    url = upstream.url.replace("http://", "http://anna:s3cret@") + "?api-version=7"
    settings = ProviderSettings(type="openai-compatible", model="scripted", base_url=url)
    model = OpenAIProvider("primary", settings)
    await said(model, asked("hi"))
    with pytest.raises(ProviderFault) as caught:
        await said(model, asked("[[fail:401]][[message:s3cret is wrong]]"))
    await model.aclose()
    assert upstream.headers[0]["Authorization"] == "Basic YW5uYTpzM2NyZXQ="
    assert "s3cret" not in caught.value.message
    assert "anna" not in caught.value.message


async def test_configured_headers_are_sent(upstream: Upstream) -> None:
    model = of(upstream, headers={"X-Title": "a gateway"})
    await said(model, asked("hi"))
    await model.aclose()
    assert upstream.headers[0]["X-Title"] == "a gateway"


@pytest.mark.parametrize("field", ["stream_options", "reasoning_effort"])
async def test_a_field_that_a_server_refuses_is_left_out_from_then_on(
    upstream: Upstream, model: OpenAIProvider, field: str
) -> None:
    prompt = asked(f"hi [[refuse-field:{field}]]", thinking="high")
    for _ in range(2):
        assert text(await said(model, prompt)).strip() == "echo: hi"
    assert [field in request for request in upstream.requests] == [True, False, False]


async def test_a_server_that_wants_the_other_limit_gets_it(upstream: Upstream, model: OpenAIProvider) -> None:
    refusal = "[[refuse-field:max_tokens]][[message:Unsupported parameter max_tokens: use max_completion_tokens]]"
    await said(model, asked(f"hi {refusal}", max_tokens=7))
    assert upstream.requests[1]["max_completion_tokens"] == 7


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_is_thinking_and_no_text(upstream: Upstream, model: OpenAIProvider, field: str) -> None:
    chunks = await said(model, asked(f"hi [[think:let me see]][[think-as:{field}]]"))
    assert "".join(chunk.thinking for chunk in chunks) == "let me see"
    assert text(chunks).strip() == "echo: hi"


@pytest.mark.parametrize("directive", ["tool", "tool-pieces"])
@pytest.mark.parametrize("plain", ["", "[[plain]]"])
async def test_tool_calls_come_in_pieces_that_join(
    upstream: Upstream, model: OpenAIProvider, directive: str, plain: str
) -> None:
    chunks = await said(model, asked(f'[[{directive}:look {{"at": "你好"}}]]{plain}', tools=[TOOL]))
    parts = [part for chunk in chunks for part in chunk.tool_calls]
    assert {part.index for part in parts} == {0}
    assert [part.id for part in parts if part.id] == ["call_1"]
    assert [part.name for part in parts if part.name] == ["look"]
    assert json.loads("".join(part.arguments for part in parts)) == {"at": "你好"}
    assert [chunk.finish_reason for chunk in chunks if chunk.finish_reason] == ["tool_calls"]


async def test_what_came_at_once_is_yielded_at_once(upstream: Upstream, model: OpenAIProvider) -> None:
    async with model.stream(asked("a b c d e f g h [[at-once]]")) as answer:
        lists = [chunks async for chunks in answer]
    assert len(lists) <= 2


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
async def test_a_fault_that_may_pass_is_tried_again(upstream: Upstream, model: OpenAIProvider, status: int) -> None:
    chunks = await said(model, asked(f"hi [[fail-once:{status}]]"))
    assert text(chunks).strip() == "echo: hi"
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_fault_that_stays_is_not_tried_again(upstream: Upstream, model: OpenAIProvider, status: int) -> None:
    with pytest.raises(ProviderFault):
        await said(model, asked(f"hi [[fail-once:{status}]]"))
    assert len(upstream.requests) == 1


async def test_retries_are_counted(upstream: Upstream) -> None:
    model = of(upstream, max_retries=1)
    with pytest.raises(ProviderFault) as caught:
        await said(model, asked("[[fail:500]]"))
    await model.aclose()
    assert caught.value.fault == "server"
    assert len(upstream.requests) == 2


async def test_retry_after_is_waited_for(upstream: Upstream, model: OpenAIProvider) -> None:
    started = anyio.current_time()
    await said(model, asked("[[fail-once:429]][[retry-after:0.7]]"))
    assert anyio.current_time() - started >= 0.69


async def test_a_long_retry_after_is_passed_on_at_once(upstream: Upstream, model: OpenAIProvider) -> None:
    with anyio.fail_after(5), pytest.raises(ProviderFault) as caught:
        await said(model, asked("[[fail:429]][[retry-after:3600]]"))
    assert caught.value.retry_after == 3600
    assert len(upstream.requests) == 1


async def test_leaving_the_context_cuts_the_request(upstream: Upstream, model: OpenAIProvider) -> None:
    with anyio.fail_after(5):
        async with model.stream(asked("[[hang-after:1]]")) as answer:
            await anext(answer)
        await upstream.gone.wait()
    assert upstream.aborted == 1


async def test_cancelling_while_it_waits_for_the_first_token_cuts_the_request(
    upstream: Upstream, model: OpenAIProvider
) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(said, model, asked("[[hang]]"))
        with anyio.fail_after(5):
            await upstream.reached.wait()
            group.cancel_scope.cancel()
    with anyio.fail_after(5):
        await upstream.gone.wait()


async def test_cancelling_in_the_middle_cuts_the_request(upstream: Upstream, model: OpenAIProvider) -> None:
    heard = anyio.Event()

    async def listen() -> None:
        async with model.stream(asked("[[hang-after:2]]")) as answer:
            async for _ in answer:
                heard.set()

    async with anyio.create_task_group() as group:
        group.start_soon(listen)
        with anyio.fail_after(5):
            await heard.wait()
            group.cancel_scope.cancel()
    with anyio.fail_after(5):
        await upstream.gone.wait()


async def test_a_connection_is_used_again(upstream: Upstream, model: OpenAIProvider) -> None:
    for _ in range(5):
        await said(model, asked("hi"))
    assert len(upstream.connections) == 1


async def test_a_closed_provider_can_be_asked_again(upstream: Upstream, model: OpenAIProvider) -> None:
    await said(model, asked("hi"))
    await model.aclose()
    assert text(await said(model, asked("hi"))).strip() == "echo: hi"


def plain(text: str, **more: Any) -> bytes:
    return json.dumps({"model": "scripted", "messages": [{"role": "user", "content": text}], **more}).encode()


async def test_a_clients_own_request_is_asked_as_it_is(upstream: Upstream, model: OpenAIProvider) -> None:
    async with model.chat(plain("hi 你好", x=1, stream=True), carry=True, counted=False) as answer:
        payloads = [json.loads(payload) async for chunks in answer for chunk in chunks for payload in chunk.payloads]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in payloads) == "echo: hi 你好"
    whole = await model.complete(plain("hi 你好", x=1))
    assert json.loads(whole.body)["choices"][0]["message"]["content"] == "echo: hi 你好"
    assert [request["x"] for request in upstream.requests] == [1, 1]
    assert "stream_options" not in upstream.requests[0]


async def test_usage_is_asked_for_where_the_server_takes_it(upstream: Upstream, model: OpenAIProvider) -> None:
    for _ in range(2):
        async with model.chat(
            plain("[[refuse-field:stream_options]]", stream=True), carry=True, counted=True
        ) as answer:
            async for _ in answer:
                pass
    assert ["stream_options" in request for request in upstream.requests] == [True, False, False]


async def test_embeddings_are_asked_for(model: OpenAIProvider) -> None:
    whole = await model.embed(b'{"model": "scripted", "input": ["a", "bc"]}')
    assert [item["embedding"][0] for item in json.loads(whole)["data"]] == [1.0, 2.0]


async def test_a_clients_own_request_is_tried_once(upstream: Upstream, model: OpenAIProvider) -> None:
    with pytest.raises(ProviderFault):
        async with model.chat(plain("[[fail:500]]", stream=True), carry=True, counted=True):
            pytest.fail("it must not get that far")
    with pytest.raises(ProviderFault):
        await model.complete(plain("[[fail:503]]"))
    assert len(upstream.requests) == 2


async def test_a_refusal_keeps_its_status_and_body(model: OpenAIProvider) -> None:
    with pytest.raises(ProviderFault) as caught:
        await model.complete(plain("[[fail:422]][[message:too hot]]"))
    assert caught.value.upstream_status == 422
    assert caught.value.details["upstreamError"]["message"] == "too hot"


async def test_a_whole_answer_that_does_not_come_is_a_timeout(upstream: Upstream) -> None:
    model = of(upstream, request_timeout_seconds=0.2)
    with anyio.fail_after(5), pytest.raises(ProviderFault) as caught:
        await model.complete(plain("[[hang]]"))
    await model.aclose()
    assert caught.value.fault == "timeout"


async def test_the_models_are_listed(upstream: Upstream, model: OpenAIProvider) -> None:
    upstream.models = ["one", "org/two"]
    assert [(found.id, found.owned_by, found.created) for found in await model.models()] == [
        ("one", "scripted", 1707830400),
        ("org/two", "scripted", 1707830400),
    ]


async def test_a_hundred_streams_go_side_by_side(model: OpenAIProvider) -> None:
    async def one() -> None:
        assert text(await said(model, asked("[[slow:5,10]]"))) == "w0 w1 w2 w3 w4 "

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(one)


async def test_a_server_with_tls_is_asked_again_and_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with scripted_upstream(context) as upstream:
        model = of(upstream)
        for _ in range(3):
            assert text(await said(model, asked("[[slow:50,1]]"))) == "".join(f"w{number} " for number in range(50))
        await model.aclose()
        assert len(upstream.connections) == 1


async def test_a_server_whose_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    async with scripted_upstream(context) as upstream:
        model = of(upstream)
        with pytest.raises(ProviderFault, match="certificate"):
            await said(model, asked("hi"))
        await model.aclose()


async def test_the_proxy_that_the_environment_names_is_used(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", upstream.url.removesuffix("/v1"))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    settings = ProviderSettings(type="openai-compatible", model="scripted", base_url="http://far-away.invalid/v1")
    model = OpenAIProvider("primary", settings)
    assert text(await said(model, asked("hi"))).strip() == "echo: hi"
    await model.aclose()
    assert upstream.headers[0]["Host"] == "far-away.invalid"

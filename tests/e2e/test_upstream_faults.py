"""Each fault of a model's server becomes one clear final event, that names the provider and says what happened."""

import socket
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import pytest

from tests.support.gateway import TestGateway, gateway, settings
from tests.support.upstream import Upstream

# (what the server is told to do, what was said before, what the error says)
FAULTS: list[tuple[str, str, str]] = [
    ("[[fail:400]]", "", "400"),
    ("[[fail:401]]", "", "key"),
    ("[[fail:402]]", "", "402"),
    ("[[fail:403]]", "", "403"),
    ("[[fail:404]]", "", "404"),
    ("[[fail:404]][[code:model_not_found]][[message:no such model]]", "", "model"),
    ("[[fail:408]]", "", "408"),
    ("[[fail:409]]", "", "409"),
    ("[[fail:413]]", "", "413"),
    ("[[fail:422]]", "", "422"),
    ("[[fail:429]]", "", "429"),
    ("[[fail:429]][[retry-after:3600]]", "", "429"),
    ("[[fail:429]][[code:insufficient_quota]]", "", "429"),
    ("[[fail:500]]", "", "500"),
    ("[[fail:502]][[body:<html>bad gateway</html>]]", "", "502"),
    ("[[fail:503]]", "", "503"),
    ("[[fail:504]]", "", "504"),
    ("[[fail:529]]", "", "529"),
    ("[[fail:400]][[code:context_length_exceeded]]", "", "shorten"),
    ("[[location:http://127.0.0.1:9/elsewhere]]", "", ""),
    ("[[type:text/html]][[body:<html>a login page</html>]]", "", ""),
    ("[[type:application/json]][[body:no json]]", "", ""),
    ('[[type:application/json]][[body:{"choices": []}]]', "", ""),
    ("[[type:text/event-stream]][[body:]]", "", ""),
    ("[[hang]]", "", "1"),
    ("[[cut:0]]", "", ""),
    ("[[cut:3]]", "w0 w1 w2 ", ""),
    ("[[half]][[raw:said ]]", "said ", ""),
    ("[[garbage]][[raw:said ]]", "said ", ""),
    ("[[shape]][[raw:said ]]", "said ", ""),
    ("[[utf8]][[raw:said ]]", "said ", ""),
    ("[[error:overloaded]][[raw:said ]]", "said ", "overloaded"),
    ("[[error-first:exploded]]", "", "exploded"),
    ("[[hang-after:2]]", "w0 w1 ", ""),
    ("[[no-finish]][[no-done]][[raw:said ]]", "said ", ""),
    ("[[huge:20000000]]", "", ""),
]


@pytest.fixture(scope="module")
async def served(upstream: Upstream) -> AsyncGenerator[TestGateway]:
    config = settings(upstream.url)
    quick = {"first_token_timeout_seconds": 1, "idle_timeout_seconds": 0.5, "max_retries": 0}
    config["providers"]["primary"].update(quick)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    config["providers"]["nobody"] = {
        "type": "openai-compatible", "model": "m", "base_url": f"http://127.0.0.1:{port}/v1", "max_retries": 0,
    }  # fmt: skip
    config["providers"]["helped"] = {**config["providers"]["nobody"], "fallback": ["primary"]}
    async with gateway(config) as running:
        yield running


async def outcome(served: TestGateway, message: str, **params: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """What a run says, its final event's data, and its state. It must have one final event and no more."""
    async with served.connect() as client:
        session = uuid4().hex
        text, done = await client.chat(message, sessionKey=session, **params)
        run_id = done["data"]["runId"]
        state = await client.result("chat.wait", runId=run_id)
        assert len(client.told(run_id, "chat.done")) == 1
        history = (await client.result("chat.history", sessionKey=session))["messages"]
        said = [(message["content"], message["status"]) for message in history if message["role"] == "assistant"]
        if done["data"]["finishReason"] == "error":
            assert said == ([(text, "error")] if text else []), "what was said is kept, and marked"
        return text, done["data"], state


@pytest.mark.parametrize(("script", "said", "words"), FAULTS, ids=lambda value: str(value)[:40])
async def test_a_fault_is_one_final_event_that_names_the_provider(
    script: str, said: str, words: str, served: TestGateway
) -> None:
    text, done, state = await outcome(served, script)
    assert text == said
    if "no-done" in script and done["finishReason"] == "stop":
        pytest.fail("a stream that just ends must not pass for a whole answer")
    assert done["finishReason"] == "error", done
    assert done["error"]["code"] in ("provider_error", "too_large", "timeout"), done
    assert "primary" in done["error"]["message"]
    assert words in done["error"]["message"], done["error"]["message"]
    assert "sk-test-1" not in str(done), "no key gets into a message"
    assert "Traceback" not in str(done)
    assert (state["status"], state["error"]) == ("error", done["error"])


def test_there_are_at_least_thirty_faults() -> None:
    assert len({script for script, _, _ in FAULTS}) >= 30


async def test_a_server_that_is_not_there(served: TestGateway) -> None:
    _, done, _ = await outcome(served, "hi", options={"model": "nobody/m"})
    assert done["finishReason"] == "error"
    assert done["error"]["code"] == "provider_error"
    assert "nobody" in done["error"]["message"]


async def test_a_fallback_answers_where_the_first_is_not_there(served: TestGateway) -> None:
    text, done, _ = await outcome(served, "hi", options={"model": "helped/m"})
    assert (text, done["finishReason"], done["model"]) == ("echo: hi", "stop", "scripted")


async def test_a_gateway_that_met_every_fault_still_answers(served: TestGateway) -> None:
    text, done, _ = await outcome(served, "all is well")
    assert (text, done["finishReason"]) == ("echo: all is well", "stop")
    async with served.connect() as client:
        load = (await client.result("system.status"))["load"]
        assert (load["runsRunning"], load["runsQueued"]) == (0, 0)
        lines = (await client.result("log.tail", lines=10_000, level="error"))["logs"]
        assert not [line for line in lines if "sk-test-1" in str(line)]

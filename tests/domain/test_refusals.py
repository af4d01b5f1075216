"""How much of a model's server's own words is told: its reasons, and nothing that is the owner's alone."""

from __future__ import annotations

import pytest

from openclaw_rpc.domain.providers import ProviderFault
from openclaw_rpc.domain.refusals import told_to, without_keys, without_places

KEYS = [
    ("Incorrect API key provided: sk-proj-abcDEF123456. You can find it", "abcDEF123456"),
    ("Incorrect API key provided: sk-proj-****************wxyz.", "wxyz"),
    ("Incorrect API key provided: my-own-word.", "my-own-word"),
    ("invalid x-api-key: 0123abcdef", "0123abcdef"),
    ('{"api_key": "hunter22"} is wrong', "hunter22"),
    ("Authorization: Bearer abc.def-123 was refused", "abc.def-123"),
    ("Authorization: Basic dXNlcjpwYXNzd29yZA== was refused", "dXNlcjpwYXNzd29yZA"),
    ("API key AIzaSyA1234567890abcdefgh not valid", "AIzaSyA"),
    ("key gsk_abcd1234 expired", "abcd1234"),
    ("token hf_AbCdEfGh is gated", "AbCdEfGh"),
    ("the credential 9f8e7d6c5b4a39281706f5e4d3c2b1a0 is unknown", "9f8e7d6c"),
    ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln expired", "eyJ"),
]
PLACES = [
    ("Connection to http://10.1.2.3:8000/v1 failed", "10.1.2.3"),
    ("see https://llm.corp.example/v1/chat?key=1, please", "corp"),
    ("grpc://triton:8001 is away", "triton"),
    ("upstream 192.168.7.9 refused", "192.168"),
    ("upstream 192.168.7.9:443 refused.", "192.168"),
    ("dial tcp [fd00::1:2]:8080: refused", "fd00"),
    ("dial tcp fe80::1ff:fe23:4567:890a refused", "fe80"),
    ("host=::1 refused", "::1"),
    ("vllm-7b.llm.svc.cluster.local:80 timed out", "vllm"),
    ("ollama:11434 timed out", "ollama"),
    ("Cannot connect to host gpu-3.lab.internal ssl:default", "gpu-3"),
    ("You can find it at platform.openai.com/account/api-keys.", "platform"),
    ("Rate limit reached in organization org-AbC123xyz on tokens per min", "AbC123"),
    ("Rate limit in organization `org_01hxyz99` for service tier", "01hxyz"),
    ("Project proj_9aBcDeF has no access", "9aBcDeF"),
    ("tenant 4711 is suspended", "4711"),
    ("User: arn:aws:iam::123456789012:user/bob is not authorized", "123456789012"),
    ("Permission denied on projects/acme-prod/locations/eu", "acme"),
    ("Consumer project_number:998877 is suspended", "998877"),
    ("tenant 3fa85f64-5717-4562-b3fc-2c963f66afa6 is blocked", "3fa85f64"),
    ("contact ops@acme.example for access", "ops@"),
]
HELPFUL = [
    "This model's maximum context length is 8192 tokens. However, you requested 9001 tokens (8901 in the messages).",
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    "Invalid schema for function 'look': None is not of type 'array'.",
    "The model `gpt-4.1-mini-2025-04-14` does not exist or you do not have access to it.",
    "claude-3-5-sonnet-20241022 is overloaded",
    "accounts without credit can't ask meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "messages.3.content.0: expected string, got object at line 1 column 4096",
    "request (40019 tokens) exceeds the available context size (32768 tokens)",
    "Rate limit reached: Limit 30000, Used 29500, Requested 900. Please try again in 800ms.",
    "temperature: 2.5 is greater than 2.0; n: 3; at 12:30:45",
    "Unexpected token: unexpected_thing at position 17",
    "check `providers.primary.api_key`",
]


@pytest.mark.parametrize(("text", "secret"), KEYS)
def test_a_key_reaches_nobody(text: str, secret: str) -> None:
    body = b'{"error": {"message": %s, "deep": [{"x": %s}]}}' % ((('"' + text.replace('"', '\\"') + '"').encode(),) * 2)
    fault = ProviderFault(text, provider="p", fault="auth", upstream_status=401, upstream_body=body)
    assert "upstreamError" in fault.details
    assert secret not in fault.message + repr(fault.details)
    assert "***" in fault.message


@pytest.mark.parametrize(("text", "secret"), PLACES)
def test_an_end_user_is_not_told_where_a_server_is_and_whose(text: str, secret: str) -> None:
    for end_user in (False, True):
        fault = ProviderFault(text, provider="p", fault="server", upstream_body=b'{"error": "%s"}' % text.encode())
        told_to(fault, end_user=end_user)
        assert (secret in fault.message) is not end_user
        assert (secret in fault.details["upstreamError"]) is not end_user


@pytest.mark.parametrize("text", HELPFUL)
def test_what_helps_is_told_as_it_was_said(text: str) -> None:
    assert without_places(without_keys(text)) == text

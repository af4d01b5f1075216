"""The schema of `gateway.yaml`: what it lets pass is what the gateway takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from openclaw_rpc.config.errors import ConfigError
from openclaw_rpc.config.file import TEMPLATE, GatewayFile
from openclaw_rpc.config.schema import VARIABLE, file_schema

SCHEMA = file_schema("1.2.3")
TAKEN = [
    "",
    TEMPLATE.format(token="t" * 24),
    "gateway: {port: 8080, bind: 127.0.0.1, rate_limit: {requests_per_minute: 5}}",
    'gateway: {port: "${PORT}"}\nlogging: {level: "${LEVEL:-debug}"}',
    "security: {requirePinFor: [shell], policies: {file_delete: deny}}",
    "providers: {primary: {type: openai, model: gpt-5, api_key: sk-1}}\nagents: {coder: {max_steps: 3}}",
]
REFUSED = [
    ("gatway: {port: 1}", "gatway"),
    ("gateway: {port: 70000}", "gateway.port"),
    ("gateway: {port: many}", "gateway.port"),
    ("gateway: {heartbeat: 3}", "gateway.heartbeat"),
    ("logging: {level: loud}", "logging.level"),
]


def loaded(folder: Path, text: str) -> None:
    path = folder / "gateway.yaml"
    path.write_text(text)
    path.chmod(0o600)
    GatewayFile(path, {"PORT": "8080"}).load()


def test_it_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_it_says_of_every_key_what_it_is_for() -> None:
    def told(part: Any) -> bool:
        parts = [part, *part.get("anyOf", ())]
        return any("description" in each for each in parts if each != VARIABLE)

    structs = SCHEMA["$defs"].items()
    assert not [f"{name}.{key}" for name, one in structs for key, part in one["properties"].items() if not told(part)]


@pytest.mark.parametrize("text", TAKEN)
def test_what_the_gateway_takes_passes(text: str, tmp_path: Path) -> None:
    loaded(tmp_path, text)
    Draft202012Validator(SCHEMA).validate(yaml.safe_load(text) or {})


@pytest.mark.parametrize(("text", "where"), REFUSED)
def test_what_the_gateway_refuses_does_not_pass(text: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert where in str(refused.value)
    value: Any = yaml.safe_load(text)
    assert not Draft202012Validator(SCHEMA).is_valid(value)

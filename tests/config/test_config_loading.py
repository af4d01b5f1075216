"""`gateway.yaml` → settings, or every problem with its line and the nearest known key."""

from typing import Any

import msgspec
import pytest

from openclaw_rpc.config.errors import ConfigError, Problem
from openclaw_rpc.config.gateway import is_loopback
from openclaw_rpc.config.loading import load
from openclaw_rpc.config.parsing import read
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.agents import AgentSettings, ToolRules


def problems(text: str, **env: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        load(text, "gateway.yaml", env)
    return list(caught.value.problems)


def only(text: str, **env: str) -> Problem:
    found = problems(text, **env)
    assert len(found) == 1, found
    return found[0]


def settings(text: str, overrides: dict[str, Any] | None = None, **env: str) -> Settings:
    return load(text, "gateway.yaml", env, overrides)


@pytest.mark.parametrize(
    "text", ["", "\n", "# only a comment\n", "---\n", "null\n", "gateway:\n", "{}", "gateway: {port: }"]
)
def test_an_empty_file_gives_the_defaults(text: str):
    assert settings(text) == Settings()


def test_the_defaults_are_those_of_the_references():
    gateway = Settings().gateway
    assert (gateway.port, gateway.bind, gateway.auth.enabled) == (18789, "127.0.0.1", True)
    assert msgspec.structs.astuple(gateway.rate_limit) == (100, 100, 50, 200)
    assert (gateway.max_connections_per_principal, gateway.max_message_bytes) == (10, 10 * 1024 * 1024)
    assert (gateway.request_timeout_seconds, gateway.auth_timeout_seconds) == (300, 10)


def test_every_key_is_described():
    def undescribed(kind: type[msgspec.Struct], above: str = "") -> list[str]:
        found: list[str] = []
        for field in msgspec.inspect.type_info(kind).fields:  # type: ignore[attr-defined]
            text = repr(field)
            if "'description'" not in text:
                found.append(above + field.name)
        return found

    from openclaw_rpc.config import gateway
    from openclaw_rpc.config import settings as all_settings

    modules = (gateway, all_settings)
    sections = [
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, gateway.Section) and kind is not gateway.Section
    ]
    assert len(sections) > 10
    assert [name for kind in (*sections, AgentSettings) for name in undescribed(kind, f"{kind.__name__}.")] == []


def test_what_the_file_says_is_typed():
    found = settings(
        """
gateway:
  port: 1234
  heartbeat_seconds: 0.5
  allowed_origins: ["https://app.example.org", "*"]
providers:
  primary: {type: openai, model: scripted, base_url: "http://127.0.0.1:1/v1", api_key: sk-check}
agents:
  coder: {tools: {deny: [shell]}, max_steps: 3}
  reader: {tools: [file_read]}
channels:
  telegram: {bot_token: x, anything: [1, {a: null}]}
"""
    )
    assert (found.gateway.port, found.gateway.heartbeat_seconds) == (1234, 0.5)
    assert found.providers["primary"].model == "scripted"
    assert found.agents["coder"].tools == ToolRules(deny=["shell"])
    assert found.agents["reader"].tools == ["file_read"]
    assert found.channels == {"telegram": {"bot_token": "x", "anything": [1, {"a": None}]}}


def test_a_variable_is_expanded_in_text_and_converted_where_a_number_or_a_truth_is_wanted():
    found = settings(
        'gateway: {port: "${PORT}", compression: "${ZIP}", auth: {token: "${PORT}", password: "a-${WHO:-b}-$${c}"}}',
        PORT="8080",
        ZIP="true",
    )
    assert (found.gateway.port, found.gateway.compression) == (8080, True)
    assert (found.gateway.auth.token, found.gateway.auth.password) == ("8080", "a-b-${c}")


def test_what_a_variable_holds_is_text_and_never_yaml():
    found = settings('gateway: {auth: {token: "${T}"}}', T="x: {y: [z]} # ${HOME}\n- 1")
    assert found.gateway.auth.token == "x: {y: [z]} # ${HOME}\n- 1"


def test_a_number_in_quotes_stays_text_without_a_variable():
    assert "without quotes" in only('gateway: {port: "80"}').reason


@pytest.mark.parametrize(
    ("text", "line", "path", "words"),
    [
        ("gateway:\n  prot: 1\n", 2, "gateway.prot", "`port`"),
        ("gateway:\n\n  maxConnections: 1\n", 3, "gateway.maxConnections", "`max_connections`"),
        ("gatewy: {}\n", 1, "gatewy", "`gateway`"),
        ("\nport: 1\n", 2, "port", "`gateway.port`"),
        ("agents:\n  a:\n    promt: x\n    sytem: y\n", 4, "agents.a.sytem", "`system`"),
        ("providers:\n  p:\n    type: openai\n    model: x\n    api-key: y\n", 5, "providers.p.api-key", "`api_key`"),
        ("agents: {a: {tools: {\n  denny: []}}}\n", 2, "agents.a.tools.denny", "`deny`"),
        ("security:\n  requirePinFr: []\n", 2, "security.requirePinFr", "`require_pin_for`"),
    ],
)
def test_an_unknown_key_names_its_line_and_the_nearest_known_one(text: str, line: int, path: str, words: str):
    found = [problem for problem in problems(text) if problem.path == path]
    assert [problem.line for problem in found] == [line]
    assert words in found[0].reason
    assert str(found[0]).startswith(f"gateway.yaml:{line}: {path}: ")


@pytest.mark.parametrize(
    ("text", "line", "path", "words"),
    [
        ("gateway:\n  port: eighty\n", 2, "gateway.port", "int"),
        ("gateway:\n  port: 70000\n", 2, "gateway.port", "65535"),
        ("gateway:\n  compression: yes\n", 2, "gateway.compression", "true or false"),
        ("gateway:\n  auth:\n    password: 0123\n", 3, "gateway.auth.password", "quotes"),
        ("gateway: 3\n", 1, "gateway", "keys and their values"),
        ("gateway:\n  allowed_hosts:\n    - a\n    - 3\n", 4, "gateway.allowed_hosts[1]", "str"),
        ("gateway:\n  allowed_hosts: a\n", 2, "gateway.allowed_hosts", "list"),
        ("gateway:\n  heartbeat_seconds: .nan\n", 2, "gateway.heartbeat_seconds", "float"),
        ("logging:\n  level: loud\n", 2, "logging.level", "debug, info, warn, error"),
        ("gateway:\n  tls:\n    certificate: a.pem\n", 2, "gateway.tls.key", "both"),
        ("providers:\n  p:\n    type: openai\n", 2, "providers.p", "`model` is missing"),
        ("providers:\n  p: {type: openai, model: x, base_url: 'ftp:x'}\n", 2, "providers.p.base_url", "http"),
        ("agents:\n  a: {default: true}\n  b: {default: true}\n", 3, "agents.b.default", "agents.a"),
        ("agents:\n  a: {tools: 3}\n", 2, "agents.a.tools", "list"),
        ("security:\n  requirePinFor: [a]\n  require_pin_for: [b]\n", 3, "security.require_pin_for", "as well"),
        (
            "gateway:\n  auth: {enabled: false}\n  bind: 0.0.0.0\n",
            2,
            "gateway.auth.enabled",
            "gateway.bind to 127.0.0.1",
        ),
        ("gateway:\n  auth:\n    token: ${NOPE}\n", 3, "gateway.auth.token", "NOPE"),
        ("gateway:\n  auth:\n    token: a${1}\n", 3, "gateway.auth.token", "$${"),
        ("retention: {usage: 30x}", 1, "retention.usage", "A number and s, m, h, d or w, such as 90d"),
        ("gateway: {allowed_origins: [foo]}", 1, "gateway.allowed_origins[0]", "An origin as browsers send it"),
    ],
)
def test_a_wrong_value_names_line_path_and_reason(text: str, line: int, path: str, words: str):
    found = only(text)
    assert (found.line, found.path) == (line, path)
    assert words in found.reason


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("gateway:\n\tport: 1\n", 2, "a tab"),
        ("gateway:\n  port: 1\n   bind: x\n", 3, "indentation"),
        ("gateway:\n  bind: 'x\n", 3, "not closed"),
        ("gateway\n", 1, "keys and their values"),
        ("- 1\n", 1, "keys and their values"),
        ("gateway:\n  port: 1\n  port: 2\n", 3, "twice, first in line 2"),
        ("gateway:\n  auth:\n    token: *x\n", 3, "quotes"),
        ("skills:\n  a: !!python/object:os.system x\n", 2, "tag"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("skills: " + "[" * 100_000, 1, "nested deeper"),
        ("skills: &a {b: *a}", 1, "nested deeper"),
        ("skills: {? [a] : b}", 1, "a key must be text"),
    ],
)
def test_bad_yaml_names_its_line_and_what_to_do(text: str, line: int, words: str):
    found = problems(text)[0]
    assert (found.line, words in found.reason) == (line, True), found


def test_aliases_that_multiply_are_refused_before_they_grow():
    layers = ["skills:", "  a0: &a0 [1,1,1,1,1,1,1,1,1,1]"]
    layers += [f"  a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "aliases count" in only("\n".join(layers)).reason


def test_anchors_and_merge_keys_work():
    found = settings("channels:\n  base: &b {a: 1, c: 2}\n  more: {<<: *b, a: 3}\n")
    assert found.channels["more"] == {"a": 3, "c": 2}


def test_words_that_old_yaml_took_for_truths_and_times_stay_text():
    found = settings("channels: {x: {a: no, b: on, c: 12:30:00, d: 2024-01-01, e: 0o17, f: 1e3, g: 007}}")
    wanted = {"a": "no", "b": "on", "c": "12:30:00", "d": "2024-01-01", "e": 15, "f": 1000.0, "g": 7}
    assert found.channels == {"x": wanted}


def test_all_problems_are_told_at_once_in_the_order_of_their_lines():
    found = problems("gateway:\n  prot: 1\n  port: x\nlogging:\n  level: ${NOPE}\n")
    assert [problem.line for problem in found] == [2, 3, 5, 5]


def test_the_tutorials_spelling_of_require_pin_for_is_taken():
    assert settings("security: {requirePinFor: [shell]}").security.require_pin_for == ["shell"]


def test_the_command_line_goes_before_the_file():
    found = settings("gateway: {port: 1, bind: '::1'}", {"gateway": {"port": 2}})
    assert (found.gateway.port, found.gateway.bind) == (2, "::1")


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST", "a.localhost"])
def test_without_authentication_loopback_is_fine(bind: str):
    assert is_loopback(bind)
    assert settings(f"gateway: {{auth: {{enabled: false}}, bind: '{bind}'}}").gateway.bind == bind


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.168.1.5", "gateway.example.org", "localhost.example.org"])
def test_without_authentication_anything_else_is_refused(bind: str):
    assert only(f"gateway: {{auth: {{enabled: false}}, bind: '{bind}'}}").path == "gateway.auth.enabled"
    assert settings(f"gateway: {{bind: '{bind}'}}").gateway.bind == bind


def test_a_file_that_is_no_utf8_or_too_large_is_refused(tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_bytes(b"gateway: \xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        read(path)
    path.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="larger"):
        read(path)
    path.write_bytes(b"\xef\xbb\xbfgateway: {port: 5}")
    assert settings(read(path)).gateway.port == 5
    assert read(tmp_path / "none.yaml") == ""

"""Heads are parsed strictly, and judged by Host and Origin."""

import json

import pytest

from openclaw_rpc.protocol.errors import Forbidden, GatewayError, InvalidRequest
from openclaw_rpc.transports.head import (
    HeadJudge,
    HeadRules,
    HeadTooLarge,
    RequestHead,
    VersionNotSupported,
    claimed_path,
    default_refusal,
    no_http,
    parse_authority,
    parse_head,
)
from tests.support.growth import grows_evenly


def head_of(*lines: str) -> RequestHead:
    return parse_head("\r\n".join([*lines, "", ""]).encode("latin-1"))


def test_a_head_is_parsed_into_method_target_and_headers() -> None:
    head = head_of("POST /v1/x%2Fy?token=secret HTTP/1.1", "Host: localhost", "X-A:  1 \t", "x-a:2", "Empty:")
    assert (head.method, head.target, head.path, head.minor) == ("POST", "/v1/x%2Fy?token=secret", "/v1/x%2Fy", 1)
    assert head.headers == (("host", "localhost"), ("x-a", "1"), ("x-a", "2"), ("empty", ""))
    assert head.all("x-a") == ["1", "2"]


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1 \r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"G(T / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: no name\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
        b"GET example.com HTTP/1.1\r\nHost: example.com\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://other.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET ftp://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    ],
)
def test_what_parsers_disagree_about_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidRequest):
        parse_head(raw)


def test_an_absolute_target_must_name_its_own_host() -> None:
    head = head_of("GET http://LocalHost:8/v1/x?q HTTP/1.1", "Host: localhost:8")
    assert head.path == "/v1/x"
    assert head_of("OPTIONS * HTTP/1.1", "Host: x").target == "*"


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/3.1"])
def test_other_versions_are_named_as_such(version: str) -> None:
    with pytest.raises(VersionNotSupported) as caught:
        head_of(f"GET / {version}", "Host: x")
    assert caught.value.status == 505


@pytest.mark.parametrize(
    "lines",
    [
        ["GET / HTTP/1.1", *[f"X-{index}: 1" for index in range(129)]],
        ["GET / HTTP/1.1", "X: " + "a" * 8190],
        ["GET /" + "a" * 8190 + " HTTP/1.1"],
    ],
)
def test_too_many_fields_and_too_long_lines_are_too_large(lines: list[str]) -> None:
    with pytest.raises(HeadTooLarge) as caught:
        head_of(*lines)
    assert caught.value.status == 431


def test_a_line_made_to_be_slow_is_not() -> None:
    def read(size: int) -> None:
        with pytest.raises(InvalidRequest):
            head_of("GET / HTTP/1.1", *["X:" + " " * size + "\x01"] * 4)

    assert grows_evenly(read, 2000)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["GET / HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade"], True),
        (["GET / HTTP/1.1", "Upgrade: h2c, WebSocket", "Connection: keep-alive,UPGRADE"], True),
        (["GET / HTTP/1.1", "Upgrade: websocket", "Connection: close", "Connection: upgrade"], True),
        (["GET / HTTP/1.1", "Upgrade: websocket"], False),
        (["GET / HTTP/1.1", "Connection: upgrade"], False),
        (["GET / HTTP/1.1", "Upgrade: h2c", "Connection: upgrade"], False),
        (["POST / HTTP/1.1", "Upgrade: websocket", "Connection: upgrade"], False),
        (["GET / HTTP/1.0", "Upgrade: websocket", "Connection: upgrade"], False),
    ],
)
def test_an_upgrade_is_told_from_a_request(lines: list[str], expected: bool) -> None:
    assert head_of(*lines).is_upgrade is expected


@pytest.mark.parametrize(
    "start",
    [
        b"\x16\x03\x01\x02",
        b"\x00",
        b"hello world\r\n",
        b"GET /\r\n",
        b"GET / HTTP/1.1\n",
        b"\xff\xfe",
        b"SSH-2.0-x\r\n",
    ],
)
def test_the_first_bytes_give_garbage_away(start: bytes) -> None:
    assert no_http(start)


@pytest.mark.parametrize(
    "start", [b"", b"G", b"GET /a b", b"GET / HTTP/1.1\r", b"GET / HTTP/1.1\r\nHo", b"PRI * HTTP/2.0\r\n"]
)
def test_the_first_bytes_of_a_request_are_waited_upon(start: bytes) -> None:
    assert no_http(start) is None


def test_the_path_of_a_broken_request_is_found_where_it_can_be() -> None:
    assert claimed_path(b"POST /api/v1/message?token=x HTTP/9") == "/api/v1/message"
    assert claimed_path(b"\x16\x03") == "/"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LocalHost.:80", ("localhost", 80)),
        ("[::1]:8", ("::1", 8)),
        ("[::1]", ("::1", None)),
        ("10.0.0.1", ("10.0.0.1", None)),
        ("", None),
        (".", None),
        ("a:b", None),
        ("a:70000", None),
        ("::1", None),
        ("[zz]", None),
        ("user@host", None),
        ("a/b", None),
        ("a b", None),
    ],
)
def test_an_authority_is_a_name_and_perhaps_a_port(text: str, expected: tuple[str, int | None] | None) -> None:
    found = parse_authority(text)
    assert (found and (found.name, found.port)) == expected


def verdict(judge: HeadJudge, host: str | None, origin: str | None = None) -> str:
    try:
        judge.check([] if host is None else [host], [] if origin is None else [origin])
    except GatewayError as error:
        return error.reason or error.code
    return "ok"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", "ok"),
        ("LOCALHOST:18789", "ok"),
        ("app.localhost:9", "ok"),
        ("127.0.0.1:18789", "ok"),
        ("127.9.9.9", "ok"),
        ("[::1]:18789", "ok"),
        ("[::ffff:127.0.0.1]", "ok"),
        ("evil.example", "host"),
        ("localhost.evil.example", "host"),
        ("127.0.0.1.evil.example", "host"),
        ("evillocalhost", "host"),
        ("192.168.1.5:18789", "host"),
        ("0.0.0.0:18789", "host"),
        ("2130706433", "host"),
        ("local_host/../", "invalid"),
        ("", "invalid"),
    ],
)
def test_only_loopback_names_are_the_gateways_own(host: str, expected: str) -> None:
    assert verdict(HeadJudge(port=18789), host) == expected


@pytest.mark.parametrize(
    ("entry", "host", "expected"),
    [
        ("box.lan", "box.lan:18789", "ok"),
        ("Box.lan", "BOX.LAN", "ok"),
        ("box.lan:8443", "box.lan:8443", "ok"),
        ("box.lan:8443", "box.lan:80", "host"),
        ("box.lan:443", "box.lan", "ok"),
        ("box.lan:8443", "box.lan", "host"),
        ("*.example.com", "a.b.example.com", "ok"),
        ("*.example.com", "example.com", "host"),
        ("*.example.com", "badexample.com", "host"),
        ("10.1.2.3", "10.1.2.3:1", "ok"),
        ("fd00::1", "[fd00:0::1]:1", "ok"),
        ("*", "anything.example", "ok"),
    ],
)
def test_other_hosts_are_listed(entry: str, host: str, expected: str) -> None:
    assert verdict(HeadJudge(HeadRules(allowed_hosts=[entry])), host) == expected


def test_the_address_that_the_gateway_is_bound_to_is_its_own() -> None:
    judge = HeadJudge(bind="192.168.1.5", port=1)
    assert verdict(judge, "192.168.1.5:1", "http://192.168.1.5:1") == "ok"
    assert verdict(judge, "192.168.1.6:1") == "host"


def test_bound_to_every_interface_any_address_is_its_own_but_no_name() -> None:
    judge = HeadJudge(bind="0.0.0.0", port=1)
    assert [verdict(judge, host) for host in ("192.168.1.6:1", "[fd00::1]", "0.0.0.0:1", "evil.example")] == [
        "ok",
        "ok",
        "host",
        "host",
    ]


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://localhost:18789", "ok"),
        ("https://localhost:18789", "ok"),
        ("http://127.0.0.1:18789", "ok"),
        ("http://[::1]:18789", "ok"),
        ("http://localhost:3000", "origin"),
        ("http://localhost", "origin"),
        ("https://evil.example", "origin"),
        ("http://localhost:18789.evil.example", "origin"),
        ("http://localhost:18789/path", "origin"),
        ("http://evil@localhost:18789", "origin"),
        ("file://", "origin"),
        ("null", "origin"),
        ("", "origin"),
        ("http://[", "origin"),
        ("ftp://localhost:18789", "origin"),
    ],
)
def test_a_foreign_page_is_refused(origin: str, expected: str) -> None:
    assert verdict(HeadJudge(port=18789), "localhost:18789", origin) == expected


def test_other_origins_are_listed_exactly() -> None:
    judge = HeadJudge(HeadRules(allowed_origins=["https://App.example/", "null"]), port=1)
    origins = ["https://app.example", "http://app.example", "https://app.example:8443", "https://x.app.example", "null"]
    assert [verdict(judge, "localhost:1", origin) for origin in origins] == ["ok", "origin", "origin", "origin", "ok"]


def test_any_origin_does_not_mean_a_page_without_one() -> None:
    judge = HeadJudge(HeadRules(allowed_origins=["*"]), port=1)
    assert verdict(judge, "localhost:1", "https://evil.example") == "ok"
    assert verdict(judge, "localhost:1", "null") == "origin"


def test_a_page_of_a_listed_host_is_the_gateways_own_but_not_of_any_host() -> None:
    listed = HeadJudge(HeadRules(allowed_hosts=["box.lan"]), port=18789)
    assert verdict(listed, "box.lan:18789", "http://box.lan:18789") == "ok"
    assert verdict(listed, "box.lan", "https://box.lan") == verdict(listed, "box.lan", "http://box.lan:80") == "ok"
    assert verdict(listed, "box.lan:18789", "http://box.lan:3000") == "origin"
    any_host = HeadJudge(HeadRules(allowed_hosts=["*"]), port=18789)
    assert verdict(any_host, "evil.example:18789", "http://evil.example:18789") == "origin"


def test_a_tunnel_to_loopback_is_the_same_origin() -> None:
    judge = HeadJudge(port=18789)
    assert verdict(judge, "localhost:9000", "http://localhost:9000") == "ok"
    assert verdict(judge, "localhost:18789", "http://localhost:9000") == "origin"


def test_a_request_has_one_host_and_at_most_one_origin() -> None:
    judge = HeadJudge(port=1)
    with pytest.raises(InvalidRequest):
        judge.judge(head_of("GET / HTTP/1.1"))
    with pytest.raises(InvalidRequest):
        judge.judge(head_of("GET / HTTP/1.1", "Host: localhost", "Host: localhost"))
    with pytest.raises(Forbidden):
        judge.judge(head_of("GET / HTTP/1.1", "Host: localhost", "Origin: http://localhost:1", "Origin: http://x.y"))
    judge.judge(head_of("GET / HTTP/1.0"))


def test_replaced_rules_hold_from_the_next_request_on() -> None:
    judge = HeadJudge()
    assert verdict(judge, "box.lan") == "host"
    judge.rules = HeadRules(allowed_hosts=["box.lan"])
    assert verdict(judge, "box.lan") == "ok"
    judge.rules = HeadRules()
    assert verdict(judge, "box.lan") == "host"


def test_a_refusal_is_spelled_like_any_error() -> None:
    body = json.loads(default_refusal("/", 403, "forbidden", "no"))
    assert body == {"error": {"code": "forbidden", "message": "no", "type": "client_error", "param": None}}
    assert json.loads(default_refusal("/", 503, "service_unavailable", "no"))["error"]["type"] == "server_error"

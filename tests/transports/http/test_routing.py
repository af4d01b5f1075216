"""Paths find their routes: the literal ones first, parameters decoded."""

import pytest
from aiohttp import web

from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import MethodNotAllowed, Route, Router


async def nothing(_: HttpRequest) -> web.Response:
    raise AssertionError


def router(*rows: str) -> Router:
    return Router(Route(method, path, nothing) for method, path in map(str.split, rows))


@pytest.mark.parametrize(
    ("method", "path", "template", "params"),
    [
        ("GET", "/", "/", {}),
        ("GET", "/v1/sessions", "/v1/sessions", {}),
        ("GET", "/v1/sessions/main", "/v1/sessions/main", {}),
        ("GET", "/v1/sessions/other", "/v1/sessions/{key}", {"key": "other"}),
        ("DELETE", "/v1/sessions/main", "/v1/sessions/{key}", {"key": "main"}),
        ("GET", "/v1/sessions/a%2Fb%20c/events", "/v1/sessions/{key}/events", {"key": "a/b c"}),
        ("GET", "/v1/sessions/%E4%BD%A0/events", "/v1/sessions/{key}/events", {"key": "你"}),
        ("GET", "/v1/models/a/b", "/v1/models/{id:path}", {"id": "a/b"}),
        ("GET", "/v1/models/a%2Fb", "/v1/models/{id:path}", {"id": "a/b"}),
        ("HEAD", "/v1/sessions", "/v1/sessions", {}),
    ],
)
def test_a_path_finds_its_route(method: str, path: str, template: str, params: dict[str, str]) -> None:
    table = router(
        "GET /",
        "GET /v1/sessions",
        "GET /v1/sessions/main",
        "GET /v1/sessions/{key}",
        "DELETE /v1/sessions/{key}",
        "GET /v1/sessions/{key}/events",
        "GET /v1/models/{id:path}",
    )
    route, found = table.find(method, path)
    assert (route.template, found) == (template, params)


@pytest.mark.parametrize("path", ["/v1", "/v1/x/", "/v1/x/y/z", "//v1/x", "/V1/x", "/v1//y", "/rest/", "/rest", ""])
def test_other_paths_find_none(path: str) -> None:
    with pytest.raises(NotFound):
        router("GET /v1/{a}", "GET /v1/{a}/y", "GET /rest/{p:path}").find("GET", path)


def test_methods_of_one_path_are_named_together() -> None:
    table = router("GET /a/b", "POST /a/{x}", "PUT /a/{y:path}")
    with pytest.raises(MethodNotAllowed) as caught:
        table.find("PATCH", "/a/b")
    assert caught.value.details["allow"] == ["GET", "HEAD", "OPTIONS", "POST", "PUT"]
    assert table.allowed("/a/c") == ["OPTIONS", "POST", "PUT"]
    assert table.allowed("/b") == []


def test_a_path_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        router("GET /{a}").find("GET", "/%ff")


@pytest.mark.parametrize("rows", [("GET /a", "GET /a"), ("GET /{a}", "GET /{b}"), ("GET a",), ("GET /{a:path}/b",)])
def test_templates_that_clash_or_are_none_do_not_start(rows: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"clashes|begins|last"):
        router(*rows)

"""OpenClaw's Control UI is served from the folder where the user has it, below a path of its own."""

from __future__ import annotations

import base64
import hashlib
import http.client
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from openclaw_rpc.adapters.npm import find_control_ui
from openclaw_rpc.app import App, Options
from openclaw_rpc.config.errors import ConfigError
from tests.support.gateway import TOKEN, TestGateway, gateway, settings

INLINE = 'console.log("hi")'
PAGE = f"""<!doctype html>
<html lang="en"><head>
<link rel="icon" href="./favicon.svg"><script data-x="1">{INLINE}</script>
<script type="module" src="./assets/index-1.js"></script></head><body></body></html>"""


def make_page(folder: Path) -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-1.js").write_text("plain")
    (folder / "assets" / "index-1.js.br").write_bytes(b"brotli")
    (folder / "assets" / "index-1.js.gz").write_bytes(b"gzip")
    (folder / "secret.pem").write_text("secret")
    (folder.parent / "outside.js").write_text("secret")
    (folder / "assets" / "link.js").symlink_to(folder.parent / "outside.js")
    return folder


@pytest.fixture
async def served(tmp_path: Path) -> AsyncGenerator[TestGateway]:
    page = make_page(tmp_path / "page")
    async with gateway(settings(control_ui={"root": str(page), "base_path": "/claw"})) as running:
        yield running


async def test_the_page_is_told_where_it_is_and_what_it_may_do(served: TestGateway) -> None:
    for path in ("/claw/", "/claw/chat/agent:main:main", "/claw/index.html"):
        async with served.http("GET", path, token=None) as answer:
            page, headers = await answer.text(), answer.headers
            assert answer.status == 200
        assert '<html data-openclaw-control-ui-base-path="/claw" lang="en">' in page
        assert 'href="/claw/favicon.svg"' in page and 'src="/claw/assets/index-1.js"' in page
        digest = base64.b64encode(hashlib.sha256(INLINE.encode()).digest()).decode()
        assert f"script-src 'self' 'sha256-{digest}';" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    async with served.http("GET", "/claw", token=None) as answer:
        assert str(answer.url).endswith("/claw/") and answer.status == 200
    async with served.http("GET", "/", token=None) as answer:
        assert "data-openclaw-control-ui-base-path" not in await answer.text()


async def raw(served: TestGateway, path: str, accepted: str = "identity") -> tuple[int, Any, bytes]:
    """An answer as it comes, to a path as it is written."""

    def ask() -> tuple[int, Any, bytes]:
        connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=10)
        connection.putrequest("GET", path, skip_accept_encoding=True)
        connection.putheader("Accept-Encoding", accepted)
        connection.endheaders()
        answer = connection.getresponse()
        found = answer.status, answer.headers, answer.read()
        connection.close()
        return found

    return await to_thread.run_sync(ask)


@pytest.mark.parametrize(("accepted", "body"), [("br, gzip", "brotli"), ("gzip", "gzip"), ("identity", "plain")])
async def test_its_files_are_sent_as_they_were_packed(served: TestGateway, accepted: str, body: str) -> None:
    status, headers, content = await raw(served, "/claw/assets/index-1.js", accepted)
    assert (status, content) == (200, body.encode())
    assert headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in headers["Cache-Control"] and headers["Vary"] == "Accept-Encoding"
    assert headers.get("Content-Encoding") == {"brotli": "br", "gzip": "gzip"}.get(body)


@pytest.mark.parametrize(
    "path",
    (
        "assets/none.js",
        "secret.pem",
        "../outside.js",
        "%2e%2e/outside.js",
        "..%2foutside.js",
        "assets/link.js",
        "a%00.js",
        f"{'a' * 3000}.js",
    ),
)
async def test_nothing_but_the_pages_own_files_is_served(served: TestGateway, path: str) -> None:
    status, _, body = await raw(served, f"/claw/{path}")
    assert b"secret" not in body
    assert status in (404, 400) or b"data-openclaw-control-ui-base-path" in body


async def test_its_configuration_is_for_whoever_has_a_token(served: TestGateway) -> None:
    for path, base in (("/control-ui-config.json", ""), ("/claw/control-ui-config.json", "/claw")):
        async with served.http("GET", path, token=None) as answer:
            assert answer.status == 401
        async with served.http("GET", path, token=TOKEN) as answer:
            assert (await answer.json())["basePath"] == base


async def test_its_socket_is_at_its_path_whoever_comes(served: TestGateway) -> None:
    async with served.connect("/claw", greeted=False) as client:
        assert (await client.next())["event"] == "connect.challenge"


async def test_without_a_folder_the_answer_says_what_to_set(tmp_path: Path) -> None:
    for control_ui in ({}, {"root": str(tmp_path / "nowhere")}):
        async with (
            gateway(settings(control_ui=control_ui)) as running,
            running.http("GET", "/openclaw/", token=None) as answer,
        ):
            assert answer.status == 404
            assert "gateway.control_ui.root" in (await answer.json())["error"]["message"]


async def test_a_path_of_the_gateways_own_is_refused(tmp_path: Path) -> None:
    for path in ("/v1", "/ws/ui", "/", "openclaw", "/a/../b"):
        with pytest.raises(ConfigError, match=r"control_ui\.base_path"):
            async with gateway(settings(control_ui={"base_path": path})):
                pass


def test_an_installed_package_is_found_where_the_shell_would_start_it(tmp_path: Path) -> None:
    for prefix in ("first", "second"):
        package = tmp_path / prefix / "lib" / "node_modules" / "openclaw"
        make_page(package / "dist" / "control-ui")
        (package / "openclaw.mjs").write_text("")
        (tmp_path / prefix / "bin").mkdir()
        (tmp_path / prefix / "bin" / "openclaw").symlink_to(package / "openclaw.mjs")
    ours = tmp_path / "venv" / "bin"
    ours.mkdir(parents=True)
    (ours / "openclaw").write_text("#!/bin/sh\n")

    def found(*prefixes: str, **env: str) -> Any:
        path = ":".join([str(ours), *(str(tmp_path / prefix / "bin") for prefix in prefixes)])
        return find_control_ui({"PATH": path, "HOME": str(tmp_path), **env})

    page = "lib/node_modules/openclaw/dist/control-ui"
    assert found("second", "first") == (tmp_path / "second" / page)
    assert found(npm_config_prefix=str(tmp_path / "first")) == tmp_path / "first" / page
    assert App(Options(environ={"OPENCLAW_HOME": str(tmp_path / "home")})).settings.gateway.control_ui.root is None

"""nginx and Caddy in front, by the very files that the manual and `examples/deploy` show."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import aiohttp
import anyio
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.support.gateway import PASSWORD, TOKEN, TestGateway, gateway, settings
from tests.support.mcp_world import free_port
from tests.support.upstream import scripted_upstream

TOP = Path(__file__).parents[2]
MANUAL = (TOP / "openclaw_rpc" / "docs" / "running.md").read_text()
NGINX = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {site}
}}
"""
CADDY = "{{\n    admin off\n    auto_https off\n    storage file_system {folder}\n}}\n{site}"
UPGRADES = "        proxy_set_header Upgrade $http_upgrade;\n        proxy_set_header Connection $connection_upgrade;\n"
Change = Callable[[str], str]


def shown(language: str) -> str:
    """The file that the manual shows."""
    found = re.search(rf"```{language}\n(.*?)```", MANUAL, re.DOTALL)
    assert found is not None, f"the manual shows no file for {language}"
    return found[1]


SITES = {
    "nginx": shown("nginx"),
    "caddy": shown("caddyfile"),
    "nginx of examples": (TOP / "examples" / "deploy" / "nginx.conf").read_text(),
    "caddy of examples": (TOP / "examples" / "deploy" / "Caddyfile").read_text(),
}


def nginx_file(site: str, folder: Path, port: int, ours: int, change: Change) -> tuple[list[str], str]:
    site = re.sub(r"^ *ssl_certificate.*\n", "", site, flags=re.MULTILINE)
    assert "listen 443 ssl;" in site and UPGRADES in site
    site = change(site.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};").replace("18789", str(ours)))
    user = "user root;" if os.getuid() == 0 else ""
    return ["nginx", "-p", str(folder), "-c", str(folder / "conf")], NGINX.format(user=user, folder=folder, site=site)


def caddy_file(site: str, folder: Path, port: int, ours: int, change: Change) -> tuple[list[str], str]:
    site = change(site.replace("gateway.example.org", f"http://:{port}").replace("18789", str(ours)))
    assert f"http://:{port}" in site
    line = ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "conf")]
    return line, CADDY.format(folder=folder, site=site)


@asynccontextmanager
async def in_front(program: str, folder: Path, ours: int, change: Change = str) -> AsyncGenerator[int]:
    """That proxy before a gateway; the port where it listens."""
    site, program = SITES[program], program.split(maxsplit=1)[0]
    found = shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
    if found is None:
        print(f"{program} is not installed")
        pytest.skip(f"{program} is not installed")
    port = free_port()
    line, text = (nginx_file if program == "nginx" else caddy_file)(site, folder, port, ours, change)
    (folder / "conf").write_text(text)
    env = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    process = await anyio.open_process([found, *line[1:]], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, env=env)
    try:
        with anyio.fail_after(20):
            while True:
                try:
                    await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
                    break
                except OSError:
                    assert process.returncode is None, (folder / "error.log").read_text()
                    await anyio.sleep(0.05)
        yield port
    finally:
        process.terminate()
        with anyio.move_on_after(5, shield=True):
            await process.wait()
        if process.returncode is None:
            process.kill()
        await process.aclose()


@asynccontextmanager
async def behind(program: str, folder: Path, change: Change = str) -> AsyncGenerator[tuple[TestGateway, int]]:
    async with scripted_upstream() as upstream:
        config = settings(upstream.url, trusted_proxies=["127.0.0.1"])
        async with (
            gateway(config) as opened,
            in_front(program, folder, int(opened.url.rpartition(":")[2]), change) as port,
        ):
            yield opened, port


BEARER = {"Authorization": f"Bearer {TOKEN}"}
PROXIES = pytest.mark.parametrize("program", SITES)


async def fetched(
    port: int, path: str, headers: dict[str, str] | None = None, source: str | None = None
) -> tuple[int, str]:
    """A GET through the proxy, from an address of this machine."""
    connector = aiohttp.TCPConnector(local_addr=(source, 0) if source else None)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get(f"http://127.0.0.1:{port}{path}", headers=headers) as reply,
    ):
        return reply.status, await reply.text()


@PROXIES
async def test_pages_sockets_and_streams_go_through(program: str, tmp_path: Path) -> None:
    async with behind(program, tmp_path) as (_, port):
        status, page = await fetched(port, "/")
        assert status == 200
        asset = re.search(r'src="(assets/[^"]+)"', page)
        assert asset is not None and (await fetched(port, f"/{asset[1]}"))[0] == 200
        assert (await fetched(port, "/docs"))[0] == 200
        async with connect(f"ws://127.0.0.1:{port}/", additional_headers=BEARER, proxy=None) as socket:
            with anyio.fail_after(20):
                assert json.loads(await socket.recv())["type"] == "connected"
                call = {"jsonrpc": "2.0", "id": 1, "method": "chat.run", "params": {"message": "one two"}}
                await socket.send(json.dumps(call))
                said = ""
                while (frame := json.loads(await socket.recv())).get("type") != "chat.done":
                    said += frame["data"]["delta"] if frame.get("type") == "chat.delta" else ""
                assert said == "echo: one two"
        async with connect(f"ws://127.0.0.1:{port}/ws", proxy=None) as socket:
            await socket.send(json.dumps({"type": "auth", "token": TOKEN}))
            with anyio.fail_after(20):
                assert json.loads(await socket.recv())["type"] == "auth_success"


@PROXIES
async def test_a_stream_is_not_gathered_on_its_way(program: str, tmp_path: Path) -> None:
    async with behind(program, tmp_path) as (opened, port):
        body = {"message": "first", "sessionKey": "here"}
        async with opened.http("POST", "/v1/agent/run", body) as reply:
            assert reply.status == 200
        async with aiohttp.ClientSession(headers=BEARER) as session:
            events = session.get(f"http://127.0.0.1:{port}/v1/sessions/here/events")
            async with events as stream:
                # The session is followed: what happens is seen while the stream stays open.
                async with opened.http("POST", "/v1/agent/run", {**body, "message": "second"}) as reply:
                    assert reply.status == 200
                with anyio.fail_after(20):
                    text = b""
                    while b"echo: second" not in text:
                        text += await stream.content.readany()


@PROXIES
async def test_each_client_is_counted_by_itself_whatever_it_invents(program: str, tmp_path: Path) -> None:
    async with behind(program, tmp_path) as (_, port):
        wrong = {"X-OpenClaw-Password": "no"}
        seen = [
            (await fetched(port, "/v1/models", {**wrong, "X-Forwarded-For": f"203.0.113.{at}"}, "127.0.0.2"))[0]
            for at in range(12)
        ]
        assert seen == [401] * 10 + [429] * 2
        right = {"X-OpenClaw-Password": PASSWORD}
        assert (await fetched(port, "/v1/models", right, "127.0.0.3"))[0] == 200
        assert (await fetched(port, "/v1/models", right, "127.0.0.2"))[0] == 429


@pytest.mark.parametrize("path", ["/", "/ws"])
async def test_an_upgrade_that_was_taken_away_is_said_with_the_lines_that_are_missing(
    path: str, tmp_path: Path
) -> None:
    async with behind("nginx", tmp_path, lambda site: site.replace(UPGRADES, "")) as (_, port):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"ws://127.0.0.1:{port}{path}", additional_headers=BEARER, proxy=None):
                pass
        answer = refused.value.response
        assert answer.status_code == 426
        assert b"no Upgrade: websocket and no Connection: Upgrade" in (answer.body or b"")
        assert (await fetched(port, "/"))[0] == 200


def below(site: str) -> str:
    """The same site below a path, as the manual says."""
    moved = site.replace("location / {", "location /gateway/ {\n        proxy_set_header X-Forwarded-Prefix /gateway;")
    return re.sub(r"(proxy_pass http://[^;/]+);", r"\1/;", moved)


async def test_below_a_path_links_and_addresses_are_below_it_too(tmp_path: Path) -> None:
    async with behind("nginx", tmp_path, below) as (_, port):
        _, page = await fetched(port, "/gateway/")
        asset = re.search(r'src="(assets/[^"]+)"', page)
        assert asset is not None and (await fetched(port, f"/gateway/{asset[1]}"))[0] == 200
        assert (await fetched(port, "/gateway/docs"))[0] == 200
        names = ("openapi", "openrpc", "asyncapi")
        openapi, openrpc, asyncapi = [json.loads((await fetched(port, f"/gateway/{one}.json"))[1]) for one in names]
        assert openapi["servers"] == [{"url": "/gateway/"}]
        assert openrpc["servers"][0]["url"] == f"ws://127.0.0.1:{port}/gateway/"
        assert asyncapi["servers"]["gateway"]["pathname"] == "/gateway"
        url = f"http://127.0.0.1:{port}/gateway/login"
        async with aiohttp.ClientSession() as session, session.post(url, json={"token": TOKEN}) as reply:
            assert reply.status == 204 and "; Path=/gateway/;" in reply.headers["Set-Cookie"]
        async with connect(f"ws://127.0.0.1:{port}/gateway/", additional_headers=BEARER, proxy=None) as socket:
            with anyio.fail_after(20):
                assert json.loads(await socket.recv())["type"] == "connected"


HEADERS: list[dict[str, Any]] = [
    {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/gateway/"},
    {"Forwarded": "for=203.0.113.9;proto=https", "X-Forwarded-Prefix": "/gateway"},
]


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("trusted", [True, False])
async def test_only_a_trusted_proxy_says_how_the_gateway_is_seen(headers: dict[str, str], trusted: bool) -> None:
    async with gateway(settings(trusted_proxies=["127.0.0.1"] if trusted else [])) as opened:
        async with opened.http("GET", "/openrpc.json", headers=headers) as reply:
            url = json.loads(await reply.text())["servers"][0]["url"]
        host = opened.url.partition("//")[2]
        assert url == (f"wss://{host}/gateway/" if trusted else f"ws://{host}/")


@pytest.mark.parametrize("prefix", ["//evil.example", "/a/../b", "/a b", 'x"', "/<script>", "", "https://evil.example"])
async def test_a_prefix_that_is_no_plain_path_is_left_out(prefix: str) -> None:
    async with (
        gateway(settings(trusted_proxies=["127.0.0.1"])) as opened,
        opened.http("GET", "/openapi.json", headers={"X-Forwarded-Prefix": prefix}) as reply,
    ):
        assert json.loads(await reply.text())["servers"] == [{"url": "/"}]

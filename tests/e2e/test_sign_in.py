"""The dashboard's files, the sign-in link, and where the cookie counts."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from websockets.exceptions import InvalidStatus

from openclaw_rpc.config.gateway import AuthSettings
from openclaw_rpc.domain.auth import Authenticator
from openclaw_rpc.domain.sign_ins import CODE_SECONDS, SignIns
from openclaw_rpc.domain.tokens import KnownTokens
from openclaw_rpc.protocol.errors import Unauthorized
from tests.support.clock import ManualClock
from tests.support.gateway import PASSWORD, TOKEN, TestGateway, gateway, settings
from tests.support.tls import self_signed
from tests.support.volatile.tokens import MemoryTokenStore


@asynccontextmanager
async def served() -> AsyncGenerator[TestGateway]:
    async with gateway(settings()) as running:
        yield running


async def sign_in(running: TestGateway, **body: str) -> dict[str, str]:
    """The headers of a page that signed in: its cookie, and the origin that a browser names."""
    async with running.http("POST", "/login", body, token=None, headers={"Origin": running.url}) as answer:
        assert answer.status == 204, await answer.text()
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    return {"Cookie": cookie, "Origin": running.url}


def code_of(link: str | None) -> str:
    assert link is not None
    return link.partition("/login#code=")[2]


async def status(running: TestGateway, method: str, path: str, headers: dict[str, str], body: object = None) -> int:
    async with running.http(method, path, body, token=None, headers=headers) as answer:
        return answer.status


async def test_the_page_and_its_files_are_open_and_kept_for_ever_under_a_name_that_changes_with_them() -> None:
    async with served() as running:
        async with running.http("GET", "/", token=None) as answer:
            page = await answer.text()
            policy = answer.headers["Content-Security-Policy"]
            assert answer.content_type == "text/html"
        assert "default-src 'none'" in policy and "unsafe" not in policy
        files = re.findall(r'(?:href|src)="(assets/[^"]+)"', page)
        assert len(files) >= 4
        # Below a proxy's prefix, too: no address begins at the root.
        async with running.http("GET", "/docs", token=None) as answer:
            assert not re.findall(r'(?:href|src)="/', page + await answer.text())
        for file in files:
            async with running.http("GET", f"/{file}", token=None, headers={"Accept-Encoding": "gzip"}) as answer:
                assert answer.status == 200, file
                assert "immutable" in answer.headers["Cache-Control"]
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
        script = next(file for file in files if file.endswith("app.js"))
        other = re.sub(r"assets/[0-9a-f]+", "assets/0123456789abcdef", script)
        assert await status(running, "GET", f"/{other}", {}) == 404
        assert await status(running, "GET", "/assets/../gateway.yaml", {}) == 404


async def test_a_sign_in_link_works_once_and_reading_it_uses_nothing_up() -> None:
    async with served() as running:
        link = running.app.sign_in_link()
        code = code_of(link)
        assert TOKEN not in str(link) and len(code) >= 22
        assert await status(running, "GET", "/login", {}) == 200
        assert await status(running, "HEAD", "/login", {}) == 200
        signed = await sign_in(running, code=code)
        assert await status(running, "GET", "/status", signed) == 200
        for wrong in (code, "invented"):
            async with running.http("POST", "/login", {"code": wrong}, token=None) as answer:
                assert (answer.status, (await answer.json())["error"]["code"]) == (401, "unauthorized")


async def test_a_code_is_too_old_after_ten_minutes() -> None:
    clock, tokens = ManualClock(), KnownTokens(MemoryTokenStore())
    authenticator = Authenticator(AuthSettings(token=TOKEN), tokens, clock)
    sign_ins = SignIns(authenticator, tokens, clock)
    owner = authenticator.owner()
    assert owner is not None
    code = sign_ins.offer(owner)
    clock.advance(CODE_SECONDS - 1)
    assert await sign_ins.take(code) is owner
    code = sign_ins.offer(owner)
    clock.advance(CODE_SECONDS)
    with pytest.raises(Unauthorized):
        await sign_ins.take(code)


@pytest.mark.parametrize("body", [{}, [], {"code": 1}, {"code": "a", "token": "b"}, {"tokn": "x"}])
async def test_a_sign_in_that_names_neither_code_nor_token_is_a_bad_request(body: object) -> None:
    async with served() as running:
        assert await status(running, "POST", "/login", {}, body) == 400


async def test_the_cookie_is_for_the_browser_alone_and_dies_with_the_sign_out() -> None:
    async with served() as running:
        async with running.http("POST", "/login", {"token": TOKEN}, token=None) as answer:
            cookie = answer.headers["Set-Cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/")) and "Secure" not in cookie
        assert TOKEN not in cookie
        async with running.http(
            "POST", "/login", {"token": TOKEN}, token=None, headers={"Origin": running.url.replace("http:", "https:")}
        ) as answer:
            assert answer.status in (204, 403)
        signed = await sign_in(running, token=TOKEN)
        async with running.connect(token=None, headers=signed) as client:
            assert (await client.result("system.status"))["status"] == "ok"
            assert await status(running, "POST", "/logout", signed) == 204
            with pytest.raises(Exception, match="4002"):
                await client.next(lambda _: False)
        assert await status(running, "GET", "/status", signed) == 401


async def test_under_tls_the_cookie_never_goes_over_a_plain_connection(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    tls = {"certificate": str(certificate), "key": str(key)}
    async with gateway(settings(tls=tls)) as running, aiohttp.ClientSession() as client:
        assert running.url.startswith("https://")
        trusted = ssl.create_default_context(cafile=str(certificate))
        async with client.post(f"{running.url}/login", json={"token": TOKEN}, ssl=trusted) as answer:
            assert answer.status == 204 and "; Secure" in answer.headers["Set-Cookie"]


async def test_the_cookie_counts_for_the_gateways_own_pages_alone() -> None:
    async with gateway(settings(allowed_origins=["https://app.example", "*"])) as running:
        signed = await sign_in(running, token=TOKEN)
        cookie = {"Cookie": signed["Cookie"]}
        create = {"title": "made"}
        assert await status(running, "POST", "/api/sessions", cookie, create) == 403
        assert await status(running, "POST", "/api/sessions", cookie | {"Origin": "http://evil.example"}, create) == 403
        named = cookie | {"Origin": "https://app.example"}
        for own in (signed, named):
            assert await status(running, "POST", "/api/sessions", own, {"title": "a"}) < 300
        # A read names no origin where the page is our own, and a foreign page is known by Sec-Fetch-Site.
        assert await status(running, "GET", "/status", cookie) == 200
        assert await status(running, "GET", "/status", cookie | {"Sec-Fetch-Site": "same-origin"}) == 200
        assert await status(running, "GET", "/status", cookie | {"Sec-Fetch-Site": "same-site"}) == 401
        for foreign in ({}, {"Origin": "http://evil.example"}):
            with pytest.raises(InvalidStatus, match="401"):
                async with running.connect(token=None, headers=cookie | foreign, subprotocols=["jsonrpc"]):
                    raise AssertionError("a foreign page came in")
        # What the client says itself counts before the cookie.
        assert await status(running, "GET", "/status", signed | {"Authorization": "Bearer wrong"}) == 401


async def test_a_sign_in_has_the_user_and_scopes_of_its_token_and_dies_with_it() -> None:
    async with served() as running:
        signed = await sign_in(running, token=running.make_token("mia", "read", name="mia-reads"))
        async with running.connect(token=None, headers=signed) as client:
            hello = client.seen[0]["data"]
            assert (hello["user"], hello["scopes"]) == ("mia", ["read"])
            assert (await client.error("session.create"))["data"]["code"] == "forbidden"
            link = await client.result("dashboard.link")
            again = await sign_in(running, code=code_of(link["path"]))
        async with running.connect() as owner:
            await owner.result("token.revoke", name="mia-reads")
        for one in (signed, again):
            assert await status(running, "GET", "/status", one) == 401


async def test_a_sign_in_outlives_a_restart_but_not_the_secret_it_stands_on(tmp_path: Path) -> None:
    async with gateway(settings(), tmp_path) as running:
        signed = await sign_in(running, token=TOKEN)
        by_link = await sign_in(running, code=code_of(running.app.sign_in_link()))
        assert TOKEN.encode() not in (tmp_path / "state" / "gateway.db").read_bytes()
    async with gateway(settings(), tmp_path) as running:
        for one in (signed, by_link):
            assert await status(running, "GET", "/status", {"Cookie": one["Cookie"]}) == 200
    async with gateway(settings(auth={"token": "another-token-42", "password": PASSWORD}), tmp_path) as running:
        for one in (signed, by_link):
            assert await status(running, "GET", "/status", {"Cookie": one["Cookie"]}) == 401


async def test_without_authentication_nobody_signs_in() -> None:
    async with gateway(settings(auth={"enabled": False})) as running:
        assert running.app.sign_in_link() is None
        async with running.connect(token=None, headers={"Origin": running.url}) as client:
            assert client.seen[0]["data"]["user"] == "owner"

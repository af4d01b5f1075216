"""The browser's rows, good and bad, over a real gateway, its browser and pages of loopback."""

import base64
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import anyio
import pytest

from tests.support.browser import PNG_SIGNATURE, needs_browser, pages, processes, until
from tests.support.gateway import TOKEN, Client, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

pytestmark = needs_browser
SECONDS = 40


@pytest.fixture(scope="module")
async def site() -> AsyncGenerator[str]:
    async with pages() as url:
        yield url


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream:
        config = settings(upstream.url) | {"browser": {"max_profiles": 3, "max_pages": 3}}
        async with gateway(config) as started:
            yield started


@pytest.fixture
async def client(served: TestGateway) -> AsyncGenerator[Client]:
    async with served.connect() as client:
        yield client
        for page in (await client.result("browser.status"))["pages"]:
            # The default profile's browser goes on, empty: starting one takes longer than most of these tests.
            which = "pageId" if page["profile"] == "default" else "profile"
            await client.call("browser.close", {which: page[which]}, SECONDS)


async def result(client: Client, method: str, **params: Any) -> Any:
    frame = await client.call(method, params, SECONDS)
    assert "result" in frame, frame
    return frame["result"]


async def error(client: Client, method: str, **params: Any) -> Any:
    frame = await client.call(method, params, SECONDS)
    assert "error" in frame, frame
    return frame["error"]["data"]


async def test_a_page_from_its_opening_to_its_end(client: Client, site: str) -> None:
    opened = await result(client, "browser.open", url=f"{site}/form")
    assert (opened["title"], opened["success"], opened["httpStatus"], opened["profile"]) == (
        "Form",
        True,
        200,
        "default",
    )
    status = await result(client, "browser.status")
    assert status["status"] == "running"
    assert status["version"]
    assert status["since"].endswith("Z")
    assert [page["pageId"] for page in status["pages"]] == [opened["pageId"]]
    assert (await result(client, "browser.execute", script="1 + 41"))["result"] == 42
    assert "textbox" in (await result(client, "browser.snapshot"))["snapshot"]
    assert (await result(client, "browser.type", selector="input", text="words"))["url"] == f"{site}/form"
    await result(client, "browser.click", selector="button")
    assert (await result(client, "browser.execute", script="document.title"))["result"] == "said words"
    moved = await result(client, "browser.navigate", url=f"{site}/second", waitUntil="domcontentloaded")
    assert (moved["title"], moved["pageId"]) == ("Second", opened["pageId"])
    assert (await result(client, "browser.close", pageId=opened["pageId"]))["closed"] == 1
    assert (await result(client, "browser.status"))["pages"] == []


@pytest.mark.parametrize(
    ("params", "size"),
    [({}, (1280, 800)), ({"fullPage": True}, (1280, 2000)), ({"selector": "#tall"}, (1280, 2000))],
)
async def test_pictures_are_png_of_the_size_they_say(
    client: Client, site: str, params: dict[str, Any], size: tuple[int, int]
) -> None:
    await result(client, "browser.open", url=f"{site}/tall")
    shot = await result(client, "browser.screenshot", **params)
    png = base64.b64decode(shot["data"])
    assert png.startswith(PNG_SIGNATURE)
    assert (shot["mimeType"], shot["width"], shot["height"]) == ("image/png", *size)
    assert (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) == size


@pytest.mark.parametrize(
    ("method", "params", "code", "field"),
    [
        ("browser.open", {}, "invalid_request", "url"),
        ("browser.open", {"url": "file:///etc/passwd"}, "invalid_request", "url"),
        ("browser.open", {"url": "chrome://crash"}, "invalid_request", "url"),
        ("browser.open", {"url": "data:text/html,x"}, "invalid_request", "url"),
        ("browser.open", {"url": "javascript:alert(1)"}, "invalid_request", "url"),
        ("browser.open", {"url": "http://127.0.0.2/"}, "forbidden", "url"),
        ("browser.open", {"url": "http://x.org/", "profile": "../x"}, "invalid_request", "profile"),
        ("browser.open", {"url": "http://x.org/", "timeoutMs": 0}, "invalid_request", "timeoutMs"),
        ("browser.navigate", {"url": "http://[::1]/"}, "forbidden", "url"),
        ("browser.navigate", {"url": "http://x.org/", "waitUntil": "ever"}, "invalid_request", "waitUntil"),
        ("browser.navigate", {"url": "http://127.0.0.1:1/", "pageId": "page_x"}, "not_found", "pageId"),
        ("browser.screenshot", {"selector": "<<<"}, "invalid_request", "selector"),
        ("browser.screenshot", {"selector": "#none", "timeoutMs": 100}, "timeout", "selector"),
        ("browser.screenshot", {"selector": ""}, "invalid_request", "selector"),
        ("browser.screenshot", {"pageId": "page_x"}, "not_found", "pageId"),
        ("browser.execute", {"script": "}{"}, "invalid_request", "script"),
        ("browser.execute", {"script": "throw 1"}, "invalid_request", "script"),
        ("browser.execute", {"script": "while (true) {}", "timeoutMs": 200}, "timeout", "script"),
        ("browser.execute", {"script": "'x'.repeat(1e7)"}, "too_large", "script"),
        ("browser.click", {"selector": "<<<"}, "invalid_request", "selector"),
        ("browser.click", {"selector": "#none", "timeoutMs": 100}, "timeout", "selector"),
        ("browser.click", {"selector": "h1", "button": "no"}, "invalid_request", "button"),
        ("browser.type", {"selector": "h1", "text": "x", "timeoutMs": 1000}, "invalid_request", "selector"),
        ("browser.snapshot", {"pageId": "page_x"}, "not_found", "pageId"),
        ("browser.close", {"pageId": "page_x"}, "not_found", "pageId"),
        ("browser.execute", {"script": "1", "profile": "never"}, "conflict", None),
    ],
)
async def test_what_does_not_work_says_why(
    client: Client, site: str, method: str, params: dict[str, Any], code: str, field: str | None
) -> None:
    await result(client, "browser.open", url=f"{site}/")
    wrong = await error(client, method, **params)
    assert (wrong["code"], wrong.get("details", wrong).get("field")) == (code, field), wrong
    assert (await result(client, "browser.execute", script="document.title"))["result"] == "Home"


async def test_another_users_pages_are_not_there(served: TestGateway, client: Client, site: str) -> None:
    opened = await result(client, "browser.open", url=f"{site}/")
    await result(client, "browser.execute", script="document.cookie = 'secret=1'")
    async with served.connect(token=served.make_token("bob")) as bob:
        assert (await result(bob, "browser.status"))["pages"] == []
        for method, params in (
            ("browser.execute", {"script": "document.cookie"}),
            ("browser.screenshot", {}),
            ("browser.snapshot", {}),
            ("browser.click", {"selector": "a"}),
        ):
            assert (await error(bob, method, **params))["code"] == "conflict"
            assert (await error(bob, method, pageId=opened["pageId"], **params))["code"] in ("conflict", "not_found")
        assert (await error(bob, "browser.close", pageId=opened["pageId"]))["code"] == "not_found"
        assert (await result(bob, "browser.close"))["closed"] == 0
        await result(bob, "browser.open", url=f"{site}/")
        assert (await result(bob, "browser.execute", script="document.cookie"))["result"] == ""
        assert (await error(bob, "browser.navigate", url=f"{site}/", pageId=opened["pageId"]))["code"] == "not_found"
        await result(bob, "browser.close")
    assert len((await result(client, "browser.status"))["pages"]) == 1


async def test_a_token_without_tools_drives_no_browser(served: TestGateway, site: str) -> None:
    async with served.connect(token=served.make_token("carl", "read,chat")) as carl:
        assert (await error(carl, "browser.open", url=f"{site}/"))["code"] == "forbidden"


async def test_pages_and_profiles_are_counted(client: Client, site: str) -> None:
    for _ in range(3):
        await result(client, "browser.open", url=f"{site}/")
    assert (await error(client, "browser.open", url=f"{site}/"))["code"] == "conflict"
    await result(client, "browser.open", url=f"{site}/", profile="b")
    await result(client, "browser.open", url=f"{site}/", profile="c")
    assert (await error(client, "browser.open", url=f"{site}/", profile="d"))["code"] == "conflict"


async def test_over_http_a_picture_is_json_or_the_png_itself(served: TestGateway, client: Client, site: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(served.url, headers=headers) as http:
        async with http.post("/v1/browser/navigate", json={"url": f"{site}/", "profile": "default"}) as reply:
            assert reply.status == 200
            assert (await reply.json())["url"] == f"{site}/"
        async with http.get("/v1/browser/status") as reply:
            assert (await reply.json())["status"] == "running"
        async with http.post("/v1/browser/screenshot", json={"selector": "body", "fullPage": True}) as reply:
            shot = await reply.json()
            assert base64.b64decode(shot["data"]).startswith(PNG_SIGNATURE)
        async with http.post("/v1/browser/screenshot", json={}, headers={"Accept": "image/png"}) as reply:
            assert reply.content_type == "image/png"
            assert (await reply.read()).startswith(PNG_SIGNATURE)
        async with http.post(
            "/v1/browser/screenshot", json={"selector": "<<<"}, headers={"Accept": "image/png"}
        ) as reply:
            assert reply.status == 400
            assert reply.content_type == "application/json"


async def test_an_agent_looks_at_a_page(client: Client, site: str) -> None:
    said, _ = await client.chat(f'[[tool:browser_navigate {{"url": "{site}/"}}]]', SECONDS)
    assert "Home" in said
    said, _ = await client.chat("[[tool:browser_snapshot {}]]", SECONDS)
    assert "Welcome" in said
    said, _ = await client.chat('[[tool:browser_execute {"script": "document.title"}]]', SECONDS)
    assert "Home" in said
    said, _ = await client.chat('[[tool:browser_navigate {"url": "http://127.0.0.2/"}]]', SECONDS)
    assert "may not be reached" in said


async def test_aborting_a_run_ends_its_script(client: Client, site: str) -> None:
    await result(client, "browser.open", url=f"{site}/")
    run = await result(
        client, "chat.run", message='[[tool:browser_execute {"script": "for (;;) { if (false) break }"}]]'
    )
    await client.event("tool.call", SECONDS, runId=run["runId"])
    with anyio.fail_after(2):
        await result(client, "chat.abort", runId=run["runId"])
        done = await result(client, "chat.wait", runId=run["runId"])
    assert done["status"] == "aborted"
    assert (await result(client, "browser.execute", script="document.title"))["result"] == "Home"


async def test_it_stops_when_nobody_uses_it_and_keeps_what_profiles_know(site: str) -> None:
    async with gateway(settings() | {"browser": {"idle_seconds": 0.5}}) as served, served.connect() as client:
        await result(client, "browser.open", url=f"{site}/")
        await result(client, "browser.execute", script="document.cookie = 'a=1; max-age=3600'; null")
        assert processes(str(served.home))
        await until(lambda: not processes(str(served.home)))
        with anyio.fail_after(10):
            while (await result(client, "browser.status"))["status"] != "stopped":
                pass
        await result(client, "browser.open", url=f"{site}/")
        assert (await result(client, "browser.execute", script="document.cookie"))["result"] == "a=1"
    await until(lambda: not processes(str(served.home)))


async def test_without_a_browser_everything_else_works_and_it_is_said_what_to_install() -> None:
    config = settings() | {"browser": {"executable": "/nowhere/chromium"}}
    async with gateway(config) as served, served.connect() as client:
        status = await result(client, "browser.status")
        assert status["status"] == "unavailable"
        assert "install Chromium" in status["reason"]
        frame = await client.call("browser.open", {"url": "http://127.0.0.1:1/"}, SECONDS)
        assert frame["error"]["data"]["code"] == "service_unavailable"
        assert "install Chromium" in frame["error"]["message"]

"""`/docs/api` in a real browser: HTTP and the WebSocket, searched and tried, below a proxy's prefix as well."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.support.dashboard import answers, ask, signed_in
from tests.support.gateway import gateway, settings
from tests.support.prefix_proxy import prefix_proxy

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("below", ["", "a prefix"])
async def test_a_newcomer_finds_what_goes_over_the_socket_and_tries_it(chromium: Any, below: str) -> None:
    async with gateway(settings()) as running, prefix_proxy(urlsplit(running.url).port or 0) as prefixed:
        url = prefixed if below else running.url
        async with signed_in(chromium, running.app, url=url) as page:
            await ask(page, "Hello!")
            await expect(answers(page)).to_have_count(1)
            await page.goto(f"{url}/docs/api")
            socket = url.replace("http", "ws") + "/ws"
            await expect(page.locator("main")).to_contain_text(socket)
            for words in ("Frames", "Topics", "Close codes", "4008", "gateway", "too slow"):
                await expect(page.locator("main")).to_contain_text(words)
            await page.get_by_role("searchbox", name="Search").fill("chat.run")
            call = page.locator("#method-chat\\.run")
            await call.locator("summary").click()
            params = call.get_by_role("textbox", name="params")
            await expect(params).to_have_value(re.compile("What is on my list for today"))
            await call.get_by_role("button", name="Call").click()
            await expect(call.locator("pre").last).to_contain_text('"chat.done"')
            await page.get_by_role("searchbox", name="Search").fill("tool.approval")
            event = page.locator("#event-tool\\.approval")
            await event.locator("summary").click()
            await expect(event).to_contain_text("approvalId")

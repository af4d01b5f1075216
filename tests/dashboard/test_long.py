"""Long conversations and a gateway that is started again, in a real browser."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.support.cutting_proxy import CuttingProxy
from tests.support.dashboard import answers, ask, settled, signed_in
from tests.support.gateway import gateway, settings
from tests.support.upstream import scripted_upstream

pytestmark = pytest.mark.timeout(120)
MOST = 200
FIRST = """() => {
  const box = document.querySelector('[role=log]'), top = box.getBoundingClientRect().top;
  const seen = [...box.querySelectorAll('article')].find((each) => each.getBoundingClientRect().bottom > top);
  return {text: seen.textContent.match(/number \\d+/)[0], at: Math.round(seen.getBoundingClientRect().top - top),
    count: box.querySelectorAll('article').length, scroll: box.scrollTop};
}"""


async def test_older_messages_load_without_a_jump_and_few_are_in_the_page(chromium: Any) -> None:
    async with gateway(settings()) as running, running.connect() as client:
        await client.result("session.create", sessionKey="long")
        for at in range(400):
            await client.result("chat.inject", sessionKey="long", content=f"number {at}\n\n" + "- a line\n" * (at % 5))
        async with signed_in(chromium, running.app, "#/chat/long") as page:
            await expect(page.get_by_text("number 399", exact=True)).to_be_visible()
            log = page.get_by_role("log", name="Messages")
            seen = 399
            for _ in range(60):
                before = await page.evaluate(FIRST)
                await log.evaluate("(box) => { box.scrollTop -= 400 }")
                await page.wait_for_timeout(60)
                after = await page.evaluate(FIRST)
                first = int(after["text"].split()[1])
                assert first <= seen, "the view jumped"
                # 400 pixels hold at most some ten of these messages.
                assert seen - first < 14, (before, after)
                assert after["count"] <= MOST
                seen = first
            assert seen < 250
            await page.get_by_role("button", name="Jump to latest").click()
            await expect(page.get_by_text("number 399", exact=True)).to_be_visible()
            await expect(page.get_by_role("button", name="Jump to latest")).to_have_count(0)
            # What is new moves the view only where it was at the end.
            await client.result("chat.inject", sessionKey="long", content="number 400")
            await expect(page.get_by_text("number 400", exact=True)).to_be_in_viewport()
            await log.evaluate("(box) => { box.scrollTop -= 500 }")
            await expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
            at = await page.evaluate(FIRST)
            await client.result("chat.inject", sessionKey="long", content="number 401")
            await expect(page.get_by_text("number 401", exact=True)).to_be_attached()
            now = await page.evaluate(FIRST)
            assert (now["text"], now["at"]) == (at["text"], at["at"])


async def test_a_gateway_that_is_started_again_is_come_back_to_with_the_same_text(
    chromium: Any, tmp_path: Path
) -> None:
    async with scripted_upstream() as upstream, AsyncExitStack() as stack:
        first = AsyncExitStack()
        running = await first.enter_async_context(gateway(settings(upstream.url, shutdown_seconds=0), tmp_path))
        proxy = stack.enter_context(CuttingProxy(urlsplit(running.url).port or 0))
        url = f"http://127.0.0.1:{proxy.port}"
        page = await stack.enter_async_context(signed_in(chromium, running.app, url=url))
        await ask(page, "[[raw:what was said]]")
        await expect(answers(page)).to_contain_text("what was said")
        await settled(page)
        await ask(page, "[[slow:1000,50]]")
        await expect(answers(page).last).to_contain_text("w9 ")
        await first.aclose()
        await expect(page.get_by_role("status", name="Connection")).not_to_have_text("Connected")
        running = await stack.enter_async_context(gateway(settings(upstream.url, shutdown_seconds=0), tmp_path))
        proxy.aim(urlsplit(running.url).port or 0)
        await expect(page.get_by_role("status", name="Connection")).to_have_text("Connected")
        await expect(answers(page).last.get_by_role("alert")).to_contain_text("stopped before the answer was whole")
        words = (await answers(page).last.locator(".markdown").inner_text()).split()
        assert words == [f"w{at}" for at in range(len(words))]
        await ask(page, "[[raw:and goes on]]")
        await expect(answers(page).last).to_contain_text("and goes on")
        await expect(answers(page).first).to_contain_text("what was said")
        await expect(page.get_by_role("article", name="You")).to_have_count(3)

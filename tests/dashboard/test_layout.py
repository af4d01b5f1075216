"""What is shown fits its place: no page is wider than its window, and no word of a table is broken."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.agent import world
from tests.support.dashboard import signed_in

pytestmark = pytest.mark.timeout(180)
PAGES = ["overview", "channels", "skills", "memory", "tasks", "webhooks", "tokens", "files", "logs", "config", "api"]
WIDE = """| Shop | Pieces sold last week | Best day | Remarks |
|---|---:|---|---|
| Market | 865 | Friday | as in the week before |
| Station | 493 | Thursday | https://example.com/a/long/address/without/any/place/to/break/index.html |

```python
print("a line of code that is so long that it can be read only by scrolling sideways, wherever it is shown")
```
"""
OVERFLOW = """() => [document.documentElement, ...document.querySelectorAll('main, .chat, .log, .composer')]
  .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.className || each.tagName)"""
BROKEN = r"""() => {
  const found = [];
  for (const cell of document.querySelectorAll('td, th')) {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement.closest('a, code')) continue;
      for (const word of node.data.matchAll(/(?<!\S)\p{L}{2,16}(?!\S)/gu)) {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((each) => Math.round(each.top))).size > 1) found.push(word[0]);
      }
    }
  }
  return found;
}"""


@pytest.mark.parametrize("width", [390, 761, 1100, 1440])
async def test_pages_fit_their_window_and_break_no_word(chromium: Any, width: int) -> None:
    async with world() as here:
        call = here.client.result
        await call("session.create", sessionKey="wide", title="A title that says at length what the session is about")
        await call("chat.inject", sessionKey="wide", content=WIDE)
        await call("token.create", name="widget-of-the-shop", sessions=["visitor"])
        action = {"type": "message", "params": {"content": "What is on my list?"}}
        await call("task.create", name="morning report", schedule="0 9 * * *", action=action)
        await call("webhook.create", url="https://example.com/" + "x" * 60, events=["chat.done", "tool.approval"])
        (here.workspace / f"a-report-{'with-a-long-name-' * 4}.md").write_text("x")
        options: dict[str, Any] = {"viewport": {"width": width, "height": 844}}
        async with signed_in(chromium, here.served.app, "#/chat/wide", **options) as page:
            await page.locator(".markdown table").wait_for()
            assert await page.evaluate(OVERFLOW) == [], "chat"
            assert await page.evaluate(BROKEN) == [], "chat"
            for name in PAGES:
                await page.evaluate("(name) => { location.hash = `#/${name}` }", name)
                await page.locator("main h1").wait_for()
                await expect(page.locator(".page .note", has_text="…")).to_have_count(0)
                assert await page.evaluate(OVERFLOW) == [], name
                assert await page.evaluate(BROKEN) == [], name

"""What a model, a file's name or a line of the log says can't run a script, load anything, or look like the page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.agent import world
from tests.support.dashboard import answers, ask, settled, signed_in
from tests.support.gateway import gateway, settings
from tests.support.obedient import call
from tests.support.upstream import scripted_upstream

pytestmark = pytest.mark.timeout(120)

MARK = "window.touched = true"
HOSTILE = f"""
<script>{MARK}</script> <img src="http://127.0.0.1:9/a.png" onerror="{MARK}">
<svg onload="{MARK}"><a xlink:href="javascript:{MARK}"><text>x</text></a></svg>

[click](javascript:{MARK}) [data](data:text/html,<script>{MARK}</script>) [tab](java&#9;script:{MARK})
![picture](http://127.0.0.1:9/tracked.png) <javascript:{MARK}> [ok](https://example.com/ "t\\" onclick=\\"{MARK}")

<iframe srcdoc="<script>parent.{MARK}</script>"></iframe><form action="javascript:{MARK}"><button>go</button></form>

| <b onclick="{MARK}">a</b> | [x](vbscript:{MARK}) |
|---|---|
| ![y](javascript:{MARK}) | `<script>` |

$\\href{{javascript:{MARK}}}{{x}} \\includegraphics{{http://127.0.0.1:9/b.png}}$

```html
<script>{MARK}</script><img src=x onerror="{MARK}">
```
"""


async def nothing_happened(page: Any) -> None:
    """No script ran, and every element of the messages is one of those that Markdown is made into."""
    assert await page.evaluate("window.touched") is None
    found = await page.evaluate(
        """() => [...document.querySelectorAll('[role=log] *')].filter((each) =>
          /^(script|iframe|form|object|embed|svg|style|link|base|meta)$/i.test(each.localName)
          || [...each.attributes].some((one) => /^on|srcdoc/i.test(one.name) || /^\\s*javascript:/i.test(one.value))
          || (each.localName === 'img' && !/^(data|blob):/.test(each.src))).map((each) => each.outerHTML)"""
    )
    assert found == []


async def test_hostile_markdown_becomes_text_and_links_and_loads_nothing(chromium: Any) -> None:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running:
        async with running.connect() as client:
            await client.result(
                "session.create", sessionKey="<img src=x onerror=alert(1)>", title=f"<b onclick='{MARK}'>t"
            )
            await client.result("chat.inject", sessionKey="<img src=x onerror=alert(1)>", content=HOSTILE)
        async with signed_in(chromium, running.app) as page:
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            await page.get_by_role("navigation", name="Sessions").get_by_role("link").first.click()
            message = answers(page)
            await expect(message.get_by_role("link", name="ok")).to_have_attribute("rel", "noopener noreferrer")
            await expect(message.get_by_role("link", name="Picture: picture")).to_be_visible()
            await expect(message.get_by_role("link", name="click")).to_have_count(0)
            await expect(message.locator("pre code span").first).to_be_visible()
            await nothing_happened(page)
            assert [url for url in asked if not url.startswith((running.url, "data:", "blob:"))] == []


async def test_hostile_names_of_tools_files_and_lines_of_the_log_are_text(chromium: Any) -> None:
    name = f"<img src=x onerror='{MARK}'>.txt"
    async with world() as here, signed_in(chromium, here.served.app) as page:
        (here.workspace / name).write_text(HOSTILE)
        await ask(page, f"{HOSTILE[:60]} " + call("file_read", path=f"/{name}"))
        step = page.get_by_role("group", name="Tool file_read")
        await step.locator("summary").click()
        await settled(page)
        await nothing_happened(page)
        await page.goto(f"{here.served.url}/#/files")
        await page.get_by_role("button", name=name, exact=True).click()
        await expect(page.get_by_role("dialog")).to_contain_text("vbscript")
        here.served.app.log.warning(f"<script>{MARK}</script>", field=json.dumps(HOSTILE))
        await page.goto(f"{here.served.url}/#/logs")
        await expect(page.get_by_role("log", name="Log", exact=True)).to_contain_text("<script>")
        assert await page.evaluate("window.touched") is None


async def test_what_can_not_be_read_as_markdown_is_plain_text(chromium: Any) -> None:
    async with gateway(settings()) as running, running.connect() as client:
        await client.result("session.create", sessionKey="deep")
        await client.result("chat.inject", sessionKey="deep", content=">" * 5000 + "the end")
        async with signed_in(chromium, running.app, "#/chat/deep") as page:
            await expect(answers(page)).to_contain_text("the end")


async def test_markdown_is_shown_as_tables_lists_code_and_mathematics(chromium: Any) -> None:
    text = (
        "# Title\n\n1. one\n2. two\n   - below\n\n- [x] done\n\n| a | b |\n|--|:-:|\n| 1 | 2 |\n\n"
        "$$\\frac{1}{2}$$ and $x^2$, $5 and $6\n\n```python\nprint(1)\n```\n"
    )
    async with world() as here, signed_in(chromium, here.served.app) as page:
        await here.client.result("session.create", sessionKey="rich")
        await here.client.result("chat.inject", sessionKey="rich", content=text)
        await page.goto(f"{here.served.url}/#/chat/rich")
        message = answers(page)
        await expect(message.get_by_role("heading", name="Title")).to_be_visible()
        await expect(message.get_by_role("table")).to_contain_text("1")
        await expect(message.locator("ol > li > ul > li")).to_have_text("below")
        await expect(message.locator("li.task")).to_have_text("☑ done")
        await expect(message.locator("math")).to_have_count(2)
        await expect(message).to_contain_text("$5 and $6")
        await expect(message.locator("figure")).to_contain_text("python")
        await message.get_by_role("button", name="Copy code").click()
        await page.get_by_role("textbox", name="Message", exact=True).focus()
        await page.keyboard.press("Control+v")
        await expect(page.get_by_role("textbox", name="Message", exact=True)).to_have_value("print(1)")

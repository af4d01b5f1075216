"""`make picture`: README's picture of the dashboard, taken of a conversation with a model that is played here."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.support.browser import CHROMIUM, MISSING
from tests.support.dashboard import SECONDS, ask, settled, signed_in
from tests.support.gateway import gateway, settings
from tests.support.web import serving

PICTURE = Path(__file__).resolve().parents[1] / "clients" / "dashboard" / "picture.jpg"
QUESTION = "Which of our shops sold best last week? The numbers are in sales.csv."
SALES = "shop,mon,tue,wed,thu,fri\nharbour,120,98,143,150,201\nstation,87,102,99,110,95\nmarket,160,155,171,149,230\n"
CALL = {"name": "file_read", "arguments": json.dumps({"path": "/sales.csv"})}
ANSWER = """**Market** sold best: 865 pieces, a fifth more than Harbour.

| Shop | Pieces | Best day |
|---|---:|---|
| Market | 865 | Friday (230) |
| Harbour | 712 | Friday (201) |
| Station | 493 | Thursday (110) |

The same with pandas, if you want it every week:

```python
import pandas as pd

sales = pd.read_csv("sales.csv", index_col="shop")
print(sales.sum(axis=1).sort_values(ascending=False))
```
"""


async def model(request: web.Request) -> web.StreamResponse:
    """Answers a question by reading a file first."""
    if request.method == "GET":
        return web.json_response({"object": "list", "data": [{"id": "gpt-5", "object": "model", "owned_by": "demo"}]})
    body = await request.json()
    asked = body["messages"][-1]["role"] != "tool"
    call = {"index": 0, "id": "call_1", "type": "function", "function": CALL}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "I read the file first." if asked else ANSWER}]
    deltas += [{"tool_calls": [call]}] if asked else []
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for at, delta in enumerate([*deltas, {}]):
        finish = None if at < len(deltas) else "tool_calls" if asked else "stop"
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5", "choices": [choice]}
        await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    await response.write(b"data: [DONE]\n\n")
    return response


async def take(path: Path) -> None:
    """Take the picture."""
    from playwright.async_api import async_playwright

    config = settings()
    async with serving(model, "127.0.0.1") as port, async_playwright() as started:
        primary = {"type": "openai-compatible", "model": "gpt-5", "base_url": f"http://127.0.0.1:{port}/v1"}
        config["providers"] = {"primary": primary | {"api_key": "sk-demo"}}
        with tempfile.TemporaryDirectory() as home:
            async with gateway(config, Path(home)) as running, running.connect() as client:
                running.app.paths.workspace.mkdir(parents=True, exist_ok=True)
                (running.app.paths.workspace / "sales.csv").write_text(SALES)
                for title in ("A week in Lisbon", "Release notes for 0.2", "Tomatoes"):
                    await client.result("session.create", title=title)
                browser = await started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                try:
                    size = {"width": 1120, "height": 800}
                    async with signed_in(browser, running.app, viewport=size) as page:
                        await ask(page, QUESTION)
                        await page.locator("figure[data-coloured]").wait_for(timeout=SECONDS)
                        await settled(page)
                        await page.screenshot(path=path, type="jpeg", quality=82)
                finally:
                    await browser.close()


if __name__ == "__main__":
    if MISSING:
        sys.exit(MISSING)
    asyncio.run(take(PICTURE))

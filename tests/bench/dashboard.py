"""The dashboard in Chromium: what is loaded first, how soon one can write, and how smoothly it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from websockets.asyncio.client import connect

from tests.bench.measure import TOKEN, Row, gateway, model_server
from tests.support.browser import CHROMIUM, MISSING

SESSIONS = 10_000
MESSAGES = 5_000
AT_ONCE = 50
KEYS = "session 42"
MINUTES = 60
WORDS = 1_000
LONG = "[[slow:%d,0]]"
WATCH = """() => { window.longest = 0; new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.longest = Math.max(window.longest, each.duration)
}).observe({type: 'longtask'}) }"""
NEWEST = "() => [...document.querySelectorAll('article.assistant')].at(-1)?.dataset.id"
PRESS = """async (text) => {
  const field = document.getElementById('search-sessions');
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text);
  const began = performance.now();
  field.dispatchEvent(new Event('input', {bubbles: true}));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return performance.now() - began }"""
OPEN = """async (key) => {
  const began = performance.now();
  location.hash = `#/chat/${key}`;
  while (document.querySelectorAll('article').length < 50) await new Promise((resolve) => setTimeout(resolve, 4));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return performance.now() - began }"""


async def _call_all(url: str, calls: list[tuple[str, dict[str, Any]]]) -> None:
    """Carry out many calls, some at a time."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with connect(url, additional_headers=headers, proxy=None, max_size=None, max_queue=None) as socket:
        await socket.recv()
        for begin in range(0, len(calls), AT_ONCE):
            some = calls[begin : begin + AT_ONCE]
            batch = [
                {"jsonrpc": "2.0", "id": at, "method": name, "params": params} for at, (name, params) in enumerate(some)
            ]
            await socket.send(json.dumps(batch))
            answer = json.loads(await socket.recv())
            assert all("result" in each for each in answer), answer


async def _fill(port: int) -> None:
    sessions = [("session.create", {"sessionKey": f"s{at}", "title": f"Session {at}"}) for at in range(SESSIONS)]
    text = "Some **words** about `nothing`, in a message that is like many others.\n\n- one\n- two"
    messages = [("chat.inject", {"sessionKey": "long", "content": f"{at}. {text}"}) for at in range(MESSAGES)]
    url = f"ws://127.0.0.1:{port}/"
    await _call_all(url, [*sessions, ("session.create", {"sessionKey": "long"})])
    await _call_all(url, messages)


async def _heap(devtools: Any) -> float:
    await devtools.send("HeapProfiler.collectGarbage")
    metrics = (await devtools.send("Performance.getMetrics"))["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize") / 1e6


async def _say(page: Any, text: str) -> None:
    """Ask, and wait for the whole answer."""
    before = await page.evaluate(NEWEST)
    field = page.get_by_role("textbox", name="Message", exact=True)
    await field.fill(text)
    await field.press("Enter")
    await page.wait_for_function(f"(before) => ({NEWEST})() !== before", arg=before, timeout=60_000)
    await page.locator("[role=log][aria-busy=false]").wait_for(timeout=60_000)


async def measure() -> list[Row]:
    """The figures; none where there is no browser."""
    if MISSING:
        print(f"dashboard: {MISSING}")
        return []
    from playwright.async_api import async_playwright

    with contextlib.ExitStack() as stack:
        _, upstream = await asyncio.to_thread(stack.enter_context, model_server())
        _, port = await asyncio.to_thread(stack.enter_context, gateway(upstream))
        await _fill(port)
        url = f"http://127.0.0.1:{port}"
        async with async_playwright() as started:
            browser = await started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            try:
                profile = await browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
                await profile.request.post(f"{url}/login", data={"token": TOKEN})
                page = await profile.new_page()
                return await _figures(page, await profile.new_cdp_session(page), url)
            finally:
                await browser.close()


async def _figures(page: Any, devtools: Any, url: str) -> list[Row]:
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    await devtools.send("Network.enable")
    await devtools.send("Performance.enable")
    await page.goto(url)
    await page.locator("nav.sessions a").first.wait_for()
    await page.wait_for_load_state("networkidle")
    loaded = sum(sizes) / 1000
    ready = await page.evaluate("performance.getEntriesByName('openclaw:ready')[0].startTime")
    opened = await page.evaluate(OPEN, "long")
    # All pages of the list, as whoever scrolls to its end has them.
    await page.evaluate(PRESS, "")
    box = page.locator(".sessions-scroll")
    for _ in range(SESSIONS // 1000 + 2):
        await box.evaluate("(element) => { element.scrollTop = element.scrollHeight }")
        await page.wait_for_timeout(300)
    pressed = [await page.evaluate(PRESS, KEYS[: at + 1]) for at in range(len(KEYS))]
    await page.evaluate(PRESS, "")
    await page.goto(f"{url}/#/chat/streamed")
    await page.evaluate(WATCH)
    await _say(page, "[[slow:500,10]]")
    longest = await page.evaluate("window.longest")
    await page.goto(f"{url}/#/chat/hour")
    await _say(page, LONG % WORDS)
    minute = await _heap(devtools)
    for _ in range(MINUTES - 1):
        await _say(page, LONG % WORDS)
    hour = await _heap(devtools)
    return [
        Row("first load, all files over the wire", loaded, "kB", 150),
        Row("until the composer can be used", ready, "ms", 1000),
        Row(f"a session of {MESSAGES} messages opens", opened, "ms", 1000),
        Row(f"a key in the search of {SESSIONS} sessions, the slowest", max(pressed), "ms", 100),
        Row("the longest task over 50 ms, at 100 deltas a second", longest, "ms", 50),
        Row("memory after an hour of streaming, by a minute's", hour / minute, "x", 1.5),
    ]

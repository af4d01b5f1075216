"""A web page of another origin asks, streamed, with the headers that OpenAI's SDK sends in a browser."""

from __future__ import annotations

import shutil

import pytest
from aiohttp import web

from tests.support.gateway import TOKEN, gateway, settings
from tests.support.upstream import scripted_upstream

pytestmark = pytest.mark.timeout(120)
CHROMIUM = shutil.which("chromium")
SCRIPT = """
async ([url, token]) => {
  const answer = await fetch(url + "/v1/chat/completions", {
    method: "POST",
    headers: {
      Authorization: "Bearer " + token, "Content-Type": "application/json",
      "x-stainless-lang": "js", "x-stainless-retry-count": "0",
    },
    body: JSON.stringify({model: "scripted", stream: true, messages: [{role: "user", content: "[[slow:5,20]]"}]}),
  });
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = "", reads = 0;
  for (;;) {
    const {done, value} = await reader.read();
    if (done) break;
    reads += 1;
    text += decoder.decode(value, {stream: true});
  }
  const said = text.split("\\n\\n").filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice(6)).choices[0]?.delta.content ?? "").join("");
  return {status: answer.status, said, reads, id: answer.headers.get("x-request-id")};
}
"""


async def page_of_another_origin() -> tuple[web.AppRunner, str]:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>a page</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("allowed", [True, False])
async def test_a_page_of_an_allowed_origin_alone_reads_a_stream_as_it_comes(allowed: bool) -> None:
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    runner, origin = await page_of_another_origin()
    try:
        async with (
            scripted_upstream() as upstream,
            gateway(settings(upstream.url, allowed_origins=[origin] if allowed else [])) as running,
            playwright.async_playwright() as started,
        ):
            browser = await started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            try:
                page = await browser.new_page()
                await page.goto(origin)
                if allowed:
                    told = await page.evaluate(SCRIPT, [running.url, TOKEN])
                    assert (told["status"], told["said"]) == (200, "w0 w1 w2 w3 w4 ")
                    assert told["reads"] > 1
                    assert told["id"]
                else:
                    with pytest.raises(playwright.Error, match="Failed to fetch"):
                        await page.evaluate(SCRIPT, [running.url, TOKEN])
                    assert upstream.requests == []
            finally:
                await browser.close()
    finally:
        await runner.cleanup()

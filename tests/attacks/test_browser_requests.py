"""Pages that try to reach what only this machine can: each way is first shown to work where nobody guards it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from aiohttp import web

from openclaw_rpc.adapters.browser.driver import PlaywrightDriver
from openclaw_rpc.protocol.errors import Forbidden, GatewayError
from tests.support.browser import CHROMIUM, driving, needs_browser, until
from tests.support.web import SECRET, serving

pytestmark = needs_browser
MS = 15_000
GUARDED, OPEN = ("127.0.0.1",), ("127.0.0.0/8",)
INTERNAL = "127.0.0.2"

WAYS = {
    "fetch": "fetch(U, {mode: 'no-cors'})",
    "fetch with a body": "fetch(U, {mode: 'no-cors', method: 'POST', body: 'x=1'})",
    "fetch after a redirect": "fetch('/to?url=' + encodeURIComponent(U), {mode: 'no-cors'})",
    "XMLHttpRequest": "const x = new XMLHttpRequest(); x.open('GET', U); x.send()",
    "beacon": "navigator.sendBeacon(U, 'x')",
    "image": "new Image().src = U",
    "image after a redirect": "new Image().src = '/to?url=' + encodeURIComponent(U)",
    "script": "add('script', {src: U})",
    "style sheet": "add('link', {rel: 'stylesheet', href: U})",
    "background": "document.body.style.background = `url(${U})`",
    "font": "const f = new FontFace('f', `url(${U})`); f.load().catch(() => 0)",
    "frame": "add('iframe', {src: U})",
    "frame in a frame": "add('iframe', {srcdoc: `<iframe src='${U}'></iframe>`})",
    "object": "add('object', {data: U})",
    "embed": "add('embed', {src: U})",
    "video": "add('video', {src: U, autoplay: true})",
    "prefetch": "add('link', {rel: 'prefetch', href: U})",
    "preload": "add('link', {rel: 'preload', as: 'script', href: U})",
    "module": "import(U).catch(() => 0)",
    "WebSocket": "new WebSocket(U.replace('http', 'ws'))",
    "EventSource": "new EventSource(U)",
    "worker": "new Worker(URL.createObjectURL(new Blob([`fetch('${U}', {mode: 'no-cors'})`])))",
    "import of a worker": "new Worker(URL.createObjectURL(new Blob([`importScripts('${U}')`])))",
    "service worker": "navigator.serviceWorker.register('/sw.js?u=' + encodeURIComponent(U))",
    "navigation": "location = U",
    "navigation after a redirect": "location = '/to?url=' + encodeURIComponent(U)",
    "refresh": "add('meta', {httpEquiv: 'refresh', content: '0;url=' + U})",
    "window": "open(U)",
    "link": "const a = document.createElement('a'); a.href = U; document.body.append(a); a.click()",
    "form": "const f = add('form', {action: U, method: 'POST'}); f.submit()",
    "ping": "const a = document.createElement('a'); a.href = '#x'; a.ping = U; document.body.append(a); a.click()",
}
ADD = "const add = (tag, what) => document.body.appendChild(Object.assign(document.createElement(tag), what));"


class Inside:
    """A server of the inside, and who came."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.hits.append(request.path)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await socket.close()
            return socket
        return web.Response(text=SECRET, headers={"Access-Control-Allow-Origin": "*"})


async def outside(request: web.Request) -> web.Response:
    """The attacker's site."""
    if request.path == "/to":
        return web.Response(status=302, headers={"Location": request.query["url"]})
    if request.path == "/sw.js":
        script = f"fetch({request.query['u']!r}, {{mode: 'no-cors'}}).catch(() => 0)"
        return web.Response(text=script, content_type="text/javascript")
    return web.Response(text="<title>evil</title><body>", content_type="text/html")


@asynccontextmanager
async def attacked(*allowed: str, **options: Any) -> AsyncGenerator[tuple[PlaywrightDriver, Inside, str]]:
    inside = Inside()
    async with (
        serving(inside.answer, INTERNAL) as port,
        serving(outside) as evil,
        driving(*allowed, **options) as driver,
    ):
        inside.url = f"http://{INTERNAL}:{port}"
        yield driver, inside, f"http://127.0.0.1:{evil}/"


@pytest.fixture(scope="module")
async def unguarded() -> AsyncGenerator[tuple[PlaywrightDriver, Inside, str]]:
    async with attacked(*OPEN) as all_:
        yield all_


@pytest.fixture(scope="module")
async def guarded() -> AsyncGenerator[tuple[PlaywrightDriver, Inside, str]]:
    async with attacked(*GUARDED) as all_:
        yield all_


async def attack(driver: PlaywrightDriver, evil: str, way: str, target: str) -> None:
    await driver.open("u/a", evil, MS)
    # A page that leads itself elsewhere takes its script's answer with it.
    with contextlib.suppress(GatewayError):
        await driver.execute("u/a", None, f"const U = {target!r}; {ADD} {WAYS[way]}; return null", MS)


async def close_all(driver: PlaywrightDriver) -> None:
    for page in await driver.pages("u/a"):
        with contextlib.suppress(GatewayError):
            await driver.close("u/a", page.page_id)


@pytest.mark.parametrize("way", list(WAYS))
async def test_unguarded_each_way_leads_inside(unguarded: tuple[PlaywrightDriver, Inside, str], way: str) -> None:
    driver, inside, evil = unguarded
    path = f"/{way.replace(' ', '-')}"
    await attack(driver, evil, way, inside.url + path)
    await until(lambda: path in inside.hits, what=lambda: inside.hits)
    await close_all(driver)


@pytest.mark.parametrize("way", list(WAYS))
async def test_guarded_none_does(guarded: tuple[PlaywrightDriver, Inside, str], way: str) -> None:
    driver, inside, evil = guarded
    refusals = driver.refusals
    refusals.clear()
    await attack(driver, evil, way, f"{inside.url}/{way.replace(' ', '-')}")
    # It was tried, and that is how it ended.
    await until(lambda: INTERNAL in refusals, what=lambda: inside.hits)
    await close_all(driver)
    assert inside.hits == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.2", "127.2", "2130706434", "0x7f000002", "0177.0.0.2", "127.0.0.2.", "[::ffff:7f00:2]", "127。0。0。2"],
)
async def test_no_notation_of_the_address_helps(guarded: tuple[PlaywrightDriver, Inside, str], host: str) -> None:
    driver, inside, evil = guarded
    target = inside.url.replace(INTERNAL, host)
    with pytest.raises(Forbidden) as refused:
        await driver.open("u/a", target + "/", MS)
    assert refused.value.reason == "closed_address"
    await driver.open("u/a", evil, MS)
    said = await driver.execute("u/a", None, f"fetch({target!r}, {{mode: 'no-cors'}}).then(() => 1, () => 0)", MS)
    assert said[1] == 0
    await close_all(driver)
    assert inside.hits == []


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_whoever_is_redirected_inside_is_told_why(
    guarded: tuple[PlaywrightDriver, Inside, str], scheme: str
) -> None:
    driver, inside, evil = guarded
    with pytest.raises(Forbidden) as refused:
        await driver.open("u/a", f"{evil}to?url={inside.url.replace('http', scheme)}/", MS)
    assert refused.value.field == "url"
    assert refused.value.details["host"] == INTERNAL
    assert inside.hits == []


class Rebinding:
    """A name server of the attacker's: at first the name leads to its own site, later inside."""

    def __init__(self) -> None:
        self.later = False

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        if host != "rebinds.test":
            raise OSError("no such name")
        return [INTERNAL if self.later else "127.0.0.1"]


@pytest.mark.parametrize("allowed", [OPEN, GUARDED])
async def test_a_name_that_leads_inside_a_moment_later_is_refused_then(allowed: tuple[str, ...]) -> None:
    names, inside = Rebinding(), Inside()
    async with (
        driving(*allowed, resolve=names.resolve) as driver,
        serving(outside) as port,
        # One origin: the inner server has the outer one's port.
        serving(inside.answer, INTERNAL, port),
    ):
        await driver.open("u/a", f"http://rebinds.test:{port}/", MS)
        names.later = True
        script = "fetch('/secret', {cache: 'no-store'}).then((r) => r.text(), () => 'refused')"
        said = (await driver.execute("u/a", None, script, MS))[1]
    assert said == (SECRET if allowed == OPEN else "refused")
    assert bool(inside.hits) == (allowed == OPEN)


DATAGRAMS = {
    "WebRTC, a candidate": """
        const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
        a.createDataChannel('x');
        const offer = await a.createOffer();
        await a.setLocalDescription(offer);
        await b.setRemoteDescription(offer);
        const answer = await b.createAnswer();
        await b.setLocalDescription(answer);
        await a.setRemoteDescription(answer);
        await a.addIceCandidate({candidate: `candidate:1 1 udp 2130706431 ${HOST} ${PORT} typ host`, sdpMid: '0'});
        await new Promise((done) => setTimeout(done, 1500));
        return null;""",
    "WebRTC, a STUN server": """
        const a = new RTCPeerConnection({iceServers: [{urls: `stun:${HOST}:${PORT}`}]});
        a.createDataChannel('x');
        await a.setLocalDescription(await a.createOffer());
        await new Promise((done) => setTimeout(done, 1500));
        return null;""",
    "WebTransport": """
        await new WebTransport(`https://${HOST}:${PORT}/`).ready.catch(() => 0);
        return null;""",
}


class Datagrams(asyncio.DatagramProtocol):
    """Notes what comes over UDP."""

    def __init__(self) -> None:
        self.count = 0

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.count += 1


@asynccontextmanager
async def udp() -> AsyncGenerator[tuple[Datagrams, int]]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, local_addr=(INTERNAL, 0))
    try:
        yield protocol, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@pytest.mark.parametrize("way", list(DATAGRAMS))
async def test_unguarded_datagrams_reach_the_inside(way: str) -> None:
    from playwright.async_api import async_playwright

    async with udp() as (heard, port), serving(outside) as evil, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{evil}/")
        script = f"async () => {{ const [HOST, PORT] = ['{INTERNAL}', {port}]; {DATAGRAMS[way]} }}"
        task = asyncio.create_task(page.evaluate(script))
        await until(lambda: heard.count)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await browser.close()


@pytest.mark.parametrize("way", list(DATAGRAMS))
async def test_guarded_no_datagram_does(guarded: tuple[PlaywrightDriver, Inside, str], way: str) -> None:
    driver, _, evil = guarded
    async with udp() as (heard, port):
        await driver.open("u/a", evil, MS)
        with anyio.fail_after(20):
            script = f"const [HOST, PORT] = ['{INTERNAL}', {port}]; {DATAGRAMS[way]}"
            await driver.execute("u/a", None, script, MS)
        await close_all(driver)
    assert heard.count == 0

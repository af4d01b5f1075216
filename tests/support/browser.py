"""A real browser for tests: whether there is one, pages to show it, a driver with a home of its own."""

import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import anyio
import pytest
from aiohttp import web

from openclaw_rpc.adapters.browser.driver import PlaywrightDriver
from openclaw_rpc.adapters.browser.proxy import Resolve, resolved
from openclaw_rpc.domain.browser import BrowserSettings
from openclaw_rpc.domain.outbound import OutboundPolicy
from tests.support.web import serving

CHROMIUM = shutil.which("chromium")
MISSING = (
    "Chromium is not installed: apt install chromium"
    if CHROMIUM is None
    else "Playwright is not installed: pip install 'openclaw-rpc[browser]'"
    if find_spec("playwright") is None
    else ""
)
needs_browser = pytest.mark.skipif(bool(MISSING), reason=MISSING or "there is one")

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
HTML = {
    "/": "<title>Home</title><h1>Welcome</h1><a href='/second'>second</a>",
    "/second": "<title>Second</title><p>the second page</p>",
    "/form": "<title>Form</title><form action='/said'><input name='q' value='old'><button>Send</button></form>"
    "<div id='box' style='width:120px;height:45px;background:red'></div>",
    "/tall": "<title>Tall</title><body style='margin:0'><div id='tall' style='height:2000px'></div>",
    "/endless": "<title>Endless</title><body style='margin:0'><div id='tall' style='height:1000000px'></div>",
    "/loop": "<title>Loop</title><script>while (true) {}</script>",
    "/dialogs": "<title>Dialogs</title><script>alert('stop'); window.said = [confirm('?'), prompt('?')];"
    "onbeforeunload = (event) => { event.preventDefault(); return 'stay'; };</script>",
    "/popup": "<title>Popup</title><button onclick=\"window.open('/second')\">Open</button>",
    "/many-popups": "<title>Popups</title>"
    "<button onclick=\"for (let i = 9; i; i--) window.open('/second')\">Open</button>",
    "/frames": "<title>Frames</title><frameset cols='50%,50%'><frame src='/'><frame src='/second'></frameset>",
    "/strict": "<title>Strict</title><p>no scripts here</p>",
}


async def site(request: web.Request) -> web.Response:
    """Pages of a site that means well."""
    if request.path == "/download":
        return web.Response(body=b"data", headers={"Content-Disposition": "attachment; filename=x.bin"})
    if request.path == "/missing":
        return web.Response(status=404, text="<title>Not here</title>", content_type="text/html")
    if request.path == "/said":
        return web.Response(text=f"<title>said {request.query['q']}</title>", content_type="text/html")
    if request.path == "/to":
        return web.Response(status=302, headers={"Location": request.query["url"]})
    strict = {"Content-Security-Policy": "default-src 'none'; require-trusted-types-for 'script'"}
    return web.Response(
        text=HTML.get(request.path, "<title>Empty</title>"),
        content_type="text/html",
        headers=strict if request.path == "/strict" else None,
    )


@asynccontextmanager
async def pages(host: str = "127.0.0.1") -> AsyncGenerator[str]:
    """The site's address."""
    async with serving(site, host) as port:
        yield f"http://{host}:{port}"


@asynccontextmanager
async def driving(
    *allowed: str,
    settings: BrowserSettings | None = None,
    folder: Path | None = None,
    resolve: Resolve = resolved,
) -> AsyncGenerator[PlaywrightDriver]:
    """A driver whose guard lets the hosts through that are named."""
    chosen, policy = settings or BrowserSettings(), OutboundPolicy(allowed)
    with tempfile.TemporaryDirectory(prefix="openclaw-browser-", ignore_cleanup_errors=True) as home:
        driver = PlaywrightDriver(lambda: chosen, folder or Path(home), lambda: policy, resolve=resolve)
        try:
            yield driver
        finally:
            await driver.stop()


def processes(having: str) -> list[int]:
    """The processes, but for zombies, whose command line has a text in it."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if having in command:
            found.append(int(entry.name))
    return found


def children(of: int, having: str) -> list[int]:
    """The children of a process whose command line has a text in it."""
    found: list[int] = []
    for pid in processes(having):
        try:
            parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == of:
            found.append(pid)
    return found


async def until(true: Callable[[], object], seconds: float = 30, what: Callable[[], Iterable[object]] = tuple) -> None:
    """Wait until something is so."""
    with anyio.move_on_after(seconds):
        while not true():  # noqa: ASYNC110 — a process or another program decides
            await anyio.sleep(0.01)
        return
    raise AssertionError(f"it did not come to be: {list(what())}")

"""Nothing of the browser outlives the gateway, however that ends, and its profiles open again afterwards."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
import yaml

from tests.bench.measure import await_port, free_port
from tests.support.browser import children, needs_browser, pages, processes, until
from tests.support.gateway import TOKEN, settings

pytestmark = needs_browser
TOP = Path(__file__).resolve().parents[2]


@contextmanager
def process(home: Path, port: int) -> Generator[subprocess.Popen[bytes]]:
    """A gateway in a process, and a process group, of its own."""
    environ = {**os.environ, "OPENCLAW_HOME": str(home)}
    command = [sys.executable, "-m", "openclaw_rpc", "gateway"]
    popen = subprocess.Popen(
        command, cwd=TOP, env=environ, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        await_port(port, popen)
        yield popen
    finally:
        if popen.poll() is None:
            popen.kill()
        popen.wait(20)


async def browse(port: int, url: str, script: str) -> object:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers) as http:
        async with http.post("/v1/browser/navigate", json={"url": url, "profile": "default"}) as reply:
            assert reply.status == 200, await reply.text()
        call = {"jsonrpc": "2.0", "id": 1, "method": "browser.execute", "params": {"script": script}}
        async with http.ws_connect("/") as socket:
            await socket.receive()
            await socket.send_json(call)
            answer = await socket.receive_json()
            return answer["result"]["result"]


@pytest.mark.parametrize("ending", ["asked to stop", "killed", "its group killed"])
async def test_the_browser_ends_with_the_gateway(tmp_path: Path, ending: str) -> None:
    port = free_port()
    config = settings(port=port)
    path = tmp_path / "gateway.yaml"
    path.write_text(yaml.safe_dump(config))
    path.chmod(0o600)
    async with pages() as site:
        with process(tmp_path, port) as popen:
            await browse(port, f"{site}/", "localStorage.setItem('a', '1'); null")
            assert processes(str(tmp_path))
            drivers = children(popen.pid, "run-driver")
            assert len(drivers) == 1
            if ending == "asked to stop":
                popen.terminate()
            elif ending == "killed":
                popen.kill()
            else:
                os.killpg(popen.pid, signal.SIGKILL)
            popen.wait(20)
            await until(lambda: not processes(str(tmp_path)), what=lambda: processes(str(tmp_path)))
            await until(lambda: drivers[0] not in processes("run-driver"))
        with process(tmp_path, port):
            assert await browse(port, f"{site}/", "document.title") == "Home"

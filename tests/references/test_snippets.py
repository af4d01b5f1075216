"""The code of the five references runs as it is written, but for the address and the token that it is given."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncGenerator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from tests.references import snippets
from tests.strangers import environments
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

TOP = Path(__file__).resolve().parents[2]
SECONDS = 40
PLACES = re.compile(r"(?:127\.0\.0\.1|localhost|gateway):(?:18789|3000)")
TOKENS = re.compile(r"YOUR_TOKEN|YOUR_GATEWAY_TOKEN|your-(?:token|api-key|openclaw-token)|eyJhbGci\S+?\.\.\.")
CLIENTS = ("requests==2.34.2", "websocket-client==1.9.0", "openai==3.52.0", "msgspec==0.22.0", "websockets==17.4")

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
]


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream:
        config = settings(upstream.url) | {"agents": {"dev-coder": {}}}
        async with gateway(config) as running:
            yield running


@pytest.fixture(scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with our package, under all the names that it is written under, and `ws`."""
    found = await anyio.to_thread.run_sync(partial(environments.node, "ws", "ws@8.23.0"))
    folder = tmp_path_factory.mktemp("node")
    modules = folder / "node_modules"
    (modules / "@openclaw").mkdir(parents=True)
    for name in ("@openclaw/sdk", "openclaw-sdk", "openclaw-client"):
        (modules / name).symlink_to(TOP / "clients" / "js")
    (modules / "ws").symlink_to(found / "node_modules" / "ws")
    return folder


@pytest.fixture(scope="module")
async def python() -> Path:
    """An interpreter with the packages that the references use."""
    return await anyio.to_thread.run_sync(partial(environments.python, "snippets", *CLIENTS))


def placed(code: str, served: TestGateway) -> str:
    """A snippet with the address and the token in their places."""
    return TOKENS.sub(TOKEN, PLACES.sub(served.url.partition("//")[2], code.replace("wss://", "ws://")))


async def output(command: tuple[Any, ...], until: str | None = None) -> str:
    """What a program prints: to its end, which must be a good one, or until it has printed something."""
    known = {
        **os.environ,
        "TOKEN": TOKEN,
        "GATEWAY_AUTH_TOKEN": TOKEN,
        "PYTHONPATH": str(TOP / "clients" / "python"),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
    }
    pipe, same = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*map(str, command), env=known, stdout=pipe, stderr=same)
    assert process.stdout is not None
    said = ""
    try:
        with anyio.fail_after(SECONDS):
            while data := await process.stdout.read(65536):
                said += data.decode()
                if until is not None and until in said:
                    return said
            code = await process.wait()
        assert until is None and code == 0, said
        return said
    except TimeoutError:
        raise AssertionError(f"{until} was not printed within {SECONDS} s: {said}") from None
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


SDK_SAYS = {
    "000 sdk": "echo: 明天的天气如何?\necho: 写一首诗",
    "002 sdk": "echo: \n帮我写代码\n",
    "003 sdk": "response: 'echo: Hello!'",
    "004 sdk": "echo: What is the weather tomorrow?\n",
    "003 openai": "echo: Hello!\n",
    "003 requests": "echo: Hello!\n",
}


@pytest.mark.parametrize("name", snippets.JAVASCRIPT)
async def test_javascript(name: str, served: TestGateway, node: Path) -> None:
    script = node / f"{name.replace(' ', '-')}.mjs"
    script.write_text(placed(snippets.JAVASCRIPT[name], served))
    assert SDK_SAYS[name].replace("\n", "") in (await output(("node", script))).replace("\n", "")


@pytest.mark.parametrize("name", snippets.PYTHON)
async def test_python(name: str, served: TestGateway, python: Path, tmp_path: Path) -> None:
    script = tmp_path / "snippet.py"
    script.write_text("import os\n" + placed(snippets.PYTHON[name], served))
    assert SDK_SAYS[name].replace("\n", "") in (await output((python, script))).replace("\n", "")


MESSAGES = pytest.mark.skipif(
    find_spec("openclaw_rpc.dialects.sockets.messages") is None, reason="typed messages are not spoken on /ws"
)
SOCKET_SAYS = {
    "000 websocket": "echo: 你好",
    "001 websocket": "echo: 帮我写一个Python函数",
    "002 websocket": "Received: ",
    "003 websocket": "type: 'connected'",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=MESSAGES if "echo" in said else ()) for name, said in SOCKET_SAYS.items()]
)
async def test_javascript_over_a_socket(name: str, served: TestGateway, node: Path) -> None:
    code = snippets.SOCKETS[name]
    native = name in ("000 websocket", "002 websocket")
    script = node / f"{name.replace(' ', '-')}.{'mjs' if native else 'cjs'}"
    # 003's has headers, which is the way of the package ws; it is given the token.
    prelude = f"const WebSocket = require('ws'), token = '{TOKEN}';\n" if name == "003 websocket" else ""
    if name == "002 websocket":
        code = code.replace("/ws'", f"/ws?token={TOKEN}'")  # it proves who it is nowhere
    script.write_text(prelude + placed(code, served))
    await output(("node", "--experimental-websocket", "--no-warnings", script), SOCKET_SAYS[name])


async def test_004s_socket_is_let_in(served: TestGateway, node: Path) -> None:
    script = node / "004.mjs"
    heard = "\nws.addEventListener('message', (event) => console.log(JSON.parse(event.data).type));\n"
    script.write_text(placed(snippets.SOCKETS["004 websocket"], served) + heard)
    await output(("node", "--experimental-websocket", "--no-warnings", script), "auth_success")


@MESSAGES
async def test_python_over_a_socket(served: TestGateway, python: Path, tmp_path: Path) -> None:
    script = tmp_path / "snippet.py"
    script.write_text(placed(snippets.PYTHON_SOCKET, served))
    await output((python, script), "收到: echo: 给我分析一下")


@pytest.mark.skipif(shutil.which("curl") is None or sys.platform == "win32", reason="curl is not installed")
async def test_curl(served: TestGateway) -> None:
    for line in snippets.CURL.split("---\n"):
        said = await output(("bash", "-c", placed(line, served)))
        registry = "weather" in line and "skills" in line  # there is no registry here to install it from
        assert '"error"' not in said or registry, (line, said)
        assert said.strip(), line

"""What the pages show works as it is written: each command and program, each setting, each link."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest

from openclaw_rpc.config.file import GatewayFile
from openclaw_rpc.transports.http.manual import PAGES
from openclaw_rpc.transports.ws.codes import CLOSE_CODES
from tests.cli.command import Gateway, Home, free_port, program, start_gateway, wait_until_open
from tests.docs.pages import FILES, FOLDER, TOP, Fence, anchors, fences, links
from tests.support.gateway import TestGateway, gateway, settings

SECONDS = 90
PORT = "18789"
TOKEN = "docs-token-0123456789"
SHOWN_ONLY = {"", "json", "text", "nginx", "caddyfile", "ini"}
RUN = {
    "sh": ("bash", "-euo", "pipefail"),
    "python": (sys.executable, "-W", "error"),
    "js": (shutil.which("node") or "node",),
}

pytestmark = pytest.mark.timeout(180)


class AnyVariable(Mapping[str, str]):
    """An environment in which everything is set."""

    def __getitem__(self, name: str) -> str:
        return "0123456789abcdef"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def with_code(*languages: str) -> list[str]:
    """The pages that show code of these languages, to be run."""
    return [page for page in FILES if any(each.tested and each.language in languages for each in fences(page))]


@contextmanager
def running(folder: Path) -> Generator[Gateway]:
    """A gateway with a model, as a user has one."""
    port = free_port()
    with ExitStack() as stack:
        words = [sys.executable, "-m", "tests.support.upstream", "--port", str(port)]
        model = stack.enter_context(subprocess.Popen(words, cwd=TOP, stdout=subprocess.DEVNULL))
        stack.callback(model.terminate)
        wait_until_open(model, port)  # pyright: ignore[reportArgumentType]
        config = (
            f"  auth: {{token: {TOKEN}}}\nproviders:\n  primary:\n    type: openai-compatible\n    model: scripted\n"
        )
        config += f"    base_url: http://127.0.0.1:{port}/v1\n    api_key: sk-docs\n"
        served = start_gateway(Home(folder / "home"), config=config)
        stack.callback(served.stop)
        yield served


def run(fence: Fence, served: Gateway, folder: Path) -> None:
    """Run some code as a user would, and have it succeed."""
    path = os.pathsep.join([str(Path(program()[0]).parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    env = served.home.environment() | {"PATH": path, "TOKEN": TOKEN, "HOME": str(folder)}
    env["PYTHONPATH"] = str(TOP / "clients" / "python")
    suffix = {"sh": ".sh", "python": ".py", "js": ".mjs"}[fence.language]
    script = folder / f"code{suffix}"
    script.write_text(fence.code.replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{served.port}"))
    done = subprocess.run(
        [*RUN[fence.language], str(script)], cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, f"{fence.code}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("page", with_code("sh", "python", "js"))
def test_the_commands_and_programs_of_a_page_run_as_they_are_written(page: str, tmp_path: Path) -> None:
    (tmp_path / "node_modules" / "@openclaw").mkdir(parents=True)
    (tmp_path / "node_modules" / "@openclaw" / "sdk").symlink_to(TOP / "clients" / "js")
    with running(tmp_path) as served:
        for fence in fences(page):
            if fence.tested and fence.language in RUN:
                if fence.language == "js" and shutil.which("node") is None:
                    continue
                run(fence, served, tmp_path)


@pytest.mark.parametrize("page", with_code("yaml"))
def test_the_settings_of_a_page_are_valid(page: str, tmp_path: Path) -> None:
    for at, fence in enumerate(each for each in fences(page) if each.tested and each.language == "yaml"):
        file = tmp_path / f"{at}.yaml"
        file.write_text(fence.code)
        file.chmod(0o600)
        assert GatewayFile(file, AnyVariable()).load()


@pytest.mark.parametrize("page", FILES)
def test_every_code_is_of_a_language_that_is_run_checked_or_shown_only(page: str) -> None:
    assert {each.language for each in fences(page) if each.tested} <= {*RUN, "yaml", *SHOWN_ONLY}


@pytest.mark.parametrize("page", FILES)
def test_every_link_leads_somewhere(page: str) -> None:
    for link in links(page):
        if "://" in link:
            continue
        path, _, part = link.partition("#")
        file = (FILES[page].parent / path).resolve() if path else FILES[page]
        assert file.exists(), link
        assert not part or part in anchors(file), link


def test_every_page_is_in_the_list_that_is_served() -> None:
    assert {file.stem for file in FOLDER.glob("*.md")} == set(PAGES)


def test_the_table_of_close_codes_is_the_one_in_force() -> None:
    rows = [line for line in FILES["websocket"].read_text().splitlines() if line.startswith(("| 1", "| 4"))]
    wanted = [
        f"| {code.code} | {code.reason} | {'yes' if code.reconnect else 'no'} | {code.meaning} |"
        for code in CLOSE_CODES
    ]
    assert rows == wanted


async def fetched(served: TestGateway, path: str) -> tuple[int, str, Mapping[str, str]]:
    async with served.http("GET", path, token=None) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


async def test_every_page_is_served_with_links_that_are_answered_and_runs_nothing() -> None:
    async with gateway(settings()) as served:
        seen: set[str] = set()
        for page in PAGES:
            status, text, headers = await fetched(served, f"/docs/{page}")
            assert status == 200 and headers["Content-Type"].startswith("text/html")
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "<script" not in text
            ids = set(re.findall(r'id="([^"]+)"', text))
            for link in re.findall(r'href="([^"]*)"', text):
                path, _, part = link.partition("#")
                if not path:
                    assert part in ids, link
                elif "://" not in path and not path.startswith("data:"):
                    seen.add(urljoin("/docs/x", path))
        first = (await fetched(served, "/docs"))[1]
        assert first.replace('"docs/', '"./') == (await fetched(served, f"/docs/{PAGES[0]}"))[1]
        for path in seen:
            assert (await fetched(served, path))[0] == 200, path
        status, text, _ = await fetched(served, "/docs/nothing%3Cb%3E")
        assert status == 404 and "/docs lists them" in text

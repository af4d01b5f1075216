"""The Python client, installed from its folder, on the Pythons that are here: the oldest, and one of the newest; with
`make strangers` on each.
"""

from __future__ import annotations

import ast
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from tests.strangers import environments
from tests.support.gateway import TOKEN, gateway, settings
from tests.support.pythons import installed
from tests.support.upstream import scripted_upstream

HERE = Path(__file__).parent
SDK = HERE.parents[1] / "clients" / "python"
OLDEST = (3, 10)
VERSIONS = ["3.10", "3.11", "3.12", "3.13", "3.14"] if environments.ALL else ["3.10", "3.13"]
LOWEST = ("websockets==15.0", "msgspec==0.20.0")
"""The least that its `pyproject.toml` asks for."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("version", VERSIONS)
async def test_it_works_on_this_python(version: str) -> None:
    interpreter = await anyio.to_thread.run_sync(installed, version)
    if interpreter is None:
        pytest.skip(f"python{version} is not installed")
    make = partial(environments.python, f"python{version}", *LOWEST)
    python = await anyio.to_thread.run_sync(partial(make, interpreter=interpreter))
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as served:
        with anyio.fail_after(60):
            command = [str(python), "-W", "error", str(HERE / "sdk.py"), served.url, TOKEN]
            done = await anyio.run_process(command, env={"PYTHONPATH": str(SDK)}, check=False)
    assert done.stdout.decode().strip() == version, done.stderr.decode()[-2000:]


def test_its_code_is_that_of_the_oldest_python_it_names() -> None:
    said = f'requires-python = ">={OLDEST[0]}.{OLDEST[1]}"'
    assert said in (SDK / "pyproject.toml").read_text()
    for path in SDK.rglob("*.py"):
        ast.parse(path.read_text(), feature_version=OLDEST)

"""The dashboard's own code: its types, its libraries, its words, and how much of it is loaded."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from openclaw_rpc.transports.http.dashboard import find_assets
from tests.strangers import environments

HERE = Path(__file__).resolve().parents[2] / "clients" / "dashboard"
OWN = sorted(path for path in HERE.rglob("*.js") if path.parent.name != "vendor")
FIRST_LOAD = 150_000
LINES = 400
SINKS = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")


@pytest.mark.timeout(300)
def test_its_types_are_checked_strictly() -> None:
    tools = environments.node("typescript", "typescript@7.0.2", "esbuild@0.28.2") / "node_modules"
    compile_ = [tools / ".bin" / "tsc", "-p", HERE / "jsconfig.json"]
    done = subprocess.run(compile_, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_its_libraries_are_those_that_were_looked_at_and_have_their_licences() -> None:
    vendor = HERE / "vendor"
    lines = [line.split("  ./") for line in (vendor / "SHA256SUMS").read_text().splitlines()]
    listed = {name: digest for digest, name in lines}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendor.glob("*.js")}
    assert found == listed
    assert {path.with_suffix("").name for path in vendor.glob("*.LICENSE.txt")} == {
        f"{Path(name).stem}.LICENSE" for name in listed
    }


def test_no_module_is_long_and_none_makes_html_of_text() -> None:
    for path in OWN:
        text = path.read_text()
        assert text.count("\n") <= LINES, path
        assert not SINKS.search(text), path


def test_every_word_that_is_shown_has_its_chinese() -> None:
    chinese = (HERE / "lib" / "chinese.js").read_text()
    for path in OWN:
        for words in re.findall(r'\bt\(\s*"([^"]+)"', path.read_text()):
            assert f'"{words}":' in chinese or re.search(rf"\b{re.escape(words)}:", chinese), (path.name, words)


def test_what_is_loaded_first_is_small() -> None:
    assets = find_assets()
    page = assets.page.decode()
    first = set(re.findall(rf'(?:href|src)="assets/{assets.version}/([^"]+)"', page))
    assert any(name.startswith("js/src/") for name in first), "the client is told to the browser at once"
    sizes = {name: len(assets.files[name].packed or assets.files[name].plain) for name in first}
    assert sum(sizes.values()) + len(gzip.compress(assets.page)) < FIRST_LOAD * 0.9, sizes

"""What is shipped as `@openclaw/sdk`: its types are those of its code, programs compile with them, it is small."""

from __future__ import annotations

import gzip
import json
import subprocess
from functools import partial
from pathlib import Path

import pytest

from openclaw_rpc.transports.ws.codes import CLOSE_CODES
from tests.strangers import environments

HERE = Path(__file__).parent
SDK = HERE.parents[1] / "clients" / "js"
LIMIT = 10_000

run = partial(subprocess.run, check=False, capture_output=True, text=True, timeout=60)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def tools() -> Path:
    """A folder with the compiler and a bundler."""
    return environments.node("typescript", "typescript@7.0.2", "esbuild@0.28.2") / "node_modules"


def test_its_code_is_type_checked_and_its_declarations_are_what_that_makes(tools: Path, tmp_path: Path) -> None:
    done = run([tools / ".bin" / "tsc", "-p", SDK, "--outDir", tmp_path])
    assert done.returncode == 0, done.stdout
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    shipped = {path.name: path.read_text() for path in (SDK / "types").iterdir() if path.name != "api.d.mts"}
    assert made == shipped, f"run tsc -p {SDK.relative_to(HERE.parents[1])}"


def test_a_program_in_typescript_compiles_with_it(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "node_modules" / "@openclaw").mkdir(parents=True)
    (tmp_path / "node_modules" / "@openclaw" / "sdk").symlink_to(SDK)
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    (tmp_path / "consumer.ts").write_text((HERE / "consumer.ts").read_text())
    options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom"]
    options += ["--preserveSymlinks", "--types", "", "--skipLibCheck", "false"]
    done = run([tools / ".bin" / "tsc", *options, "consumer.ts"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_it_is_small_and_unused_parts_of_it_are_left_out(tools: Path, tmp_path: Path) -> None:
    def bundled(code: str) -> int:
        entry = tmp_path / "entry.js"
        entry.write_text(code.replace("SDK", str(SDK / "src" / "index.js")))
        options = ["--bundle", "--minify", "--format=esm", "--platform=neutral"]
        done = run([tools / ".bin" / "esbuild", entry, *options])
        assert done.returncode == 0, done.stderr
        return len(gzip.compress(done.stdout.encode()))

    assert bundled("export * from 'SDK'") <= LIMIT
    assert bundled("import { RunError } from 'SDK'; console.log(RunError)") < LIMIT / 8


def test_it_has_no_dependencies_and_names_every_file_that_it_ships() -> None:
    package = json.loads((SDK / "package.json").read_text())
    assert not {"dependencies", "peerDependencies", "optionalDependencies"} & package.keys()
    assert package["sideEffects"] is False
    assert all((SDK / name).exists() for name in package["files"])


def test_it_stays_away_after_the_close_codes_that_say_so() -> None:
    code = (SDK / "src" / "connection.js").read_text()
    refusals = code.partition("const REFUSALS = new Map([")[2].partition("]);")[0]
    assert [line.strip(" [").partition(",")[0] for line in refusals.strip().splitlines()] == [
        str(each.code) for each in CLOSE_CODES if not each.reconnect
    ]

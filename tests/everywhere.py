"""`make test-all`: the core of the suite on every Python that is here, and with the lowest versions that are promised.

Each has a venv of its own below `.cache/pythons`. Exit status 1 where one of them fails.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support.pythons import installed

TOP = Path(__file__).resolve().parents[1]
CACHE = TOP / ".cache" / "pythons"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
LOWEST = "lowest"
CORE = ("domain", "rpc", "dialects", "methods", "config", "conversations", "adapters/store", "transports")
_BOUND = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?>=([0-9][0-9.]*)")


def lowest() -> str:
    """A constraints file of the lowest versions that `pyproject.toml` takes for what the gateway itself needs."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    found = (_BOUND.match(each) for each in project["dependencies"])
    return "".join(f"{match[1]}=={match[2]}\n" for match in found if match is not None)


def tried(name: str, interpreter: str, constraints: Path) -> bool:
    """Install what is needed, and run the core of the suite."""
    python = CACHE / name / "bin" / "python"
    if not python.exists():
        subprocess.run([interpreter, "-m", "venv", str(python.parents[1])], check=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq", "install", "-c", str(constraints)]
    if subprocess.run([*pip, "-e", f"{TOP}[dev]"], check=False).returncode:
        print(f"{name}: its packages could not be installed", flush=True)
        return False
    tests = [str(TOP / "tests" / part) for part in CORE]
    done = subprocess.run(
        [str(python), "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", *tests], cwd=TOP, check=False
    )
    print(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'}", flush=True)
    return done.returncode == 0


def main(names: list[str]) -> int:
    """Try each of them."""
    CACHE.mkdir(parents=True, exist_ok=True)
    good = True
    for name in names:
        interpreter = sys.executable if name == LOWEST else installed(name)
        if interpreter is None:
            print(f"{name}: not installed here, untried", flush=True)
            continue
        constraints = TOP / "constraints.txt"
        if name == LOWEST:
            constraints = CACHE / "lowest.txt"
            constraints.write_text(lowest())
        good = tried(name, interpreter, constraints) and good
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[*VERSIONS, LOWEST, []], metavar="VERSION")
    sys.exit(main(parser.parse_args().names or [*VERSIONS, LOWEST]))

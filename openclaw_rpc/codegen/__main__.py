"""`python -m openclaw_rpc.codegen`: write `schemas/`, what the clients get from the table, and the reference; with
`--check`, only say what differs."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from openclaw_rpc import __version__
from openclaw_rpc.codegen.artefacts import breaches, differences, release, render, write
from openclaw_rpc.codegen.clients import render_clients
from openclaw_rpc.codegen.reference import render_docs
from openclaw_rpc.protocol.table import METHODS

_SHOWN = 80
_DOCS = Path("openclaw_rpc") / "docs"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all is well, 1 when files differ, a release is broken or the table is refused."""
    parser = argparse.ArgumentParser(prog="python -m openclaw_rpc.codegen", description="Make schemas/ from the table.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="write nothing; print the differences and exit with 1")
    what.add_argument("--release", action="store_true", help=f"freeze the table as that of {__version__}, too")
    parser.add_argument("--out", type=Path, help="another folder than schemas, and no clients but those of --clients")
    parser.add_argument("--clients", type=Path, help="another folder than clients")
    args = parser.parse_args(argv)
    out: Path = args.out or Path("schemas")
    clients: Path | None = args.clients or (Path("clients") if args.out is None else None)
    try:
        made = render(METHODS, __version__)
        shared = render_clients(METHODS, __version__) if clients is not None else {}
        pages = render_docs(METHODS) if args.out is None else {}
        if args.check:
            found = [*differences(out, made), *differences(clients or out, shared, whole=False)]
            return _check(out, [*found, *differences(_DOCS, pages, whole=False)])
        written = [out / name for name in write(out, made)]
        written += [(clients or out) / name for name in write(clients or out, shared, whole=False)]
        written += [_DOCS / name for name in write(_DOCS, pages, whole=False)]
        for path in written:
            _say(f"{path}")
        if args.release:
            _say(f"{release(out, METHODS, __version__)}")
        return _tell_breaches(out)
    except ValueError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1


def _check(out: Path, lines: Sequence[str]) -> int:
    for line in lines[:_SHOWN]:
        _say(line)
    if len(lines) > _SHOWN:
        _say("… and more")
    if lines:
        _say("the generated files are not what the table says: make gen")
    return _tell_breaches(out) or int(bool(lines))


def _tell_breaches(out: Path) -> int:
    found = breaches(out, METHODS, __version__)
    for each in found:
        _say(f"the table breaks release {each}")
    return int(bool(found))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())

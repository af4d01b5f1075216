"""`openclaw`, forked from a process that has its modules: hundreds of commands need not import them one by one."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from openclaw_rpc.cli import main

FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.cli.preloaded"])


def run(words: Sequence[str], stdin: str, env: Mapping[str, str], seconds: float) -> tuple[int, str, str]:
    """Run a command to its end: its exit code, what it printed, and what it said on standard error."""
    with tempfile.TemporaryDirectory(prefix="openclaw-test-") as folder:
        given, printed, said = (Path(folder) / name for name in ("in", "out", "err"))
        given.write_text(stdin)
        process = FORKED.Process(target=_command, args=(words, env, Path.cwd(), (given, printed, said)))
        process.start()
        process.join(seconds)
        code = process.exitcode
        if code is None:
            process.kill()
            process.join()
        process.close()
        assert code is not None, f"{words} took more than {seconds} s: {printed.read_text()}{said.read_text()}"
        return code, printed.read_text(), said.read_text()


def _command(words: Sequence[str], env: Mapping[str, str], folder: Path, files: tuple[Path, Path, Path]) -> None:
    """Become the command, as its console script would."""
    for number, file in enumerate(files):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT if number else os.O_RDONLY, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, "w" if number else "r") for number in range(3))
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.argv = [str(Path(sys.executable).with_name("openclaw")), *words]
    sys.exit(main())

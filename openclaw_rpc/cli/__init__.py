"""The command line `openclaw`: a file a command under `commands/`, loaded when it is asked for."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that ``arguments`` (the process's own, where none are given) name.

    Returns the exit code: 0 ok, 1 failed, 2 wrong usage, 130 interrupted.
    """
    from openclaw_rpc.cli.root import run

    return run(arguments)

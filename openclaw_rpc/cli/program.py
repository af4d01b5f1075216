"""How this program is typed here: `openclaw` where that starts it, else the way that it was started."""

import re
import shutil
import sys
from functools import cache
from pathlib import Path

from openclaw_rpc.installing import shown

NAME = "openclaw"


@cache
def program() -> str:
    """What to type to start this program again, from the folder that we are in."""
    started = sys.argv[0]
    if Path(started).name == "__main__.py":
        return f"{shown(sys.executable)} -m openclaw_rpc"
    if Path(started).stem != NAME or not Path(started).exists():
        return NAME
    found = shutil.which(NAME)
    # OpenClaw's own program has the same name: only where ours is found first, its name alone will do
    if found is not None and Path(found).samefile(started):
        return NAME
    return shown(started)


def typed(text: str) -> str:
    """A text whose commands of ours, `openclaw status`, are written as they can be typed here."""
    name = program()
    return text if name == NAME or NAME not in text else _commands().sub(lambda _: name, text)


@cache
def _commands() -> re.Pattern[str]:
    from openclaw_rpc.cli.root import COMMANDS  # which imports this

    return re.compile(rf"(?<![\w./-]){NAME}(?=\s+(?:{'|'.join(COMMANDS)}|--\w+)\b)")

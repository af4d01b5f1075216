"""What skills may need of this machine."""

import shutil
import sys
from collections.abc import Callable

from openclaw_rpc.domain.commands import PATH


class LocalHost:
    """This machine, as commands see it: programs are looked for where commands find them."""

    def __init__(self, find: Callable[..., str | None] = shutil.which) -> None:
        self._find = find

    @property
    def system(self) -> str:
        """As `sys.platform` says it."""
        return sys.platform

    def program(self, name: str) -> bool:
        """Whether commands find a program of that name."""
        return "/" not in name and self._find(name, path=PATH) is not None

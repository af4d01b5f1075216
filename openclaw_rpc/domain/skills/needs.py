"""What a skill needs of the machine and the settings before agents are offered it, as OpenClaw's skills say it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, cast

import msgspec

_SYSTEMS: Final[Mapping[str, str]] = {"macos": "darwin", "osx": "darwin", "windows": "win32", "win": "win32"}


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """Systems of which one must be this (`linux`, `darwin`, `win32`), programs that must all be there or one of
    ``any_bins``, variables that the skill is given, settings that must be switched on.
    """

    os: tuple[str, ...] = ()
    bins: tuple[str, ...] = ()
    any_bins: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    config: tuple[str, ...] = ()


class Host(Protocol):
    """What skills may need to know of the machine."""

    @property
    def system(self) -> str:
        """As `sys.platform` says it."""
        ...

    def program(self, name: str) -> bool:
        """Whether commands find a program of that name."""
        ...


def needs_of(top: Mapping[str, Any], vendor: Mapping[str, Any]) -> Needs:
    """What is written at the top of a front matter, or under `metadata.openclaw`. What is no list of words is none."""
    requires: Any = vendor.get("requires") or top.get("requires")
    said: Mapping[str, Any] = cast("Mapping[str, Any]", requires) if isinstance(requires, dict) else {}
    systems = words(vendor.get("os") or top.get("os"))
    return Needs(
        os=tuple(_SYSTEMS.get(system.lower(), system.lower()) for system in systems),
        bins=words(said.get("bins")),
        any_bins=words(said.get("anyBins") or said.get("any_bins")),
        env=words(said.get("env")),
        config=words(said.get("config")),
    )


def words(value: Any) -> tuple[str, ...]:
    """A list of words, or a text with commas or spaces between them; those in parentheses belong together."""
    if isinstance(value, str):
        return tuple(re.findall(r"[^\s,(]+(?:\([^)]*\))?", value))
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, str) and item)


def unmet(needs: Needs, host: Host, env: Mapping[str, str], setting: Callable[[str], bool]) -> list[str]:
    """Why a skill can't be offered, a sentence each; nothing where it can.

    Args:
        needs: What it needs.
        host: The machine.
        env: The variables that the skill is given (`skills.env`).
        setting: Whether a setting, `browser.enabled`, is switched on.
    """
    found: list[str] = []
    if needs.os and host.system not in needs.os:
        found.append(f"it is for {', '.join(needs.os)}, this is {host.system}")
    found += [f"the program {name} is not installed" for name in needs.bins if not host.program(name)]
    if needs.any_bins and not any(map(host.program, needs.any_bins)):
        found.append(f"none of the programs {', '.join(needs.any_bins)} is installed")
    found += [f"the variable {name} is not set: see skills.env" for name in needs.env if not env.get(name)]
    found += [f"the setting {name} is not set" for name in needs.config if not setting(name)]
    return found

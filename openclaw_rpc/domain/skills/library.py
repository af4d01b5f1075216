"""What is known of skills: what lies in their folder, and what is remembered of how they were used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import anyio
import msgspec

from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.nearest import meant
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.skills.manifest import UNKNOWN_VERSION, Manifest
from openclaw_rpc.domain.skills.needs import Host, unmet
from openclaw_rpc.domain.skills.ports import FoundSkill, SkillRecord, SkillRecords, SkillShelf
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.skill import SkillInfo, SkillPermissions, SkillStatus
from openclaw_rpc.threads import in_thread

FRESH_SECONDS: Final = 1.0
"""How old what is known of the folder may be where a client asks."""
SOON_SECONDS: Final = 1.0
"""How long after a run asked the folder is looked through again."""
LOOKS: Final = 400
"""Looks take so small a part of the time: many skills are looked at less often."""
LATE_SECONDS: Final = 10.0
"""The longest that a look waits."""


class Skill(msgspec.Struct, frozen=True, kw_only=True):
    """A skill that can be used."""

    manifest: Manifest
    folder: str

    @property
    def prompt(self) -> str:
        """Its body, with the folder's path where the author wrote `{baseDir}`."""
        return self.manifest.prompt.replace("{baseDir}", self.folder)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What skills may need: the machine, and the settings that hold at the moment."""

    host: Host
    env: Callable[[str], Mapping[str, str]]
    setting: Callable[[str], bool]


class Library:
    """The skills that there are. ``found`` has one of each slug, ``twice`` those whose slug was taken already."""

    def __init__(self, shelf: SkillShelf, records: SkillRecords, around: Surroundings, clock: Clock, log: Log) -> None:
        self.found: dict[str, FoundSkill] = {}
        self.twice: list[FoundSkill] = []
        self._shelf = shelf
        self._keeper = records
        self._around = around
        self._unmet: dict[str, list[str]] = {}
        self._active: list[Skill] | None = None
        self._asked = anyio.Event()
        self._clock = clock
        self._log = log
        self._records: dict[str, SkillRecord] = {}
        self._scanned_at: float | None = None
        self._took = 0.0
        self._scanning = anyio.Lock()
        self._told: set[str] = set()

    async def open(self) -> None:
        """Clean up after a crash, and read what is remembered. To be called once, before anything else."""
        await in_thread(self._shelf.recover)
        self._records = await self._keeper.load()

    async def one(self, slug: str) -> FoundSkill:
        """A skill, as it is now.

        Raises:
            NotFound: there is none of that slug.
        """
        await self.look(0)
        found = self.found.get(slug.lower())
        if found is None:
            raise NotFound(f"there is no skill {slug!r}{meant(slug, self.found)}", field="name")
        return found

    async def look(self, max_age: float) -> None:
        """Know what lies in the folder, at least as it was ``max_age`` seconds ago."""
        asked = self._clock.monotonic()
        if self._scanned_at is not None and asked - self._scanned_at < max_age:
            return
        async with self._scanning:
            if self._scanned_at is not None and self._scanned_at > asked:
                return  # somebody looked while this waited
            now = self._clock.monotonic()
            self._take(*await in_thread(self._scan))
            self._scanned_at = now
            self._took = self._clock.monotonic() - now

    async def active(self) -> list[Skill]:
        """Those that may be used, by slug; the same list as long as they are the same.

        A run waits for nothing here but for the first look, and for one where an entry came or went. What was changed
        in a skill's file is found by the look that `keep_fresh` takes a second later, with a thousand skills some
        seconds later.
        """
        if self._scanned_at is None or self._shelf.changed():
            await self.look(0)
        elif self._clock.monotonic() - self._scanned_at >= FRESH_SECONDS:
            self._asked.set()
        if self._active is None:
            self._active = [
                Skill(manifest=found.manifest, folder=found.folder)
                for _, found in sorted(self.found.items())
                if found.manifest is not None and self.status(found) == "active"
            ]
        return self._active

    async def keep_fresh(self) -> None:
        """Look through the folder a while after runs asked, for as long as this is awaited."""
        while True:
            await self._asked.wait()
            await anyio.sleep(min(max(SOON_SECONDS, LOOKS * self._took), LATE_SECONDS))
            self._asked = anyio.Event()
            try:
                await self.look(0)
            except OSError as error:
                self._log.error("the folder of skills can't be read", error=str(error))

    def settings_changed(self) -> None:
        """What skills need may be there now, or no longer: look again when somebody asks."""
        self._scanned_at = None

    def _scan(self) -> tuple[Sequence[FoundSkill], dict[str, list[str]]]:
        """What lies there, and why some of it can't be used here. Each program is looked for once."""
        all_found = self._shelf.scan()
        host = _AskedOnce(self._around.host)
        missing: dict[str, list[str]] = {}
        for found in all_found:
            if found.manifest is not None:
                env = self._around.env(found.slug)
                if why := unmet(found.manifest.needs, host, env, self._around.setting):
                    missing[found.entry] = why
        return all_found, missing

    def _take(self, all_found: Sequence[FoundSkill], missing: dict[str, list[str]]) -> None:
        before = self.found, self._unmet
        found: dict[str, FoundSkill] = {}
        twice: list[FoundSkill] = []
        # A folder goes before a file of its slug, a skill before something that is broken.
        for one in sorted(all_found, key=lambda one: (one.manifest is None, not one.folder, one.entry)):
            first = found.get(one.slug)
            if first is None:
                found[one.slug] = one
            else:
                error = f"its slug {one.slug} is that of {first.entry} already"
                twice.append(msgspec.structs.replace(one, manifest=None, error=error))
        self.found, self.twice, self._unmet = of_one_name(found, self.found), twice, missing
        if not _same(before[0], self.found) or before[1] != missing:
            self._active = None
        self._complain()

    def _complain(self) -> None:
        """Say once what is wrong with a skill."""
        all_found = (*self.found.values(), *self.twice)
        said = {f"{one.entry}: {one.error}" for one in all_found if one.error}
        for line in sorted(said - self._told):
            self._log.warning("a skill is broken", skill=line)
        odd = {
            f"{one.entry}: {'; '.join(one.manifest.warnings)}"
            for one in all_found
            if one.manifest is not None and one.manifest.warnings
        }
        for line in sorted(odd - self._told):
            self._log.warning("a skill is written oddly", skill=line)
        said |= odd
        self._told = said

    def status(self, found: FoundSkill) -> SkillStatus:
        """Whether a skill can be used."""
        if found.manifest is None:
            return "broken"
        if not self.record(found.slug).enabled:
            return "disabled"
        return "ineligible" if found.entry in self._unmet else "active"

    def record(self, slug: str) -> SkillRecord:
        """What is remembered of a skill."""
        return self._records.get(slug) or SkillRecord()

    def version(self, found: FoundSkill) -> str:
        """What it says itself, else what the registry said of it."""
        own = found.manifest.version if found.manifest else UNKNOWN_VERSION
        return self.record(found.slug).version or own if own == UNKNOWN_VERSION else own

    def info(self, found: FoundSkill) -> SkillInfo:
        """All about a skill, as clients are told."""
        record, manifest = self.record(found.slug), found.manifest
        return SkillInfo(
            slug=found.slug,
            name=manifest.name if manifest else found.slug,
            version=self.version(found),
            status=self.status(found),
            enabled=record.enabled,
            description=manifest.description if manifest else "",
            permissions=manifest.permissions if manifest else SkillPermissions(),
            installed_at=record.installed_at or iso(max(0.0, found.changed)),
            invocations=record.invocations,
            tools=[tool.name for tool in manifest.tools] if manifest else [],
            last_used=record.last_used,
            source=record.source,
            error=found.error,
            unmet=self._unmet.get(found.entry, []),
            warnings=list(manifest.warnings) if manifest else [],
            model_invocable=manifest.model_invocable if manifest else True,
            user_invocable=manifest.user_invocable if manifest else True,
            allowed_tools=list(manifest.allowed_tools) if manifest else [],
        )

    async def forget(self, slug: str) -> None:
        """Remember nothing of a skill any more.

        Raises:
            Unavailable: it could not be written.
        """
        await self._keeper.forget(slug)
        self._records.pop(slug, None)

    async def note(self, slug: str, **changes: Any) -> None:
        """Remember something of a skill.

        Raises:
            Unavailable: it could not be written.
        """
        self._records[slug] = await self._keeper.note(slug, **changes)
        if "enabled" in changes:
            self._active = None

    async def used(self, slug: str, at: str) -> None:
        """Count a use.

        Raises:
            Unavailable: it could not be written.
        """
        self._records[slug] = await self._keeper.used(slug, at)


def of_one_name(found: Mapping[str, FoundSkill], before: Mapping[str, FoundSkill]) -> dict[str, FoundSkill]:
    """The same, but of two skills whose tools have one name the later is broken: one would be used for the other."""
    owners: dict[str, str] = {}
    kept: dict[str, FoundSkill] = {}
    for slug, one in sorted(found.items()):
        tools = one.manifest.tools if one.manifest else ()
        taken = next((tool.name for tool in tools if tool.name in owners), None)
        if taken is not None:
            error = f"its tool {taken} has the name of one of {owners[taken]}"
            one = msgspec.structs.replace(one, manifest=None, error=error)  # noqa: PLW2901
            if before.get(slug) == one:
                one = before[slug]  # noqa: PLW2901
        else:
            owners |= {tool.name: slug for tool in tools}
        kept[slug] = one
    return kept


def _same(one: Mapping[str, FoundSkill], other: Mapping[str, FoundSkill]) -> bool:
    return len(one) == len(other) and all(found is other.get(slug) for slug, found in one.items())


class _AskedOnce:
    """A machine that is asked for each program once."""

    def __init__(self, host: Host) -> None:
        self.system = host.system
        self._host = host
        self._known: dict[str, bool] = {}

    def program(self, name: str) -> bool:
        """Whether it is there."""
        if name not in self._known:
            self._known[name] = self._host.program(name)
        return self._known[name]

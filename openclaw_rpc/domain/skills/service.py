"""Skills: which are offered, called by a message, used, installed and removed."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import anyio

from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.files import LONGEST_CHARACTER, text_of
from openclaw_rpc.domain.matching import fitting
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.skills.library import FRESH_SECONDS, Library, Skill, Surroundings
from openclaw_rpc.domain.skills.manifest import UNKNOWN_VERSION, Manifest, SkillTool, is_slug
from openclaw_rpc.domain.skills.ports import FoundSkill, Origin, SkillRecords, SkillShelf, Staged
from openclaw_rpc.domain.skills.registry import Registry
from openclaw_rpc.domain.skills.running import SkillRunner
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import Conflict, GatewayError, InvalidRequest, NotFound, Unavailable
from openclaw_rpc.protocol.skill import (
    SkillContent,
    SkillExecutedEvent,
    SkillFound,
    SkillInfo,
    SkillInstallParams,
    SkillList,
    SkillReadParams,
    SkillSearchParams,
    SkillsFound,
    skill_executed,
)
from openclaw_rpc.threads import in_thread

CLAWHUB: Final = "clawhub"
_CALLED: Final = re.compile(r"(?<![A-Za-z0-9_@./-])@([A-Za-z0-9][A-Za-z0-9_-]{0,63})")


class _Wanted(NamedTuple):
    """What to install: where from, in words for the record, and of which version the registry says that it is."""

    origin: Origin
    source: str
    registered: str | None = None


class Skills:
    """The gateway's skills; they belong to all its users."""

    def __init__(
        self,
        shelf: SkillShelf,
        records: SkillRecords,
        runner: SkillRunner,
        registry: Registry,
        around: Surroundings,
        clock: Clock,
        bus: Bus,
        log: Log,
    ) -> None:
        self._library = Library(shelf, records, around, clock, log)
        self.keep_fresh = self._library.keep_fresh
        self.settings_changed = self._library.settings_changed
        self._shelf = shelf
        self._runner = runner
        self._registry = registry
        self._clock = clock
        self._bus = bus
        self._log = log
        self._changing = anyio.Lock()

    async def open(self) -> None:
        """Clean up after a crash, and read what is remembered. To be called once, before anything else."""
        await self._library.open()

    async def list(self) -> SkillList:
        """All of them, the broken ones too."""
        await self._library.look(0)
        infos = [self._library.info(found) for found in (*self._library.found.values(), *self._library.twice)]
        infos.sort(key=lambda info: info.slug)
        return SkillList(skills=infos, total=len(infos))

    async def counts(self) -> tuple[int, int]:
        """How many are installed, and how many of them are active."""
        await self._library.look(FRESH_SECONDS)
        active = sum(self._library.status(found) == "active" for found in self._library.found.values())
        return len(self._library.found) + len(self._library.twice), active

    async def active(self) -> list[Skill]:
        """Those that agents may be offered, by slug; the same list as long as they are the same."""
        return await self._library.active()

    async def called(self, message: str) -> list[Skill]:
        """The active skills that a message calls by `@slug`, in its order, as they are on disk now."""
        names = [name.lower() for name in _CALLED.findall(message)] if "@" in message else []
        if not names:
            return []
        await self._library.look(FRESH_SECONDS)
        active = {skill.manifest.slug: skill for skill in await self.active()}
        # A dash at the end may be the sentence's.
        slugs = [name if name in active else name.rstrip("-_") for name in names]
        called = [active[slug] for slug in dict.fromkeys(slugs) if slug in active]
        return [skill for skill in called if skill.manifest.user_invocable]

    async def read(self, params: SkillReadParams) -> SkillContent:
        """A skill's instructions, or a file of its folder.

        Raises:
            NotFound, InvalidRequest: there is no such skill or file, or it is not text.
            Conflict: the skill is broken.
        """
        found = await self._library.one(params.name)
        if found.manifest is None:
            raise Conflict(f"the skill {params.name} is broken: {found.error}", field="name", reason="broken")
        if params.path is None:
            skill = Skill(manifest=found.manifest, folder=found.folder)
            files = await in_thread(self._shelf.files, found)
            return SkillContent(
                name=found.slug,
                content=skill.prompt,
                size=len(skill.prompt.encode()),
                folder=found.folder,
                files=files,
                allowed_tools=list(found.manifest.allowed_tools),
            )
        path, offset, limit = params.path, params.offset, max(params.limit, LONGEST_CHARACTER)
        piece = await in_thread(self._shelf.read, found, path, offset, limit)
        end = offset + len(piece.data)
        text, left = text_of(piece.data, (found.slug, path), begins=offset == 0, ends=end >= piece.size)
        return SkillContent(
            name=found.slug,
            path=path,
            content=text,
            size=piece.size,
            next_offset=end - left if end < piece.size and piece.data else None,
        )

    async def action(self, slug: str, action: str) -> SkillTool:
        """A tool of an active skill.

        Raises:
            NotFound: there is no such skill, or it has no such tool.
            Conflict: the skill is disabled or broken, or the tool has no command.
        """
        found = await self._library.one(slug)
        manifest = found.manifest
        if manifest is None:
            raise Conflict(f"the skill {slug} is broken: {found.error}", field="name", reason="broken")
        status = self._library.status(found)
        if status == "disabled":
            raise Conflict(f"the skill {slug} is disabled", field="name", reason="disabled")
        if status == "ineligible":
            why = "; ".join(self._library.info(found).unmet)
            raise Conflict(f"the skill {slug} can't be used here: {why}", field="name", reason="ineligible")
        tool = next((tool for tool in manifest.tools if tool.name == action), None)
        if tool is None:
            names = ", ".join(tool.name for tool in manifest.tools) or "none"
            raise NotFound(f"the skill {slug} has no tool {action!r}; there are: {names}", field="action")
        if not tool.command:
            raise Conflict(f"the tool {action} of {slug} has no command", field="action", reason="no_command")
        return tool

    async def walled(self) -> bool:
        """Whether a skill without permissions can do nothing outside of its sandbox; false where there is none."""
        try:
            return await self._runner.walled()
        except GatewayError:
            return False

    async def run(self, skill: Skill, tool: SkillTool, params: JsonObject, context: RunContext) -> Any:
        """Use a tool, and count it.

        Raises:
            GatewayError: as `SkillRunner.run`.
        """
        manifest, began = skill.manifest, time.monotonic()
        error: str | None = None
        try:
            return await self._runner.run(manifest, skill.folder, tool, params, context.user)
        except GatewayError as failed:
            error = failed.message
            raise
        except BaseException:
            error = "it was cancelled"
            raise
        finally:
            took = round((time.monotonic() - began) * 1000)
            with anyio.CancelScope(shield=True):
                await self._used(manifest.slug, context, tool.name, took, error)

    async def briefed(self, skill: Skill, context: RunContext) -> None:
        """Count that a skill's prompt went into a run."""
        await self._used(skill.manifest.slug, context, None, 0, None)

    async def enable(self, slug: str, enabled: bool) -> SkillInfo:
        """Offer a skill to agents, or to nobody any more.

        Raises:
            NotFound: there is no such skill.
        """
        async with self._changing:
            found = await self._library.one(slug)
            await self._library.note(slug, enabled=enabled)
        return self._library.info(found)

    async def remove(self, slug: str) -> None:
        """Remove a skill and its files.

        Raises:
            NotFound: there is no such skill.
        """
        async with self._changing:
            found = await self._library.one(slug)
            same = [other.entry for other in self._library.twice if other.slug == slug]
            for entry in (*same, found.entry):
                await in_thread(self._shelf.remove, entry)
            await self._library.forget(slug)
            await self._library.look(0)
        self._log.info("a skill was removed", skill=slug)

    async def install(self, params: SkillInstallParams) -> SkillInfo:
        """Install a skill, or replace it.

        Raises:
            InvalidRequest: it is no skill, or not the one that was named.
            NotFound: there is none there.
            Conflict: that version is installed and differs, or the registry is against it.
            TooLarge, Timeout, ProviderError: as they say.
        """
        async with self._changing:
            wanted = await self._wanted(params)
            staged = await in_thread(self._shelf.stage, wanted.origin)
            try:
                _expect(staged.manifest, params, wanted)
                version = wanted.registered or staged.manifest.version
                if not await self._same(staged, version, force=params.force):
                    await self._place(staged, version, wanted.source)
            finally:
                with anyio.CancelScope(shield=True):
                    await in_thread(self._shelf.discard, staged)
            return self._library.info(await self._library.one(staged.manifest.slug))

    async def search(self, params: SkillSearchParams) -> SkillsFound:
        """Look among those that are installed, then in the registry; where that fails, say so."""
        await self._library.look(FRESH_SECONDS)
        words = params.query.lower().split()
        having = [found for found in self._library.found.values() if _fits(found, words)]
        ranked = {found.slug: found for found in [*fitting(params.query, having, _texts), *having]}
        results = [installed(found.manifest, slug) for slug, found in ranked.items()][: params.limit]
        brought = {self._library.record(slug).source for slug in self._library.found}
        error: str | None = None
        if self._registry.address is not None and len(results) < params.limit:
            try:
                listed = await self._registry.search(params.query, params.limit)
            except GatewayError as failed:
                listed, error = [], failed.message
            for one in listed[: params.limit - len(results)]:
                results.append(
                    SkillFound(
                        slug=one.slug,
                        name=one.name,
                        description=one.description,
                        version=one.version,
                        installed=one.slug in self._library.found or f"{CLAWHUB}:{one.slug}" in brought,
                        source="registry",
                    )
                )
        return SkillsFound(results=results, total=len(results), registry_error=error)

    async def _wanted(self, params: SkillInstallParams) -> _Wanted:
        source, address = params.source, self._registry.address
        at_registry = source is None or source == CLAWHUB or (address is not None and source.rstrip("/") == address)
        if not at_registry and source is not None:
            if "://" in source:
                reason = "must be a path on the gateway's machine, or the registry that is configured"
                raise InvalidRequest(f"source {reason}", field="source", reason=reason)
            return _Wanted(Origin(path=source, fallback=(params.name or "").lower()), source)
        name = (params.name or "").lower()
        if not is_slug(name):
            reason = "must be the slug of a skill of the registry" if name else "is missing: which skill?"
            raise InvalidRequest(f"name {reason}", field="name", reason=reason)
        got = await self._registry.download(name, params.version, force=params.force)
        return _Wanted(Origin(archive=got.archive, fallback=got.slug), f"{CLAWHUB}:{got.slug}", got.version or None)

    async def _same(self, staged: Staged, version: str, *, force: bool) -> bool:
        """Whether just this is installed already.

        Without versions another content is an update: the specification has no version.

        Raises:
            Conflict: something else of that version is, and it is not to be replaced.
        """
        await self._library.look(0)
        slug = staged.manifest.slug
        old = self._library.found.get(slug)
        if old is None or old.manifest is None or self._library.version(old) != version:
            return False
        if await in_thread(self._shelf.digest, old.entry) == staged.digest:
            return True
        if not force and version != UNKNOWN_VERSION:
            raise Conflict(
                f"{slug} {version} is installed and differs; force replaces it", field="version", reason="installed"
            )
        return False

    async def _place(self, staged: Staged, version: str, source: str) -> None:
        slug = staged.manifest.slug
        replaced = [
            found.entry for found in (*self._library.found.values(), *self._library.twice) if found.slug == slug
        ]
        with anyio.CancelScope(shield=True):
            await in_thread(self._shelf.place, staged, replaced)
            await self._library.note(slug, installed_at=iso(self._clock.now()), source=source[:1000], version=version)
            await self._library.look(0)
        self._log.info("a skill was installed", skill=slug, version=version, source=source)

    async def _used(self, slug: str, context: RunContext, action: str | None, took: int, error: str | None) -> None:
        now = iso(self._clock.now())
        with suppress(Unavailable):  # it was used all the same, and the log says what is wrong
            await self._library.used(slug, now)
        event = SkillExecutedEvent(
            skill=slug,
            status="failed" if error else "completed",
            user=context.user,
            duration_ms=took,
            action=action,
            run_id=context.run_id or None,
            session_key=context.session_key or None,
            error=error,
        )
        self._bus.publish(Published(skill_executed, event, user=context.user))


def _expect(manifest: Manifest, params: SkillInstallParams, wanted: _Wanted) -> None:
    """Whether what lies there is what was asked for."""
    if params.name is not None and wanted.registered is None and params.name.lower() != manifest.slug:
        reason = f"what lies at {wanted.source} is called {manifest.slug}"
        raise InvalidRequest(f"name: {reason}", field="name", reason=reason)
    if params.version is not None and wanted.registered is None and params.version != manifest.version:
        reason = f"what lies at {wanted.source} is of version {manifest.version}"
        raise InvalidRequest(f"version: {reason}", field="version", reason=reason)


def _fits(found: FoundSkill, words: Sequence[str]) -> bool:
    text = " ".join(_texts(found)).lower()
    return all(word in text for word in words)


def _texts(found: FoundSkill) -> tuple[str, str]:
    manifest = found.manifest
    return (f"{found.slug} {manifest.name}", manifest.description) if manifest else (found.slug, "")


def fits(skills: Sequence[Skill], query: str) -> list[Skill]:
    """The skills that have some of a question's words, the most and in their names first."""
    return fitting(query, skills, lambda one: (f"{one.manifest.slug} {one.manifest.name}", one.manifest.description))


def installed(manifest: Manifest | None, slug: str) -> SkillFound:
    """A skill that is there, as a search lists it."""
    return SkillFound(
        slug=slug,
        name=manifest.name if manifest else slug,
        description=manifest.description if manifest else "",
        version=manifest.version if manifest else None,
        installed=True,
        source="installed",
    )

"""The configuration of a node: what its `gateway.yaml` says of it alone, and what all nodes have in common."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import anyio
import msgspec

from openclaw_rpc.config.errors import ConfigError, dotted
from openclaw_rpc.config.file import TRIES, GatewayFile, Signature, refused
from openclaw_rpc.config.loading import merge
from openclaw_rpc.config.parsing import ParsedFile, parse, read
from openclaw_rpc.config.patching import Tree, differences, plain
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.config.sharing import CommonPart, common_of, is_own, own_of, steps_apart
from openclaw_rpc.config.writing import Step, applied
from openclaw_rpc.domain.documents import Documents
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import Conflict, Unavailable
from openclaw_rpc.threads import in_thread

LOOK_SECONDS: Final = 0.5


class NodeFile(GatewayFile):
    """A :class:`GatewayFile` that can be joined with what all nodes of a gateway have in common.

    Until then, and on SQLite always, the file says it all. From then on an update, or an edit of the file while the
    node runs or before it starts, changes what all have in common, and the others' changes apply within a second.
    """

    _common: CommonPart | None = None
    _own: Tree = {}

    def chores(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        """What goes on while the gateway runs."""
        yield "configuration", self.watch
        if self._common is not None:
            yield "common configuration", self.follow

    @property
    def differing(self) -> list[str]:
        """The dotted paths at which this node's file says otherwise than what counts; not its values."""
        return [] if self._common is None else self._common.differing()

    def warnings(self) -> list[str]:
        """Problems that do not stop the gateway, but need attention."""
        names = ", ".join(self.differing)
        said = f"{self.path} differs from the configuration that all nodes share, which is in force: {names}"
        return [f"{said}. Edit the file to change it for all."] if names else []

    async def join(self, documents: Documents, seen: Path) -> str | None:
        """Take what all nodes have in common; the first node's file becomes it. Before anything is built.

        Args:
            documents: Where it is kept.
            seen: The file in which this node remembers what its own file said.

        Answers the owner's token where it was made now, as `ensure_token` does.

        Raises:
            ConfigError: what all have in common and what the file says of this node do not go together.
            Unavailable: the store is away.
        """
        common = CommonPart(documents, seen)
        await common.fetch()
        token = None
        if not common.is_kept:
            token = await in_thread(self.ensure_token)
            if not await common.put(common_of(await in_thread(self._tree))):
                token = None
                await common.fetch()
        known = await in_thread(common.recall)
        tree = await in_thread(self._tree)
        if not known:
            common.file = common_of(tree)
        self._common = common
        self._settings = await self._edited()
        self._started = plain(self._settings)
        auth = self._settings.gateway.auth
        if auth.enabled and not auth.token and not auth.password:
            token = secrets.token_urlsafe(24)
            await self.update({"gateway": {"auth": {"token": token}}})
        if self.differing:
            self.log.warning("gateway.yaml differs from the configuration that all nodes share", keys=self.differing)
        return token

    async def follow(self, interval: float = LOOK_SECONDS) -> None:
        """Look every ``interval`` s whether another node changed what all have in common, until cancelled."""
        while True:
            await anyio.sleep(interval)
            async with self._lock:
                await self._look()

    async def _look(self) -> None:
        if self._common is None:
            return
        try:
            if not await self._common.fetch():
                return
            settings = self._together(self._common.tree, self._own)
        except Unavailable:
            return
        except ConfigError as error:
            self.last_error = str(error)
            self.log.warning(
                "another node's configuration refused, the old one stays in force here",
                problems=[str(problem) for problem in error.problems],
            )
            return
        self.last_error = None
        changed = [dotted(keys) for keys in differences(plain(self._settings), plain(settings))]
        self._apply(settings)
        self.log.info("another node's configuration applied", changed=changed, needs_restart=self.restart_needed)

    async def _changed(self, patch: JsonObject, outside: bool) -> tuple[Settings, Signature]:
        common = self._common
        if common is None:
            return await super()._changed(patch, outside)
        for _ in range(TRIES):
            now = self._together(common.tree, self._own)
            steps = self._steps(patch, merge(common.tree, self._own), now, outside)
            own, theirs = steps_apart(steps)
            fresh = applied(common.tree, theirs)
            try:
                settings = self._together(fresh, applied(self._own, own))
            except ConfigError as error:
                raise refused(error) from None
            if own:
                await in_thread(self._rewrite_own, own)
            if await common.put(fresh):
                return settings, self._signature()
            await common.fetch()
        raise Conflict("the configuration is being changed by somebody else; try again")

    async def _edited(self) -> Settings:
        common = self._common
        if common is None:
            return await super()._edited()
        tree, there = await in_thread(self._tree), self.path.exists()
        # A file that is gone says nothing; it does not take everything away.
        steps = common.edited(tree) if there else []
        for _ in range(TRIES):
            fresh = applied(common.tree, steps)
            settings = self._together(fresh, own_of(tree))
            if not await common.put(fresh):
                await common.fetch()
                continue
            self._own = own_of(tree)
            try:
                if there:
                    await in_thread(common.remember, tree)
            except OSError as error:
                self.log.warning("what gateway.yaml says can't be remembered for the next start", error=error.strerror)
            return settings
        raise ConfigError.of(self.path, "the configuration is being changed by somebody else; save the file again")

    def _rewrite_own(self, steps: list[Step]) -> None:
        """Change what the file says of this node alone; in a worker thread."""
        text = read(self.path)
        tree = parse(text, str(self.path)).value
        fresh = self._checked(text, tree, steps)
        if fresh != text:
            self._write(fresh)
        self._own = own_of(applied(tree, steps))

    def _tree(self) -> Tree:
        return parse(read(self.path), str(self.path)).value

    def _together(self, common: Tree, own: Tree) -> Settings:
        return super()._typed(ParsedFile(file=str(self.path), value=merge(common, own), lines={}))

    def _typed(self, document: ParsedFile) -> Settings:
        """What a whole file stands for: once joined, no more of it than what it says of this node."""
        if self._common is None:
            return super()._typed(document)
        lines = {keys: line for keys, line in document.lines.items() if is_own(keys)}
        value = merge(self._common.tree, own_of(document.value))
        return super()._typed(msgspec.structs.replace(document, value=value, lines=lines))

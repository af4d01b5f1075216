"""`gateway.yaml` while the gateway runs: read, shown without secrets, changed, watched."""

import contextlib
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import anyio

from openclaw_rpc.config import dotenv
from openclaw_rpc.config.doors import guarded, literal
from openclaw_rpc.config.errors import ConfigError, dotted
from openclaw_rpc.config.loading import decode, unknown_keys
from openclaw_rpc.config.parsing import ParsedFile, parse, read
from openclaw_rpc.config.patching import differences, leaves, plain, steps_of, waiting
from openclaw_rpc.config.secrets import redact
from openclaw_rpc.config.settings import RESTART, Settings
from openclaw_rpc.config.writing import Step, applied, rewritten, stands, write_atomically
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.config import ConfigStatus
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest, Unavailable
from openclaw_rpc.threads import in_thread

Listener = Callable[[Settings, Settings], None]
"""Called in the event loop with the old and the new settings."""

TEMPLATE: Final = """\
# The gateway's settings. Every key has a default; `openclaw config check` says what is wrong with this file.
# A good edit applies at once; port, bind, tls, control_ui, storage, bus and tracing wait for a restart.
# ${{NAME}} stands for a variable of the environment, ${{NAME:-text}} for text where there is no such variable.

gateway:
  auth:
    # Whoever has this token is the owner. Keep it to yourself; `openclaw token create` makes more, with fewer rights.
    token: "{token}"

# A model to talk to:
#
# providers:
#   primary:
#     type: openai
#     model: gpt-5
#     api_key: "${{OPENAI_API_KEY}}"
"""
TRIES: Final = 5

Stamp = tuple[int, int, int] | None
Signature = tuple[Stamp, Stamp]
"""What the disk says of `gateway.yaml` and of `.env`: None where there is no such file."""


class GatewayFile:
    """The configuration in force, and the file it comes from. The port ``ConfigFile``, for one process.

    ``last_error`` says what is wrong with the file as it stands, where an edit by hand was refused.
    """

    def __init__(
        self,
        path: Path,
        env: Mapping[str, str],
        *,
        home: Path | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            path: The file; it need not be there.
            env: The variables that it may name.
            home: The folder whose `.env` holds more of them.
            overrides: What the command line says, nested as the file is; takes precedence, and is not kept.
        """
        self.path = path
        self.log: Log = _Silence()
        self.last_error: str | None = None
        self._env = env
        self._home = home
        self._overrides: Mapping[str, Any] = overrides or {}
        self._settings = Settings()
        self._started = plain(self._settings)
        self._listeners: list[Listener] = []
        self._lock = anyio.Lock()
        self._taken: Signature = (None, None)
        self._noticed: Signature = (None, None)
        self._there = False

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    @property
    def restart_needed(self) -> list[str]:
        """The dotted paths whose values in force differ from those that the process was started with."""
        return [dotted(keys) for keys in waiting(self._started, plain(self._settings))]

    def load(self) -> Settings:
        """Read the file at start. Where there is none, the defaults apply.

        Raises:
            ConfigError: with every problem that the file has.
        """
        signature = self._signature()
        self._settings = self._decoded(read(self.path))
        self._started = plain(self._settings)
        self._taken = self._noticed = signature
        self._there = signature[0] is not None
        return self._settings

    def ensure_token(self) -> str | None:
        """Make the owner's token where authentication needs one and nothing is set; keep it in the file.

        Answers the token the one time it is made, to be shown to whoever started the gateway; else None.

        Raises:
            ConfigError: the file can't be written.
        """
        auth = self._settings.gateway.auth
        if not auth.enabled or auth.token or auth.password:
            return None
        token = secrets.token_urlsafe(24)
        text = read(self.path)
        step = Step(keys=("gateway", "auth", "token"), value=token)
        fresh = rewritten(text, [step]) if text.strip() else TEMPLATE.format(token=token)
        self._decoded(fresh)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self.path, fresh, private=True)
        except OSError as error:
            reason = f"a token was made, but can't be kept here: {error.strerror}; set gateway.auth.token"
            raise ConfigError.of(self.path, reason, keys=step.keys) from None
        self.load()
        return token

    def redacted(self) -> JsonObject:
        """The configuration in force, defaults included, secrets replaced."""
        return redact(plain(self._settings))

    def schema(self) -> tuple[JsonObject, list[str]]:
        """What may stand in it, as a JSON Schema, and the dotted paths that need a restart."""
        from openclaw_rpc.config.schema import settings_schema

        return settings_schema(), [dotted(keys) for keys in RESTART]

    def guarded(self, patch: JsonObject) -> list[str]:
        """The dotted paths that a patch would change and that need the PIN over a door; see `config.doors`.

        Raises:
            InvalidRequest: a placeholder stands where there is no secret.
        """
        return [dotted(keys) for keys in guarded(steps_of(patch, plain(self._settings)))]

    async def update(self, patch: JsonObject, *, outside: bool = False) -> tuple[list[str], list[str]]:
        """Merge a patch into the file and apply it. Null takes a key away; a placeholder leaves its secret.

        ``outside``: it came over a door, so that `${NAME}` in it is text and not a variable.

        Answers the changed paths, dotted, and those of them that need a restart.

        Raises:
            InvalidRequest: a key is unknown or a value wrong; ``field`` is its dotted path. Nothing was changed.
            Conflict: the file is invalid as it stands, keeps being changed by others, or can't be written.
        """
        async with self._lock:
            old = plain(self._settings)
            settings, signature = await self._changed(patch, outside)
            self._taken = self._noticed = signature
            self._there = signature[0] is not None
            self.last_error = None
            self._apply(settings)
            new = plain(settings)
        changed = list(differences(old, new))
        waits = waiting(self._started, new)
        return [dotted(keys) for keys in changed], [dotted(keys) for keys in changed if keys in waits]

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` called whenever other settings apply. Answers what ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    async def watch(self, interval: float = 1.0) -> None:
        """Look every ``interval`` s whether the file was edited by hand; apply a good edit, say why a bad one is not.

        Runs until it is cancelled. An edit applies once the file has stayed the same from one look to the next, so
        that half of one never does.
        """
        while True:
            await anyio.sleep(interval)
            signature = self._signature()
            if signature == self._taken:
                continue
            if signature != self._noticed:
                self._noticed = signature
                continue
            async with self._lock:
                if signature != self._taken:
                    with contextlib.suppress(Unavailable):  # what else keeps it is away: the next look tries again
                        await self._reload(signature)

    async def reload(self) -> tuple[list[str], list[str]]:
        """Take the file as it stands now, as `watch` does in the end.

        Answers the changed paths, dotted, and all that wait for a restart.

        Raises:
            Conflict: it is not valid, or keeps being changed. The old configuration stays in force.
        """
        async with self._lock:
            old = plain(self._settings)
            for _ in range(TRIES):
                signature = self._signature()
                self._noticed = signature
                await self._reload(signature)
                if self._taken == signature:
                    break
            else:
                raise Conflict("the file is being changed by somebody else; try again")
            if self.last_error is not None:
                raise Conflict(f"the old configuration stays in force: {self.last_error}", reason="invalid")
            changed = differences(old, plain(self._settings))
        return [dotted(keys) for keys in changed], self.restart_needed

    def status(self) -> ConfigStatus:
        """How the file and what is in force differ."""
        signature = self._signature()
        return ConfigStatus(
            path=str(self.path),
            exists=signature[0] is not None,
            edited=signature != self._taken,
            error=self.last_error,
            needs_restart=self.restart_needed,
            overridden=[dotted(keys) for keys in leaves(self._overrides)],
        )

    async def _changed(self, patch: JsonObject, outside: bool) -> tuple[Settings, Signature]:
        """Keep what a patch asks for; the settings that come of it."""
        return await in_thread(self._rewrite, patch, outside)

    async def _edited(self) -> Settings:
        """The settings that come of an edit by hand."""
        return await in_thread(lambda: self._decoded(read(self.path)))

    async def _reload(self, signature: Signature) -> None:
        try:
            if signature[0] is None and self._there:
                raise ConfigError.of(self.path, "the file is gone")
            settings = await self._edited()
        except ConfigError as error:
            self._taken = signature
            self.last_error = str(error)
            self.log.warning(
                "configuration refused, the old one stays in force",
                problems=[str(problem) for problem in error.problems],
            )
            return
        if self._signature() != signature:
            return  # edited again meanwhile: the next look decides
        self._taken = signature
        self.last_error = None
        changed = [dotted(keys) for keys in differences(plain(self._settings), plain(settings))]
        self._apply(settings)
        self.log.info("configuration applied", changed=changed, needs_restart=self.restart_needed)

    def _apply(self, settings: Settings) -> None:
        old, self._settings = self._settings, settings
        if old == settings:
            return
        for listener in tuple(self._listeners):
            try:
                listener(old, settings)
            except Exception:
                # One part that can't take a change must not keep it from the others.
                self.log.error("a part of the gateway could not take the new configuration", exc_info=True)

    def _rewrite(self, patch: JsonObject, outside: bool) -> tuple[Settings, Signature]:
        """Read, merge, check, write; in a worker thread."""
        for _ in range(TRIES):
            signature = self._signature()
            try:
                text = read(self.path)
                tree = parse(text, str(self.path)).value
                now = self._decoded(text)
            except ConfigError as error:
                raise Conflict(f"the file is invalid as it stands, correct it first: {error}") from None
            steps = self._steps(patch, tree, now, outside)
            if not steps:
                return now, signature
            fresh = self._checked(text, tree, steps)
            if self._signature() != signature:
                continue  # edited by hand this moment: begin again with what is there now
            if fresh != text:
                self._write(fresh)
            return self._decoded(fresh), self._signature()
        raise Conflict("the file is being changed by somebody else; try again")

    def _steps(self, patch: JsonObject, tree: dict[str, Any], now: Settings, outside: bool) -> list[Step]:
        """What a patch changes of a tree and the settings that it stands for."""
        for keys, reason in unknown_keys(patch):
            raise InvalidRequest(f"{dotted(keys)}: {reason}", field=dotted(keys), reason=reason)
        steps = [s for s in steps_of(patch, plain(now)) if not s.remove or stands(tree, s.keys)]
        return literal(steps, tree) if outside else steps

    def _checked(self, text: str, tree: dict[str, Any], steps: list[Step]) -> str:
        """The new text, which is known to say what the steps ask for.

        The merged tree is checked before it is written as YAML, so that a problem is the patch's and not the
        writer's.
        """
        document = ParsedFile(file=self.path.name, value=applied(tree, steps), lines={})
        try:
            wanted = self._typed(document)
        except ConfigError as error:
            raise refused(error) from None
        fresh = rewritten(text, steps)
        with contextlib.suppress(ConfigError):
            if self._decoded(fresh) == wanted:
                return fresh
        raise Conflict("this part of the file uses YAML in a way that can't be changed from here; edit it by hand")

    def _write(self, text: str) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self.path, text, private=False)
        except OSError as error:
            raise Conflict(f"{self.path} can't be written: {error.strerror}", reason="not_writable") from None

    def _decoded(self, text: str) -> Settings:
        return self._typed(parse(text, str(self.path)))

    def _typed(self, document: ParsedFile) -> Settings:
        return decode(document, self._variables(), self._overrides)

    def _variables(self) -> Mapping[str, str]:
        return self._env if self._home is None else dotenv.variables(self._env, self._home)

    def _signature(self) -> Signature:
        return _stamp(self.path), None if self._home is None else _stamp(self._home / dotenv.NAME)


def _stamp(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def refused(error: ConfigError) -> InvalidRequest:
    """What a patch is refused with that asks for something wrong: its first problem."""
    first = error.problems[0]
    return InvalidRequest(f"{first.path}: {first.reason}", field=first.path, reason=first.reason)


class _Silence:
    """A log for as long as there is none."""

    def debug(self, event: str, /, **fields: Any) -> None: ...

    def info(self, event: str, /, **fields: Any) -> None: ...

    def warning(self, event: str, /, **fields: Any) -> None: ...

    def error(self, event: str, /, **fields: Any) -> None: ...

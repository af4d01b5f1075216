"""Where channels' classes come from: this package, other packages' entry points, the folder `channels/`."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution, entry_points
from pathlib import Path
from types import ModuleType

from openclaw_rpc.config.channels import BUILT_IN, GROUP, ID, place
from openclaw_rpc.domain.channels.channel import Channel
from openclaw_rpc.domain.nearest import meant
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.installing import install_command, shown
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest, NotFound, Unavailable
from openclaw_rpc.threads import in_thread


class ChannelFolder:
    """Channels' classes. An installed one lies in the folder as ``ID.py`` or ``ID/__init__.py``."""

    def __init__(self, folder: Path, log: Log) -> None:
        self._folder = folder
        self._log = log
        self._names: dict[str, str] | None = None
        self._loaded: dict[str, type[Channel]] = {}

    def names(self) -> Mapping[str, str]:
        """Every kind and its name."""
        if self._names is None:
            self._names = {kind: name for kind, (name, _, _) in BUILT_IN.items()}
            for entry in entry_points(group=GROUP):
                self._names.setdefault(entry.name, entry.name)
            self._names |= {path.stem: path.stem for path in self._installed()}
        self._names |= {kind: found.name for kind, found in self._loaded.items() if kind in self._names}
        return self._names

    def loaded(self, kind: str) -> type[Channel] | None:
        """The class of a kind, where it was loaded before."""
        return self._loaded.get(kind)

    async def load(self, kind: str) -> type[Channel]:
        """The class of a kind; importing a platform's library takes a second or two."""
        found = self._loaded.get(kind)
        return found if found is not None else await in_thread(self._load, kind)

    def _load(self, kind: str) -> type[Channel]:
        if kind in BUILT_IN:
            found = _built_in(kind)
        elif (path := place(self._folder, kind)) is not None:
            found = _channel_in(_imported(path, f"openclaw_channel_{kind.replace('-', '_')}"), str(path))
        else:
            entry = next((each for each in entry_points(group=GROUP) if each.name == kind), None)
            if entry is None:
                near = meant(kind, self.names())
                raise NotFound(f"{kind!r} is not a kind of channel{near}", field="channelId")
            try:
                found = entry.load()
            except Exception as error:
                raise Unavailable(f"the channel {kind!r} could not be loaded: {error}", reason="channel") from error
        self._loaded[kind] = found
        return found

    def is_installed(self, kind: str) -> bool:
        """Whether it lies in the folder."""
        return place(self._folder, kind) is not None

    async def install(self, path: str) -> str:
        """Copy it in; one of the same id is replaced."""
        return await in_thread(self._install, path)

    def _install(self, path: str) -> str:
        source = Path(path).expanduser()
        if not source.exists():
            return self._in_package(path)
        module = source / "__init__.py" if source.is_dir() else source
        if not module.is_file() or module.suffix != ".py":
            raise InvalidRequest(
                "a channel is a Python file, or a folder with __init__.py: a class derived from "
                "openclaw_rpc.channels.Channel, not TypeScript or a package of npm's",
                field="path",
                reason="not_python",
            )
        found = _channel_in(_imported(module, "openclaw_channel_candidate"), str(source))
        kind = found.id
        if not ID.fullmatch(kind):
            raise InvalidRequest(f"the class's id {kind!r} must be of a-z, 0-9, - and _", field="path", reason="id")
        if kind in BUILT_IN:
            raise Conflict(f"{kind} is built in", field="path", reason="built_in")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._discard(kind)
        if source.is_dir():
            shutil.copytree(source, self._folder / kind / "plugin", dirs_exist_ok=True)
        else:
            shutil.copyfile(source, self._folder / f"{kind}.py")
        self._loaded[kind] = found
        self._names = None
        return kind

    def _in_package(self, name: str) -> str:
        """The channel of a package that is installed already: nothing is copied, its entry point names it.

        Raises:
            NotFound: there is no such package here. InvalidRequest: it brings no channel, or several.
        """
        try:
            found = [entry.name for entry in distribution(name).entry_points if entry.group == GROUP]
        except (PackageNotFoundError, ValueError):
            how = f"{shown(sys.executable)} -m pip install"
            reason = f"nothing is at {name}, and no package of that name is installed: {how} installs one"
            raise NotFound(reason, field="path") from None
        if len(found) != 1:
            reason = f"the package {name} brings {len(found)} channels; name the one that is wanted under `channels`"
            raise InvalidRequest(reason, field="path", reason="package")
        self._load(found[0])
        self._names = None
        return found[0]

    async def remove(self, kind: str) -> None:
        """Take its code out of the folder."""
        await in_thread(self._discard, kind)
        self._loaded.pop(kind, None)
        self._names = None

    def _discard(self, kind: str) -> None:
        (self._folder / f"{kind}.py").unlink(missing_ok=True)
        shutil.rmtree(self._folder / kind / "plugin", ignore_errors=True)

    def data_dir(self, channel_id: str) -> Path:
        """`channels/ID/`."""
        folder = self._folder / channel_id
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def _installed(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        files = [path for path in self._folder.glob("*.py") if ID.fullmatch(path.stem)]
        folders = [path.parent.parent for path in self._folder.glob("*/plugin/__init__.py")]
        return sorted({*files, *folders})


def _built_in(kind: str) -> type[Channel]:
    _, module, name = BUILT_IN[kind]
    try:
        return getattr(importlib.import_module(f"openclaw_rpc.adapters.channels.{module}"), name)
    except ImportError as error:
        raise Unavailable(
            f"the channel {kind} needs its library ({error.name}): {install_command(kind)}",
            reason="library",
        ) from None


def _imported(path: Path, name: str) -> ModuleType:
    """Import a file as a module of its own."""
    places = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=places)
    if spec is None or spec.loader is None:
        raise InvalidRequest(f"{path} is not a Python file", field="path", reason="not_python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise InvalidRequest(
            f"{path.name} could not be imported: {type(error).__name__}: {error}", field="path", reason="import"
        ) from error
    return module


def _channel_in(module: ModuleType, where: str) -> type[Channel]:
    """The one class in a module that is a channel."""
    found = [
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Channel) and each is not Channel and each.__module__ == module.__name__
    ]
    if len(found) != 1 or not isinstance(getattr(found[0], "id", None), str):
        raise InvalidRequest(
            f"{where} must hold one class derived from Channel, with an id and a name", field="path", reason="class"
        )
    cls = found[0]
    if not isinstance(getattr(cls, "name", None), str):
        cls.name = cls.id
    return cls

"""What the command line opens itself, whether a gateway runs or not: made here, since it knows no adapter."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openclaw_rpc.app.storage import Kept
    from openclaw_rpc.config.paths import Paths
    from openclaw_rpc.config.settings import Settings
    from openclaw_rpc.config.storage import StorageSettings
    from openclaw_rpc.domain.channels.channel import Channel
    from openclaw_rpc.domain.commands import CommandRunner
    from openclaw_rpc.domain.models import ProviderSettings
    from openclaw_rpc.domain.ports import Log
    from openclaw_rpc.domain.providers import Provider
    from openclaw_rpc.domain.skills.ports import SkillShelf


@asynccontextmanager
async def kept(settings: StorageSettings, paths: Paths) -> AsyncGenerator[Kept]:
    """All that is kept; a running gateway may have it open as well.

    Raises:
        Unavailable: it can't be used.
    """
    from openclaw_rpc.app.storage import opened
    from openclaw_rpc.domain.kept import StorageUnusable
    from openclaw_rpc.protocol.errors import Unavailable

    try:
        async with opened(settings, paths) as everything:
            yield everything
    except StorageUnusable as error:
        raise Unavailable(str(error), reason="storage") from None


async def has_pin(settings: StorageSettings, paths: Paths) -> bool:
    """Whether a PIN is set; changes nothing, and makes no file.

    Raises:
        Unavailable: what is kept can't be read.
    """
    from openclaw_rpc.adapters.pin.sqlite import find_pin
    from openclaw_rpc.adapters.sqlite.file import StoreUnusable, open_reader
    from openclaw_rpc.adapters.sqlite.writer import storage_failed
    from openclaw_rpc.protocol.errors import Unavailable

    if settings.postgres is not None:
        async with kept(settings, paths) as everything:
            return await everything.pins.is_set()
    path = paths.database(settings.file)
    if (paths.state / "pin.json").exists():  # of version 0.1.0, which the next start takes over
        return True
    if not path.exists():
        return False
    try:
        with closing(open_reader(path)) as db:
            return find_pin(db) is not None
    except StoreUnusable as error:
        raise Unavailable(str(error), reason="storage") from None
    except sqlite3.Error as error:
        raise storage_failed(error) from None


def commands(settings: Settings, log: Log) -> CommandRunner:
    """What runs commands."""
    from openclaw_rpc.adapters.commands.runner import LocalRunner

    return LocalRunner(lambda: settings.security, log)


def skills(paths: Paths) -> SkillShelf:
    """The skills that are installed."""
    from openclaw_rpc.adapters.skills.folder import SkillFolder

    return SkillFolder(paths.skills)


async def channel(channel_id: str, section: Mapping[str, Any], paths: Paths, log: Log) -> Channel:
    """A channel that does not run, with its settings.

    Raises:
        GatewayError: its class can't be had, or a setting is wrong or missing, and named.
    """
    from openclaw_rpc.adapters.channels.registry import ChannelFolder
    from openclaw_rpc.domain.channels.link import settings_of

    kind = str(section.get("type") or channel_id)
    cls = await ChannelFolder(paths.channels, log).load(kind)
    made = cls()
    made.settings = settings_of(channel_id, section, cls)
    made.log = log
    return made


def provider(name: str, settings: ProviderSettings) -> Provider:
    """A model's server."""
    from openclaw_rpc.adapters.providers.openai_compatible import OpenAIProvider

    return OpenAIProvider(name, settings)

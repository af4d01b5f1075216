"""What the command line opens itself, whether a gateway runs or not: made here, since it knows no adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openclaw_rpc.adapters.pin.file import FilePinStore
    from openclaw_rpc.config.paths import Paths
    from openclaw_rpc.config.settings import Settings
    from openclaw_rpc.domain.commands import CommandRunner
    from openclaw_rpc.domain.models import ProviderSettings
    from openclaw_rpc.domain.ports import Log, Provider, TokenStore
    from openclaw_rpc.domain.skills.ports import SkillShelf


def tokens(paths: Paths) -> TokenStore:
    """The tokens that were made."""
    from openclaw_rpc.adapters.tokens.file import FileTokenStore

    return FileTokenStore(paths.state)


def pin(paths: Paths) -> FilePinStore:
    """The PIN."""
    from openclaw_rpc.adapters.pin.file import FilePinStore

    return FilePinStore(paths.state)


def commands(settings: Settings, log: Log) -> CommandRunner:
    """What runs commands."""
    from openclaw_rpc.adapters.commands.runner import LocalRunner

    return LocalRunner(lambda: settings.security, log)


def skills(paths: Paths) -> SkillShelf:
    """The skills that are installed."""
    from openclaw_rpc.adapters.skills.folder import SkillFolder

    return SkillFolder(paths.skills)


def provider(name: str, settings: ProviderSettings) -> Provider:
    """A model's server."""
    from openclaw_rpc.adapters.providers.openai_compatible import OpenAIProvider

    return OpenAIProvider(name, settings)

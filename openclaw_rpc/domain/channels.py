"""The ways in from other messengers, and how each stands."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from openclaw_rpc.protocol.channel import ChannelInfo, ChannelStatus
from openclaw_rpc.protocol.errors import NotFound

BUILT_IN: Final = {
    "webhook": "Webhook",
    "telegram": "Telegram",
    "discord": "Discord",
    "slack": "Slack",
    "whatsapp": "WhatsApp",
}


class Channels:
    """All channels. One without settings in `gateway.yaml` is ``not_configured``."""

    def __init__(self, settings: Callable[[], Mapping[str, Mapping[str, Any]]]) -> None:
        self._settings = settings

    def list(self) -> list[ChannelInfo]:
        """All channels, built in ones first."""
        settings = self._settings()
        return [self._info(channel_id, settings) for channel_id in BUILT_IN]

    def get(self, channel_id: str) -> ChannelInfo:
        """How a channel stands.

        Raises:
            NotFound: there is none of that id.
        """
        if channel_id not in BUILT_IN:
            raise NotFound(f"there is no channel {channel_id!r}", field="channelId")
        return self._info(channel_id, self._settings())

    def _info(self, channel_id: str, settings: Mapping[str, Mapping[str, Any]]) -> ChannelInfo:
        chosen = settings.get(channel_id)
        enabled = chosen is not None and bool(chosen.get("enabled", False))
        status: ChannelStatus = "not_configured" if not chosen else "disconnected" if enabled else "disabled"
        return ChannelInfo(id=channel_id, name=BUILT_IN[channel_id], enabled=enabled, status=status)

"""Which kinds of channels there are: this package's, other packages' entry points, the folder `channels/`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

GROUP: Final = "openclaw_rpc.channels"
"""The entry points by which packages bring channels."""
BUILT_IN: Final[Mapping[str, tuple[str, str, str]]] = {
    "webhook": ("Webhook", "webhook", "WebhookChannel"),
    "telegram": ("Telegram", "telegram", "Telegram"),
    "discord": ("Discord", "discord", "Discord"),
    "slack": ("Slack", "slack", "Slack"),
    "whatsapp": ("WhatsApp", "whatsapp", "WhatsApp"),
}
"""Kind: name, module, class. The module is imported when the channel is used."""
ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def place(folder: Path, kind: str) -> Path | None:
    """Where an installed kind lies: ``ID.py``, or a folder."""
    if not ID.fullmatch(kind):
        return None
    places = (folder / f"{kind}.py", folder / kind / "plugin" / "__init__.py")
    return next((each for each in places if each.is_file()), None)


def is_packaged(kind: str) -> bool:
    """Whether a package brings a kind."""
    from importlib.metadata import entry_points  # seldom needed

    return any(entry.name == kind for entry in entry_points(group=GROUP))

"""Files of this machine as what goes with a message."""

import base64
import os
from pathlib import Path
from typing import Any

from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.domain.pictures import kind_of

MOST_BYTES = 64 * 1024 * 1024


def attachment_of(name: str, *, picture: bool = False) -> dict[str, Any]:
    """A text file or a picture; an address where only a picture is meant.

    Raises:
        CliError: it can't be read, or is neither.
    """
    if picture and name.startswith(("https://", "http://")):
        return {"type": "image", "url": name, "name": name.rpartition("/")[2] or name}
    path = Path(os.path.expanduser(name))  # noqa: PTH111 - a path of no user is a name like others
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CliError(f"{name} is too large to be attached.", code="too_large")
        data = path.read_bytes()
    except OSError as error:
        raise CliError(f"{name}: {error.strerror or error}") from None
    kind = kind_of(data)
    if kind is not None:
        return {"type": "image", "data": base64.b64encode(data).decode(), "mimeType": kind, "name": path.name}
    if picture:
        raise CliError(f"{name} is not a picture that models read.", hint="PNG, JPEG, GIF and WebP are.")
    try:
        if b"\0" in data:
            raise UnicodeDecodeError("utf-8", data, 0, 1, "NUL")
        return {"type": "text", "text": data.decode(), "name": path.name}
    except UnicodeDecodeError:
        raise CliError(
            f"{name} is neither a text nor a picture.",
            hint="Put it into the workspace and name it in the message: the agent's tools read it there.",
        ) from None

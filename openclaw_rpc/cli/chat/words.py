"""What a step of a run is in a line, for people."""

import re
from collections.abc import Mapping
from typing import Any, cast

from openclaw_rpc.cli.output import to_json

# what moves the cursor, rings, or begins an escape sequence; newline and tab stay
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SHOWN = 2000
"""Characters of a text that somebody is to agree to."""
_PICTURE = re.compile(r"\[image/[\w.+-]+, \d+ bytes: ([^\]\n]+)\]")


def harmless(text: str) -> str:
    """Text without control characters, so that what a model or a page says can't steer the terminal."""
    return _CONTROL.sub("", text)


def short(value: Any, limit: int = 160) -> str:
    """A value in a line."""
    text = value if isinstance(value, str) else to_json(value)
    text = " ".join(harmless(text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def call_of(tool: str, params: Any, limit: int = 160) -> str:
    """A call as people would say it: ``shell ls -l``; all parameters where there are several."""
    values: list[Any] = list(cast("Mapping[str, Any]", params).values()) if isinstance(params, Mapping) else [params]
    said = short(values[0] if len(values) == 1 and isinstance(values[0], str) else params, limit) if params else ""
    return f"{harmless(tool)} {said}".rstrip()


def wanted_of(params: Mapping[str, Any]) -> str:
    """The params of a call: the text itself where there is but one, else each on a line of its own."""
    if len(params) < 2:
        text = next((value for value in params.values() if isinstance(value, str)), None) or short(params, SHOWN)
        text = harmless(text).strip()
        return text if len(text) <= SHOWN else text[:SHOWN] + f"… ({len(text) - SHOWN} more characters)"
    return "".join(f"\n  {harmless(name)}: {short(value, SHOWN)}" for name, value in params.items())


def result_of(data: Mapping[str, Any]) -> str:
    """What a tool's event says that it answered."""
    result = data.get("result")
    if data.get("error"):
        return f"failed: {short(data['error'])}"
    if isinstance(result, Mapping) and "exitCode" in result:
        ended = cast("Mapping[str, Any]", result)
        code = f"exit code {ended['exitCode']} " if ended["exitCode"] else ""
        return code + short(ended.get("stdout") or ended.get("stderr") or "")
    return short(result)


def pictures_in(result: Any) -> list[str]:
    """Where in the workspace the pictures lie that a tool answered."""
    if isinstance(result, Mapping):
        members = cast("Mapping[str, Any]", result)
        if str(members.get("mimeType", "")).startswith("image/") and "path" in members:
            size = f" ({members['width']} × {members['height']})" if "width" in members and "height" in members else ""
            return [_place(f"{members['path']}{size}")]
        result = to_json(members)
    return [_place(found) for found in _PICTURE.findall(result)] if isinstance(result, str) else []


def _place(path: str) -> str:
    return harmless(f"picture in the workspace: {path.removeprefix('/')}")


def seconds(value: float) -> str:
    """A time that was waited for: ``0.3 s``, ``12 s``, ``2 m 5 s``."""
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    return f"{whole} s" if whole < 60 else f"{whole // 60} m {whole % 60} s"

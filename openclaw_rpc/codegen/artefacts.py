"""What stands under `schemas/`: made, written, compared."""

import difflib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from openclaw_rpc.codegen.json_schema import json_schema
from openclaw_rpc.codegen.lint import refuse
from openclaw_rpc.codegen.released import broken, frozen
from openclaw_rpc.codegen.typescript import typescript
from openclaw_rpc.config.schema import file_schema
from openclaw_rpc.dialects.asyncapi import asyncapi
from openclaw_rpc.dialects.http import DIALECTS
from openclaw_rpc.dialects.openapi import openapi
from openclaw_rpc.dialects.openrpc import openrpc
from openclaw_rpc.dialects.schema import Json
from openclaw_rpc.protocol.table import AnyMethod

RELEASED = "released"
"""The folder of frozen releases: added to, never made anew."""


def render(methods: Sequence[AnyMethod], version: str) -> dict[str, str]:
    """Every artefact's text by its path below `schemas/`. The same table always gives the same bytes.

    Raises:
        ValueError: the table can't be published; the text says why.
    """
    refuse(methods)
    return {
        "gateway.schema.json": pretty(file_schema(version)),
        "asyncapi.json": pretty(asyncapi(methods, version)),
        "openapi.json": pretty(openapi(DIALECTS, version)),
        "openrpc.json": pretty(openrpc(methods, version)),
        "schema.json": pretty(json_schema(methods, version)),
        "types.d.ts": typescript(methods, version),
    }


def pretty(document: Json) -> str:
    """A document as it is committed: indented by two, a newline at its end."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write(folder: Path, made: dict[str, str], *, whole: bool = True) -> list[str]:
    """Bring the folder up to date; the paths that were written or removed. Not ``whole``: others have files there.

    Raises:
        ValueError: the folder holds files and none of ours: what is in it is not stale, it is somebody's.
    """
    present = _present(folder) if whole else []
    if present and not made.keys() & present:
        raise ValueError(f"{folder} holds other files: choose an empty folder")
    changed: list[str] = []
    for name in sorted({*made, *present}):
        path = folder / name
        if name not in made:
            path.unlink()
            changed.append(name)
        elif _read(path) != made[name]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[name], encoding="utf-8", newline="\n")
            changed.append(name)
    return changed


def differences(folder: Path, made: dict[str, str], *, whole: bool = True) -> Iterator[str]:
    """Lines of a unified diff from what the folder has to what it should have; missing and, where it is ours as a
    ``whole``, stale files too."""
    for name in sorted({*made, *(_present(folder) if whole else ())}):
        before, after = _read(folder / name), made.get(name)
        if before == after:
            continue
        if after is None:
            yield f"{name}: nothing makes this file any more"
            continue
        if before is None:
            yield f"{name}: it is missing"
            continue
        yield from difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"{name} (committed)", f"{name} (made now)", lineterm=""
        )


def breaches(folder: Path, methods: Sequence[AnyMethod], version: str) -> list[str]:
    """What today's table broke of any release frozen in the folder, each line with that release's version."""
    today = frozen(methods, version)
    found: list[str] = []
    for path in sorted((folder / RELEASED).glob("*.json")):
        found.extend(f"{path.stem}: {each}" for each in broken(json.loads(path.read_text(encoding="utf-8")), today))
    return found


def release(folder: Path, methods: Sequence[AnyMethod], version: str) -> Path:
    """Freeze the table as this version's.

    Raises:
        ValueError: the version is frozen already, with another table.
    """
    refuse(methods)
    path = folder / RELEASED / f"{version}.json"
    text = json.dumps(frozen(methods, version), indent=1, ensure_ascii=False) + "\n"
    if (_read(path) or text) != text:
        raise ValueError(f"{version} is released, with another table: raise the version")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _present(folder: Path) -> list[str]:
    """Files below the folder, without the frozen ones and hidden ones."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [
        path.as_posix()
        for path in found
        if path.parts[0] != RELEASED and not any(p.startswith(".") for p in path.parts)
    ]


def _read(path: Path) -> str | None:
    """The file's text, line ends as they are; None where there is no file."""
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else None

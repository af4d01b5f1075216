"""What `config.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class ConfigDocument(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The configuration in force, snake_case as in the file; secrets read `***REDACTED***`."""

    config: dict[str, Any]


class ConfigSchema(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What `gateway.yaml` may say, as a JSON Schema; `restart`: paths that are read at the start alone."""

    schema: dict[str, Any]
    restart: list[str]


class ConfigUpdateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A part of the configuration, merged into the file; null takes a key away.

    `${NAME}` is written as text, not as a variable. Settings that start a program, name a file of the host or
    forget what is kept (`mcp.servers.*.command`, `storage`, `retention`, …) need the PIN.
    """

    config: dict[str, Any]
    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""


class ConfigUpdated(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What changed, as dotted paths, and which of it waits for a restart."""

    restart_required: bool
    changed: list[str]
    needs_restart: list[str] = []


class ConfigStatus(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The file that the gateway took, and how it and what is in force differ.

    `error` is why the file as it stands was refused; `edited`: it was edited a moment ago and not looked at yet.
    `needsRestart` are the dotted paths that wait for a restart, `overridden` those for which the command line that
    started the gateway takes precedence.
    """

    path: str
    exists: bool
    edited: bool = False
    error: str | None = None
    needs_restart: list[str] = []
    overridden: list[str] = []


class ConfigChangedEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Other settings apply, whoever changed them: the dotted paths, and those of them that wait for a restart."""

    changed: list[str]
    needs_restart: list[str] = []

"""`config.*`: what `gateway.yaml` says, read and changed while the gateway runs."""

from typing import Annotated

from msgspec import Meta

from openclaw_rpc.protocol.base import Empty, JsonObject, Params, Pin, Result, Scope, Topic
from openclaw_rpc.protocol.errors import Conflict
from openclaw_rpc.protocol.method import Event, Method


class ConfigDocument(Result, frozen=True, kw_only=True):
    """The configuration in force, snake_case as in the file; secrets read ``***REDACTED***``."""

    config: JsonObject


class ConfigSchema(Result, frozen=True, kw_only=True):
    """What `gateway.yaml` may say, as a JSON Schema; ``restart``: paths that are read at the start alone."""

    schema: JsonObject
    restart: list[str]


class ConfigUpdateParams(Params, frozen=True, kw_only=True):
    """A part of the configuration, merged into the file; null takes a key away.

    `${NAME}` is written as text, not as a variable. Settings that start a program, name a file of the host
    or forget what is kept (`mcp.servers.*.command`, `storage`, `retention`, …) need the PIN.
    """

    config: Annotated[JsonObject, Meta(min_length=1)]
    pin: Pin | None = None


class ConfigUpdated(Result, frozen=True, kw_only=True):
    """What changed, as dotted paths, and which of it waits for a restart."""

    restart_required: bool
    changed: list[str]
    needs_restart: list[str] = []


class ConfigStatus(Result, frozen=True, kw_only=True):
    """The file that the gateway took, and how it and what is in force differ.

    ``error`` is why the file as it stands was refused; ``edited``: it was edited a moment ago and not looked at yet.
    ``needsRestart`` are the dotted paths that wait for a restart, ``overridden`` those for which the command line that
    started the gateway takes precedence.
    """

    path: str
    exists: bool
    edited: bool = False
    error: str | None = None
    needs_restart: list[str] = []
    overridden: list[str] = []


class ConfigChangedEvent(Result, frozen=True, kw_only=True):
    """Other settings apply, whoever changed them: the dotted paths, and those of them that wait for a restart."""

    changed: list[str]
    needs_restart: list[str] = []


config_changed = Event("config.changed", ConfigChangedEvent, "The configuration was changed.", topic=Topic.GATEWAY)

get = Method(
    name="config.get",
    params=Empty,
    result=ConfigDocument,
    doc="The configuration in force, without its secrets.",
    scope=Scope.ADMIN,
    safe=True,
)
schema = Method(
    name="config.schema",
    params=Empty,
    result=ConfigSchema,
    doc="What `gateway.yaml` may say: names, types, bounds, defaults, and what each is for.",
    scope=Scope.ADMIN,
    safe=True,
)
update = Method(
    name="config.update",
    params=ConfigUpdateParams,
    result=ConfigUpdated,
    doc="Change a part of `gateway.yaml`. It applies at once, but for port, bind and storage.",
    scope=Scope.ADMIN,
    emits=(config_changed,),
    errors=(Conflict,),
)
reload = Method(
    name="config.reload",
    params=Empty,
    result=ConfigUpdated,
    doc="Take `gateway.yaml` and `.env` as they stand now, not only when an edit is noticed, and say what changed.",
    scope=Scope.ADMIN,
    emits=(config_changed,),
    errors=(Conflict,),
)
status = Method(
    name="config.status",
    params=Empty,
    result=ConfigStatus,
    doc="Which file is in force, whether it was refused, and what of it waits for a restart.",
    scope=Scope.ADMIN,
    safe=True,
)

METHODS = (get, schema, update, reload, status)

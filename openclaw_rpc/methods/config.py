"""`config.*`: the join of the configuration's rows and `gateway.yaml`."""

from openclaw_rpc.domain.ports import ConfigFile
from openclaw_rpc.domain.sessions import require_owner
from openclaw_rpc.domain.tools.pin import PinGuard
from openclaw_rpc.protocol import config
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.config import (
    ConfigDocument,
    ConfigSchema,
    ConfigStatus,
    ConfigUpdated,
    ConfigUpdateParams,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class ConfigMethods:
    """Reads and changes the configuration."""

    def __init__(self, file: ConfigFile, pins: PinGuard) -> None:
        self._file = file
        self._pins = pins

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(config.get, self.get),
            bind(config.schema, self.schema),
            bind(config.update, self.update),
            bind(config.reload, self.reload),
            bind(config.status, self.status),
        )

    def get(self, params: Empty, call: Call) -> ConfigDocument:
        """The configuration in force."""
        require_owner(call.principal)
        return ConfigDocument(config=self._file.redacted())

    def schema(self, params: Empty, call: Call) -> ConfigSchema:
        """What it may say."""
        schema, restart = self._file.schema()
        return ConfigSchema(schema=schema, restart=restart)

    async def update(self, params: ConfigUpdateParams, call: Call) -> ConfigUpdated:
        """Change a part of it. What starts a program or names a file of the host needs the PIN."""
        require_owner(call.principal)
        if self._file.guarded(params.config):
            pin = params.pin if params.pin is not None else call.pin
            await self._pins.check(call.principal, pin, config.update.name)
        changed, waiting = await self._file.update(params.config, outside=True)
        return ConfigUpdated(restart_required=bool(waiting), changed=changed, needs_restart=waiting)

    async def reload(self, params: Empty, call: Call) -> ConfigUpdated:
        """Take the file as it stands."""
        require_owner(call.principal)
        changed, waiting = await self._file.reload()
        return ConfigUpdated(restart_required=bool(waiting), changed=changed, needs_restart=waiting)

    def status(self, params: Empty, call: Call) -> ConfigStatus:
        """How the file and what is in force differ."""
        require_owner(call.principal)
        return self._file.status()

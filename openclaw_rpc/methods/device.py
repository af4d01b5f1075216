"""`device.*`: the join of the devices' rows and the devices."""

from openclaw_rpc.domain.devices import Devices
from openclaw_rpc.protocol import device
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.device import DeviceList, DeviceParams, DeviceRemoved, DeviceRevoked
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class DeviceMethods:
    """Lists devices, and takes back what they were given."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(device.list_, self.list_),
            bind(device.revoke, self.revoke, shielded=True),
            bind(device.remove, self.remove, shielded=True),
        )

    async def list_(self, params: Empty, call: Call) -> DeviceList:
        """The devices that the caller may see."""
        return DeviceList(devices=self._devices.list_(call.principal))

    async def revoke(self, params: DeviceParams, call: Call) -> DeviceRevoked:
        """Take back a device's token; its sockets, perhaps the caller's, are closed after the answer."""
        users = await self._devices.end(call.principal, params.device_id, forget=False)
        call.after_answer(lambda: self._devices.announce(params.device_id, users))
        return DeviceRevoked(device_id=params.device_id, revoked=True)

    async def remove(self, params: DeviceParams, call: Call) -> DeviceRemoved:
        """Forget a device; its sockets, perhaps the caller's, are closed after the answer."""
        users = await self._devices.end(call.principal, params.device_id, forget=True)
        call.after_answer(lambda: self._devices.announce(params.device_id, users))
        return DeviceRemoved(device_id=params.device_id, removed=True)

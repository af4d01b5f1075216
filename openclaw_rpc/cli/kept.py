"""What the gateway keeps, for commands that need no gateway: its file may be open in a running one as well."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import anyio

from openclaw_rpc.app import local
from openclaw_rpc.cli.options import Shared
from openclaw_rpc.cli.target import find_paths, storage_settings

if TYPE_CHECKING:
    from openclaw_rpc.domain.ports import TokenStore
    from openclaw_rpc.domain.tools.pin import PinStore

T = TypeVar("T")


def with_tokens(options: Shared, work: "Callable[[TokenStore], Awaitable[T]]") -> T:
    """Do something with the tokens.

    Raises:
        ConfigError: the section `storage` of `gateway.yaml` is not valid.
        GatewayError: the gateway's file can't be used; or as ``work`` raises it.
    """
    paths = find_paths(options)
    storage = storage_settings(paths)

    async def run() -> T:
        async with local.kept(storage, paths) as kept:
            return await work(kept.tokens)

    return anyio.run(run)


def with_pin(options: Shared, work: "Callable[[PinStore], Awaitable[T]]") -> T:
    """Do something with the PIN; raises as `with_tokens`."""
    paths = find_paths(options)
    storage = storage_settings(paths)

    async def run() -> T:
        async with local.kept(storage, paths) as kept:
            return await work(kept.pins)

    return anyio.run(run)

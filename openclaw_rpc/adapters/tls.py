"""TLS for connections to the outside, without a tenth of the start spent on it.

aiohttp reads the system's certificates twice when it is imported, for a context that verifies and for one that does
not: 40 ms and a megabyte each for every start, whether anything is ever fetched or not. Here they are read when a
connection needs them. A context of aiohttp's own then knows no authority, so that a session which was not given one
refuses every server rather than trusting any.
"""

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


def client_context() -> ssl.SSLContext:
    """A context that verifies servers by the system's certificates; to be made when it is first needed."""
    return ssl.create_default_context()


@contextmanager
def without_certificates() -> Generator[None]:
    """While this lasts, new contexts verify as ever but read no certificates: for importing aiohttp."""
    original, read = ssl.create_default_context, ssl.SSLContext.set_default_verify_paths

    def bare(*_: Any, **__: Any) -> ssl.SSLContext:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def read_nothing(self: ssl.SSLContext) -> None:
        pass

    ssl.create_default_context = bare
    ssl.SSLContext.set_default_verify_paths = read_nothing
    try:
        yield
    finally:
        ssl.create_default_context = original
        ssl.SSLContext.set_default_verify_paths = read

"""What the disk says, as the error rows."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from openclaw_rpc.domain.files import Parts, shown
from openclaw_rpc.protocol.errors import Conflict, Forbidden, GatewayError, InvalidRequest, NotFound, Unavailable

NOT_THERE: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
OUTSIDE: Final = "is behind a link that is not followed, or leads out of the workspace"
WRONG: Final = {
    errno.EXDEV: OUTSIDE,
    errno.ELOOP: OUTSIDE,
    errno.EISDIR: "is a folder",
    errno.ENXIO: "is not a regular file",
    errno.ENODEV: "is not a regular file",
    errno.ENAMETOOLONG: "is too long",
    errno.EINVAL: "can't be used for this",
}
IN_THE_WAY: Final = {
    errno.EEXIST: "already exists",
    errno.ENOTEMPTY: "is not empty",
    errno.EAGAIN: "was moved meanwhile; try again",
}


@contextmanager
def told(parts: Parts, field: str = "path") -> Generator[None]:
    """Turn what the disk says about a path into an error row."""
    try:
        yield
    except OSError as error:
        raise fault(error, parts, field) from None


def fault(error: OSError, parts: Parts, field: str = "path") -> GatewayError:
    """An error of the disk as a row."""
    path, code = shown(parts), error.errno
    if code in NOT_THERE:
        return NotFound(f"there is no {path}", field=field, reason="not there")
    if code in WRONG:
        return wrong(path, WRONG[code], field)
    if code in IN_THE_WAY:
        return Conflict(f"{path} {IN_THE_WAY[code]}", field=field, reason=IN_THE_WAY[code])
    if code in (errno.EACCES, errno.EPERM):
        return Forbidden(f"the system does not let the gateway use {path}", field=field, reason="no permission")
    return Unavailable(f"the disk refuses {path}: {error.strerror}", field=field, reason="disk")


def wrong(path: str, reason: str, field: str = "path") -> InvalidRequest:
    """A path that leads to what it should not."""
    return InvalidRequest(f"{path} {reason}", field=field, reason=reason)

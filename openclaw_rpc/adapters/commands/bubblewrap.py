"""The arguments of `bwrap`: a system that can be read, the job's own folders, and nothing else of this machine.

A job has the gateway's user id. Where that is root, what protects the system are the read-only mounts alone, and the
modes of the few devices that a job is given can be changed by it: a gateway should have a user of its own.
"""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from openclaw_rpc.domain.commands import Job

MIB: Final = 1024 * 1024
OUTER_PROCESSES: Final = 2
"""How many processes of a job are bubblewrap's own: the one outside, and the first inside."""

SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/run/current-system")
# Of /etc what programs need; the rest may hold secrets (shadow, keys, credentials of other services).
CONFIGURATION: Final = (
    "alternatives",
    "bash.bashrc",
    "ca-certificates",
    "crypto-policies",
    "fonts",
    "group",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "passwd",
    "perl",
    "pki/ca-trust",
    "pki/tls/certs",
    "profile",
    "protocols",
    "python3",
    "resolv.conf",
    "services",
    "shells",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
)
# bwrap covers what of /proc it takes for writable, and asks about folders: the files in them are another matter.
KERNEL: Final = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "mtrr", "driver", "asound", "tty")
TMP: Final = "/tmp"  # noqa: S108
LEVELS: Final = (
    # Newer versions bound the private file systems, and keep the job from making further namespaces.
    (("--unshare-user", "--disable-userns"), ("--size", str(256 * MIB))),
    (("--unshare-user",), ("--size", str(256 * MIB))),
    (("--unshare-user-try",), ()),
)


def arguments(
    program: str, job: Job, *, level: int = 0, readable: Sequence[str] = (), hidden: Sequence[str] = ()
) -> list[str]:
    """What to run in a job's stead.

    Args:
        program: `bwrap`.
        job: The job; its mounts appear at their own paths.
        level: Which of `LEVELS` works here.
        readable: More folders that may be read.
        hidden: Folders that stay empty, even where something above them may be read.
    """
    spaces, size = LEVELS[level]
    line = [program, "--unshare-all", *spaces, "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if job.network:
        line.append("--share-net")
    seen = (*SYSTEM, *readable)
    for path in SYSTEM:
        line += ("--ro-bind-try", path, path)
    for name in CONFIGURATION:
        line += ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    line += ("--proc", "/proc", "--dev", "/dev", *size, "--tmpfs", "/dev/shm", *size, "--tmpfs", TMP)  # noqa: S108
    for name in KERNEL:
        line += ("--ro-bind-try", f"/proc/{name}", f"/proc/{name}")
    line += ("--dir", "/var/tmp", "--dir", "/run")  # noqa: S108
    for path in readable:
        line += ("--ro-bind-try", path, path)
    for path in hidden:
        if any(PurePath(path).is_relative_to(above) for above in seen):
            line += ("--tmpfs", path)
    for mount in job.mounts:
        line += ("--bind" if mount.writable else "--ro-bind", mount.path, mount.path)
    line += ("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", job.cwd, "--")
    return [*line, *limited(job)]


def limited(job: Job) -> list[str]:
    """The job, its processes counted by the system as well: inside, the user has those of the sandbox alone.

    Shells disagree about the letter.
    """
    count = job.limits.processes
    line = f'ulimit -u {count} 2>/dev/null || ulimit -p {count} 2>/dev/null || :; exec "$@"'
    return ["/bin/sh", "-c", line, "sh", *job.argv]

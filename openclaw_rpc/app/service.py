"""The gateway as a service: systemd's unit, or launchd's property list, and what it takes to have it started."""

from __future__ import annotations

import getpass
import os
import plistlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openclaw_rpc.config.gateway import GatewaySettings
    from openclaw_rpc.config.paths import Paths
    from openclaw_rpc.config.storage import StorageSettings

NAME: Final = "openclaw"
LABEL: Final = "io.openclaw.rpc"
WATCHDOG_SECONDS: Final = 60
STOPPING_SECONDS: Final = 20
"""How long a stop may take behind `gateway.shutdown_seconds`."""

_UNIT: Final = """\
# Written by `openclaw service install`, which writes it anew; changes of yours: `systemctl{user} edit {name}`.
[Unit]
Description=openclaw gateway
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=main
{who}Environment={home}
ExecStart={command}
WatchdogSec={watchdog}
Restart=on-failure
RestartSec=2
TimeoutStartSec=300
# SIGTERM goes to the gateway alone, which ends its children itself, after gateway.shutdown_seconds at the latest.
KillMode=mixed
TimeoutStopSec={stop}
LimitNOFILE=65536
UMask=0077

# What it need not do. Commands that agents run are shut in by bubblewrap, which needs namespaces of its own; a browser
# and Node compile code as they run: no RestrictNamespaces, no SystemCallFilter, no MemoryDenyWriteExecute here.
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
ProtectSystem=strict
ReadWritePaths={writable}
PrivateTmp=yes
{more}
[Install]
WantedBy={wanted}
"""
_SYSTEM_ONLY: Final = """\
CapabilityBoundingSet=
ProtectHome={protect_home}
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
"""


class ServiceFailed(Exception):
    """The service could not be installed, asked or removed. The message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A file that describes the service, and the commands that have it started, or not any more."""

    file: Path
    text: str
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]
    reload: tuple[tuple[str, ...], ...]
    """After the file went."""
    ask: tuple[str, ...]


def described(
    paths: Paths,
    program: list[str],
    gateway: GatewaySettings,
    storage: StorageSettings,
    *,
    system: bool = False,
    user: str | None = None,
) -> Service:
    """The service for this machine.

    Args:
        paths: The gateway's files.
        program: How `openclaw` is called, with an absolute path.
        gateway: What `gateway.yaml` says of the gateway.
        storage: What it says of its storage.
        system: One of the whole system, in place of the user's own.
        user: Whose name it runs under, where it is the system's; else whoever asks.

    Raises:
        ServiceFailed: this system has neither systemd nor launchd, or its files can't be named in a unit.
    """
    config = [] if paths.config == paths.home / "gateway.yaml" else ["--config", str(paths.config)]
    command = [*program, "gateway", *config]
    if sys.platform == "darwin":
        return _launchd(paths, command, system=system, user=user)
    if not sys.platform.startswith("linux"):
        raise ServiceFailed("A service can be installed where systemd or launchd is: on Linux and macOS.")
    folder = paths.database(storage.file).absolute().parent
    stop = round(gateway.shutdown_seconds) + STOPPING_SECONDS
    return _systemd(paths, command, folder, stop, system=system, user=user)


def _systemd(paths: Paths, command: list[str], database: Path, stop: int, *, system: bool, user: str | None) -> Service:
    kept = dict.fromkeys((paths.home, paths.config.parent, paths.state, paths.cache, paths.logs, database))
    writable = [path for path in kept if not any(other in path.parents for other in kept)]
    owner = user or getpass.getuser()
    who = f"User={owner}\n" if system else ""
    in_home = any(Path(root) in path.parents for root in ("/home", "/root", "/run/user") for path in writable)
    text = _UNIT.format(
        user="" if system else " --user",
        name=NAME,
        who=who,
        home=_quoted(f"OPENCLAW_HOME={paths.home}"),
        command=" ".join(_quoted(word, command=True) for word in command),
        watchdog=WATCHDOG_SECONDS,
        stop=stop,
        writable=" ".join(_quoted(str(path)) for path in writable),
        more=_SYSTEM_ONLY.format(protect_home="no" if in_home or _below_home(command[0]) else "yes") if system else "",
        wanted="multi-user.target" if system else "default.target",
    )
    control = ("systemctl",) if system else ("systemctl", "--user")
    folder = Path("/etc/systemd/system") if system else _config_home() / "systemd" / "user"
    reload = (*control, "daemon-reload")
    return Service(
        file=folder / f"{NAME}.service",
        text=text,
        start=(reload, (*control, "enable", "--now", f"{NAME}.service")),
        stop=((*control, "disable", "--now", f"{NAME}.service"),),
        reload=(reload,),
        ask=(*control, "status", "--no-pager", "--lines=5", f"{NAME}.service"),
    )


def _launchd(paths: Paths, command: list[str], *, system: bool, user: str | None) -> Service:
    described: dict[str, object] = {
        "Label": LABEL,
        "ProgramArguments": command,
        "EnvironmentVariables": {"OPENCLAW_HOME": str(paths.home), "PATH": os.environ.get("PATH", os.defpath)},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "Umask": 0o077,
        "SoftResourceLimits": {"NumberOfFiles": 65536},
        "StandardErrorPath": str(paths.logs / "launchd.log"),
    }
    if system:
        described["UserName"] = user or getpass.getuser()
    folder = Path("/Library/LaunchDaemons") if system else Path.home() / "Library" / "LaunchAgents"
    file = folder / f"{LABEL}.plist"
    domain = "system" if system else f"gui/{os.getuid()}"
    return Service(
        file=file,
        text=plistlib.dumps(described).decode(),
        start=(("launchctl", "bootstrap", domain, str(file)),),
        stop=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        reload=(),
        ask=("launchctl", "print", f"{domain}/{LABEL}"),
    )


def install(service: Service, paths: Paths) -> None:
    """Write the file and have the service started, now and with the machine.

    Raises:
        ServiceFailed: a command says no; the file stays, to be looked at.
        OSError: the file can't be written.
    """
    paths.prepare()
    service.file.parent.mkdir(parents=True, exist_ok=True)
    service.file.write_text(service.text, encoding="utf-8")
    service.file.chmod(0o644)
    for command in service.start:
        _run(command)


def uninstall(service: Service) -> bool:
    """Stop it and remove its file; False where there is none. What the gateway keeps stays.

    Raises:
        ServiceFailed: a command says no; the file stays.
    """
    if not service.file.exists():
        return False
    for command in service.stop:
        _run(command)
    service.file.unlink()
    for command in service.reload:
        _run(command)
    return True


def status(service: Service) -> tuple[bool, str]:
    """Whether it runs, and what the system says of it.

    Raises:
        ServiceFailed: the system can't be asked.
    """
    if shutil.which(service.ask[0]) is None:
        raise ServiceFailed(f"{service.ask[0]} is not there.")
    done = subprocess.run(service.ask, check=False, capture_output=True, text=True)
    return done.returncode == 0, (done.stdout or done.stderr).strip()


def check(service: Service) -> str | None:
    """What `systemd-analyze verify` says against the file, where it is installed and says something."""
    program = shutil.which("systemd-analyze")
    if program is None or service.file.suffix != ".service":
        return None
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = Path(folder) / service.file.name
        file.write_text(service.text, encoding="utf-8")
        scope = [] if Path("/etc") in service.file.parents else ["--user"]
        # Without a session of one's own, as in a container, there is no such folder; it only has to be named.
        env = {"XDG_RUNTIME_DIR": folder, **os.environ}
        command = [program, *scope, "verify", str(file)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
    mine = [line for line in done.stderr.splitlines() if service.file.name in line or file.stem in line]
    return "\n".join(mine) if mine else None


def _run(command: tuple[str, ...]) -> None:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        raise ServiceFailed(f"{command[0]} is not there.") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise ServiceFailed(f"`{' '.join(command)}` failed: {said[-1] if said else f'exit code {done.returncode}'}")


def _quoted(word: str, *, command: bool = False) -> str:
    """A word as a unit has it (systemd.syntax(7)): specifiers and, in a command, variables are escaped."""
    if "\n" in word or "\0" in word:
        raise ServiceFailed(f"A unit can't name {word!r}.")
    escaped = word.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    escaped = escaped.replace("$", "$$") if command else escaped
    return f'"{escaped}"' if set(escaped) & set(" \t'\"\\;#") else escaped


def _config_home() -> Path:
    chosen = os.environ.get("XDG_CONFIG_HOME", "")
    return Path(chosen) if chosen else Path.home() / ".config"


def _below_home(path: str) -> bool:
    return any(path.startswith(f"{root}/") for root in ("/home", "/root"))

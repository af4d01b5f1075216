"""Workspaces on a real disk, opened in both ways."""

from pathlib import Path

import pytest

from openclaw_rpc.adapters.workspace import LocalWorkspaces
from openclaw_rpc.adapters.workspace.opening import KernelOpener, Opener, WalkingOpener, system_opener
from openclaw_rpc.domain.files import Files, FileSettings

OPENERS = ("kernel", "walking")


def opener(kind: str) -> Opener:
    """One of the two; the kernel's own where there is one."""
    if kind == "walking":
        return WalkingOpener()
    if not isinstance(system_opener(), KernelOpener):
        pytest.skip("this kernel has no openat2, or a sandbox forbids it")
    return system_opener()


def workspaces(root: Path, kind: str = "kernel") -> LocalWorkspaces:
    return LocalWorkspaces(root / "workspace", root / "workspaces", opener=opener(kind))


def files(root: Path, kind: str = "kernel", settings: FileSettings | None = None) -> Files:
    """The owner's files lie in `workspace`, made where it is missing."""
    (root / "workspace").mkdir(exist_ok=True)
    return Files(workspaces(root, kind), settings)

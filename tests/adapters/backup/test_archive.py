"""The file of a backup: what is in it is told at its end, and nothing of it lands elsewhere."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from openclaw_rpc.adapters.backup.archive import MANIFEST, Manifest, unpack, written
from openclaw_rpc.adapters.backup.sealing import BackupDamaged


def made(tmp_path: Path, passphrase: str | None = None) -> Path:
    """A backup of a folder with a file, an empty one, a private one, and a link that leads out."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "a").write_bytes(b"a" * 100_000)
    (source / "empty").touch()
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o700)
    (source / "link").symlink_to("/etc/passwd")
    os.mkfifo(source / "pipe")
    path = tmp_path / "one.backup"
    with written(path, passphrase) as writer:
        for child in sorted(source.iterdir()):
            writer.add(f"x/{child.name}", child)
        writer.finish(Manifest(id="bk", created_at="", version="", engine="sqlite", rows={}, files=writer.entries))
    return path


@pytest.mark.parametrize("passphrase", [None, "correct horse"])
def test_files_come_back_with_their_contents_modes_and_links(tmp_path: Path, passphrase: str | None) -> None:
    path = made(tmp_path, passphrase)
    assert path.stat().st_mode & 0o777 == 0o600
    manifest = unpack(path, passphrase, tmp_path / "out")
    place = tmp_path / "out" / "x"
    assert (place / "a").read_bytes() == b"a" * 100_000
    assert (place / "empty").read_bytes() == b""
    assert (place / "run.sh").stat().st_mode & 0o777 == 0o700
    assert (place / "link").readlink() == Path("/etc/passwd")
    assert sorted(entry.name for entry in manifest.files) == ["x/a", "x/empty", "x/link", "x/run.sh"]


def test_only_what_is_asked_for_is_put_in_the_folder(tmp_path: Path) -> None:
    unpack(made(tmp_path), None, tmp_path / "out", only=("x/e",))
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["empty"]


def test_a_sealed_one_is_not_read_without_its_passphrase(tmp_path: Path) -> None:
    with pytest.raises(BackupDamaged, match="passphrase is needed"):
        unpack(made(tmp_path, "correct horse"), None, tmp_path / "out")


def test_one_that_is_cut_off_anywhere_is_noticed(tmp_path: Path) -> None:
    data = made(tmp_path).read_bytes()
    cut = tmp_path / "cut.backup"
    for at in range(0, len(data), max(1, len(data) // 50)):
        cut.write_bytes(data[:at])
        with pytest.raises(BackupDamaged):
            unpack(cut, None, tmp_path / f"out-{at}")


def test_something_else_is_said_not_to_be_a_backup(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("Dear diary")
    with pytest.raises(BackupDamaged, match="not a backup"):
        unpack(other, None, tmp_path / "out")


def test_an_exception_leaves_no_half_of_a_backup(tmp_path: Path) -> None:
    path = tmp_path / "half.backup"
    with pytest.raises(RuntimeError), written(path, None) as writer:
        writer.add("a", Path(__file__))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def altered(path: Path, change: str) -> Path:
    """The same archive with one thing done to it, as somebody with an editor of archives would."""
    target = path.with_name(f"{change}.backup")
    with tarfile.open(path) as old, tarfile.open(target, "w:gz", format=tarfile.PAX_FORMAT) as new:
        for info in old:
            content = old.extractfile(info).read() if info.isreg() else b""  # pyright: ignore[reportOptionalMemberAccess]
            if change == "without a file" and info.name == "x/a":
                continue
            if change == "another content" and info.name == "x/a":
                content = b"b" * len(content)
            if change == "another link" and info.name == "x/link":
                info.linkname = "/etc/shadow"
            if change == "one more" and info.name == MANIFEST:
                new.addfile(tarfile.TarInfo("x/more"))
            info.size = len(content)
            new.addfile(info, io.BytesIO(content))
        if change == "behind its end":
            new.addfile(tarfile.TarInfo("x/more"))
    return target


@pytest.mark.parametrize("change", ["without a file", "another content", "another link", "one more", "behind its end"])
def test_one_that_was_changed_is_noticed(tmp_path: Path, change: str) -> None:
    with pytest.raises(BackupDamaged):
        unpack(altered(made(tmp_path), change), None, tmp_path / "out")


def hostile(path: Path, *entries: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for info in entries:
            tar.addfile(info, io.BytesIO(b"x" * info.size))
    return path


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, 1 if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize("name", ["../out", "x/../../out", "/tmp/openclaw-out", "x\\..\\out", "."])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = hostile(tmp_path / "hostile.backup", entry(name))
    with pytest.raises(BackupDamaged, match="outside its folder"):
        unpack(path, None, tmp_path / "in" / "it")
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_what_is_neither_file_nor_folder_is_refused(tmp_path: Path, kind: bytes) -> None:
    path = hostile(tmp_path / "hostile.backup", entry("x", kind, "/etc/passwd"))
    with pytest.raises(BackupDamaged, match="not a file"):
        unpack(path, None, tmp_path / "out")


def test_nothing_is_written_through_a_link_of_the_backup(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = hostile(tmp_path / "hostile.backup", entry("x", tarfile.SYMTYPE, str(elsewhere)), entry("x/stolen"))
    with pytest.raises(BackupDamaged):
        unpack(path, None, tmp_path / "out")
    assert list(elsewhere.iterdir()) == []

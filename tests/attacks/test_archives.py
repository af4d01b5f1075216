"""A stranger's zip does nothing outside of its folder, and nothing at all where it is refused."""

import io
import json
import os
import random
import stat
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from openclaw_rpc.adapters.skills.archive import unpack
from openclaw_rpc.adapters.skills.folder import SkillFolder
from openclaw_rpc.adapters.skills.names import MAX_UNPACKED
from openclaw_rpc.domain.skills.ports import Origin
from openclaw_rpc.protocol.errors import InvalidRequest, TooLarge
from tests.support.archives import ATTACKS, GOOD, Attack, good, member, zipped
from tests.support.skills import manifest, tree


def unguarded(data: bytes, folder: Path) -> str:
    """What a program does that writes each member where its name says, on a disk that takes A for a."""
    grown, written = 0, set[str]()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > 5000:
                return "grows"
            for info in infos:
                path = Path(os.path.normpath(folder / info.filename.replace("\\", "/")))
                contents = archive.read(info)
                grown += len(contents)
                if not path.is_relative_to(folder):
                    return "escapes"
                if stat.S_ISLNK(info.external_attr >> 16):
                    return "escapes"
                spelled = unicodedata.normalize("NFKC", str(path)).casefold()
                if spelled in written:
                    return "overwrites"
                written.add(spelled)
                if not info.is_dir():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(contents)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError):
        return "fails"
    return "grows" if grown > 10 * len(data) or grown > len(data) + 8000 else "keeps"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_refused_and_leaves_nothing(attack: Attack, tmp_path: Path):
    root = tmp_path / "deep" / "er" / "skills"
    shelf = SkillFolder(root)
    before = shelf.stage(Origin(archive=good(), fallback="echo"))
    shelf.place(before, [])
    seen = tree(tmp_path)
    with pytest.raises((InvalidRequest, TooLarge)) as caught:
        shelf.stage(Origin(archive=attack.data, fallback="evil"))
    assert caught.value.field == "source"
    assert str(tmp_path) not in caught.value.message
    assert tree(tmp_path) == seen


@pytest.mark.parametrize(
    "attack",
    [one for one in ATTACKS if one.unguarded in ("escapes", "grows", "overwrites")],
    ids=lambda attack: attack.name,
)
def test_the_same_attack_succeeds_against_a_program_without_these_checks(attack: Attack, tmp_path: Path):
    assert unguarded(attack.data, tmp_path / "a" / "b" / "c") == attack.unguarded


NAMES = (b"../x.py", b"/etc/pw", b"skill.j", b"a\0bc.py", b"tool/py")


def mutations(data: bytes, count: int) -> Iterable[bytes]:
    chance = random.Random(20261120)
    for _ in range(count):
        whole = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            match chance.randrange(4):
                case 0:
                    whole[chance.randrange(len(whole))] = chance.randrange(256)
                case 1:
                    at = chance.randrange(len(whole))
                    whole[at : at + chance.randint(1, 8)] = chance.randbytes(chance.randint(0, 8))
                case 2:
                    at = chance.choice([at for at in range(len(whole) - 50) if whole[at : at + 2] == b"PK"] or [0])
                    whole[at + chance.randrange(46)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
                case _:
                    at = whole.find(b"tool.py", chance.randrange(len(whole)))
                    if at >= 0:
                        whole[at : at + 7] = chance.choice(
                            (b"../x.py", b"/etc/pw", b"skill.j", b"a\0bc.py", b"tool/py")
                        )
        yield bytes(whole)


def test_a_thousand_damaged_zips_are_unpacked_inside_or_refused_and_nothing_else(tmp_path: Path):
    """Whatever a zip says: files below the folder, of bounded size, or an error that says why."""
    (tmp_path / "outside").write_bytes(b"untouched")
    outcomes = {True: 0, False: 0}
    for number, data in enumerate(mutations(good((member("sub/x.txt"), b"x" * 300)), 1000)):
        folder = tmp_path / "unpacked" / str(number)
        folder.mkdir(parents=True)
        try:
            unpack(data, folder)
        except (InvalidRequest, TooLarge):
            outcomes[False] += 1
        else:
            outcomes[True] += 1
        below = tree(folder)
        assert all(kind != "other" for kind, _ in below.values())
        assert sum(len(contents) for _, contents in below.values()) < 10_000
    assert (tmp_path / "outside").read_bytes() == b"untouched"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "unpacked"]
    assert all(outcomes.values()), outcomes


def test_a_good_zip_is_unpacked_with_its_executable_files_and_without_what_macs_add(tmp_path: Path):
    run = member("bin/run.sh", 0o100755)
    unpack(good((run, b"#!/bin/sh\n"), ("__MACOSX/._tool.py", b"x"), ("empty/", b"")), tmp_path)
    assert (tmp_path / "bin" / "run.sh").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "tool.py").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "__MACOSX").exists()


def test_a_document_that_is_a_zip_itself_is_no_bomb(tmp_path: Path):
    unpack(good((member("template.docx"), zipped({"word/document.xml": b"<xml/>"}))), tmp_path)
    assert (tmp_path / "template.docx").exists()


def test_the_sum_of_what_is_unpacked_is_bounded(tmp_path: Path):
    part = bytes(900 * 1024)
    many = [(f"f{at}", part) for at in range(MAX_UNPACKED // len(part) + 1)]
    data = zipped([*GOOD.items(), *many])
    with pytest.raises(TooLarge):
        unpack(data, tmp_path)
    assert list(tmp_path.iterdir()) == []


class TestFolders:
    """A folder on this machine is a stranger's, too."""

    def refused(self, tmp_path: Path, source: Path) -> str:
        shelf = SkillFolder(tmp_path / "skills")
        with pytest.raises((InvalidRequest, TooLarge)) as caught:
            shelf.stage(Origin(path=str(source)))
        assert list((tmp_path / "skills").iterdir()) == []
        return caught.value.message

    def source(self, tmp_path: Path) -> Path:
        folder = tmp_path / "source"
        folder.mkdir()
        (folder / "skill.json").write_text(json.dumps(manifest("source")))
        return folder

    def test_links_in_it_are_refused(self, tmp_path: Path):
        folder = self.source(tmp_path)
        (folder / "passwords").symlink_to("/etc/passwd")
        assert "link" in self.refused(tmp_path, folder)

    def test_links_to_folders_are_refused(self, tmp_path: Path):
        folder = self.source(tmp_path)
        (folder / "etc").symlink_to("/etc")
        assert "link" in self.refused(tmp_path, folder)

    def test_a_manifest_that_is_a_link_is_refused(self, tmp_path: Path):
        folder = self.source(tmp_path)
        (folder / "skill.json").rename(tmp_path / "elsewhere.json")
        (folder / "skill.json").symlink_to(tmp_path / "elsewhere.json")
        assert "link" in self.refused(tmp_path, folder)

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path):
        folder = self.source(tmp_path)
        os.mkfifo(folder / "pipe")
        assert "device" in self.refused(tmp_path, folder)

    def test_a_pipe_in_place_of_a_zip_is_not_waited_for(self, tmp_path: Path):
        os.mkfifo(tmp_path / "pipe.zip")
        assert "not a regular file" in self.refused(tmp_path, tmp_path / "pipe.zip")

    def test_names_that_clash_elsewhere_are_refused(self, tmp_path: Path):
        folder = self.source(tmp_path)
        (folder / "a.txt").touch()
        (folder / "A.txt").touch()
        assert "case" in self.refused(tmp_path, folder)

    def test_too_much_is_refused(self, tmp_path: Path):
        folder = self.source(tmp_path)
        with (folder / "large").open("wb") as large:
            large.truncate(MAX_UNPACKED + 1)
        assert "too large" in self.refused(tmp_path, folder)

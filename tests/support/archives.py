"""Zips as nobody should send them, by families: each with what an unguarded program would do of it."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from tests.support.skills import ECHO, manifest, tool

GOOD: Mapping[str, bytes] = {
    "skill.json": json.dumps(manifest("echo", tool())).encode(),
    "tool.py": ECHO.encode(),
}


class Attack(NamedTuple):
    """A zip, and what is wrong with it."""

    name: str
    data: bytes
    unguarded: str
    """What a program that simply unpacks it does: ``escapes``, ``grows``, ``overwrites``, ``keeps`` or ``fails``."""


def zipped(files: Mapping[str, bytes] | list[tuple[Any, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files; names may be `ZipInfo`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        pairs: Iterable[tuple[Any, bytes]] = files.items() if isinstance(files, Mapping) else files
        for name, data in pairs:
            archive.writestr(name, data, compress_type=method if isinstance(name, str) else name.compress_type)
    return out.getvalue()


def good(*more: tuple[Any, bytes]) -> bytes:
    """A good skill, and more."""
    return zipped([*GOOD.items(), *more])


def member(name: str, mode: int = stat.S_IFREG | 0o644, method: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    """A member of a kind."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    info.compress_type = method
    return info


def patched(data: bytes, change: Callable[[bytearray, int], None], which: int = -1) -> bytes:
    """A zip whose central header number ``which`` was changed."""
    whole = bytearray(data)
    at = [at for at in range(len(whole)) if whole[at : at + 4] == b"PK\x01\x02"][which]
    change(whole, at)
    return bytes(whole)


def paths() -> Iterable[Attack]:
    """Names that lead elsewhere."""
    for name in (
        "../evil.txt",
        "../../evil.txt",
        "a/../../evil.txt",
        "/tmp/evil-absolute.txt",
        "//evil.txt",
        "a//b.txt",
        "./evil.txt",
        "a/./b.txt",
        "..",
        "C:/evil.txt",
        "c:evil.txt",
        "..\\evil.txt",
        "a\\b.txt",
        "\\\\host\\share",
        "a\nb.txt",
        "a\x1b[2Jb.txt",
        "evil.txt.",
        "evil.txt ",
        " evil.txt",
        "a/ /b.txt",
        "NUL",
        "con.txt",
        "com1.json",
        "LPT9",
        "aux/b.txt",
        "file:stream",
        "what?.txt",
        "a|b",
        "\u202egnp.exe",
        "x" * 300,
        "/".join("d" * 40),
        "e/" * 600 + "f",
    ):
        escapes = ".." in name or name.startswith(("/", "\\\\"))
        yield Attack(f"path {name[:30]!r}", good((member(name), b"evil")), "escapes" if escapes else "keeps")


def kinds() -> Iterable[Attack]:
    """Members that are no files."""
    for word, mode in (
        ("link", stat.S_IFLNK),
        ("pipe", stat.S_IFIFO),
        ("device", stat.S_IFCHR),
        ("disk", stat.S_IFBLK),
        ("socket", stat.S_IFSOCK),
        ("whiteout", 0xE000),
    ):
        for perm in (0o777, 0o4755):
            yield Attack(
                f"{word} {perm:o}",
                good((member("evil", mode | perm), b"/etc/passwd")),
                "escapes" if word == "link" else "keeps",
            )
    yield Attack(
        "link, then below it", good((member("d", stat.S_IFLNK | 0o777), b"/tmp"), (member("d/x"), b"e")), "escapes"
    )
    yield Attack("file marked as folder", good((member("d", stat.S_IFDIR | 0o755), b"x")), "keeps")
    yield Attack("folder marked as file", good((member("d/"), b"")), "keeps")


def clashes() -> Iterable[Attack]:
    """Two members that are one file somewhere."""
    for one, other in (
        ("a.txt", "A.TXT"),
        ("straße", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
        ("D/x", "d/y"),
        ("ﬁle", "file"),
    ):
        one_file = "/" not in one
        two = good((member(one), b"1"), (member(other), b"2"))
        yield Attack(f"{one} and {other}", two, "overwrites" if one_file else "keeps")
    double = zipped([*GOOD.items(), ("e1.txt", b"one"), ("e2.txt", b"two")]).replace(b"e2.txt", b"e1.txt")
    yield Attack("twice", double, "overwrites")
    yield Attack("manifest twice", good((member("SKILL.JSON"), b"{}")), "overwrites")
    yield Attack("file, then below it", good((member("a"), b"1"), (member("a/b"), b"2")), "fails")
    yield Attack("below it, then file", good((member("a/b"), b"1"), (member("a"), b"2")), "fails")


def lies() -> Iterable[Attack]:
    """Headers that say what is not so."""
    plain = good((member("evil.txt", method=zipfile.ZIP_DEFLATED), b"evil" * 100))
    for word, bits in (("encrypted", 0x1), ("strongly encrypted", 0x41), ("masked", 0x2000)):

        def encrypt(whole: bytearray, at: int, bits: int = bits) -> None:
            struct.pack_into("<H", whole, at + 8, struct.unpack_from("<H", whole, at + 8)[0] | bits)

        yield Attack(word, patched(plain, encrypt), "fails")

    def zero(whole: bytearray, at: int) -> None:
        name = whole.index(b"evil.txt", at)
        whole[name : name + 8] = b"evil\0txt"

    yield Attack("a zero byte in a name", patched(plain, zero), "fails")

    def crc(whole: bytearray, at: int) -> None:
        struct.pack_into("<L", whole, at + 16, 0x12345678)

    yield Attack("a wrong checksum", patched(plain, crc), "fails")

    def unknown(whole: bytearray, at: int) -> None:
        struct.pack_into("<H", whole, at + 10, 97)

    yield Attack("an unknown method", patched(plain, unknown), "fails")

    def short(whole: bytearray, at: int) -> None:
        struct.pack_into("<L", whole, at + 24, 1)

    yield Attack("a size that is too small", patched(plain, short), "fails")
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield Attack(f"method {method}", good((member("evil.txt", method=method), b"e" * 500)), "keeps")
    yield Attack("cut", plain[: len(plain) // 2], "fails")
    yield Attack("no zip", b"PK" + b"\0" * 100, "fails")
    yield Attack("empty", b"", "fails")
    end = bytearray(plain)
    yield Attack(
        "count of members that is too small", bytes(end[:-14] + struct.pack("<HH", 0xFFFF, 0xFFFF) + end[-10:]), "keeps"
    )
    split = bytearray(plain)
    struct.pack_into("<H", split, len(split) - 18, 3)
    yield Attack("one of several disks", bytes(split), "keeps")


def bombs() -> Iterable[Attack]:
    """What unpacks to far more than it is."""
    flat = good((member("zeros.bin", method=zipfile.ZIP_DEFLATED), bytes(3 * 1024 * 1024)))
    yield Attack("flat", flat, "grows")
    yield Attack("nested", good((member("inner.zip"), flat)), "keeps")
    yield Attack("nested twice", good((member("o.dat"), good((member("i.dat"), flat)))), "keeps")
    deep = good()
    for _ in range(5):
        deep = good((member("more.zip"), deep))
    yield Attack("nested deep", deep, "keeps")
    for word, head in (
        ("gzip", b"\x1f\x8b\x08"),
        ("bzip2", b"BZh9"),
        ("xz", b"\xfd7zXZ\0"),
        ("7z", b"7z\xbc\xaf\x27\x1c"),
    ):
        yield Attack(f"nested {word}", good((member("x.bin"), head + b"rest")), "keeps")
    yield Attack("members that overlap", overlapping(), "fails")
    yield Attack("too many files", zipped([*GOOD.items(), *((f"f{at}", b"") for at in range(5100))]), "grows")
    sizes = [*GOOD.items(), *((f"f{at}", noise(1 << 20)) for at in range(2))]

    def large(whole: bytearray, at: int) -> None:
        struct.pack_into("<L", whole, at + 24, 250 * 1024 * 1024)

    yield Attack("a size that is too large", patched(zipped(sizes, zipfile.ZIP_STORED), large), "fails")


def noise(size: int) -> bytes:
    """Bytes that can't be packed, always the same."""
    out, seed = bytearray(), 1
    while len(out) < size:
        seed = zlib.crc32(seed.to_bytes(4, "big")) or 1
        out += seed.to_bytes(4, "big") * 4
    return bytes(out[:size])


def overlapping() -> bytes:
    """Several members that share one kernel of bytes (D. Fifield, 2019)."""
    data = zipped([*GOOD.items(), ("kernel-0", noise(4096))], zipfile.ZIP_STORED)
    at = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    header = data[at:end]
    copies = b"".join(header.replace(b"kernel-0", f"kernel-{copy}".encode()) for copy in range(1, 9))
    count, size = struct.unpack_from("<HL", data, end + 10)
    tail = bytearray(data[end:])
    struct.pack_into("<HHL", tail, 8, count + 8, count + 8, size + len(copies))
    return data[:end] + copies + bytes(tail)


ATTACKS = tuple(attack for family in (paths, kinds, clashes, lies, bombs) for attack in family())

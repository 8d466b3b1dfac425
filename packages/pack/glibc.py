"""The glibc that a Linux binary needs, from the versions of the symbols that it wants."""

import pathlib
import re
import struct

from .project import Built, Unusable

# Types of sections.
STRINGS = 3
NEEDED_VERSIONS = 0x6FFFFFFE


def needed(binary: pathlib.Path) -> tuple[int, int]:
    """The latest version of glibc among those that symbols are wanted in; (0, 0) for a binary that wants none."""
    data = binary.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        raise Unusable(f"{binary} is no ELF file of 64 bits, lowest byte first")
    (table,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + number * size) for number in range(count)]
    latest = (0, 0)
    for _, kind, _, _, offset, _, link, _, _, _ in sections:
        if kind != NEEDED_VERSIONS:
            continue
        strings = sections[link]
        if strings[1] != STRINGS:
            raise Unusable(f"{binary} has versions without names")
        for name in _names(data, offset, strings[4]):
            if found := re.fullmatch(r"GLIBC_(\d+)\.(\d+)(\.\d+)?", name):
                latest = max(latest, (int(found[1]), int(found[2])))
    return latest


def _names(data: bytes, offset: int, strings: int):
    """The names of all versions of all libraries, which two lists of steps lead through."""
    library = offset
    while True:
        _, _, _, first, step = struct.unpack_from("<HHIII", data, library)
        version = library + first
        while True:
            _, _, _, name, next_version = struct.unpack_from("<IHHII", data, version)
            start = strings + name
            yield data[start : data.index(b"\0", start)].decode()
            if next_version == 0:
                break
            version += next_version
        if step == 0:
            return
        library += step


def text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def check(binary: pathlib.Path, at_most: str) -> None:
    """Fails if the binary needs a later one."""
    major, minor = at_most.split(".")
    wanted = needed(binary)
    if wanted > (int(major), int(minor)):
        raise Unusable(
            f"{binary} needs glibc {text(wanted)}, and may need {at_most} at most\n"
            "hint: `make package-linux` links for an older one"
        )


def remark(built: Built) -> str:
    if built.platform.system != "linux":
        return ""
    return f", glibc {text(needed(built.binary))} and later"

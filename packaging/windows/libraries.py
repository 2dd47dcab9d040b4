"""Which DLLs a Windows library needs, read from its import tables (PE/COFF specification)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

_IMPORTS, _DELAYED = 1, 13  # places in the optional header's data directories
_ROW = {_IMPORTS: (20, 12), _DELAYED: (32, 4)}  # bytes of a row, and where its name stands


def needs(path: Path) -> set[str]:
    """Return the names of the DLLs that a 64-bit library or program imports, in lower case."""
    data = path.read_bytes()
    start = struct.unpack_from("<I", data, 0x3C)[0]
    if data[start : start + 4] != b"PE\0\0":
        raise ValueError(f"{path} is not a Windows program or library")
    sections, optional_size = struct.unpack_from("<H12xH", data, start + 6)
    optional = start + 24
    if struct.unpack_from("<H", data, optional)[0] != 0x20B:
        raise ValueError(f"{path} is not for 64 bits")
    table = [
        struct.unpack_from("<4I", data, optional + optional_size + 40 * i + 8)
        for i in range(sections)
    ]

    def at(address: int) -> int:
        for size, begin, raw_size, raw in table:
            if begin <= address < begin + max(size, raw_size):
                return raw + address - begin
        raise ValueError(f"{path}: nothing lies at {address:#x}")

    found = set()
    for which, (row, place) in _ROW.items():
        address, size = struct.unpack_from("<2I", data, optional + 112 + 8 * which)
        if not size:
            continue
        here = at(address)
        while name := struct.unpack_from("<I", data, here + place)[0]:
            begin = at(name)
            found.add(data[begin : data.index(b"\0", begin)].decode("ascii").lower())
            here += row
    return found


def closure(roots: Iterable[Path], present: Iterable[Path]) -> set[Path]:
    """Return the roots and whatever of `present` they need, and those in turn."""
    by_name = {path.name.lower(): path for path in present}
    found: set[Path] = set()
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += [by_name[n] for n in needs(one) if n in by_name]
    return found

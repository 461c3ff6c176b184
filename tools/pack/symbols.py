"""Blank what a debugger, but nobody else, reads in shared objects.

Wheels often carry symbol tables and debugging information: packed, they are a tenth of cryptography's extension
and four fifths of PyYAML's. Zeros compress to nothing, and blanking needs no tools and moves no byte. The
dynamic loader maps only what the program headers name, and no section without the flag "allocated" is there.
"""

from __future__ import annotations

import struct

MAGIC = b"\x7fELF\x02\x01"
"""A 64-bit little-endian object: amd64 and arm64."""

BLANKED = {1: "SHT_PROGBITS", 2: "SHT_SYMTAB", 3: "SHT_STRTAB"}
"""Kinds of sections, see elf(5): debugging information, symbol tables, and the names in these."""

ALLOCATED = 2
"""SHF_ALLOC: the section is in memory at run time."""


def blank(content: bytes) -> bytes:
    """Give a shared object with zeros for what is not in memory at run time; other files are given as they are."""
    if not content.startswith(MAGIC):
        return content
    (table,) = struct.unpack_from("<Q", content, 40)
    size, count, section_names = struct.unpack_from("<HHH", content, 58)
    result = bytearray(content)
    for index in range(count):
        _, kind, flags, _, offset, length = struct.unpack_from("<IIQQQQ", content, table + index * size)
        if kind in BLANKED and not flags & ALLOCATED and index != section_names:
            result[offset : offset + length] = bytes(length)
    return bytes(result)

"""The compound file (OLE) that .xls, .doc and encrypted workbooks are kept in."""

import struct

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA
_END_OF_CHAIN = 0xFFFFFFFE
_FREE = 0xFFFFFFFF
_ENTRY_BYTES = 128


class DamagedCompoundFileError(Exception):
    """A compound file whose chains or directory lead nowhere."""


def is_compound_file(data: bytes) -> bool:
    """Whether `data` begins like a compound file."""
    return data.startswith(_MAGIC)


class CompoundFile:
    """A compound file in memory; `streams` names what it holds."""

    def __init__(self, data: bytes) -> None:
        """Read the allocation tables and the directory; raises DamagedCompoundFileError."""
        try:
            self._data = data
            shift, mini_shift = struct.unpack_from("<HH", data, 30)
            if shift not in (9, 12) or mini_shift > shift:
                raise DamagedCompoundFileError("sector size")
            self._sector, self._mini_sector = 1 << shift, 1 << mini_shift
            directory, self._cutoff, mini_start = struct.unpack_from("<I4xII", data, 48)
            self._fat = self._read_fat()
            self._mini_fat = self._words(self._chain(mini_start)) if mini_start < _LAST_SECTOR else []
            self.streams: dict[str, tuple[int, int]] = {}
            self._mini = b""
            self._read_directory(self._chain(directory))
        except struct.error as error:
            raise DamagedCompoundFileError("cut short") from error

    def read(self, name: str) -> bytes:
        """Return a stream's bytes; raises KeyError for a stream that isn't there."""
        start, size = self.streams[name]
        if size >= self._cutoff:
            return self._chain(start)[:size]
        pieces: list[bytes] = []
        sector = start
        while sector < _LAST_SECTOR and len(pieces) * self._mini_sector < size:
            pieces.append(self._mini[sector * self._mini_sector : (sector + 1) * self._mini_sector])
            if sector >= len(self._mini_fat):
                raise DamagedCompoundFileError("mini chain")
            sector = self._mini_fat[sector]
        return b"".join(pieces)[:size]

    def _sector_bytes(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        if start >= len(self._data):
            raise DamagedCompoundFileError("sector outside the file")
        return self._data[start : start + self._sector]

    @staticmethod
    def _words(data: bytes) -> list[int]:
        return [word for (word,) in struct.iter_unpack("<I", data[: len(data) // 4 * 4])]

    def _read_fat(self) -> list[int]:
        sectors = self._words(self._data[76:512])
        (following,) = struct.unpack_from("<I", self._data, 68)
        seen: set[int] = set()
        while following < _LAST_SECTOR and following not in seen:
            seen.add(following)
            *more, following = self._words(self._sector_bytes(following))
            sectors += more
        fat: list[int] = []
        for sector in dict.fromkeys(sectors):
            if sector < _LAST_SECTOR:
                fat += self._words(self._sector_bytes(sector))
        return fat

    def _chain(self, start: int) -> bytes:
        pieces: list[bytes] = []
        sector = start
        while sector < _LAST_SECTOR:
            # A chain longer than the table goes round in a circle.
            if sector >= len(self._fat) or len(pieces) > len(self._fat):
                raise DamagedCompoundFileError("chain")
            pieces.append(self._sector_bytes(sector))
            sector = self._fat[sector]
        return b"".join(pieces)

    def _read_directory(self, directory: bytes) -> None:
        for place in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            entry = directory[place : place + _ENTRY_BYTES]
            length, kind = struct.unpack_from("<HB", entry, 64)
            start, size = struct.unpack_from("<II", entry, 116)
            if kind == 5 and start < _LAST_SECTOR:
                self._mini = self._chain(start)[:size]
            elif kind == 2 and 2 <= length <= 64:
                self.streams[entry[: length - 2].decode("utf-16-le", "replace")] = (start, size)


def write_compound_file(name: str, stream: bytes) -> bytes:
    """Return a compound file of one stream, so that no reader sees more of a file than was measured."""
    sector = 4096
    padded = stream + bytes(max(sector, -(-len(stream) // sector) * sector) - len(stream))
    count = len(padded) // sector
    tables = 1
    while tables * (sector // 4) < tables + 1 + count:
        tables += 1
    directory, first = tables, tables + 1
    fat = [0xFFFFFFFD] * tables + [_END_OF_CHAIN]
    fat += [*range(first + 1, first + count), _END_OF_CHAIN]
    fat += [_FREE] * (tables * sector // 4 - len(fat))
    header = _MAGIC + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 4, 0xFFFE, 12, 6)
    header += struct.pack("<IIIIIIIII", 1, tables, directory, 0, sector, _END_OF_CHAIN, 0, _END_OF_CHAIN, 0)
    header += struct.pack("<109I", *range(tables), *[_FREE] * (109 - tables))
    # The root says where small streams are kept; there are none, yet some readers want a place named.
    entries = _entry("Root Entry", 5, 1, 0, 0) + _entry(name, 2, _FREE, first, len(padded))
    parts = (header, struct.pack(f"<{len(fat)}I", *fat), entries, padded)
    return b"".join(part + bytes(-len(part) % sector) for part in parts)


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    """Return a directory entry of 128 bytes."""
    encoded = name.encode("utf-16-le")
    links = struct.pack("<HBBIII", len(encoded) + 2, kind, 1, _FREE, _FREE, child)
    return encoded.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)

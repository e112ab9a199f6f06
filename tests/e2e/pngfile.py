"""Reads a PNG of 8 bits a channel, so that a test can look at what was drawn."""
import itertools
import struct
import zlib


def _paeth(a, b, c):
    to_a, to_b, to_c = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    if to_a <= to_b and to_a <= to_c:
        return a
    return b if to_b <= to_c else c


def _unfilter(kind, line, before, step):
    """One row back to what it was before its filter (PNG specification, 9.2)."""
    if kind == 1:
        for channel in range(step):
            sums = itertools.accumulate(line[channel::step])
            line[channel::step] = bytes(value & 255 for value in sums)
        return
    if kind == 2:
        line[:] = bytes((a + b) & 255 for a, b in zip(line, before)) if any(line) else before
        return
    for i, value in enumerate(line):
        left = line[i - step] if i >= step else 0
        up = before[i]
        corner = before[i - step] if i >= step else 0
        guess = _paeth(left, up, corner) if kind == 4 else (left + up) // 2
        line[i] = (value + guess) & 255


class Picture:
    """width, height and pixels as (red, green, blue)."""

    def __init__(self, path):
        with open(path, "rb") as source:
            data = source.read()
        if data[:8] != b"\x89PNG\r\n\x1a\n":
            raise ValueError(f"{path} is no PNG")
        at, packed = 8, b""
        while at < len(data):
            size, name = struct.unpack(">I4s", data[at:at + 8])
            body = data[at + 8:at + 8 + size]
            if name == b"IHDR":
                self.width, self.height, depth, colour = struct.unpack(">IIBB", body[:10])
                if depth != 8 or body[12]:
                    raise ValueError(f"{path}: {depth} bits a channel, interlaced {body[12]}")
                self.channels = {0: 1, 2: 3, 6: 4}[colour]
            if name == b"IDAT":
                packed += body
            at += size + 12
        self._rows(zlib.decompress(packed))

    def _rows(self, raw):
        size = self.width * self.channels
        self.rows, before = [], bytearray(size)
        for y in range(self.height):
            kind = raw[y * (size + 1)]
            line = bytearray(raw[y * (size + 1) + 1:(y + 1) * (size + 1)])
            if kind:
                _unfilter(kind, line, before, self.channels)
            self.rows.append(line)
            before = line

    def at(self, x, y):
        pixel = tuple(self.rows[y][x * self.channels:(x + 1) * self.channels])
        return pixel * 3 if len(pixel) == 1 else pixel[:3]

    def places(self, colour):
        """All (x, y) of exactly this colour."""
        wanted, found = bytes(colour), []
        for y, row in enumerate(self.rows):
            at = row.find(wanted)
            while at >= 0:
                if at % self.channels == 0:
                    found.append((at // self.channels, y))
                at = row.find(wanted, at + 1)
        return found

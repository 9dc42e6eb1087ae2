"""Galley's binary encoding: the values of JSON in CBOR (RFC 8949), in frames of `5A`, a length of four bytes, and a message."""

import struct

LEVELS_MAX = 64
SIMPLE = {0xF4: False, 0xF5: True, 0xF6: None}
FLOATS = {0xF9: ">e", 0xFA: ">f", 0xFB: ">d"}


def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
    return bytes([major << 5 | 23 + size.bit_length()]) + number.to_bytes(size, "big")


def encode(value):
    match value:
        case None | bool():
            return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            return head(3, len(text := value.encode())) + text
        case list():
            return head(4, len(value)) + b"".join(map(encode, value))
        case dict():
            return head(5, len(value)) + b"".join(encode(part) for pair in value.items() for part in pair)
    raise ValueError(f"JSON has nothing like {value!r}")


def decode(data, at=0, level=1):
    """Gives the value that begins there, and where it ends."""
    first, at = data[at], at + 1
    major, size = first >> 5, 1 << (first & 31) - 24 if first & 31 > 23 else 0
    if first in SIMPLE:
        return SIMPLE[first], at
    if major == 7 and first in FLOATS:
        return struct.unpack_from(FLOATS[first], data, at)[0], at + size
    if size > 8 or major in (2, 6, 7) or (major > 3 and level > LEVELS_MAX):
        raise ValueError(f"{first:02x} has no place here")
    number, at = int.from_bytes(data[at : at + size], "big") if size else first & 31, at + size
    if major < 2:
        return (-1 - number if major else number), at
    if major == 3:
        return data[at : at + number].decode(), at + number
    parts = []
    for _ in range(number * (major - 3)):
        part, at = decode(data, at, level + 1)
        parts.append(part)
    return (parts if major == 4 else dict(zip(parts[::2], parts[1::2]))), at


class CborFrames:
    preface = b"\xd9\xd9\xf7"  # Each direction begins with this tag, which makes all of it a CBOR sequence (RFC 8742).

    def __init__(self):
        self.rest, self.begun = b"", False

    def encode(self, message):
        return b"\x5a" + len(data := encode(message)).to_bytes(4, "big") + data

    def feed(self, chunk):
        self.rest += chunk
        if not self.begun and len(self.rest) >= 3:
            self.rest, self.begun = self.rest.removeprefix(self.preface), True
        while self.begun and len(self.rest) >= 5:
            end = 5 + int.from_bytes(self.rest[1:5], "big")
            if self.rest[0] != 0x5A:
                raise ConnectionError("no frame begins like this")
            if len(self.rest) < end:
                break
            message, self.rest = self.rest[5:end], self.rest[end:]
            yield decode(message)[0]

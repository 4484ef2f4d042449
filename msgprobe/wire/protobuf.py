"""Just enough of Protocol Buffers: length-delimited fields and varints.

Source: protobuf.dev, "Encoding" (wire types 0, 1, 2 and 5; groups are not used by anyone here).
"""

from msgprobe.wire.error import WireError

_MAX_VARINT = 10


def varint(value: int) -> bytes:
    """``value`` (not negative) as a base-128 varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def bytes_field(number: int, value: bytes) -> bytes:
    """A length-delimited field (wire type 2)."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(_MAX_VARINT):
        if at + index >= len(data):
            raise WireError("protobuf: varint is cut short")
        byte = data[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    raise WireError("protobuf: varint is longer than 10 bytes")


def read_fields(data: bytes) -> dict[int, int | bytes]:
    """The fields of one message; of a repeated field the last one. Raises WireError."""
    fields: dict[int, int | bytes] = {}
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise WireError("protobuf: field number 0")
        if kind == 0:
            fields[number], at = _read_varint(data, at)
            continue
        if kind == 2:
            size, at = _read_varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise WireError(f"protobuf: wire type {kind}")
        if at + size > len(data):
            raise WireError("protobuf: field is cut short")
        fields[number] = data[at : at + size]
        at += size
    return fields


def bytes_of(fields: dict[int, int | bytes], number: int) -> bytes:
    """The length-delimited field ``number``. Raises WireError when absent or of another kind."""
    value = fields.get(number)
    if not isinstance(value, bytes):
        raise WireError(f"protobuf: field {number} is missing")
    return value


def int_of(fields: dict[int, int | bytes], number: int) -> int:
    """The varint ``number``, 0 (proto's default) when absent. Raises WireError for other kinds."""
    value = fields.get(number, 0)
    if not isinstance(value, int):
        raise WireError(f"protobuf: field {number} is not a number")
    return value

"""What anybody on the way reads in a client's QUIC Initial packet (RFC 9001 section 5.2).

Its keys come from the connection id that it bears itself. Version 1 only, one packet by itself.
Total on any bytes. Kept apart from aioquic, so that the lab and what it tries cannot share a
misunderstanding.
"""

import hashlib
import hmac
import struct
from typing import Final

_SALT: Final = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_VERSION: Final = 1
_TAG: Final = 16
_SAMPLE_AFTER: Final = 4
_PADDING, _PING, _CRYPTO = 0, 1, 6


class _Unreadable(Exception):
    """No Initial packet of a client's, or one that this reader cannot follow."""


def client_hello(datagram: bytes) -> bytes | None:
    """The ClientHello message in the Initial packet that ``datagram`` begins with, if it is whole
    there; None for anything else."""
    if len(datagram) < 1200 or datagram[0] & 0xF0 != 0xC0:
        return None
    if int.from_bytes(datagram[1:5], "big") != _VERSION:
        return None
    try:
        return _message(_crypto(_opened(datagram)))
    except (_Unreadable, IndexError, struct.error):
        return None


def _opened(datagram: bytes) -> bytes:
    """The frames of the packet, its protection removed (sections 5.3 and 5.4)."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    at = 6 + datagram[5]
    destination = datagram[6:at]
    at += 1 + datagram[at]
    token, at = _varint(datagram, at)
    length, at = _varint(datagram, at + token)
    if at + length > len(datagram) or length < _SAMPLE_AFTER + _TAG:
        raise _Unreadable
    key, iv, hp = _keys(destination)
    sample = datagram[at + _SAMPLE_AFTER : at + _SAMPLE_AFTER + 16]
    mask = Cipher(algorithms.AES(hp), modes.ECB()).encryptor().update(sample)
    first = datagram[0] ^ mask[0] & 0x0F
    size = (first & 0x03) + 1
    number = bytes(a ^ b for a, b in zip(datagram[at : at + size], mask[1:], strict=False))
    header = bytes([first]) + datagram[1:at] + number
    nonce = bytes(a ^ b for a, b in zip(iv, number.rjust(12, b"\0"), strict=True))
    try:
        return AESGCM(key).decrypt(nonce, datagram[at + size : at + length], header)
    except InvalidTag:
        raise _Unreadable from None


def _keys(destination: bytes) -> tuple[bytes, bytes, bytes]:
    secret = hmac.digest(_SALT, destination, "sha256")
    client = _expand(secret, b"client in", 32)
    return _expand(client, b"quic key", 16), _expand(client, b"quic iv", 12), _hp(client)


def _hp(client: bytes) -> bytes:
    return _expand(client, b"quic hp", 16)


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label (RFC 8446 section 7.1), for at most one hash of output."""
    label = b"tls13 " + label
    info = struct.pack("!HB", size, len(label)) + label + b"\0"
    return hmac.new(secret, info + b"\1", hashlib.sha256).digest()[:size]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    size = 1 << (data[at] >> 6)
    if at + size > len(data):
        raise _Unreadable
    value = int.from_bytes(data[at : at + size], "big") & ((1 << (8 * size - 2)) - 1)
    return value, at + size


def _crypto(frames: bytes) -> bytes:
    """What the CRYPTO frames carry, from the beginning on without a gap (RFC 9000 section 19.6)."""
    pieces: dict[int, bytes] = {}
    at = 0
    while at < len(frames):
        kind, at = _varint(frames, at)
        if kind in (_PADDING, _PING):
            continue
        if kind != _CRYPTO:
            break  # acknowledgements and the like: a client's first packet has none
        offset, at = _varint(frames, at)
        size, at = _varint(frames, at)
        pieces[offset] = frames[at : at + size]
        at += size
    whole = b""
    for offset, piece in sorted(pieces.items()):
        if offset <= len(whole):
            whole += piece[len(whole) - offset :]
    return whole


def _message(stream: bytes) -> bytes:
    if len(stream) < 4 or stream[0] != 1:
        raise _Unreadable
    end = 4 + int.from_bytes(stream[1:4], "big")
    if len(stream) < end:
        raise _Unreadable
    return stream[:end]

"""AES in the two modes that MTProto uses: CTR for a byte stream, IGE for a whole message.

Sources: FIPS 197 (the cipher), NIST SP 800-38A §6.5 (CTR), core.telegram.org/mtproto/auth_key and
tdlib ``tdutils/td/utils/crypto.cpp`` (IGE: its iv is the previous ciphertext block, then the
previous plaintext block). ``cryptography`` does the work where it is installed; the few hundred
bytes of a handshake are also possible without.
"""

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Literal, Protocol

BLOCK = 16
"""Bytes of a block."""

_KEY_SIZES = (16, 24, 32)

Rounds = Callable[[bytes], bytes]
"""One block in, one block out."""


class Stream(Protocol):
    """One direction of a stream cipher; it remembers how far it came."""

    def update(self, data: bytes) -> bytes:
        """The next bytes, encrypted or decrypted."""
        ...


def ctr(key: bytes, counter: bytes) -> Stream:
    """AES-CTR that begins at the 16-byte ``counter``; encrypting and decrypting are the same.

    Raises ValueError for a key or a counter of another size.
    """
    _check(key, counter, BLOCK)
    try:
        lib = _library()
    except ImportError:
        return PlainCtr(key, counter)
    stream: Stream = lib.Cipher(lib.algorithms.AES(key), lib.modes.CTR(counter)).encryptor()
    return stream


def ige_encrypt(data: bytes, key: bytes, iv: bytes) -> bytes:
    """``data`` in AES-IGE. Raises ValueError unless it is whole blocks and ``iv`` 32 bytes."""
    return _ige(data, _rounds(key, "encrypt"), iv[:BLOCK], iv[BLOCK:], iv)


def ige_decrypt(data: bytes, key: bytes, iv: bytes) -> bytes:
    """What ``ige_encrypt`` was given. Raises ValueError as it does."""
    return _ige(data, _rounds(key, "decrypt"), iv[BLOCK:], iv[:BLOCK], iv)


def _ige(data: bytes, rounds: Rounds, before: bytes, after: bytes, iv: bytes) -> bytes:
    if len(data) % BLOCK or len(iv) != 2 * BLOCK:
        raise ValueError(f"IGE needs whole blocks and an iv of {2 * BLOCK} bytes")
    last, one_before = int.from_bytes(before), int.from_bytes(after)
    out = bytearray()
    for at in range(0, len(data), BLOCK):
        block = int.from_bytes(data[at : at + BLOCK])
        last ^= block
        last = int.from_bytes(rounds(last.to_bytes(BLOCK))) ^ one_before
        out += last.to_bytes(BLOCK)
        one_before = block
    return bytes(out)


def _rounds(key: bytes, way: Literal["encrypt", "decrypt"]) -> Rounds:
    """The bare cipher on single blocks, which IGE is built on."""
    try:
        lib = _library()
    except ImportError:
        plain = PlainAes(key)
        return plain.encrypt if way == "encrypt" else plain.decrypt
    ecb = lib.Cipher(lib.algorithms.AES(key), lib.modes.ECB())
    rounds: Rounds = (ecb.encryptor() if way == "encrypt" else ecb.decryptor()).update
    return rounds


def _library() -> ModuleType:
    """The package that does the work. Raises ImportError where it is not installed."""
    from cryptography.hazmat.primitives import ciphers

    return ciphers


def _check(key: bytes, iv: bytes, size: int) -> None:
    if len(key) not in _KEY_SIZES or len(iv) != size:
        raise ValueError(f"AES takes a key of 16, 24 or 32 bytes, and here an iv of {size}")


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))


def _doubled(value: int) -> int:
    """``value`` times x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197 §4.2)."""
    return (value << 1) ^ (0x11B if value & 0x80 else 0)


def _times(value: int, factor: int) -> int:
    result = 0
    while factor:
        if factor & 1:
            result ^= value
        value, factor = _doubled(value), factor >> 1
    return result


def _substitution() -> bytes:
    """The S-box: the inverse in GF(2^8), then an affine map (FIPS 197 §5.1.1)."""
    box = bytearray(256)
    power, inverse = 1, 1
    while True:
        power ^= _doubled(power)  # times 3, a generator
        for shift in (1, 2, 4):  # divided by 3
            inverse ^= (inverse << shift) & 0xFF
        if inverse & 0x80:
            inverse ^= 0x09
        turned = inverse
        for _ in range(4):
            turned = ((turned << 1) | (turned >> 7)) & 0xFF
            box[power] ^= turned
        box[power] ^= inverse ^ 0x63
        if power == 1:
            break
    box[0] = 0x63
    return bytes(box)


# ShiftRows and its inverse, on the state column by column (FIPS 197 §5.1.2, §5.3.1).
_SHIFT = tuple((i + 4 * (i % 4)) % 16 for i in range(16))
_UNSHIFT = tuple((i - 4 * (i % 4)) % 16 for i in range(16))


@cache
def _boxes() -> tuple[bytes, bytes]:
    """The S-box and its inverse."""
    box = _substitution()
    return box, bytes(box.index(i) for i in range(256))


@cache
def _multiples(factor: int) -> bytes:
    """Every byte times ``factor``: the products of MixColumns (FIPS 197 §5.1.3, §5.3.3)."""
    return bytes(_times(i, factor) for i in range(256))


class PlainAes:
    """AES on single blocks in plain Python. Not constant in time: for keys that live a moment."""

    def __init__(self, key: bytes) -> None:
        """Expand ``key``. Raises ValueError unless it has 16, 24 or 32 bytes."""
        _check(key, b"", 0)
        self._box, self._back = _boxes()
        box, words = self._box, [key[i : i + 4] for i in range(0, len(key), 4)]
        length, constant = len(words), 1
        for i in range(length, 4 * (length + 7)):
            word = words[-1]
            if i % length == 0:
                word = word[1:] + word[:1]
                word = word.translate(box)
                word = bytes((word[0] ^ constant, *word[1:]))
                constant = _doubled(constant)
            elif length == 8 and i % length == 4:
                word = word.translate(box)
            words.append(_xor(words[i - length], word))
        self._keys = [b"".join(words[i : i + 4]) for i in range(0, len(words), 4)]

    def encrypt(self, block: bytes) -> bytes:
        """One block of 16 bytes (FIPS 197 §5.1)."""
        two, three = _multiples(2), _multiples(3)
        state = _xor(block, self._keys[0])
        for key in self._keys[1:-1]:
            s = state.translate(self._box)
            s = bytes([s[i] for i in _SHIFT])
            mixed = bytearray()
            for at in (0, 4, 8, 12):
                a, b, c, d = s[at : at + 4]
                mixed += bytes(
                    (
                        two[a] ^ three[b] ^ c ^ d,
                        a ^ two[b] ^ three[c] ^ d,
                        a ^ b ^ two[c] ^ three[d],
                        three[a] ^ b ^ c ^ two[d],
                    )
                )
            state = _xor(bytes(mixed), key)
        s = state.translate(self._box)
        return _xor(bytes([s[i] for i in _SHIFT]), self._keys[-1])

    def decrypt(self, block: bytes) -> bytes:
        """The block that ``encrypt`` was given (FIPS 197 §5.3)."""
        nine, eleven, thirteen, fourteen = map(_multiples, (9, 11, 13, 14))
        state = _xor(block, self._keys[-1])
        for key in self._keys[-2:0:-1]:
            s = bytes([state[i] for i in _UNSHIFT])
            s = _xor(s.translate(self._back), key)
            mixed = bytearray()
            for at in (0, 4, 8, 12):
                a, b, c, d = s[at : at + 4]
                mixed += bytes(
                    (
                        fourteen[a] ^ eleven[b] ^ thirteen[c] ^ nine[d],
                        nine[a] ^ fourteen[b] ^ eleven[c] ^ thirteen[d],
                        thirteen[a] ^ nine[b] ^ fourteen[c] ^ eleven[d],
                        eleven[a] ^ thirteen[b] ^ nine[c] ^ fourteen[d],
                    )
                )
            state = bytes(mixed)
        s = bytes([state[i] for i in _UNSHIFT])
        return _xor(s.translate(self._back), self._keys[0])


class PlainCtr:
    """AES-CTR in plain Python, one direction. Raises ValueError as `ctr` does."""

    def __init__(self, key: bytes, counter: bytes) -> None:
        _check(key, counter, BLOCK)
        self._aes = PlainAes(key)
        self._counter = int.from_bytes(counter)
        self._ready = b""

    def update(self, data: bytes) -> bytes:
        """The next bytes, encrypted or decrypted."""
        while len(self._ready) < len(data):
            self._ready += self._aes.encrypt(self._counter.to_bytes(BLOCK))
            self._counter = (self._counter + 1) % (1 << 128)
        now, self._ready = self._ready[: len(data)], self._ready[len(data) :]
        return _xor(data, now)

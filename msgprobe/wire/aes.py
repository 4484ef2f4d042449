"""AES in the two modes that MTProto uses: CTR for a byte stream, IGE for a whole message.

Sources: FIPS 197 (the cipher), NIST SP 800-38A §6.5 (CTR), core.telegram.org/mtproto/auth_key and
tdlib ``tdutils/td/utils/crypto.cpp`` (IGE: its iv is the previous ciphertext block, then the
previous plaintext block). One block takes some 15 µs, made for the few hundred of a handshake; of
many at once each takes a third of that or less.
"""

import struct
from collections.abc import Callable
from functools import cache, cached_property

BLOCK = 16
"""Bytes of a block."""

_KEY_SIZES = (16, 24, 32)

_MANY = 8
"""Blocks from which on it is quicker to encrypt them side by side."""

Word = int
"""One column of a state or of a key: four bytes, the first one highest."""

Words = tuple[Word, Word, Word, Word]

Tables = tuple[tuple[Word, ...], ...]
"""For each row of a state, what each byte of it adds to its column."""

_WORDS = struct.Struct(">4I")


def ctr(key: bytes, counter: bytes) -> "Stream":
    """AES-CTR that begins at the 16-byte ``counter``; encrypting and decrypting are the same.

    Raises ValueError for a key or a counter of another size.
    """
    if len(counter) != BLOCK:
        raise ValueError(f"a counter is {BLOCK} bytes, not {len(counter)}")
    return Stream(Aes(key), int.from_bytes(counter))


def ige_encrypt(data: bytes, key: bytes, iv: bytes) -> bytes:
    """``data`` in AES-IGE. Raises ValueError unless it is whole blocks and ``iv`` 32 bytes."""
    return _ige(data, Aes(key).encrypt, iv[:BLOCK], iv[BLOCK:])


def ige_decrypt(data: bytes, key: bytes, iv: bytes) -> bytes:
    """What ``ige_encrypt`` was given. Raises ValueError as it does."""
    return _ige(data, Aes(key).decrypt, iv[BLOCK:], iv[:BLOCK])


def _ige(data: bytes, rounds: Callable[[bytes], bytes], before: bytes, after: bytes) -> bytes:
    if len(data) % BLOCK or len(before + after) != 2 * BLOCK:
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


class Aes:
    """The bare cipher on single blocks."""

    def __init__(self, key: bytes) -> None:
        """Expand ``key`` (FIPS 197 §5.2). Raises ValueError unless it has 16, 24 or 32 bytes."""
        if len(key) not in _KEY_SIZES:
            raise ValueError(f"AES takes a key of 16, 24 or 32 bytes, not {len(key)}")
        box, _ = _boxes()
        words = [int.from_bytes(key[at : at + 4]) for at in range(0, len(key), 4)]
        length, constant = len(words), 1
        for i in range(length, 4 * (length + 7)):
            word = words[-1]
            if i % length == 0:
                word = _substituted(_turned(word, 3), box) ^ constant << 24
                constant = _doubled(constant)
            elif length == 8 and i % length == 4:
                word = _substituted(word, box)
            words.append(words[i - length] ^ word)
        columns = (words[column::4] for column in range(4))
        self._keys: list[Words] = list(zip(*columns, strict=True))

    def encrypt(self, block: bytes) -> bytes:
        """One block of 16 bytes (FIPS 197 §5.1)."""
        (row0, row1, row2, row3), box = _forth(), _boxes()[0]
        first, *between, last = self._keys
        state = _mixed(block, first)
        for k0, k1, k2, k3 in between:
            # SubBytes and MixColumns are in the tables, ShiftRows in which byte goes where.
            a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3 = state
            state = _WORDS.pack(
                row0[a0] ^ row1[b1] ^ row2[c2] ^ row3[d3] ^ k0,
                row0[b0] ^ row1[c1] ^ row2[d2] ^ row3[a3] ^ k1,
                row0[c0] ^ row1[d1] ^ row2[a2] ^ row3[b3] ^ k2,
                row0[d0] ^ row1[a1] ^ row2[b2] ^ row3[c3] ^ k3,
            )
        return _mixed(bytes([state[at] for at in _SHIFT]).translate(box), last)

    def encrypt_many(self, blocks: bytes) -> bytes:
        """Each block of them, as `encrypt` does, side by side: the bytes of all blocks at one place
        of the state lie together, row by row, so that a step is one call for all of them."""
        count, size = len(blocks) // BLOCK, len(blocks)
        row = 4 * count
        places = b"".join(bytes((place,)) * count for place in range(BLOCK))
        first, *between, last = (
            int.from_bytes(places.translate(key.ljust(256))) for key in self._keys_by_row
        )
        box, doubled = _boxes()[0], _doubled_box()
        state = int.from_bytes(b"".join(blocks[at::BLOCK] for at in _BY_ROW)) ^ first
        for key in between:
            shifted = _rows_shifted(state.to_bytes(size), count)
            once, twice = shifted.translate(box), shifted.translate(doubled)
            state = int.from_bytes(twice)
            thrice = (state ^ int.from_bytes(once)).to_bytes(size)
            for below, how in ((1, thrice), (2, once), (3, once)):
                state ^= int.from_bytes(how[below * row :] + how[: below * row])
            state ^= key
        shifted = _rows_shifted(state.to_bytes(size), count).translate(box)
        done = (int.from_bytes(shifted) ^ last).to_bytes(size)
        out = bytearray(size)
        for place, at in enumerate(_BY_ROW):
            out[at::BLOCK] = done[place * count : (place + 1) * count]
        return bytes(out)

    @cached_property
    def _keys_by_row(self) -> list[bytes]:
        columns = [_WORDS.pack(*key) for key in self._keys]
        return [bytes(key[at] for at in _BY_ROW) for key in columns]

    def decrypt(self, block: bytes) -> bytes:
        """The block that ``encrypt`` was given: the equivalent inverse cipher (FIPS 197 §5.3.5)."""
        (row0, row1, row2, row3), box = _back(), _boxes()[1]
        first, *between, last = self._keys_back
        state = _mixed(block, first)
        for k0, k1, k2, k3 in between:
            a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3 = state
            state = _WORDS.pack(
                row0[a0] ^ row1[d1] ^ row2[c2] ^ row3[b3] ^ k0,
                row0[b0] ^ row1[a1] ^ row2[d2] ^ row3[c3] ^ k1,
                row0[c0] ^ row1[b1] ^ row2[a2] ^ row3[d3] ^ k2,
                row0[d0] ^ row1[c1] ^ row2[b2] ^ row3[a3] ^ k3,
            )
        return _mixed(bytes([state[at] for at in _UNSHIFT]).translate(box), last)

    @cached_property
    def _keys_back(self) -> list[Words]:
        """The last first; those between through InvMixColumns, as the state is by then."""
        box, rows = _boxes()[0], _back()

        def unmixed(word: Word) -> Word:
            r0, r1, r2, r3 = (
                row[box[byte]] for row, byte in zip(rows, word.to_bytes(4), strict=True)
            )
            return r0 ^ r1 ^ r2 ^ r3

        last, *between, first = self._keys
        back = [(unmixed(a), unmixed(b), unmixed(c), unmixed(d)) for a, b, c, d in between]
        return [first, *reversed(back), last]


class Stream:
    """One direction of AES-CTR; it remembers how far it came."""

    def __init__(self, cipher: Aes, counter: int) -> None:
        self._cipher = cipher
        self._counter = counter
        self._ready = b""

    def update(self, data: bytes) -> bytes:
        """The next bytes, encrypted or decrypted."""
        count = -(-(len(data) - len(self._ready)) // BLOCK)
        blocks = [self._next() for _ in range(count)]
        if count < _MANY:
            self._ready += b"".join(self._cipher.encrypt(block) for block in blocks)
        else:
            self._ready += self._cipher.encrypt_many(b"".join(blocks))
        now, self._ready = self._ready[: len(data)], self._ready[len(data) :]
        return (int.from_bytes(data) ^ int.from_bytes(now)).to_bytes(len(data))

    def _next(self) -> bytes:
        counter = self._counter.to_bytes(BLOCK)
        self._counter = (self._counter + 1) % (1 << 8 * BLOCK)
        return counter


def _mixed(block: bytes, key: Words) -> bytes:
    """AddRoundKey (FIPS 197 §5.1.4)."""
    a, b, c, d = _WORDS.unpack(block)
    return _WORDS.pack(a ^ key[0], b ^ key[1], c ^ key[2], d ^ key[3])


def _substituted(word: Word, box: bytes) -> Word:
    return int.from_bytes(word.to_bytes(4).translate(box))


def _turned(word: Word, octets: int) -> Word:
    """``word`` with its bytes turned to the right."""
    return (word >> 8 * octets | word << 32 - 8 * octets) & 0xFFFFFFFF


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


_BY_ROW = tuple(row + 4 * column for row in range(4) for column in range(4))
"""Where the bytes of a block's rows are, one row after another."""


def _rows_shifted(state: bytes, count: int) -> bytes:
    """ShiftRows (FIPS 197 §5.1.2) where each place of a row has ``count`` bytes."""
    size = 4 * count
    parts = [state[:size]]
    for row in range(1, 4):
        begin, end = row * size, (row + 1) * size
        cut = begin + row * count
        parts += [state[cut:end], state[begin:cut]]
    return b"".join(parts)


# ShiftRows and its inverse, on the state column by column (FIPS 197 §5.1.2, §5.3.1).
_SHIFT = tuple((i + 4 * (i % 4)) % 16 for i in range(16))
_UNSHIFT = tuple((i - 4 * (i % 4)) % 16 for i in range(16))


@cache
def _boxes() -> tuple[bytes, bytes]:
    """The S-box and its inverse."""
    box = _substitution()
    return box, bytes(box.index(i) for i in range(256))


@cache
def _doubled_box() -> bytes:
    """The S-box, then times x (FIPS 197 §4.2.1)."""
    return bytes(_doubled(byte) for byte in _boxes()[0])


@cache
def _forth() -> Tables:
    """SubBytes, then MixColumns (FIPS 197 §5.1.3)."""
    return _tables(_boxes()[0], (2, 1, 1, 3))


@cache
def _back() -> Tables:
    """InvSubBytes, then InvMixColumns (FIPS 197 §5.3.3)."""
    return _tables(_boxes()[1], (14, 9, 13, 11))


def _tables(box: bytes, factors: tuple[int, ...]) -> Tables:
    """Each byte through ``box``, times the first row's ``factors``; those of the rows below turned.

    Tuples, of which Python reads twice as fast as of an ``array``; 40 kB.
    """
    first = [int.from_bytes(bytes(_times(value, f) for f in factors)) for value in box]
    return tuple(tuple(_turned(word, row) for word in first) for row in range(4))

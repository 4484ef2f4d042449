"""AES-GCM: what was sealed is opened, if nobody has changed it.

Source: NIST SP 800-38D §6.3 (products of blocks), §6.4 (GHASH), §7.2 (authenticated decryption).
"""

from functools import cache

from msgprobe.wire.aes import BLOCK, Aes, Stream
from msgprobe.wire.error import WireError

NONCE_SIZE = 12
TAG_SIZE = 16

_REDUCTION = 0xE1 << 120
"""x^128 + x^7 + x^2 + x + 1 without its first term; the highest bit stands for x^0 (§6.3)."""


def opened(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """What is in ``sealed``, whose last 16 bytes are the tag.

    Raises WireError when the tag is not that of these four values, ValueError for a key that is
    not of 16, 24 or 32 bytes and a nonce that is not of 12.
    """
    if len(nonce) != NONCE_SIZE:
        raise ValueError(f"gcm: a nonce is {NONCE_SIZE} bytes, not {len(nonce)}")
    cipher = Aes(key)
    text, tag = sealed[:-TAG_SIZE], sealed[-TAG_SIZE:]
    # The counter is the last word alone, which no message that fits into memory exhausts.
    stream = Stream(cipher, int.from_bytes(nonce + (1).to_bytes(4)))
    if stream.update(_hash(cipher.encrypt(bytes(BLOCK)), associated, text)) != tag:
        raise WireError("gcm: the tag is wrong")
    return stream.update(text)


def _hash(subkey: bytes, associated: bytes, text: bytes) -> bytes:
    """GHASH of both, filled up to whole blocks, and of their lengths in bits (§6.4, §7.2)."""
    lengths = (8 * len(associated)).to_bytes(8) + (8 * len(text)).to_bytes(8)
    data = b"".join(part + bytes(-len(part) % BLOCK) for part in (associated, text)) + lengths
    multiples = _multiples(int.from_bytes(subkey))
    total = 0
    for at in range(0, len(data), BLOCK):
        total = _times(total ^ int.from_bytes(data[at : at + BLOCK]), multiples)
    return total.to_bytes(BLOCK)


def _times(value: int, multiples: tuple[int, ...]) -> int:
    """``value`` times that whose ``multiples`` are given, four bits at a time (§6.3)."""
    reductions = _reductions()
    product = 0
    for _ in range(2 * BLOCK):
        product = product >> 4 ^ reductions[product & 15] ^ multiples[value & 15]
        value >>= 4
    return product


def _multiples(value: int) -> tuple[int, ...]:
    """``value`` times each polynomial of degree 3 or less, whose highest bit stands for x^0."""
    found = [0] * 16
    for one in (8, 4, 2, 1):
        found[one] = value
        value = _by_x(value)
    for several in range(16):
        lowest = several & -several
        found[several] = found[lowest] ^ found[several - lowest]
    return tuple(found)


@cache
def _reductions() -> tuple[int, ...]:
    """What four bits that are shifted out of the lower end come back as."""
    return _multiples(_REDUCTION)


def _by_x(value: int) -> int:
    return value >> 1 ^ (_REDUCTION if value & 1 else 0)

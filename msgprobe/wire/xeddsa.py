"""XEdDSA: Ed25519 signatures that are checked with an X25519 (Montgomery) public key.

Sources: Signal, "The XEdDSA and VXEdDSA Signature Schemes" §2.3 (conversion of the key);
tulir/libsignal ecc ``VerifySignature`` for the variant in use: the sign of the Edwards key travels
in the highest bit of the signature, which is 0 in any honest one.
"""

from functools import lru_cache

from msgprobe.wire import curve25519
from msgprobe.wire.curve25519 import KEY_SIZE, PRIME, SIGNATURE_SIZE

_HIGHEST = 0x80


def edwards_key(montgomery: bytes, sign: int) -> bytes | None:
    """The Ed25519 form of an X25519 public key, with ``sign`` (0 or 0x80) as the sign of x.

    y = (u - 1) / (u + 1). None for bytes that are no canonical key or have no such form.
    """
    u = int.from_bytes(montgomery, "little")
    if len(montgomery) != KEY_SIZE or u >= PRIME - 1:
        return None
    y = (u - 1) * pow(u + 1, -1, PRIME) % PRIME
    key = bytearray(y.to_bytes(KEY_SIZE, "little"))
    key[-1] |= sign
    return bytes(key)


@lru_cache(maxsize=64)
def verify(montgomery: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of ``montgomery`` signed ``message``. False for any other bytes.

    What was asked lately is known: a service's servers show the same certificates.
    """
    if len(signature) != SIGNATURE_SIZE:
        return False
    key = edwards_key(montgomery, signature[-1] & _HIGHEST)
    if key is None:
        return False
    plain = signature[:-1] + bytes((signature[-1] & ~_HIGHEST,))
    return curve25519.verify(key, message, plain)

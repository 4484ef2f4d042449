"""XEdDSA: Ed25519 signatures that are checked with an X25519 (Montgomery) public key.

Sources: Signal, "The XEdDSA and VXEdDSA Signature Schemes" §2.3 (conversion of the key);
tulir/libsignal ecc ``VerifySignature`` for the variant in use: the sign of the Edwards key travels
in the highest bit of the signature, which is 0 in any honest one.
"""

KEY_SIZE = 32
SIGNATURE_SIZE = 64

_PRIME = 2**255 - 19
_HIGHEST = 0x80


def edwards_key(montgomery: bytes, sign: int) -> bytes | None:
    """The Ed25519 form of an X25519 public key, with ``sign`` (0 or 0x80) as the sign of x.

    y = (u - 1) / (u + 1). None for bytes that are no canonical key or have no such form.
    """
    u = int.from_bytes(montgomery, "little")
    if len(montgomery) != KEY_SIZE or u >= _PRIME - 1:
        return None
    y = (u - 1) * pow(u + 1, -1, _PRIME) % _PRIME
    key = bytearray(y.to_bytes(KEY_SIZE, "little"))
    key[-1] |= sign
    return bytes(key)


def verify(montgomery: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of ``montgomery`` signed ``message``. False for any other bytes.

    Raises ImportError without ``cryptography``.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(signature) != SIGNATURE_SIZE:
        return False
    key = edwards_key(montgomery, signature[-1] & _HIGHEST)
    if key is None:
        return False
    plain = signature[:-1] + bytes((signature[-1] & ~_HIGHEST,))
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(plain, message)
    except (InvalidSignature, ValueError):
        return False
    return True

"""Curve25519 in its two forms: keys that are exchanged (X25519) and signatures (Ed25519).

Sources: RFC 7748 §5 (X25519), RFC 8032 §5.1 (Ed25519); points in extended coordinates as in Hisil
and others, "Twisted Edwards Curves Revisited" (2008). An exchange or a signature takes 1 to 2 ms.
"""

from functools import cache
from hashlib import sha512

KEY_SIZE = 32
SIGNATURE_SIZE = 64

PRIME = 2**255 - 19
"""Coordinates are numbers modulo this one."""

_ORDER = 2**252 + 27742317777372353535851937790883648493
"""How many points the generator makes."""

_D = -121665 * pow(121666, -1, PRIME) % PRIME
"""Of the curve -x² + y² = 1 + d x² y² (RFC 8032 §5.1)."""

_A24 = 121665
"""Of the ladder (RFC 7748 §5)."""

_SIGN = 1 << 255
_GENERATOR_U = (9).to_bytes(KEY_SIZE, "little")
_GENERATOR = (4 * pow(5, -1, PRIME) % PRIME).to_bytes(KEY_SIZE, "little")

Point = tuple[int, int, int, int]
"""X, Y, Z, T: x = X / Z, y = Y / Z, x y = T / Z."""

Multiples = tuple[Point, ...]
"""A point times 0, 1, ... 15."""

_NEUTRAL: Point = (0, 1, 1, 0)


def public_key(private: bytes) -> bytes:
    """The X25519 public key of 32 private bytes. Raises ValueError for another number of them."""
    return _x25519(private, _GENERATOR_U)


def exchange(private: bytes, public: bytes) -> bytes:
    """The 32 bytes that the holders of both keys share (RFC 7748 §6.1).

    Raises ValueError for a public key with which everybody shares the same ones, zeros, and for
    keys that are not of 32 bytes.
    """
    shared = _x25519(private, public)
    if not any(shared):
        raise ValueError("x25519: the peer's key is a point of low order")
    return shared


def _x25519(private: bytes, public: bytes) -> bytes:
    if len(private) != KEY_SIZE or len(public) != KEY_SIZE:
        raise ValueError(f"x25519: keys are {KEY_SIZE} bytes")
    scalar = int.from_bytes(private, "little") & ~7 & (_SIGN - 1) | 1 << 254
    u = int.from_bytes(public, "little") & (_SIGN - 1)
    return _ladder(scalar, u).to_bytes(KEY_SIZE, "little")


def _ladder(scalar: int, u: int) -> int:
    """The first coordinate of ``scalar`` times the point whose own is ``u`` (RFC 7748 §5)."""
    x2, z2, x3, z3 = 1, 0, u, 1
    swapped = 0
    for at in range(254, -1, -1):
        bit = scalar >> at & 1
        if bit != swapped:
            x2, z2, x3, z3 = x3, z3, x2, z2
        swapped = bit
        a, b = x2 + z2, x2 - z2
        aa, bb = a * a % PRIME, b * b % PRIME
        e = aa - bb
        da, cb = (x3 - z3) * a % PRIME, (x3 + z3) * b % PRIME
        x3, z3 = (da + cb) ** 2 % PRIME, u * ((da - cb) ** 2 % PRIME) % PRIME
        x2, z2 = aa * bb % PRIME, e * (aa + _A24 * e) % PRIME
    # The scalar's lowest bit is 0, so nothing is left swapped.
    return x2 * pow(z2, -1, PRIME) % PRIME if z2 else 0


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is an Ed25519 one of ``message`` by the holder of ``key``.

    As OpenSSL judges: [S]B = R + [k]A without a cofactor, S below the group's order, R as it is
    written by everybody; but the key's y is taken modulo the prime. False for any other bytes.
    """
    if len(key) != KEY_SIZE or len(signature) != SIGNATURE_SIZE:
        return False
    r, s = signature[:KEY_SIZE], int.from_bytes(signature[KEY_SIZE:], "little")
    point = _decoded(key)
    if point is None or s >= _ORDER:
        return False
    k = int.from_bytes(sha512(r + key + message).digest(), "little") % _ORDER
    x, y, z, t = point
    minus = (PRIME - x, y, z, PRIME - t)
    return _encoded(_sum_of_two(s, _generators(), k, _multiples(minus))) == r


def _decoded(key: bytes) -> Point | None:
    """The point of these 32 bytes (RFC 8032 §5.1.3); None for a y that no point has."""
    number = int.from_bytes(key, "little")
    y = (number & (_SIGN - 1)) % PRIME
    u, v = (y * y - 1) % PRIME, (_D * y * y + 1) % PRIME
    x = u * v**3 * pow(u * v**7, (PRIME - 5) // 8, PRIME) % PRIME
    square = v * x * x % PRIME
    if square == PRIME - u:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    elif square != u:
        return None
    if x & 1 != number >> 255:
        x = -x % PRIME
    return x, y, 1, x * y % PRIME


def _encoded(point: Point) -> bytes:
    """y, and the lowest bit of x above it (RFC 8032 §5.1.2)."""
    x, y, z, _ = point
    inverse = pow(z, -1, PRIME)
    return (y * inverse % PRIME | (x * inverse % PRIME & 1) << 255).to_bytes(KEY_SIZE, "little")


def _sum_of_two(s: int, ones: Multiples, k: int, others: Multiples) -> Point:
    """``s`` times one point and ``k`` times another, by hexadecimal digits of both at once."""
    total = _NEUTRAL
    for at in range(252, -1, -4):
        for _ in range(4):
            total = _doubled(total)
        if digit := s >> at & 15:
            total = _added(total, ones[digit])
        if digit := k >> at & 15:
            total = _added(total, others[digit])
    return total


@cache
def _generators() -> Multiples:
    point = _decoded(_GENERATOR)
    assert point is not None
    return _multiples(point)


def _multiples(point: Point) -> Multiples:
    found = [_NEUTRAL]
    for _ in range(15):
        found.append(_added(found[-1], point))
    return tuple(found)


def _added(one: Point, other: Point) -> Point:
    """The sum of any two points: this formula has no exceptions (RFC 8032 §5.1.4)."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % PRIME, (y1 + x1) * (y2 + x2) % PRIME
    c, d = 2 * _D * t1 * t2 % PRIME, 2 * z1 * z2 % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def _doubled(point: Point) -> Point:
    """A point plus itself (RFC 8032 §5.1.4)."""
    x, y, z, _ = point
    a, b = x * x % PRIME, y * y % PRIME
    h = a + b
    e, g = h - (x + y) ** 2, a - b
    f = 2 * z * z % PRIME + g
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME

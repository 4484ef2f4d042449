"""A product of two primes of some 31 bits taken apart, as Telegram's servers ask of their clients.

By elliptic curves (Lenstra; Montgomery, "Speeding the Pollard and elliptic curve methods of
factorization", 1987; curves by Suyama's parametrization, as in Zimmermann and Dodson, "20 years of
ECM"): a third of what Pollard's rho costs in Python for factors of this size.
"""

import math
from functools import cache

from msgprobe.wire.error import WireError

LONGEST = 64
"""Bits of a number that is tried: two primes of 32 bits at most, as no client wants larger ones."""

CURVES = 40
"""Tried at most. Each takes 0.7 ms, and splits a number of 62 bits one time in four."""

_FIRST, _SECOND, _STEP = 200, 6000, 60
"""The order of a point has to divide the least common multiple of all numbers up to the first, but
for one prime up to the second, which lies less than half a step from a multiple of the step.
Divisors up to the second are tried one by one: on curves over small fields all orders are such.
"""

Point = tuple[int, int]
"""Of a curve in Montgomery's form: x and z, whose quotient is its first coordinate."""


def factor(pq: int) -> tuple[int, int]:
    """The two primes of ``pq``, the smaller first.

    Some milliseconds for 62 bits, and never more than 0.1 s: conversations wait meanwhile. Raises
    WireError for what is no product of two, or of factors so large that no honest server sends
    them.
    """
    if pq.bit_length() > LONGEST or pq < 4 or is_prime(pq):
        raise WireError("mtproto: pq is no product of two small primes")
    for divisor in _primes(_SECOND):
        if pq % divisor == 0:
            return _pair(divisor, pq)
    root = math.isqrt(pq)
    if root * root == pq:
        return _pair(root, pq)
    for sigma in range(6, 6 + CURVES):
        common = common_factor(pq, sigma)
        if common not in (1, pq):
            return _pair(common, pq)
    raise WireError("mtproto: pq could not be factored")


def _pair(one: int, pq: int) -> tuple[int, int]:
    p, q = sorted((one, pq // one))
    if not is_prime(p) or not is_prime(q):
        raise WireError("mtproto: pq is no product of two primes")
    return p, q


def is_prime(value: int) -> bool:
    """Miller and Rabin; these bases decide every number below 2^64 (Sorenson and Webster)."""
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
    if value < 2 or any(value % b == 0 for b in bases):
        return value in bases
    twos = ((value - 1) & (1 - value)).bit_length() - 1
    for base in bases:
        x = pow(base, (value - 1) >> twos, value)
        if x not in (1, value - 1):
            for _ in range(twos - 1):
                x = x * x % value
                if x == value - 1:
                    break
            else:
                return False
    return True


def common_factor(n: int, sigma: int) -> int:
    """What ``n`` has in common with the last coordinates of the curve's multiples: 1 or ``n`` where
    this curve tells nothing. The curve is that of ``sigma`` (above 5)."""
    u, v = (sigma * sigma - 5) % n, 4 * sigma % n
    below = 16 * pow(u, 3, n) * v % n
    common = math.gcd(below, n)
    if common != 1:
        return common
    curve = _Curve(n, pow(v - u, 3, n) * (3 * u + v) * pow(below, -1, n) % n)
    x, z = curve.times(_every(), (pow(u, 3, n), pow(v, 3, n)))
    common = math.gcd(z, n)
    if common != 1:
        return common
    return math.gcd(_differences(curve, (x * pow(z, -1, n) % n, 1)), n)


class _Curve:
    """b y² = x³ + a x² + x modulo ``n``, where ``quarter`` is (a + 2) / 4."""

    def __init__(self, n: int, quarter: int) -> None:
        self.n = n
        self._quarter = quarter

    def doubled(self, point: Point) -> Point:
        """The point added to itself."""
        x, z = point
        n = self.n
        more, less = (x + z) * (x + z) % n, (x - z) * (x - z) % n
        four = more - less
        return more * less % n, four * (less + self._quarter * four) % n

    def added(self, one: Point, other: Point, difference: Point) -> Point:
        """The sum of two points whose difference is known."""
        n = self.n
        s = (one[0] + one[1]) * (other[0] - other[1])
        t = (one[0] - one[1]) * (other[0] + other[1])
        more, less = s + t, s - t
        return more * more % n * difference[1] % n, less * less % n * difference[0] % n

    def times(self, number: int, point: Point) -> Point:
        """``number`` (1 or more) times the point, by Montgomery's ladder: written out, for nine
        tenths of all time go here."""
        n, quarter = self.n, self._quarter
        x, z = point
        ax, az = x, z
        bx, bz = self.doubled(point)
        for bit in bin(number)[3:]:
            if bit == "1":
                ax, az, bx, bz = bx, bz, ax, az
            s, t = (ax + az) * (bx - bz), (ax - az) * (bx + bz)
            more, less = s + t, s - t
            bx, bz = more * more % n * z % n, less * less % n * x % n
            more, less = ax + az, ax - az
            more, less = more * more % n, less * less % n
            four = more - less
            ax, az = more * less % n, four * (less + quarter * four) % n
            if bit == "1":
                ax, az, bx, bz = bx, bz, ax, az
        return ax, az


def _differences(curve: _Curve, point: Point) -> int:
    """A multiple of whatever prime of ``n`` the point has an order up to `_SECOND` under: then two
    of its multiples, whose sum or difference that order is, are the same there."""
    n, twice = curve.n, curve.doubled(point)
    near = {1: point, 3: curve.added(twice, point, point)}
    for number in range(5, _STEP // 2, 2):
        near[number] = curve.added(near[number - 2], twice, near[number - 4])
    steps = _steps()
    first = next(iter(steps))
    stride = curve.times(_STEP, point)
    before = curve.times((first - 1) * _STEP, point)
    here = curve.times(first * _STEP, point)
    product = 1
    for beside in steps.values():
        x, z = here
        for number in beside:
            other = near[number]
            product = product * (x * other[1] - z * other[0]) % n
        before, here = here, curve.added(here, stride, before)
    return product


@cache
def _primes(most: int) -> tuple[int, ...]:
    sieve = bytearray([0, 0, *[1] * (most - 1)])
    for number in range(2, math.isqrt(most) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(sieve[number * number :: number]))
    return tuple(number for number in range(most + 1) if sieve[number])


@cache
def _every() -> int:
    """A multiple of every number up to `_FIRST`."""
    return math.lcm(*range(2, _FIRST + 1))


@cache
def _steps() -> dict[int, tuple[int, ...]]:
    """How far beside each multiple of the step there is a prime, below it or above."""
    primes = [prime for prime in _primes(_SECOND) if prime > _FIRST]
    nearest = [(prime + _STEP // 2) // _STEP for prime in primes]
    found: dict[int, set[int]] = {step: set() for step in range(nearest[0], nearest[-1] + 1)}
    for prime, step in zip(primes, nearest, strict=True):
        found[step].add(abs(prime - step * _STEP))
    return {step: tuple(beside) for step, beside in found.items()}

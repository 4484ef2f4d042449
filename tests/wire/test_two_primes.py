"""Factors of what a server chose: found where honest servers send such, given up in time else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.wire import two_primes
from msgprobe.wire.error import WireError

P, Q = 0x494C553B, 0x53911073
"""core.telegram.org/mtproto/samples-auth_key."""


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (P, Q),
        (2, 3),
        (3, 2147483647),
        (5987, 6007),
        (6007, 6011),
        (65537, 65537),
        (2147483629,) * 2,
        (4294967279, 4294967291),
    ],
)
def test_products_of_two_primes_are_factored(p: int, q: int) -> None:
    assert two_primes.factor(p * q) == (p, q)


@given(st.integers(2**30, 2**32 - 1), st.integers(2**30, 2**32 - 1))
def test_any_two_primes_of_the_size_that_servers_send_are_found(one: int, other: int) -> None:
    p, q = sorted((_prime_from(one), _prime_from(other)))
    assert two_primes.factor(p * q) == (p, q)


def _prime_from(number: int) -> int:
    """The next one, or below 2^32 the one before."""
    step = -1 if number > 2**32 - 1000 else 1
    while not two_primes.is_prime(number):
        number += step
    return number


@pytest.mark.parametrize(
    "pq", [0, 1, 2, 3, 8, 30, 2147483647, 2**64, 2**61 - 1, 3 * 5 * 2147483647, 1009**3, 6007**3]
)
def test_what_is_no_such_product_is_refused(pq: int) -> None:
    with pytest.raises(WireError):
        two_primes.factor(pq)


@given(st.integers(0, 2**40))
def test_factors_are_factors(pq: int) -> None:
    try:
        p, q = two_primes.factor(pq)
    except WireError:
        return
    assert p * q == pq and 1 < p <= q


def test_what_cannot_be_factored_costs_no_more_than_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All conversations wait while a number that a server chose is taken apart."""
    usual, tried = two_primes.common_factor, []

    def unlucky(n: int, sigma: int) -> int:
        tried.append(usual(n, sigma))
        return 1

    monkeypatch.setattr(two_primes, "common_factor", unlucky)
    with pytest.raises(WireError, match="could not be factored"):
        two_primes.factor(16255612331383035451)
    assert len(tried) == two_primes.CURVES

"""Identifiers that a network writes come out nowhere; all of them by `make torture`."""

import pytest

from tests.torture.planted import ENCODINGS, identifiers
from tests.torture.redaction import forms, leaks, poisoned


def test_there_are_twelve_encodings_of_each() -> None:
    assert len(ENCODINGS) == 12
    for who in identifiers(17, seed=3):
        # some have no letters that could be capitals
        assert len({encode(who) for encode in ENCODINGS.values()}) >= 11


def test_they_are_in_there_to_begin_with() -> None:
    run = poisoned(["guest-aabbccddeeff"])
    assert str(run.evidence.measurements).count("guest-aabbccddeeff") > 40


@pytest.mark.timeout(300)
def test_none_comes_out() -> None:
    """Every kind of identifier and every encoding, not each with each."""
    chosen = forms(17, seed=2)[::5]
    assert len({name for name, _ in chosen}) == 12
    assert list(leaks(chosen)) == []

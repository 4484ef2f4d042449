"""Made-up countries, told by their lines alone, against the truth beside them."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.fleet.exam import mark, quiet, stormy, told

pytestmark = pytest.mark.timeout(300)


def test_a_fifth_that_lies_makes_no_event(tmp_path: Path) -> None:
    assert told(quiet(1), tmp_path / "store") == []


def test_what_happened_is_told_within_a_pulse_of_when(tmp_path: Path) -> None:
    country = stormy(1)
    found = {e.service: e for e in told(country, tmp_path / "store")}
    assert set(found) == {"telegram", "signal"}  # one network alone is no event of the country
    everywhere, partly = country.blocks[:2]
    for service, block in (("telegram", everywhere), ("signal", partly)):
        some = mark(country, found[service], block)
        assert some.right(country.pulse)
        # In one network of twenty five of eight lines lie: it says nothing, whichever way.
        assert (some.told, some.untold) == ((19, 1) if service == "telegram" else (8, 0))
        # Where most slept, nobody can say it better than from the last look to the next.
        assert some.near >= 0.9 * some.told
    assert found["telegram"].functions == ("media", "text")
    assert found["telegram"].mechanisms == ("tls.reset.sni",)
    assert found["signal"].mechanisms == ("throttle.sni.policing",)
    assert found["telegram"].resolution is not None
    assert not found["signal"].all_networks and found["signal"].resolution is None


def test_networks_stand_in_the_order_in_which_they_followed_the_order(tmp_path: Path) -> None:
    honest = replace(stormy(2), liars=0.0, asleep=0.0, clock=0.0, wrong=0.0, lines=4)
    (event,) = (e for e in told(honest, tmp_path / "store") if e.service == "telegram")
    assert event.all_networks
    began = honest.blocks[0].began
    truth = [began[e.asn] for e in event.episodes]
    assert all(late - early <= honest.pulse for early, late in zip(truth[1:], truth, strict=False))
    assert len(truth) == len(began)

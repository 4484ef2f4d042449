"""Tor's link handshake against what a real relay (tor 0.4.9.11) sent, and what must not pass."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from msgprobe.wire import tor
from msgprobe.wire.error import WireError
from tests.lab.world import tor as lab

CERTS = bytes.fromhex((Path(__file__).parent / "tor_certs.hex").read_text())
RELAY = "bea6a5825d17ab1e420c99e6caf013e5c84b9be6"
"""What the relay itself wrote into its file ``fingerprint``."""
MOMENT = datetime(2026, 11, 24, 22, 34, tzinfo=UTC)


def shown_by_the_lab(folder: Path) -> Mapping[int, bytes]:
    """The certificates of a relay of the lab's, which come after its VERSIONS cell."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    cells = lab.relay(key, key, MOMENT, folder / "relay.pem").cells[11:]
    command, size = tor.cell_size(cells[:7])
    assert command == tor.CERTS
    return tor.parse_certs(cells[7 : 7 + size])


def test_a_real_relay_is_known_by_its_fingerprint() -> None:
    certs = tor.parse_certs(CERTS)
    assert set(certs) == {1, 2, 4, 5, 7}
    who = tor.identity(certs, certs[tor.LINK])
    assert (who.fingerprint.hex(), who.flaw) == (RELAY, None)
    assert who.holds_at(MOMENT) and not who.holds_at(MOMENT + timedelta(days=4000))


def test_certificates_of_another_session_prove_nothing_about_this_one(tmp_path: Path) -> None:
    certs = tor.parse_certs(CERTS)
    who = tor.identity(certs, shown_by_the_lab(tmp_path)[tor.LINK])
    assert who.fingerprint.hex() == RELAY and who.flaw is not None
    assert "another session" in who.flaw


def test_an_identity_that_anybody_can_show_does_not_sign_for_him(tmp_path: Path) -> None:
    genuine, forged = tor.parse_certs(CERTS), shown_by_the_lab(tmp_path)
    who = tor.identity({**forged, tor.IDENTITY: genuine[tor.IDENTITY]}, forged[tor.LINK])
    assert who.fingerprint.hex() == RELAY and who.flaw is not None
    assert "did not sign" in who.flaw


def test_what_we_say_first_is_a_versions_cell() -> None:
    assert tor.versions_cell() == bytes.fromhex("0000 07 0004 0004 0005")


def test_versions_and_cells_as_the_relay_sent_them() -> None:
    assert tor.versions_size(bytes.fromhex("0000070006")) == 6
    assert tor.agreed_version(bytes.fromhex("000300040005")) == 5
    assert tor.cell_size(bytes.fromhex("000000008105c1")) == (tor.CERTS, len(CERTS))


@pytest.mark.parametrize(
    "refused",
    [
        lambda: tor.versions_size(b"HTTP/"),
        lambda: tor.versions_size(bytes.fromhex("0000070005")),
        lambda: tor.agreed_version(bytes.fromhex("00010002")),
        lambda: tor.cell_size(bytes.fromhex("00000000030010")),
        lambda: tor.cell_size(bytes.fromhex("0000000081ffff")),
        lambda: tor.parse_certs(b""),
        lambda: tor.parse_certs(CERTS[:-1]),
        lambda: tor.parse_certs(b"\2\1\0\0\1\0\0"),
        lambda: tor.identity({1: b"x", 2: b"y"}, b"z"),
    ],
)
def test_what_is_none_of_it_is_refused(refused: Callable[[], object]) -> None:
    with pytest.raises(WireError):
        refused()

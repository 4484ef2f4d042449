"""mmtls against a conversation with another implementation's server, and what must not pass."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from msgprobe.wire import mmtls
from msgprobe.wire.error import WireError
from tests.lab.world.mmtls import answer, point

# Recorded from the server of ljc545w/pymmtls: its static key, the body of its hello, and its
# second record, in answer to the hello that `talk` makes.
STATIC = bytes.fromhex(
    "049e1cc80d6f65ba5d83d132fea83fb3d3e3c9168ef6d4d6958dc424fd52bdafd75400ce69a6170fcdf2f2d4"
    "79fab9a320d91b7d8b2e741ffd86972e785e683eae"
)
HELLO = bytes.fromhex(
    "000000850204f1c02bb0b6112b6662c435760a248600f9d9c7dac776015cef3d39bb0060b67200b36e000000"
    "5c020000004900110000000500410470e5b41e4fc6412779962f61ca00e4c3ce7a266fcbc331d96993f238f8"
    "5923576c2f56420011c6e780e26fab5ab86d45cd65e9d6a2420b7feb9800e3580352fd0000000a0013000000"
    "0100000003"
)
SIGNATURE = bytes.fromhex(
    "16f104005d0efa08c3d8704c3a16a3df97d12785827b33dbb7d2bb4028bf85ccfd4a789c4f4f8307a30135f4"
    "ef4a90f095c504ac94b8aff2cb8f375d6d365a8c8a21590936c566c069bed881e8517090a2cd403cd7718455"
    "6e2eb81032d19edf8c80"
)
SECRET = 0x1234567890ABCDEF


def talk() -> tuple[mmtls.Secrets, bytes]:
    secrets = mmtls.Secrets()
    secrets.first = ec.derive_private_key(SECRET, ec.SECP256R1())
    generator = point(ec.derive_private_key(1, ec.SECP256R1()))
    hello = mmtls.client_hello((point(secrets.first), generator), bytes(range(32)), 1_790_000_000)
    return secrets, hello


def test_the_recorded_server_is_known_by_its_static_key() -> None:
    secrets, hello = talk()
    found = mmtls.parse_server_hello(HELLO)
    sealed = SIGNATURE[mmtls.HEADER_SIZE :]
    assert mmtls.body_size(SIGNATURE[: mmtls.HEADER_SIZE]) == len(sealed)
    signature = mmtls.open_signature(secrets, hello, found, SIGNATURE[:5], sealed)
    digest = mmtls.transcript(hello, found)
    other = point(ec.generate_private_key(ec.SECP256R1()))
    assert mmtls.signing_key(digest, signature, (other, STATIC)) == STATIC
    assert mmtls.signing_key(digest, signature, (other,)) is None
    assert mmtls.signing_key(bytes(32), signature, (STATIC,)) is None


def test_without_the_library_the_curves_own_point_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = point(ec.derive_private_key(1, ec.SECP256R1()))
    monkeypatch.setitem(
        __import__("sys").modules, "cryptography.hazmat.primitives.asymmetric", None
    )
    secrets = mmtls.Secrets()
    assert secrets.first is None and secrets.points == (generator, generator)


@pytest.mark.parametrize("at", [0, 40, 92])
def test_one_wrong_bit_in_the_second_record_is_seen(at: int) -> None:
    secrets, hello = talk()
    sealed = bytearray(SIGNATURE[mmtls.HEADER_SIZE :])
    sealed[at] ^= 1
    with pytest.raises(WireError, match="not sealed for us"):
        mmtls.open_signature(
            secrets, hello, mmtls.parse_server_hello(HELLO), SIGNATURE[:5], bytes(sealed)
        )


def test_an_answer_to_somebody_elses_hello_is_not_for_us() -> None:
    secrets, _ = talk()
    other = mmtls.client_hello(secrets.points, bytes(32), 0)
    with pytest.raises(WireError, match="not sealed for us"):
        mmtls.open_signature(
            secrets, other, mmtls.parse_server_hello(HELLO), SIGNATURE[:5], SIGNATURE[5:]
        )


def test_the_labs_server_takes_our_hello_as_the_other_one_does() -> None:
    static = ec.generate_private_key(ec.SECP256R1())
    secrets = mmtls.Secrets()
    hello = mmtls.client_hello(secrets.points, bytes(32), 1)
    records = answer(hello, static)
    size = mmtls.body_size(records[:5])
    found = mmtls.parse_server_hello(records[5 : 5 + size])
    header, sealed = records[5 + size : 10 + size], records[10 + size :]
    signature = mmtls.open_signature(secrets, hello, found, header, sealed)
    assert mmtls.signing_key(mmtls.transcript(hello, found), signature, (point(static),))


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (HELLO[:-1], "cut short or too long"),
        (HELLO + b"x", "cut short or too long"),
        (HELLO[:4] + b"\3" + HELLO[5:], "no server hello"),
        (HELLO.replace(b"\x00\x11\x00\x00\x00\x05", b"\x00\x12\x00\x00\x00\x05"), "shows no key"),
        (HELLO.replace(b"\x00\x41\x04", b"\x00\x41\x05"), "no point"),
    ],
)
def test_a_hello_that_is_none_is_named(message: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        mmtls.parse_server_hello(message)


def test_a_point_off_the_curve_is_no_key() -> None:
    secrets, hello = talk()
    bad = bytearray(HELLO)
    bad[-30] ^= 1
    with pytest.raises(WireError, match="not on the curve"):
        mmtls.open_signature(
            secrets, hello, mmtls.parse_server_hello(bytes(bad)), SIGNATURE[:5], SIGNATURE[5:]
        )

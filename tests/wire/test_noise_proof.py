"""What a Noise ServerHello proves, and how each forgery is refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from msgprobe.wire import noise, noise_chain, xeddsa
from msgprobe.wire.curve25519 import public_key
from msgprobe.wire.error import WireError
from tests.lab.world.noise import chain, field, montgomery, server_hello, sign

NOW = 1_790_000_000
ROOT = Ed25519PrivateKey.generate()
PINNED = montgomery(ROOT)
STATIC = X25519PrivateKey.generate()
PUBLIC = STATIC.public_key().public_bytes_raw()

# signalapp/libsignal rust/core/src/curve/curve25519.rs, test_signature
ALICE = bytes.fromhex("ab7e717d4a163b7d9a1d8071dfe9dcf8cdcd1cea3339b6356be84d887e322c64")
SIGNED = bytes.fromhex("05edce9d9c415ca78cb7252e72c2c4a554d3eb29485a0e1d503118d1a82d99fb4a")
SIGNATURE = bytes.fromhex(
    "5de88ca9a89b4a115da79109c67c9c7464a3e4180274f1cb8c63c2984e286dfb"
    "ede82deb9dcd9fae0bfbb821569b3d9001bd8130cd11d486cef047bd60b86e88"
)


def test_a_signature_of_signals_own_library_holds_and_no_other_bit_does() -> None:
    assert xeddsa.verify(ALICE, SIGNED, SIGNATURE)
    for at in range(8 * len(SIGNATURE)):
        forged = bytearray(SIGNATURE)
        forged[at // 8] ^= 1 << at % 8
        assert not xeddsa.verify(ALICE, SIGNED, bytes(forged))
    assert not xeddsa.verify(ALICE, SIGNED + b"\0", SIGNATURE)
    assert not xeddsa.verify(PINNED, SIGNED, SIGNATURE)


def test_signatures_hold_for_keys_of_both_signs() -> None:
    signs = set()
    for seed in range(16):
        key = Ed25519PrivateKey.from_private_bytes(bytes((seed,)) * 32)
        signature = sign(key, b"message")
        signs.add(signature[63] & 0x80)
        assert xeddsa.verify(montgomery(key), b"message", signature)
    assert signs == {0, 0x80}


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=70))
@example(b"\xff" * 32, b"", bytes(64))
@example((2**255 - 20).to_bytes(32, "little"), b"", bytes(64))  # u = -1 has no Edwards form
@example(bytes(32), b"", bytes(64))
def test_verify_is_total_and_nothing_forged_holds(key: bytes, text: bytes, sig: bytes) -> None:
    assert not xeddsa.verify(key, text, sig)


def flaw(data: bytes, root: bytes = PINNED) -> str | None:
    return noise_chain.parse_chain(data).flaw(static=PUBLIC, root=root)


def test_a_genuine_chain_has_no_flaw() -> None:
    assert flaw(chain(ROOT, PUBLIC, NOW)) is None


def test_a_chain_from_another_root_is_refused() -> None:
    other = Ed25519PrivateKey.generate()
    assert "pinned root" in (flaw(chain(other, PUBLIC, NOW)) or "")
    assert "pinned root" in (flaw(chain(ROOT, PUBLIC, NOW), montgomery(other)) or "")


def test_a_leaf_that_the_intermediate_did_not_sign_is_refused() -> None:
    forged = chain(ROOT, PUBLIC, NOW, leaf_signer=Ed25519PrivateKey.generate())
    assert "not signed by the intermediate" in (flaw(forged) or "")
    # Not even the root may sign a leaf of the intermediate's.
    assert "not signed by the intermediate" in (
        flaw(chain(ROOT, PUBLIC, NOW, leaf_signer=ROOT)) or ""
    )


def test_a_leaf_of_another_chain_is_refused() -> None:
    one, two = (noise_chain.parse_chain(chain(ROOT, PUBLIC, NOW)) for _ in range(2))
    swapped = noise_chain.Chain(leaf=one.leaf, intermediate=two.intermediate)
    assert "not signed by the intermediate" in (swapped.flaw(static=PUBLIC, root=PINNED) or "")


def test_a_copied_chain_is_refused_for_another_static_key() -> None:
    copied = chain(ROOT, X25519PrivateKey.generate().public_key().public_bytes_raw(), NOW)
    assert "another key" in (flaw(copied) or "")


@pytest.mark.parametrize("issuers", [(1, 7), (0, 8), (7, 7), (0, 0)])
def test_serials_must_name_the_issuer(issuers: tuple[int, int]) -> None:
    assert flaw(chain(ROOT, PUBLIC, NOW, issuers=issuers)) is not None


@given(st.data())
def test_no_changed_byte_of_a_chain_is_overlooked(data: st.DataObject) -> None:
    good = chain(ROOT, PUBLIC, NOW)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    try:
        assert flaw(bytes(bad)) is not None
    except WireError as exc:
        assert str(exc)


def test_dates_are_the_inner_ones() -> None:
    parsed = noise_chain.parse_chain(chain(ROOT, PUBLIC, NOW))
    assert parsed.holds_at(NOW)
    assert not parsed.holds_at(NOW - 86401)
    assert not parsed.holds_at(NOW + 30 * 86400 + 1)


def test_missing_dates_are_no_limit() -> None:
    bare = field(1, field(3, PUBLIC)) + field(2, bytes(64))
    parsed = noise_chain.parse_chain(field(1, bare) + field(2, bare))
    assert parsed.holds_at(0) and parsed.holds_at(2**40)
    assert parsed.flaw(static=PUBLIC, root=PINNED) is not None


def opened(frame: bytes, private: bytes) -> noise.Opened:
    return noise.open_hello(private, noise.parse_server_hello(frame[3:]))


def test_a_server_hello_opens_to_static_key_and_chain() -> None:
    private = bytes(range(32))
    public = public_key(private)
    payload = chain(ROOT, PUBLIC, NOW)
    frame = server_hello(noise.PROLOGUE, public, STATIC, payload)
    assert opened(frame, private) == noise.Opened(static=PUBLIC, chain=payload)
    with pytest.raises(WireError):
        opened(frame, bytes(range(1, 33)))
    for at in range(5, len(frame), 7):
        broken = bytearray(frame)
        broken[at] ^= 1
        with pytest.raises(WireError):
            opened(bytes(broken), private)


def test_the_prologue_is_part_of_the_transcript() -> None:
    private = bytes(range(32))
    public = public_key(private)
    mobile = b"WA\x05\x03"
    frame = server_hello(mobile, public, STATIC, chain(ROOT, PUBLIC, NOW))
    hello = noise.parse_server_hello(frame[3:])
    assert noise.open_hello(private, hello, mobile).static == PUBLIC
    with pytest.raises(WireError):
        noise.open_hello(private, hello)
    assert noise.client_hello(public, mobile)[:4] == mobile


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=48, max_size=48),
    st.binary(max_size=200),
)
@example(bytes(32), bytes(32), bytes(48), b"")  # a point of low order
def test_a_forged_hello_never_opens(
    private: bytes, ephemeral: bytes, static: bytes, payload: bytes
) -> None:
    with pytest.raises(WireError):
        noise.open_hello(private, noise.ServerHello(ephemeral, static, payload))

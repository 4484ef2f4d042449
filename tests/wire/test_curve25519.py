"""Curve25519 against the published examples and against OpenSSL, also where it is at its edge."""

from hashlib import sha512
from itertools import product
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.wire import curve25519
from msgprobe.wire.curve25519 import PRIME, exchange, public_key, verify

KEYS = st.binary(min_size=32, max_size=32)
SIGN = 1 << 255
ORDER = 2**252 + 27742317777372353535851937790883648493
GENERATOR = bytes.fromhex("58" + "66" * 31)  # RFC 8032 §5.1, as it is written: y = 4/5

# The first coordinates of all points whose order is 1, 2, 4 or 8 (RFC 7748 §7): a peer who shows
# one of them shares the same secret, zeros, with everybody.
LOW_ORDER = (
    *(0, 1, PRIME - 1),
    0x00B8495F16056286FDB1329CEB8D09DA6AC49FF1FAE35616AEB8413B7C7AEBE0,
    0x57119FD0DD4E22D8868E1C58C45C44045BEF839C55B1D0B1248C50A3BC959C5F,
)
# The second coordinates of the same points in Edwards' form.
TORSION = (
    *(0, 1, PRIME - 1),
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7,
)
TOO_LARGE = range(PRIME, 2**255)
"""What a coordinate may be written as, though a smaller number is the same one."""


def written(value: int) -> bytes:
    return value.to_bytes(32, "little")


# RFC 7748 §5.2
@pytest.mark.parametrize(
    ("scalar", "u", "shared"),
    [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        ),
    ],
)
def test_the_standards_examples_of_an_exchange(scalar: str, u: str, shared: str) -> None:
    assert exchange(bytes.fromhex(scalar), bytes.fromhex(u)).hex() == shared


def test_a_thousand_exchanges_in_a_row() -> None:
    """RFC 7748 §5.2."""
    scalar = u = written(9)
    after = {}
    for number in range(1, 1001):
        scalar, u = exchange(scalar, u), scalar
        after[number] = scalar.hex()
    assert after[1] == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
    assert after[1000] == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"


def test_the_standards_example_of_two_who_agree() -> None:
    """RFC 7748 §6.1."""
    alice = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    bob = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
    ours = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    theirs = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    assert (public_key(alice).hex(), public_key(bob).hex()) == (ours, theirs)
    assert exchange(alice, public_key(bob)).hex() == shared
    assert exchange(bob, public_key(alice)).hex() == shared


def openssls(private: bytes, public: bytes) -> bytes | None:
    """What OpenSSL shares; None where it refuses."""
    try:
        peer = X25519PublicKey.from_public_bytes(public)
        return X25519PrivateKey.from_private_bytes(private).exchange(peer)
    except ValueError:
        return None


def ours(private: bytes, public: bytes) -> bytes | None:
    try:
        return exchange(private, public)
    except ValueError:
        return None


@given(KEYS, KEYS)
def test_keys_and_secrets_are_openssls(private: bytes, public: bytes) -> None:
    theirs = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    assert public_key(private) == theirs
    assert ours(private, public) == openssls(private, public)
    assert exchange(private, theirs) == openssls(private, theirs)


@pytest.mark.parametrize("private", [bytes(32), bytes(range(32)), b"\xff" * 32])
@pytest.mark.parametrize("highest", [0, SIGN])
def test_points_of_low_order_are_refused_and_no_others(private: bytes, highest: int) -> None:
    for u in (*LOW_ORDER, *TOO_LARGE, 2, 3, 9, PRIME - 2):
        public = written(u | highest)
        shared = ours(private, public)
        assert shared == openssls(private, public), u
        assert (shared is None) == (u % PRIME in LOW_ORDER), u
        assert shared == ours(private, written(u % PRIME)), u


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_size_are_refused(size: int) -> None:
    for private, public in ((bytes(size), written(9)), (written(9), written(9)[:1].ljust(size))):
        with pytest.raises(ValueError, match="32 bytes"):
            exchange(private, public)
    with pytest.raises(ValueError, match="32 bytes"):
        public_key(bytes(size))


LONG = bytes.fromhex((Path(__file__).parent / "rfc8032_test_1024.hex").read_text("utf-8"))


# RFC 8032 §7.1
@pytest.mark.parametrize(
    ("key", "message", "signature"),
    [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            b"",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            b"\x72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            b"\xaf\x82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
        (
            "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
            LONG,
            "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350"
            "aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03",
        ),
        (
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            sha512(b"abc").digest(),
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ),
    ],
)
def test_the_standards_examples_of_a_signature(key: str, message: bytes, signature: str) -> None:
    assert verify(bytes.fromhex(key), message, bytes.fromhex(signature))
    assert not verify(bytes.fromhex(key), message + b"\0", bytes.fromhex(signature))


def openssl_verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@given(KEYS, st.binary(max_size=200), st.data())
def test_what_openssl_signs_holds_and_with_any_other_bit_does_not(
    secret: bytes, message: bytes, data: st.DataObject
) -> None:
    signer = Ed25519PrivateKey.from_private_bytes(secret)
    key, signature = signer.public_key().public_bytes_raw(), signer.sign(message)
    assert verify(key, message, signature)
    whole = bytearray(key + signature + message)
    at = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[at // 8] ^= 1 << at % 8
    forged = bytes(whole[:32]), bytes(whole[96:]), bytes(whole[32:96])
    assert not verify(*forged)
    assert not openssl_verifies(*forged)


@given(KEYS, st.binary(max_size=40), st.binary(min_size=64, max_size=64))
def test_noise_is_judged_as_openssl_does(key: bytes, text: bytes, signature: bytes) -> None:
    """It is no signature, but for keys of low order, as zeros are."""
    assert verify(key, text, signature) == openssl_verifies(key, text, signature)


@given(KEYS, st.binary(max_size=40), st.integers(1, 14))
def test_the_same_number_written_larger_is_refused(secret: bytes, text: bytes, more: int) -> None:
    """Else everybody could make a second signature of one that was seen (RFC 8032 §8.4)."""
    signer = Ed25519PrivateKey.from_private_bytes(secret)
    key, signature = signer.public_key().public_bytes_raw(), signer.sign(text)
    larger = signature[:32] + written(int.from_bytes(signature[32:], "little") + more * ORDER)
    assert not verify(key, text, larger)
    assert not openssl_verifies(key, text, larger)


def test_the_largest_number_is_the_orders_predecessor() -> None:
    """With the neutral key, the generator times S is the R of any message."""
    neutral = written(1)
    minus = written(int.from_bytes(GENERATOR, "little") | SIGN)
    numbers = {0: neutral, 1: GENERATOR, ORDER - 1: minus, ORDER: neutral, ORDER + 1: GENERATOR}
    for s, r in numbers.items():
        signature = r + written(s)
        assert verify(neutral, b"text", signature) == (s < ORDER)
        assert openssl_verifies(neutral, b"text", signature) == (s < ORDER)


def test_keys_and_points_at_the_edge_are_judged_as_openssl_does() -> None:
    """All that is written in more than one way, is of low order, or has no x."""
    edge = [written(y | sign) for y in (*TORSION, *TOO_LARGE, 2) for sign in (0, SIGN)]
    judged = set()
    for key, r, text in product(edge, edge[:14], (b"one", b"two")):
        holds = verify(key, text, r + bytes(32))
        assert holds == openssl_verifies(key, text, r + bytes(32)), (key.hex(), r.hex())
        judged.add(holds)
    assert judged == {True, False}
    for key in edge:
        assert verify(key, b"text", GENERATOR + written(1)) == openssl_verifies(
            key, b"text", GENERATOR + written(1)
        )


def test_a_point_is_on_the_curve_or_there_is_none() -> None:
    """No signature is known that would tell: who takes any key for a point refuses those, too."""
    d = -121665 * pow(121666, -1, PRIME)
    found = {y: curve25519._decoded(written(y)) for y in range(2, 40)}
    for y, point in found.items():
        square = (y * y - 1) * pow(d * y * y + 1, -1, PRIME) % PRIME
        assert (point is None) == (pow(square, (PRIME - 1) // 2, PRIME) != 1)
        assert point is None or (point[0] ** 2 - square) % PRIME == 0
    assert None in found.values()


@pytest.mark.parametrize(("key", "signature"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 0)])
def test_what_has_another_size_is_no_signature(key: int, signature: int) -> None:
    neutral, held = written(1), GENERATOR + written(1)
    assert verify(neutral, b"", held)
    assert not verify(
        neutral[:key].ljust(key, b"\0"), b"", held[:signature].ljust(signature, b"\0")
    )
